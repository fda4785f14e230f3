"""Answers as they stand: what was saved last, how many, how many came too late. Read-only."""
import json
from collections.abc import Collection

from sqlalchemy import func, select

from core.db import session
from exam.models import LateSave, Save
from exam.questions.base import Answer


def standing(attempt_id: int) -> dict[int, tuple[int, Answer]]:
    """Per line of the paper: the highest seq and its answer."""
    rows = session.execute(select(Save.question_id, Save.seq, Save.value).where(Save.attempt_id == attempt_id)
                           .order_by(Save.seq)).tuples()
    return {question: (seq, json.loads(value)) for question, seq, value in rows}


def counts(attempt_ids: Collection[int]) -> dict[int, int]:
    """Per attempt: how many questions have a standing answer; one that was taken back does not count."""
    rows = session.execute(select(Save.attempt_id, Save.question_id, Save.value).where(
        Save.attempt_id.in_(attempt_ids)).order_by(Save.attempt_id, Save.seq)).tuples()
    newest = {(attempt, question): value for attempt, question, value in rows}
    found = dict.fromkeys(attempt_ids, 0)
    for (attempt, _question), value in newest.items():
        found[attempt] += value != "null"
    return found


def late(attempt_ids: Collection[int]) -> dict[int, int]:
    """Per attempt: how many answers lie in the late box."""
    rows = session.execute(select(LateSave.attempt_id, func.count()).where(
        LateSave.attempt_id.in_(attempt_ids)).group_by(LateSave.attempt_id))
    return dict(rows.tuples().all())
