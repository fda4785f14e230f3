"""Answers: every save is kept durably and acknowledged once; what comes too late goes to the late box."""
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core.canonical import canonical
from core.db import session
from core.errors import Refused
from exam import attempts, sittings
from exam.models import Attempt, AttemptQuestion, LateSave, Save
from exam.questions.base import Answer
from exam.questions.registry import KINDS
from exam.rules import facts, timing


@dataclass(frozen=True)
class Sent:
    """One save as the browser sent it. `question` is the id of the paper's line, `mono` is milliseconds of the page."""

    question: int
    seq: int
    value: Any
    client_id: str
    mono: int | None
    page_id: str


@dataclass(frozen=True)
class Ack:
    """The participant's receipt for one save (exam.md §1 rule 6)."""

    seq: int
    at: datetime
    number: int
    hash: str


def save(attempt: Attempt, sent: Sent, *, now: datetime) -> Ack:
    """Keep one answer and give its receipt. `now` is the moment the request arrived.

    The same client id, or the same seq with the same value, gets the same receipt again. Refused: `unknown_question`,
    the kind's own refusal of the value, `deadline_passed` and `seq_conflict` (the body is kept in the late box, and
    the close that time has brought is recorded), `finished`.
    """
    attempts.lock(attempt)
    line = attempts.line_of(attempt, sent.question)
    answer = KINDS[line.question.kind].parse_answer(line.question.record["body"], sent.value)
    standing = _standing(attempt.id, sent)
    if standing is not None and (standing.client_id == sent.client_id or json.loads(standing.value) == answer):
        return _receipt(standing)
    verdict = timing.judge_save(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now,
                                _edited(attempt, sent, now))
    if isinstance(verdict, facts.RefusedSave):
        raise Refused(verdict.code, verdict.text)
    if isinstance(verdict, facts.LateBox):
        raise _kept_apart(Refused(verdict.code, verdict.text), attempt, sent, answer, now)
    if standing is not None:
        raise _kept_apart(Refused("seq_conflict", "Этот же вопрос изменён в другом окне. Обновите страницу: показан "
                                                  "последний сохранённый ответ."), attempt, sent, answer, now)
    return _append(attempt, line, sent, answer, late=verdict.late_in_grace, now=now)


def _standing(attempt_id: int, sent: Sent) -> Save | None:
    """What is kept under the same client id, otherwise under the same seq of the question."""
    same = select(Save).where(Save.attempt_id == attempt_id)
    return session.scalar(same.where(Save.client_id == sent.client_id)) or session.scalar(
        same.where(Save.question_id == sent.question, Save.seq == sent.seq))


def _receipt(row: Save) -> Ack:
    return Ack(row.seq, row.received_at, row.number, row.hash)


def _edited(attempt: Attempt, sent: Sent, now: datetime) -> datetime | None:
    """Estimated moment of the edit, from the page's last acknowledged save; None for an unsynced page."""
    if sent.mono is None:
        return None
    last = session.execute(select(Save.received_at, Save.mono_ms).where(
        Save.attempt_id == attempt.id, Save.page_id == sent.page_id, Save.mono_ms.is_not(None))
        .order_by(Save.number.desc()).limit(1)).first()
    if last is None:
        return None
    return timing.edit_time(last.received_at, last.mono_ms, sent.mono, attempt.last_ack_at, now)


def _kept_apart(refusal: Refused, attempt: Attempt, sent: Sent, answer: Answer, now: datetime) -> Refused:
    """The refusal with its fact: the body in the late box, and the attempt closed if its time is over."""
    attempt_id = attempt.id  # the fact runs after the rollback, when the row itself must not be touched

    def keep() -> None:
        keep_late(attempt_id, sent, answer, now=now)
        attempts.close_if_due(session.get_one(Attempt, attempt_id), now=now)

    refusal.fact = keep
    return refusal


def keep_late(attempt_id: int, sent: Sent, answer: Answer, *, now: datetime) -> None:
    """Put what was not accepted into the late box, once per client id."""
    session.get_one(Attempt, attempt_id, with_for_update={"of": Attempt})
    known = session.scalar(select(LateSave.id).where(
        LateSave.attempt_id == attempt_id, LateSave.client_id == sent.client_id))
    if known is None:
        session.add(LateSave(attempt_id=attempt_id, question_id=sent.question, seq=sent.seq, value=_stored(answer),
                             client_id=sent.client_id, received_at=now))


def _stored(answer: Answer) -> str:
    return json.dumps(answer, ensure_ascii=False, sort_keys=True)


def _append(attempt: Attempt, line: AttemptQuestion, sent: Sent, answer: Answer, *, late: bool, now: datetime) -> Ack:
    number = (session.scalar(select(func.max(Save.number)).where(Save.attempt_id == attempt.id)) or 0) + 1
    value = _stored(answer)
    body = {"attempt": attempt.id, "question": line.id, "seq": sent.seq, "value": value, "mono": sent.mono,
            "page": sent.page_id, "client": sent.client_id, "at": now}
    row = Save(attempt_id=attempt.id, question_id=line.id, number=number, seq=sent.seq, value=value,
               client_id=sent.client_id, page_id=sent.page_id, mono_ms=sent.mono, received_at=now, late_in_grace=late,
               hash=hashlib.sha256(attempt.head_hash.encode() + canonical(body)).hexdigest())
    session.add(row)
    attempt.head_hash, attempt.last_ack_at = row.hash, now
    session.flush()
    attempts.tell(attempt)
    return _receipt(row)
