"""Answers as they stand: what was saved or admitted last, how many, how many came too late. Read-only."""
import json
from collections.abc import Collection, Iterable

from sqlalchemy import func, literal, select, union_all

from core.db import session
from exam.models import LateSave, Save
from exam.questions.base import Answer


def standing(attempt_id: int) -> dict[int, tuple[int, Answer]]:
    """Per line of the paper: the highest seq and its answer. Of one seq an admitted late answer stands."""
    return standing_of_many([attempt_id])[attempt_id]


def standing_of_many(attempt_ids: Collection[int]) -> dict[int, dict[int, tuple[int, Answer]]]:
    """The same per attempt, in one query."""
    found: dict[int, dict[int, tuple[int, Answer]]] = {key: {} for key in attempt_ids}
    for attempt, question, seq, value in _in_order(attempt_ids):
        found[attempt][question] = (seq, json.loads(value))
    return found


def counts(attempt_ids: Collection[int]) -> dict[int, int]:
    """Per attempt: how many questions have a standing answer; one that was taken back does not count."""
    newest = {(attempt, question): value for attempt, question, _seq, value in _in_order(attempt_ids)}
    found = dict.fromkeys(attempt_ids, 0)
    for (attempt, _question), value in newest.items():
        found[attempt] += value != "null"
    return found


def _in_order(attempt_ids: Collection[int]) -> Iterable[tuple[int, int, int, str]]:
    """(attempt, question, seq, value) of everything that counts, so that a later row stands instead of an earlier."""
    saved = select(Save.attempt_id, Save.question_id, Save.seq, Save.value, literal(0).label("turn"),
                   Save.received_at.label("at")).where(Save.attempt_id.in_(attempt_ids))
    admitted = select(LateSave.attempt_id, LateSave.question_id, LateSave.seq, LateSave.value, literal(1),
                      LateSave.admitted_at).where(
        LateSave.attempt_id.in_(attempt_ids), LateSave.admitted_at.is_not(None))
    every = union_all(saved, admitted).subquery()
    return session.execute(select(every.c.attempt_id, every.c.question_id, every.c.seq, every.c.value).order_by(
        every.c.attempt_id, every.c.seq, every.c.turn, every.c.at)).tuples()


def late(attempt_ids: Collection[int]) -> dict[int, int]:
    """Per attempt: how many answers lie in the late box."""
    rows = session.execute(select(LateSave.attempt_id, func.count()).where(
        LateSave.attempt_id.in_(attempt_ids)).group_by(LateSave.attempt_id))
    return dict(rows.tuples().all())
