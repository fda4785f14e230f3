"""Attempts: start once, finish, close on time, mark. Time is decided by exam/rules/timing alone; saving: saves.py."""
import hashlib
import secrets
from contextvars import Context
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

import structlog
from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from contest import contests, participants
from contest.models import Nomination, Participant
from core import clock, db, realtime
from core.access import Me
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from exam import answers, bank, receipts, sittings
from exam.models import Attempt, AttemptQuestion, BankQuestion, Sitting
from exam.rules import facts, marking, timing
from exam.rules.states import FinishReason

log = structlog.get_logger("exam")
CHANGING = ["finished_at", "finish_reason", "version", "extra_seconds", "shift_seconds", "head_hash", "save_count",
            "last_ack_at", "points"]
TELL_EVERY_S = 1.0
_telling: set[int] = set()
_told: dict[int, float] = {}


def own(me: Me, attempt_id: int) -> Attempt:
    """The person's own attempt with its participant; NotVisible for anybody else's."""
    found = session.scalar(_WITH_PERSON, {"key": attempt_id})
    if found is None or found.participant.account_id != me.account_id:
        raise NotVisible
    return found


_WITH_PERSON = select(Attempt).where(Attempt.id == bindparam("key")).options(joinedload(Attempt.participant))
_OWN = select(Attempt.id).join(Participant, Participant.id == Attempt.participant_id).where(
    Attempt.id == bindparam("key"), Participant.account_id == bindparam("account"))
_PAPER = select(AttemptQuestion).options(joinedload(AttemptQuestion.question)).where(
    AttemptQuestion.attempt_id == bindparam("key")).order_by(AttemptQuestion.position)


def is_own(me: Me, attempt_id: int) -> bool:
    """Whether `own` would give it; cheap, because every open page asks when its socket connects."""
    return session.connection().scalar(_OWN, {"key": attempt_id, "account": me.account_id}) is not None


def paper(attempt_id: int) -> list[AttemptQuestion]:
    """The participant's questions in their order."""
    return list(session.scalars(_PAPER, {"key": attempt_id}))


def lock(attempt: Attempt) -> None:
    """Wait for whoever changes this attempt at the moment, and read what they left."""
    session.refresh(attempt, CHANGING, with_for_update=True)


def line_of(attempt: Attempt, question: int) -> AttemptQuestion:
    """A line of the paper; Refused `unknown_question` for anything else."""
    line = session.scalar(select(AttemptQuestion).options(joinedload(AttemptQuestion.question)).where(
        AttemptQuestion.id == question, AttemptQuestion.attempt_id == attempt.id))
    if line is None:
        raise Refused("unknown_question", "Такого вопроса в вашем задании нет. Обновите страницу.", status=422)
    return line


def of_participant(sitting_id: int, participant_id: int) -> Attempt | None:
    """The participant's attempt in a sitting."""
    return session.scalar(select(Attempt).where(
        Attempt.sitting_id == sitting_id, Attempt.participant_id == participant_id))


def of_sitting(sitting_id: int) -> dict[int, Attempt]:
    """Attempts of a sitting by participant."""
    rows = session.scalars(select(Attempt).where(Attempt.sitting_id == sitting_id))
    return {row.participant_id: row for row in rows}


def may_start(sitting: Sitting, participant: Participant, now: datetime,
              ready: participants.Readiness) -> facts.Decision:
    """Rule 2 for this participant at `now`."""
    if participant.code is None:
        return facts.Decision(False, "no_code", "Жеребьёвка ещё не проведена. Дождитесь кода участника.")
    return timing.may_start(sittings.rules_of(sitting), facts.AttemptFacts(), sittings.conditions(ready), now)


def start(sitting: Sitting, participant: Participant, *, request_key: str, by: Me, now: datetime,
          device: str = "") -> Attempt:
    """Begin once: a second call with any key gives the same attempt. T0 and the paper are one transaction.

    Refused by rule 2 in its words, or when the participant has no code yet.
    """
    unit = session.connection()
    if unit.scalar(_BEGUN, {"sitting": sitting.id, "participant": participant.id}) is not None:
        return _begun_meanwhile(sitting, participant)
    decision = may_start(sitting, participant, now, participants.readiness(participant))
    if not decision.allowed:
        raise Refused(decision.code, decision.text)
    attempt = session.scalar(_begin(), {
        "sitting_id": sitting.id, "participant_id": participant.id, "seed": secrets.token_hex(16), "head_hash": "",
        "request_key": request_key[:64], "session_id": by.session_id, "device": device, "started_at": now})
    if attempt is None:  # the same button was pressed in two windows at once (PostgreSQL)
        return _begun_meanwhile(sitting, participant)
    _hand_out(attempt, _paper(sitting, participant.variant, attempt.seed))
    record("attempt.started", attempt, by=by, now=now, sitting=sitting.id, participant=participant.id)
    tell(attempt)
    return attempt


