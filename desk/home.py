"""The first page of everybody: a visitor sees what is open, a person sees «Что дальше»."""
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from contest import overview, participants, scope
from contest.models import Contest, Nomination, Participant
from contest.rules.roles import COMMISSION, EXPERTS, ORGANISER, PROCTOR, SECRETARY, SITE
from core.access import Me
from core.db import session
from core.registry import Step, registry

WORKING = (ORGANISER, SECRETARY, PROCTOR, SITE, *sorted(EXPERTS), *sorted(COMMISSION))


@dataclass(frozen=True)
class Visit:
    """A contest as a visitor sees it in a list."""

    contest: Contest
    phase: str
    lines: list[overview.NominationLine]


def announced(now: datetime) -> list[Visit]:
    """Contests anybody may read about, those that take applications first."""
    rows = session.scalars(select(Contest).where(Contest.state != "draft").order_by(Contest.id.desc()))
    visits = [Visit(row, _phase(row, now), overview.lines(row.id)) for row in rows]
    return sorted(visits, key=lambda visit: visit.phase != "open")


def _phase(contest: Contest, now: datetime) -> str:
    opens, closes = contest.applications_open_at, contest.applications_close_at
    if opens is None or closes is None or now < opens:
        return "before"
    return "open" if now <= closes else "closed"


def steps(me: Me, now: datetime) -> list[Step]:
    """All next steps, the urgent first."""
    return registry.next_steps(me, now)


def contests_of(me: Me) -> list[Contest]:
    """Contests the person works in."""
    return list(session.scalars(select(Contest).where(scope.contests_of(me, *WORKING)).order_by(Contest.id)))


def nominations_of(me: Me) -> list[Nomination]:
    """Nominations the person works in."""
    return list(session.scalars(select(Nomination).where(scope.nominations_of(me, *WORKING)).order_by(Nomination.id)))


def participation(me: Me, now: datetime) -> list[tuple[Participant, Nomination, list[dict[str, object]]]]:
    """Where the person takes part, each with its line of steps."""
    found = []
    for person in participants.of_person(me.account_id):
        nomination = session.get_one(Nomination, person.nomination_id)
        found.append((person, nomination, overview.course(
            nomination.contest, [line for line in overview.lines(nomination.contest_id)
                                 if line.nomination.id == nomination.id], now)))
    return found
