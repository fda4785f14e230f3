"""An older copy of the database, restored: what was written after a moment is gone. And what a browser then holds."""

from typing import Any

from sqlalchemy import delete, select, update

from contest.models import Participant
from core.db import reading, session, transaction
from exam import attempts, exam_page, receipts
from exam.models import Attempt, AttemptQuestion, Contact, LateSave, Save
from tests.exam import answering
from tests.exam.outbox import Page


def account_of(attempt: Attempt) -> int:
    with reading():
        return session.get_one(Participant, attempt.participant_id).account_id


def page_of(app: Any, make: Any, attempt: Attempt) -> Page:
    """What the page of an attempt gives to its scripts."""
    account = account_of(attempt)
    with app.test_request_context(), reading():
        own = attempts.own(make.me(account), attempt.id)
        return Page(exam_page.data(own, attempts.paper(own.id)))


def paper(attempt: Attempt) -> list[tuple[int, Any, Any]]:
    """(line, its right answer, none) in order."""
    with reading():
        return [(line.id, answering.value(line), None) for line in attempts.paper(attempt.id)]


def answered(browser: Any, attempt: Attempt, clock: Any,
             rounds: int = 1) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The whole paper answered `rounds` times, a second between saves: (save, its acknowledgement) in order."""
    done = []
    for turn in range(1, rounds + 1):
        for line, right, other in paper(attempt):
            save = answering.sent(line, right if turn == rounds else other, seq=turn)
            reply = browser.post(f"/attempts/{attempt.id}/answers", json=save)
            assert reply.status_code == 200, reply.text
            done.append((save, reply.json))
            clock.move(seconds=1)
    return done


def lose_saves(attempt: Attempt, keep: int) -> None:
    """The copy knows the first `keep` saves only."""
    with transaction():
        session.execute(delete(Save).where(Save.attempt_id == attempt.id, Save.number > keep))
        last = session.execute(select(Save.hash, Save.received_at).where(
            Save.attempt_id == attempt.id, Save.number == keep)).first()
        head, acked = last or (receipts.genesis(attempt.id), None)
        session.execute(update(Attempt).where(Attempt.id == attempt.id).values(
            head_hash=head, save_count=keep, last_ack_at=acked, finished_at=None, finish_reason=None, points=None,
            max_points=None, marks=None))


def lose(attempt: Attempt) -> None:
    """The copy is older than the attempt."""
    with transaction():
        for model in (Save, LateSave, Contact, AttemptQuestion):
            session.execute(delete(model).where(model.attempt_id == attempt.id))
        session.execute(delete(Attempt).where(Attempt.id == attempt.id))


def rows(attempt_id: int) -> list[tuple[Any, ...]]:
    """The chain as it is stored, without what tells that it was restored."""
    with reading():
        return [tuple(row) for row in session.execute(select(
            Save.number, Save.question_id, Save.seq, Save.value, Save.client_id, Save.received_at, Save.late_in_grace,
            Save.hash).where(Save.attempt_id == attempt_id).order_by(Save.number))]


def chain_holds(attempt_id: int) -> bool:
    """Whether every hash follows from the one before, and the attempt ends where its chain does."""
    with reading():
        attempt, head = session.get_one(Attempt, attempt_id), receipts.genesis(attempt_id)
        saves = list(session.scalars(select(Save).where(Save.attempt_id == attempt_id).order_by(Save.number)))
        for number, row in enumerate(saves, start=1):
            head = receipts.link(head, attempt=attempt_id, question=row.question_id, seq=row.seq, value=row.value,
                                 mono=row.mono_ms, page=row.page_id, client=row.client_id, at=row.received_at)
            if (row.number, row.hash) != (number, head):
                return False
        return (attempt.save_count, attempt.head_hash) == (len(saves), head)
