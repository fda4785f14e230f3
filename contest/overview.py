"""What the pages of a contest and a nomination show: read-only, a fixed number of queries."""
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from contest import contests, people
from contest.models import Application, Body, BodyMember, Contest, Draw, Event, Nomination, Participant
from contest.rules import events as kinds
from contest.rules import states
from core.access import Me
from core.db import session

FILED = frozenset(states.APPLICATION) - {"draft"}


@dataclass(frozen=True)
class NominationLine:
    """A nomination in a list: its events by kind and its counts."""

    nomination: Nomination
    events: dict[str, list[Event]]
    filed: int
    participants: int


def lines(contest_id: int) -> list[NominationLine]:
    """Nominations of a contest with timetable and counts, in four queries."""
    found = people.nominations(contest_id)
    ids = [nomination.id for nomination in found]
    by_kind: dict[int, dict[str, list[Event]]] = {key: {} for key in ids}
    for event in session.scalars(select(Event).where(Event.nomination_id.in_(ids)).order_by(Event.starts_at)):
        by_kind[event.nomination_id].setdefault(event.kind, []).append(event)
    filed = _counts(Application.nomination_id, ids, Application.state.in_(FILED))
    admitted = _counts(Participant.nomination_id, ids, Participant.withdrawn_at.is_(None))
    return [NominationLine(n, by_kind[n.id], filed.get(n.id, 0), admitted.get(n.id, 0)) for n in found]


def _counts(column: Any, ids: list[int], condition: Any) -> dict[int, int]:
    rows = session.execute(select(column, func.count()).where(column.in_(ids), condition).group_by(column))
    return dict(rows.tuples().all())


def public_page(contest: Contest, *, now: datetime) -> dict[str, Any]:
    """The page a visitor reads: deadline, nominations, course, who takes part, the commission."""
    found = lines(contest.id)
    opens, closes = contest.applications_open_at, contest.applications_close_at
    phase = "unknown"
    if opens and closes:
        phase = "before" if now < opens else "open" if now <= closes else "closed"
    commission = people.body_of(contest.id, "commission")
    return {"lines": found, "phase": phase, "left": left_words(closes, now) if closes and phase == "open" else [],
            "filed": sum(line.filed for line in found), "course": course(contest, found, now),
            "commission": people.members_at(commission, now) if commission else [],
            "commission_order": commission.order_ref if commission else ""}


def left_words(until: datetime, now: datetime) -> list[tuple[int, str]]:
    """Time left in the two largest units, with their words."""
    from core.words import plural
    seconds = max(0, int((until - now).total_seconds()))
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return [(days, plural(days, "день", "дня", "дней")), (hours, plural(hours, "час", "часа", "часов"))]
    if hours:
        return [(hours, plural(hours, "час", "часа", "часов")), (minutes, plural(minutes, "минута", "минуты", "минут"))]
    return [(minutes, plural(minutes, "минута", "минуты", "минут")),
            (seconds, plural(seconds, "секунда", "секунды", "секунд"))]


def course(contest: Contest, found: list[NominationLine], now: datetime) -> list[dict[str, Any]]:
    """The line of steps of a contest: application, then the first event of each kind over all nominations."""
    first: dict[str, tuple[datetime, datetime]] = {}
    for line in found:
        for kind, events in line.events.items():
            starts = min(event.starts_at for event in events)
            ends = max(event.ends_at or event.starts_at for event in events)
            before = first.get(kind, (starts, ends))
            first[kind] = (min(before[0], starts), max(before[1], ends))
    steps = []
    if contest.applications_close_at:
        opens = contest.applications_open_at or contest.created_at
        steps.append(("Заявка", opens, contest.applications_close_at))
    steps += [(kinds.KINDS[kind], *first[kind]) for kind in kinds.KINDS if kind in first and kind != "reserve"]
    return [{"text": text, "starts": starts, "state": "done" if ends < now else "now" if starts <= now else "todo"}
            for text, starts, ends in sorted(steps, key=lambda step: step[1])]


def setup_page(contest: Contest, *, now: datetime) -> dict[str, Any]:
    """The organiser's page of a contest: what is set up, what is missing."""
    return {"lines": lines(contest.id), "bodies": people.bodies(contest.id), "now": now,
            "texts": contests.consent_texts(contest.id),
            "missing": contests.missing_for_announcement(contest) if contest.state == "draft" else []}


def nomination_page(nomination: Nomination, *, me: Me, now: datetime) -> dict[str, Any]:
    """The staff page of a nomination: timetable, people, counts by state, the draw."""
    rows = session.execute(select(Application.state, func.count()).where(
        Application.nomination_id == nomination.id).group_by(Application.state))
    group = people.body_of(nomination.contest_id, "expert_group", nomination.id)
    drawn = session.scalar(select(Draw).where(Draw.nomination_id == nomination.id).order_by(Draw.id.desc()).limit(1))
    return {"events": contests.events(nomination.id), "states": Counter(dict(rows.tuples().all())),
            "words": states.APPLICATION_WORDS, "group": group, "drawn": drawn,
            "experts": people.members_at(group, now) if group else [],
            "participants": session.scalar(select(func.count()).select_from(Participant).where(
                Participant.nomination_id == nomination.id, Participant.withdrawn_at.is_(None))),
            "staff": me.has("organiser", "secretary", contest_id=nomination.contest_id),
            "organiser": me.has("organiser", contest_id=nomination.contest_id), "kinds": kinds.KINDS}


def expert_count(nomination_id: int, now: datetime) -> int:
    """How many experts the group has at `now`."""
    return session.scalar(select(func.count()).select_from(BodyMember).join(Body).where(
        Body.nomination_id == nomination_id, Body.kind == "expert_group", BodyMember.since <= now,
        BodyMember.until.is_(None))) or 0
