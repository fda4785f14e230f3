"""The first page of everybody: a visitor sees what is open, a person sees «Что дальше»."""
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from contest import overview, participants, scope
from contest.filters import clock_words, lasting, when
from contest.models import Application, Contest, Event, Nomination, Participant
from contest.participant_pages import UNDECIDED
from contest.rules.roles import COMMISSION, EXPERTS, ORGANISER, PROCTOR, SECRETARY, SITE, STAFF
from core.access import Me
from core.db import session
from core.registry import Step, registry
from core.words import ZoneInfo, plural

WORKING = (ORGANISER, SECRETARY, PROCTOR, SITE, *sorted(EXPERTS), *sorted(COMMISSION))
AHEAD = 6
"""Lines of the timetable shown on the first page."""
NEAR = timedelta(days=7)
"""A term nearer than this is shown as a warning."""
ORDER = {"running": 0, "announced": 1, "draft": 2}


@dataclass(frozen=True)
class Visit:
    """A contest as a visitor sees it in a list."""

    contest: Contest
    phase: str
    lines: list[overview.NominationLine]


def announced(now: datetime) -> list[Visit]:
    """Contests anybody may read about, those that take applications first; a fixed number of queries."""
    rows = session.scalars(select(Contest).where(Contest.state != "draft").order_by(Contest.id.desc())).all()
    lines = overview.lines_of([row.id for row in rows], now)
    visits = [Visit(row, overview.phase(row, now), lines[row.id]) for row in rows]
    return sorted(visits, key=lambda visit: visit.phase != "open")


def page(me: Me, now: datetime) -> dict[str, Any]:
    """Everything on the first page of somebody logged in."""
    found = registry.next_steps(me, now)
    steps = [step for step in found if not step.done]
    joined = participation(me, now)
    working = contests_of(me)
    return {"steps": steps, "done": [step for step in found if step.done], "now": now, "joined": joined,
            "contests": working, "nominations": nominations_of(me), "board": board(me, working, now),
            "next_event": next_event([nomination for _, nomination, _ in joined], now)}


def summary(steps: list[Step], now: datetime, zone: str) -> str:
    """«Два дела просрочены, три нужно сделать сегодня.» in figures; empty when nothing is pressing."""
    late = sum(1 for step in steps if step.due and step.due < now)
    today = sum(1 for step in steps if step.due and step.due >= now and _same_day(step.due, now, zone))
    words = []
    if late:
        words.append(f"просрочено {late} {plural(late, 'дело', 'дела', 'дел')}")
    if today:
        words.append(f"сегодня нужно сделать: {today}")
    return ", ".join(words).capitalize() + "." if words else ""


def urgency(step: Step, now: datetime, zone: str) -> tuple[str, str] | None:
    """Kind and words of a step's term: overdue, today, or a day ahead; None without a term."""
    if step.due is None:
        return None
    if step.due < now:
        return "bad", f"Просрочено на {lasting(now - step.due)}"
    if _same_day(step.due, now, zone):
        return "warn", f"Сегодня до {clock_words(step.due, zone)}"
    return "warn" if step.due - now < NEAR else "info", f"До {when(step.due, zone)}"


def _same_day(one: datetime, other: datetime, zone: str) -> bool:
    return one.astimezone(ZoneInfo(zone)).date() == other.astimezone(ZoneInfo(zone)).date()


def contests_of(me: Me) -> list[Contest]:
    """Contests the person works in, those under way first."""
    rows = session.scalars(select(Contest).where(scope.contests_of(me, *WORKING)).order_by(Contest.id.desc()))
    return sorted(rows, key=lambda row: ORDER.get(row.state, len(ORDER)))


def nominations_of(me: Me) -> list[Nomination]:
    """Nominations the person works in."""
    return list(session.scalars(select(Nomination).where(scope.nominations_of(me, *WORKING)).order_by(Nomination.id)))


def participation(me: Me, now: datetime) -> list[tuple[Participant, Nomination, list[dict[str, Any]]]]:
    """Where the person takes part, each with its line of steps."""
    people = participants.of_person(me.account_id)
    nominations = {row.id: row for row in session.scalars(select(Nomination).where(
        Nomination.id.in_({person.nomination_id for person in people})))}
    lines = overview.lines_of({row.contest_id for row in nominations.values()}, now) if people else {}
    found = []
    for person in people:
        nomination = nominations[person.nomination_id]
        own = [line for line in lines[nomination.contest_id] if line.nomination.id == nomination.id]
        found.append((person, nomination, overview.course(nomination.contest, own, now)))
    return found


def next_event(nominations: list[Nomination], now: datetime) -> tuple[Event, Nomination] | None:
    """The nearest event ahead in the nominations somebody takes part in."""
    found = session.scalar(select(Event).where(
        Event.nomination_id.in_({row.id for row in nominations}), Event.starts_at > now).order_by(
        Event.starts_at, Event.id).limit(1)) if nominations else None
    return (found, next(row for row in nominations if row.id == found.nomination_id)) if found else None


def board(me: Me, working: list[Contest], now: datetime) -> dict[str, Any] | None:
    """What an organiser or a secretary watches of the contest under way: applications, timetable, nominations."""
    mine = [row for row in working if row.state in ("running", "announced") and me.has(*STAFF, contest_id=row.id)]
    if not mine:
        return None
    contest = mine[0]
    events = session.execute(select(Event, Nomination).join(Nomination, Nomination.id == Event.nomination_id).where(
        Nomination.contest_id == contest.id, func.coalesce(Event.ends_at, Event.starts_at) >= now).order_by(
        Event.starts_at, Event.id).limit(AHEAD)).tuples().all()
    return {"contest": contest, "lines": overview.lines(contest.id, now), "events": events,
            "funnel": funnel(contest)}


def funnel(contest: Contest) -> list[dict[str, Any]]:
    """The way of the applications, begun to ready for the start: bars with notes."""
    states = Counter(dict(session.execute(select(Application.state, func.count()).join(
        Nomination, Nomination.id == Application.nomination_id).where(Nomination.contest_id == contest.id).group_by(
        Application.state)).tuples().all()))
    people = list(session.scalars(select(Participant).join(Nomination).where(
        Nomination.contest_id == contest.id, Participant.withdrawn_at.is_(None))))
    ready = participants.readiness_of(people).values()
    begun = states.total()
    considered = sum(states[state] for state in UNDECIDED)
    signed, known = sum(r.briefing for r in ready), sum(r.identity for r in ready)
    return [
        {"text": "Начато", "value": begun},
        {"text": "Подано", "value": begun - states["draft"], "note": f"в черновиках {states['draft']}"},
        {"text": "Рассмотрено", "value": begun - states["draft"] - considered, "note": f"на рассмотрении {considered}"},
        {"text": "Допущено", "value": len(people),
         "note": f"отказов {states['rejected']}, отозвано {states['withdrawn']}"},
        {"text": "Инструктаж подписан", "value": signed},
        {"text": "Личность установлена", "value": known, "main": True}]
