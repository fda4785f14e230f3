"""What a person may see of the contest: queries that start from the roles held, so that a stranger finds nothing."""
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import joinedload

from contest.models import Contest, Nomination
from core.access import Me
from core.db import session
from core.errors import NotVisible


def contests_of(me: Me, *wanted: str) -> ColumnElement[bool]:
    """Condition on Contest: one of the roles is held for it, for one of its nominations, or everywhere."""
    if me.ids("installation", wanted):
        return true()
    inside = select(Nomination.contest_id).where(Nomination.id.in_(me.ids("nomination", wanted)))
    return or_(Contest.id.in_(me.ids("contest", wanted)), Contest.id.in_(inside))


def nominations_of(me: Me, *wanted: str) -> ColumnElement[bool]:
    """Condition on Nomination: one of the roles is held for it, for its contest, or everywhere."""
    if me.ids("installation", wanted):
        return true()
    return or_(Nomination.id.in_(me.ids("nomination", wanted)), Nomination.contest_id.in_(me.ids("contest", wanted)))


def contest_for(me: Me, contest_id: int, *wanted: str) -> Contest:
    """The contest, if one of the roles is held in it; otherwise NotVisible."""
    found = session.scalar(select(Contest).where(Contest.id == contest_id, contests_of(me, *wanted)))
    if found is None:
        raise NotVisible
    return found


def nomination_for(me: Me, nomination_id: int, *wanted: str) -> Nomination:
    """The nomination with its contest, if one of the roles is held in it; otherwise NotVisible."""
    found = session.scalar(select(Nomination).options(joinedload(Nomination.contest)).where(
        Nomination.id == nomination_id, nominations_of(me, *wanted)))
    if found is None:
        raise NotVisible
    return found


def public_contest(contest_id: int) -> Contest:
    """A contest that has been announced; drafts are nobody's business."""
    found = session.scalar(select(Contest).where(Contest.id == contest_id, Contest.state != "draft"))
    if found is None:
        raise NotVisible
    return found


def hold(row: Any, *columns: str) -> None:
    """Lock a row until the end of the transaction and read `columns` of it anew: two people who act at once take turns.

    On SQLite writes take turns anyway. What was changed in the row before is written first.
    """
    session.refresh(row, [*columns] or None, with_for_update=True)