def tell(attempt: Attempt) -> None:
    """The board of the sitting changes."""
    realtime.notify(f"sitting:{attempt.sitting_id}")


def tell_soon(sitting_ids: set[int]) -> None:
    """The boards of these sittings have changed: each is told at most once a second, and of the last change too.

    For the writer of answers, after its commit: the acknowledgements do not wait for it.
    """
    for sitting_id in sitting_ids - _telling:
        _telling.add(sitting_id)
        Context().run(realtime.socketio.start_background_task, _tell_later, sitting_id)


def _tell_later(sitting_id: int) -> None:
    realtime.socketio.sleep(max(0.0, _told.get(sitting_id, 0.0) + TELL_EVERY_S - clock.monotonic()))
    _telling.discard(sitting_id)
    _told[sitting_id] = clock.monotonic()
    room = f"sitting:{sitting_id}"
    realtime.socketio.emit("changed", {"room": room}, to=room)


def _begin() -> Any:
    """The insert that only one start of a participant passes."""
    dialect = sqlite if db.is_sqlite() else postgresql
    return dialect.insert(Attempt).on_conflict_do_nothing().returning(Attempt)


def _hand_out(attempt: Attempt, questions: list[int]) -> None:
    """Write the lines of the paper and the first link of the chain of receipts; in Core, for the hour of the start."""
    head, unit = receipts.genesis(attempt.id), session.connection()
    unit.execute(_HEAD, {"key": attempt.id, "head": head})
    set_committed_value(attempt, "head_hash", head)
    unit.execute(_LINES, [{"attempt_id": attempt.id, "question_id": question, "position": position}
                          for position, question in enumerate(questions, start=1)])


def _table(model: type[db.Base]) -> Table:
    return cast(Table, model.__table__)


_BEGUN = select(Attempt.id).where(
    Attempt.sitting_id == bindparam("sitting"), Attempt.participant_id == bindparam("participant"))
_HEAD = update(_table(Attempt)).where(Attempt.id == bindparam("key")).values(head_hash=bindparam("head"))
_LINES = insert(_table(AttemptQuestion))
_QUESTIONS = select(BankQuestion.id, BankQuestion.sha256).where(BankQuestion.bank_id == bindparam("bank"))


def _begun_meanwhile(sitting: Sitting, participant: Participant) -> Attempt:
    found = of_participant(sitting.id, participant.id)
    if found is None:
        raise Refused("request_key", "Страница устарела. Откройте её заново и нажмите «Начать» ещё раз.")
    return found


