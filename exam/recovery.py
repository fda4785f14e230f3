"""After an older copy of the database was restored: where the answers of a page go whose attempt is no longer there.

Every function opens units of work of its own: call them outside a writing one.
"""
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from contest.models import Participant
from core import db
from core.db import session
from core.errors import Busy, Refused
from core.journal import record
from exam import attempts, receipts
from exam.evidence import record_once
from exam.models import Attempt, AttemptQuestion, BankQuestion, Sitting
from exam.passes import Pass, fingerprint


@dataclass(frozen=True)
class Place:
    """The attempt that takes the answers of a pass. `lines` maps lines of the page to those of today's paper.

    `joined`: it is another attempt, begun after the one of the pass was lost; its own answers are the newer ones.
    """

    attempt_id: int
    lines: dict[int, int]
    joined: bool = False


def place(ticket: Pass, *, now: datetime) -> Place:
    """Where answers made under a pass go at `now`: its attempt, the one begun instead, or its attempt made again.

    Refused `not_restorable` when the participant, the sitting or the questions of the pass are not there (or are other
    ones), `sitting_over` when the attempt would have to be made again after the sitting's hard end.
    """
    for _attempt in range(3):  # whoever was a moment quicker has made it: then it is found
        found = _found(ticket)
        if found is not None:
            if found.joined:
                record_once("attempt.joined", found.attempt_id, by=None, now=now, attempt=ticket.attempt_id,
                            started=ticket.started_at)
            return found
        try:
            with db.transaction():
                _make_again(ticket, now)
        except IntegrityError:
            continue
    raise Busy


def _found(ticket: Pass) -> Place | None:
    with db.reading():
        attempt = attempts.of_participant(ticket.sitting_id, ticket.participant_id)
        if attempt is None:
            return None
        joined = attempt.seed != ticket.seed
        if joined:
            _check_same(ticket)
        today = {row.question_id: row.id for row in session.scalars(select(AttemptQuestion).where(
            AttemptQuestion.attempt_id == attempt.id))}
        return Place(attempt.id, {line: today[bank] for line, bank in ticket.lines if bank in today}, joined)


def _check_same(ticket: Pass) -> Sitting:
    """The sitting of a pass, if it, the person and the questions are still those of the pass."""
    sitting = session.get(Sitting, ticket.sitting_id)
    person = session.get(Participant, ticket.participant_id)
    if (sitting is None or person is None or person.account_id != ticket.account_id
            or person.nomination_id != sitting.nomination_id):
        raise _not_restorable()
    rows = session.execute(select(BankQuestion.id, BankQuestion.sha256).where(
        BankQuestion.bank_id == sitting.bank_id, BankQuestion.id.in_([bank for _line, bank in ticket.lines])))
    known = dict(rows.tuples().all())
    if fingerprint([known.get(bank, "") for _line, bank in ticket.lines]) != ticket.paper:
        raise _not_restorable()
    return sitting


def _not_restorable() -> Refused:
    return Refused("not_restorable", "Этого выполнения задания в сервисе нет, и восстановить его нельзя. Ответы "
                                     "остаются на этом компьютере. Позовите наблюдателя.")


def _make_again(ticket: Pass, now: datetime) -> None:
    sitting = _check_same(ticket)
    if now > sitting.hard_end_at:
        raise Refused("sitting_over", "Теория этой номинации завершена, ответы по сети больше не принимаются. Они "
                                      "остаются на этом компьютере. Позовите наблюдателя.")
    kept = _ids_are_free(ticket)
    attempt = Attempt(id=ticket.attempt_id if kept else None, sitting_id=sitting.id, seed=ticket.seed, head_hash="",
                      participant_id=ticket.participant_id, request_key=ticket.request_key, device=ticket.device,
                      started_at=ticket.started_at)
    session.add(attempt)
    session.flush()
    attempt.head_hash = receipts.genesis(attempt.id)
    session.add_all(AttemptQuestion(id=line if kept else None, attempt_id=attempt.id, question_id=bank, position=number)
                    for number, (line, bank) in enumerate(ticket.lines, start=1))
    session.flush()
    record("attempt.recovered", attempt, by=None, now=now, attempt=ticket.attempt_id, sitting=sitting.id,
           participant=attempt.participant_id, started=ticket.started_at)
    attempts.tell(attempt)


def _ids_are_free(ticket: Pass) -> bool:
    """Whether the attempt can have its numbers back, so that its page and its receipts go on as they are.

    On PostgreSQL the counters are first moved past them: no later row may be given a number that was taken here.
    """
    lines = [line for line, _bank in ticket.lines]
    if not db.is_sqlite():
        _move_counter("attempt", ticket.attempt_id)
        _move_counter("attempt_question", max(lines, default=0))
    return session.get(Attempt, ticket.attempt_id) is None and session.scalar(select(AttemptQuestion.id).where(
        AttemptQuestion.id.in_(lines)).limit(1)) is None


def _move_counter(table: str, least: int) -> None:
    """Draw numbers until `least` is past: a counter set outright could be set back under somebody's feet."""
    counter = session.execute(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table}).scalar_one()
    last = session.execute(text("SELECT coalesce(last_value, 0) FROM pg_sequences "
                                "WHERE format('%I.%I', schemaname, sequencename) = :counter"),
                           {"counter": counter}).scalar_one()
    if last < least:
        session.execute(text("SELECT max(nextval(:counter)) FROM generate_series(1, :count)"),
                        {"counter": counter, "count": least - last})
