"""Rows of the hot path: what a group of saves reads and writes, one statement a table (Core, no objects)."""
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, literal, select, tuple_, union_all, update
from sqlalchemy.orm import aliased

from contest.models import Participant
from core.db import session
from exam.models import Attempt, AttemptQuestion, BankQuestion, Contact, LateSave, Save, Sitting
from exam.questions.base import Body

PAPERS, QUESTIONS = 2000, 4000
Key = tuple[int, str]


@dataclass(frozen=True)
class Question:
    """Kind and body of a line of a paper."""

    kind: str
    body: Body


def _attempts() -> Any:
    """Attempts with what decides their time, whose they are, and the last stretch of contact; locked in id order."""
    latest = select(Contact.id).where(Contact.attempt_id == Attempt.id).order_by(Contact.from_at.desc()).limit(1)
    heard = select(Contact.last_at).where(Contact.attempt_id == Attempt.id).order_by(Contact.from_at.desc()).limit(1)
    return select(
        Attempt.id, Attempt.sitting_id, Attempt.seed, Attempt.started_at, Attempt.version, Attempt.extra_seconds,
        Attempt.shift_seconds, Attempt.finished_at, Attempt.finish_reason, Attempt.head_hash, Attempt.save_count,
        Attempt.last_ack_at, Sitting.opens_at, Sitting.closes_at, Sitting.hard_end_at, Sitting.limit_seconds,
        Sitting.grace_seconds, Sitting.min_share, Sitting.nomination_id, Participant.account_id,
        latest.correlate(Attempt).scalar_subquery().label("contact_id"),
        heard.correlate(Attempt).scalar_subquery().label("heard_at"),
    ).join(Sitting, Sitting.id == Attempt.sitting_id).join(
        Participant, Participant.id == Attempt.participant_id).where(
        Attempt.id.in_(bindparam("ids", expanding=True))).order_by(Attempt.id).with_for_update(of=Attempt)


def _standing() -> Any:
    """Saves under the same client id, or under the same seq of the question, with the hash before each."""
    before = aliased(Save)
    prev = select(before.hash).where(before.attempt_id == Save.attempt_id, before.number == Save.number - 1)
    columns = (Save.attempt_id, Save.question_id, Save.seq, Save.value, Save.client_id, Save.received_at, Save.number,
               Save.hash, Save.late_in_grace, prev.correlate(Save).scalar_subquery().label("prev"))
    return union_all(
        select(*columns, literal(0)).where(tuple_(Save.attempt_id, Save.client_id).in_(
            bindparam("clients", expanding=True))),
        select(*columns, literal(1)).where(tuple_(Save.attempt_id, Save.question_id, Save.seq).in_(
            bindparam("turns", expanding=True))))


_ATTEMPTS, _STANDING = _attempts(), _standing()
_ADD = insert(Save)
_MOVE = update(Attempt).where(Attempt.id == bindparam("key")).values(
    head_hash=bindparam("head"), save_count=bindparam("number"), last_ack_at=bindparam("acked"))
_HEARD = update(Contact).where(Contact.id == bindparam("key")).values(last_at=bindparam("last"))
_papers: dict[Key, dict[int, Key]] = {}
_questions: dict[Key, Question] = {}


def attempts(unit: Connection, ids: Collection[int]) -> list[Any]:
    """Rows of the attempts with the columns of their sittings, locked until the end of the unit of work."""
    return list(unit.execute(_ATTEMPTS, {"ids": sorted(ids)}))


def standing(unit: Connection, clients: Collection[tuple[int, str]],
             turns: Collection[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """What is kept under (attempt, client id) or (attempt, question, seq)."""
    found = unit.execute(_STANDING, {"clients": list(clients), "turns": list(turns)})
    return [dict(row) for row in found.mappings()]


def question(attempt: Any, line: int) -> Question | None:
    """A line of an attempt's paper. Papers and questions never change, so the process remembers them."""
    key = attempt.id, attempt.seed
    if line not in _papers.get(key, ()):
        _keep(_papers, PAPERS, key, _paper(attempt.id))
    found = _papers[key].get(line)
    return None if found is None else _questions.get(found) or _read(found)


def forget() -> None:
    """Whatever is remembered may be wrong: read it again."""
    _papers.clear()
    _questions.clear()


def _paper(attempt_id: int) -> dict[int, Key]:
    rows = session.connection().execute(select(AttemptQuestion.id, BankQuestion.id, BankQuestion.sha256).join(
        BankQuestion, BankQuestion.id == AttemptQuestion.question_id).where(AttemptQuestion.attempt_id == attempt_id))
    return {line: (key, sha256) for line, key, sha256 in rows}


def _read(key: Key) -> Question:
    row = session.connection().execute(select(BankQuestion.kind, BankQuestion.record).where(
        BankQuestion.id == key[0])).one()
    made = Question(row.kind, row.record["body"])
    _keep(_questions, QUESTIONS, key, made)
    return made


def _keep(memory: dict[Key, Any], most: int, key: Key, value: Any) -> None:
    memory.pop(key, None)
    if len(memory) >= most:
        memory.pop(next(iter(memory)))
    memory[key] = value


def synced(attempt_id: int, page_id: str) -> list[tuple[datetime, int]]:
    """(receive time, mono) of the page's acknowledged saves that had a mono."""
    rows = session.connection().execute(select(Save.received_at, Save.mono_ms).where(
        Save.attempt_id == attempt_id, Save.page_id == page_id, Save.mono_ms.is_not(None)))
    return [(at, int(mono or 0)) for at, mono in rows.tuples()]


def acked_before(attempt_id: int, moment: datetime) -> datetime | None:
    """Receive time of the last acknowledged save before a moment."""
    found: datetime | None = session.connection().execute(select(func.max(Save.received_at)).where(
        Save.attempt_id == attempt_id, Save.received_at < moment)).scalar()
    return found


def kept_apart(attempt_id: int, client_id: str) -> bool:
    """Whether the late box holds this save already."""
    return session.connection().execute(select(LateSave.id).where(
        LateSave.attempt_id == attempt_id, LateSave.client_id == client_id)).first() is not None


def write(unit: Connection, saves: list[dict[str, Any]], late: list[dict[str, Any]], heads: list[dict[str, Any]],
          heard: Iterable[tuple[int, datetime]], contacts: list[dict[str, Any]]) -> None:
    """Everything a group leaves behind."""
    again = [{"key": key, "last": last} for key, last in heard]
    for statement, rows in ((_ADD, saves), (insert(LateSave), late), (_MOVE, heads), (_HEARD, again),
                            (insert(Contact), contacts)):
        if rows:
            unit.execute(statement, rows)