def _paper(sitting: Sitting, variant: int, seed: str) -> list[int]:
    """The questions of a variant (the same for all who drew it), in an order of the participant's own."""
    rows = session.connection().execute(_QUESTIONS, {"bank": sitting.bank_id}).tuples()
    chosen = sorted(rows, key=lambda row: _hash(f"{sitting.id}:{variant}:{row[1]}:{row[0]}"))
    return sorted((key for key, _sha in chosen[:sitting.question_count]), key=lambda key: _hash(f"{seed}:{key}"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def countdown(attempt: Attempt, now: datetime) -> facts.Countdown:
    """Phase, deadline, time left: what every reply carries."""
    return timing.countdown_state(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now)


def reply_state(counted: facts.Countdown, *, version: int, number: int, head: str) -> dict[str, Any]:
    """What every reply to the exam page carries (rule 8), with the end of its chain of receipts."""
    return {"now": counted.now.isoformat(), "deadline": counted.deadline.isoformat() if counted.deadline else None,
            "version": version, "phase": counted.phase.value,
            "reason": counted.reason.value if counted.reason else None, "number": number, "head": head}


def flag(attempt: Attempt, question: int, flagged: bool, *, now: datetime) -> None:
    """Remember the participant's own mark «вернуться». Refused once the attempt has ended."""
    line = line_of(attempt, question)
    if timing.finish(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now) is not None:
        raise Refused("finished", "Выполнение задания завершено, отметки больше не меняются.")
    line.flagged = flagged


def finish(attempt: Attempt, *, by: Me, now: datetime) -> None:
    """The participant ends the work. Nothing changes when it has ended already; time that has run out counts first."""
    lock(attempt)
    if attempt.finished_at is None:
        _close(attempt, _ended_by_time(attempt, now) or facts.Finish(now, FinishReason.PARTICIPANT), by=by, now=now)


def finish_at_deadline(attempt: Attempt, *, by: Me, now: datetime) -> bool:
    """The page has sent everything and its time is over (rule 9). A page ahead of the server's time ends nothing."""
    lock(attempt)
    ended = _ended_by_time(attempt, now) if attempt.finished_at is None else None
    if ended is not None:
        _close(attempt, ended, by=by, now=now)
    return ended is not None


def _ended_by_time(attempt: Attempt, now: datetime) -> facts.Finish | None:
    deadline = timing.deadline(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now)
    return facts.Finish(deadline, FinishReason.DEADLINE) if now > deadline else None


def close_if_due(attempt: Attempt, *, now: datetime) -> bool:
    """Rule 9: record the close that time has brought, exactly once."""
    lock(attempt)
    due = _due(attempt, now)
    if due is not None:
        _close(attempt, due, by=None, now=now)
    return due is not None


def _due(attempt: Attempt, now: datetime) -> facts.Finish | None:
    return timing.close_due(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now)


def touch(attempt_id: int, *, now: datetime) -> None:
    """Record the close that time has brought, in a transaction of its own: before the request's first statement.

    A close that fails is logged and tried again by the next touch; the time is over for everybody meanwhile.
    """
    with db.reading():
        attempt = session.get(Attempt, attempt_id)
        due = attempt is not None and _due(attempt, now) is not None
    if due:
        _close_alone(attempt_id, now)


def close_overdue(now: datetime, *, sitting_id: int | None = None) -> int:
    """Sweep, of one sitting or of all: close what time has ended, one transaction each; gives how many.

    One that cannot be closed or even judged is logged and keeps no other open. The worker does it every few seconds;
    whoever looks at a sitting does it too, so that nothing waits for the worker.
    """
    return sum([_close_alone(attempt_id, now) for attempt_id in _overdue(now, sitting_id)])


def _close_alone(attempt_id: int, now: datetime) -> bool:
    """In a transaction of its own: whatever goes wrong with one attempt stays with it."""
    try:
        with db.transaction():
            return close_if_due(session.get_one(Attempt, attempt_id), now=now)
    except Exception:
        log.exception("attempt not closed", attempt=attempt_id)
        return False


def _overdue(now: datetime, sitting_id: int | None) -> list[int]:
    open_ones = select(Attempt).where(Attempt.finished_at.is_(None)).order_by(Attempt.id)
    with db.reading():
        waiting = session.scalars(
            open_ones if sitting_id is None else open_ones.where(Attempt.sitting_id == sitting_id)).all()
        known = sittings.facts_of_many(waiting)
        return [row.id for row in waiting if _seems_due(row, known[row.id], now)]


def _seems_due(attempt: Attempt, known: facts.AttemptFacts, now: datetime) -> bool:
    try:
        return timing.close_due(sittings.rules_of(attempt.sitting), known, now) is not None
    except ValueError:  # a sitting nobody can judge must not hide the others
        log.exception("attempt not judged", attempt=attempt.id)
        return False


def _close(attempt: Attempt, ended: facts.Finish, *, by: Me | None, now: datetime) -> None:
    attempt.finished_at, attempt.finish_reason = ended.at, ended.reason.value
    mark_again(attempt)
    record("attempt.finished", attempt, by=by, now=now, at=ended.at, reason=ended.reason.value, points=attempt.points,
           maximum=attempt.max_points, head=attempt.head_hash)
    tell(attempt)


def reopen(attempt: Attempt) -> None:
    """Take the close and its marks off a locked attempt: the grant that does so keeps the close (rule 12)."""
    attempt.finished_at = attempt.finish_reason = None
    attempt.points = attempt.max_points = attempt.marks = None


def mark_again(attempt: Attempt) -> None:
    """Mark a finished attempt by its answers as they stand now; an open one is marked when it ends.

    For the close itself, an answer that was received in time and written after it, one brought back after a restore,
    a late one admitted. The caller journals and has locked the attempt.
    """
    if attempt.finished_at is None:
        return
    marked = _mark(attempt)
    attempt.points, attempt.max_points = marked.total, marked.maximum
    attempt.marks = [{"question": int(mark.question), "earned": mark.earned or 0, "maximum": mark.maximum}
                     for mark in marked.marks]


def _mark(attempt: Attempt) -> marking.PaperMarks:
    given = {str(line): answer for line, (_seq, answer) in answers.standing(attempt.id).items()}
    nomination = session.get_one(Nomination, attempt.sitting.nomination_id)
    penalty = Decimal(contests.setting(nomination, "wrong_answer_penalty")) / 100
    return marking.mark_paper({str(line.id): bank.question(line.question) for line in paper(attempt.id)}, given,
                              wrong_penalty=penalty)
