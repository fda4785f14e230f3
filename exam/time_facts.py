"""What the experts' protocol prints about the time of theory: grants, reopenings, admitted late answers, by code."""
from typing import Any

from sqlalchemy import select

from contest.models import Participant
from core.accounts import Account
from core.db import session
from exam.contacts import span_words
from exam.models import Attempt, AttemptQuestion, LateSave, Sitting, TimeGrant


def of_nomination(nomination_id: int) -> dict[str, list[dict[str, Any]]]:
    """{"grants": […], "late": […]}, each in order of decision, with who decided, when and why."""
    return {"grants": _grants(nomination_id), "late": _admitted(nomination_id)}


def _grants(nomination_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(TimeGrant, Participant.code, Account.name).join(Attempt, Attempt.id == TimeGrant.attempt_id)
        .join(Sitting, Sitting.id == Attempt.sitting_id).join(Participant, Participant.id == Attempt.participant_id)
        .join(Account, Account.id == TimeGrant.by_id).where(Sitting.nomination_id == nomination_id)
        .order_by(TimeGrant.at, TimeGrant.id)).tuples()
    return [{"code": str(code), "seconds": row.seconds, "span": span_words(row.seconds), "reason": row.reason,
             "at": row.at, "by": name, "until": row.deadline_after, "closed_at": row.closed_at}
            for row, code, name in rows]


def _admitted(nomination_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(LateSave, AttemptQuestion.position, Participant.code, Account.name)
        .join(Attempt, Attempt.id == LateSave.attempt_id).join(Sitting, Sitting.id == Attempt.sitting_id)
        .join(AttemptQuestion, AttemptQuestion.id == LateSave.question_id)
        .join(Participant, Participant.id == Attempt.participant_id)
        .join(Account, Account.id == LateSave.admitted_by_id).where(Sitting.nomination_id == nomination_id)
        .order_by(LateSave.admitted_at, LateSave.id)).tuples()
    return [{"code": str(code), "question": position, "received_at": row.received_at, "reason": row.admit_reason,
             "at": row.admitted_at, "by": name} for row, position, code, name in rows]
