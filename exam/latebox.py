"""The late box: «Ответы, поступившие после окончания времени». Kept, not graded; the commission may admit one."""
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from contest.models import Nomination, Participant
from contest.rules.roles import COMMISSION, MEMBER_CHAIR, STAFF
from core.access import Me
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from exam import answers, attempts, grants, holds
from exam.models import Attempt, AttemptQuestion, LateSave, Sitting
from exam.questions.registry import KINDS

READERS = (*STAFF, *COMMISSION)
ADMITS = MEMBER_CHAIR
CAUSES = {"time": "поступил после окончания времени",
          "gap": "поступил между окончанием времени и его продлением",
          "conflict": "на этот вопрос уже сохранён другой ответ под тем же номером изменения"}


@dataclass(frozen=True)
class LateLine:
    """One answer of the box as people read it; `standing` is the answer that counts now, in words."""

    late: LateSave
    code: str
    number: int
    question: str
    answer: str
    standing: str
    cause: str


def may_admit(me: Me, nomination: Nomination) -> bool:
    """Whether the person may admit a late answer: the chair of the commission."""
    return me.has(ADMITS, contest_id=nomination.contest_id, nomination_id=nomination.id)


def load(late_id: int) -> tuple[LateSave, Attempt]:
    """One late answer and its attempt; NotVisible when there is none."""
    found = session.get(LateSave, late_id)
    if found is None:
        raise NotVisible
    return found, session.get_one(Attempt, found.attempt_id, options=[joinedload(Attempt.participant)])


def of_sitting(sitting_id: int) -> list[LateLine]:
    """Everything in the box of a sitting, by code and time of arrival."""
    rows = session.scalars(select(LateSave).join(Attempt, Attempt.id == LateSave.attempt_id).where(
        Attempt.sitting_id == sitting_id).order_by(LateSave.received_at, LateSave.id)).all()
    found = lines(rows)
    return sorted(found, key=lambda line: (line.code, line.late.received_at, line.late.id))


def lines(rows: Collection[LateSave]) -> list[LateLine]:
    """Late answers in words, in the given order."""
    ids = {row.attempt_id for row in rows}
    codes = dict(session.execute(select(Attempt.id, Participant.code).join(
        Participant, Participant.id == Attempt.participant_id).where(Attempt.id.in_(ids))).tuples().all())
    papers = {row.id: row for row in session.scalars(select(AttemptQuestion).options(
        joinedload(AttemptQuestion.question)).where(AttemptQuestion.id.in_({row.question_id for row in rows})))}
    standing, times = answers.standing_of_many(ids), grants.given(ids)
    return [_line(row, papers[row.question_id], str(codes[row.attempt_id] or ""), standing[row.attempt_id],
                  cause_of(row, times[row.attempt_id])) for row in rows]


def _line(row: LateSave, paper: AttemptQuestion, code: str, standing: dict[int, tuple[int, answers.Answer]],
          cause: str) -> LateLine:
    kind, body = KINDS[paper.question.kind], paper.question.record["body"]
    _seq, now_counts = standing.get(row.question_id, (0, None))
    return LateLine(row, code, paper.position, str(paper.question.record["text"]),
                    kind.describe_answer(body, json.loads(row.value)), kind.describe_answer(body, now_counts), cause)


def cause_of(row: LateSave, given: Collection[grants.TimeGrant]) -> str:
    """Why the answer lies here, in words."""
    reopened = any(one.closed_at is not None and one.closed_at < row.received_at < one.at for one in given)
    return CAUSES["gap" if reopened and row.cause == "time" else row.cause]


def admit(late: LateSave, attempt: Attempt, *, reason: str, by: Me, now: datetime) -> None:
    """Have a late answer count like any other from now on: the attempt is marked again, the journal says by how much.

    Refused in words while the attempt runs, a second time, where a later answer of the same question stands already,
    and once the results are fixed.
    """
    attempts.lock(attempt)
    session.refresh(late, ["admitted_at"])
    if attempt.finished_at is None:
        raise Refused("running", "Выполнение задания ещё не завершено. Решите об ответе после его окончания.")
    if late.admitted_at is not None:
        raise Refused("admitted", "Этот ответ уже допущен.")
    holds.refuse_if_fixed(attempt.sitting.nomination_id)
    seq, _answer = answers.standing(attempt.id).get(late.question_id, (0, None))
    if seq > late.seq:
        raise Refused("superseded", "Позже этого ответа участник сохранил на тот же вопрос другой, он и оценивается.")
    late.admitted_at, late.admitted_by_id, late.admit_reason = now, by.account_id, reason
    session.flush()
    before = attempt.points
    attempts.mark_again(attempt)
    record("late.admitted", attempt, by=by, now=now, late=late.id, question=late.question_id, seq=late.seq,
           points_before=before, points=attempt.points)
    attempts.tell(attempt)


def undecided(sitting_ids: Collection[int]) -> dict[int, int]:
    """Per sitting: how many answers lie in the box and were not admitted."""
    rows = session.execute(select(Sitting.id, func.count()).join(Attempt, Attempt.sitting_id == Sitting.id).join(
        LateSave, LateSave.attempt_id == Attempt.id).where(
        Sitting.id.in_(sitting_ids), LateSave.admitted_at.is_(None)).group_by(Sitting.id))
    return dict(rows.tuples().all())
