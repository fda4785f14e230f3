"""What the pages of a contest and a nomination show: read-only, a fixed number of queries."""
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from contest import contests, people
from contest.models import Application, Body, BodyMember, Contest, Draw, Event, Nomination, Participant
from contest.rules import events as kinds
from contest.rules import states, timetable
from core.access import Me
from core.db import session
from core.words import plural

FILED = frozenset(states.APPLICATION) - {"draft"}
COURSE = {"draw": "Жеребьёвка", kinds.BRIEFING: "Инструктаж", kinds.THEORY: "Теория", kinds.PRACTICE: "Практика",
          "publication": "Итоги"}
"""Kinds of events that make the line of steps of a contest, in its words."""


@dataclass(frozen=True)
class NominationLine:
    """A nomination in a list: its events by kind and its counts."""

    nomination: Nomination
    events: dict[str, list[Event]]
    filed: int
    participants: int
    experts: int
    drawn: bool

    def span(self, kind: str) -> tuple[datetime, datetime] | None:
        """From the first start to the last end of the events of a kind."""
        found = self.events.get(kind)
        if not found:
            return None
        return min(event.starts_at for event in found), max(event.ends_at or event.starts_at for event in found)


def lines(contest_id: int, now: datetime) -> list[NominationLine]:
    """Nominations of a contest with timetable and counts."""
    return lines_of([contest_id], now)[contest_id]


def lines_of(contest_ids: Collection[int], now: datetime) -> dict[int, list[NominationLine]]:
    """Nominations of several contests with timetable and counts, in six queries however many there are."""
    found = session.scalars(select(Nomination).where(
        Nomination.contest_id.in_(contest_ids)).order_by(Nomination.id)).all()
    ids = [nomination.id for nomination in found]
    by_kind: dict[int, dict[str, list[Event]]] = {key: {} for key in ids}
    for event in session.scalars(select(Event).where(Event.nomination_id.in_(ids)).order_by(Event.starts_at)):
        by_kind[event.nomination_id].setdefault(event.kind, []).append(event)
    filed = _counts(Application.nomination_id, ids, Application.state.in_(FILED))
    admitted = _counts(Participant.nomination_id, ids, Participant.withdrawn_at.is_(None))
    drawn = set(session.scalars(select(Draw.nomination_id).where(Draw.nomination_id.in_(ids)).distinct()))
    experts = dict(session.execute(select(Body.nomination_id, func.count()).join(BodyMember).where(
        Body.nomination_id.in_(ids), Body.kind == "expert_group", BodyMember.since <= now,
        BodyMember.until.is_(None)).group_by(Body.nomination_id)).tuples().all())
    made: dict[int, list[NominationLine]] = {contest_id: [] for contest_id in contest_ids}
    for row in found:
        made[row.contest_id].append(NominationLine(row, by_kind[row.id], filed.get(row.id, 0), admitted.get(row.id, 0),
                                                   experts.get(row.id, 0), row.id in drawn))
    return made


def _counts(column: Any, ids: list[int], condition: Any) -> dict[int, int]:
    rows = session.execute(select(column, func.count()).where(column.in_(ids), condition).group_by(column))
    return dict(rows.tuples().all())


def phase(contest: Contest, now: datetime) -> str:
    """Where the intake of applications stands: unknown, before, open, closed."""
    opens, closes = contest.applications_open_at, contest.applications_close_at
    if opens is None or closes is None:
        return "unknown"
    return "before" if now < opens else "open" if now <= closes else "closed"


def public_page(contest: Contest, *, now: datetime) -> dict[str, Any]:
    """The page a visitor reads: deadline, nominations, course, who takes part, the commission."""
    found, stage = lines(contest.id, now), phase(contest, now)
    commission = people.body_of(contest.id, "commission")
    return {"lines": found, "phase": stage, "filed": sum(line.filed for line in found),
            "left": left_words(contest.applications_close_at, now) if stage == "open" else [],
            "course": course(contest, found, now), "state": states.CONTEST_WORDS[contest.state],
            "results": any(_summed_up(line, now) for line in found) or contest.state in ("finished", "archived"),
            "commission": people.members_at(commission, now) if commission else [],
            "commission_order": commission.order_ref if commission else ""}


def _summed_up(line: NominationLine, now: datetime) -> bool:
    return any(event.starts_at <= now for kind in ("commission_meeting", "publication")
               for event in line.events.get(kind, []))


def left_words(until: datetime | None, now: datetime) -> list[tuple[int, str]]:
    """Time left in the two largest units, with their words."""
    seconds = max(0, int((until - now).total_seconds())) if until else 0
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, plural(days, "день", "дня", "дней")), (hours, plural(hours, "час", "часа", "часов")),
             (minutes, plural(minutes, "минута", "минуты", "минут")),
             (seconds, plural(seconds, "секунда", "секунды", "секунд"))]
    first = next((place for place, (number, _) in enumerate(parts) if number), 2)
    return parts[min(first, 2):min(first, 2) + 2]


def course(contest: Contest, found: list[NominationLine], now: datetime) -> list[dict[str, Any]]:
    """The line of steps of a contest: applications, then the events of each kind over all nominations."""
    steps = []
    if contest.applications_close_at:
        steps.append(("Заявка", contest.applications_open_at or contest.created_at, contest.applications_close_at))
    for kind, text in COURSE.items():
        spans = [edges for line in found if (edges := line.span(kind)) is not None]
        if spans:
            steps.append((text, min(first for first, _ in spans), max(last for _, last in spans)))
    return [{"text": text, "starts": starts, "ends": ends,
             "state": "done" if ends < now else "now" if starts <= now else "todo"}
            for text, starts, ends in sorted(steps, key=lambda step: step[1])]


def setup_page(contest: Contest, *, now: datetime) -> dict[str, Any]:
    """The organiser's page of a contest: what is set up, what is missing, what of the timetable is out of order."""
    found = lines(contest.id, now)
    return {"lines": found, "bodies": people.bodies(contest.id), "state": states.CONTEST_WORDS[contest.state],
            "texts": contests.consent_texts(contest.id),
            "missing": contests.missing_for_announcement(contest) if contest.state == "draft" else [],
            "disorder": [(line.nomination, findings) for line in found
                         if (findings := disorder(contest, [e for group in line.events.values() for e in group]))]}


def disorder(contest: Contest, events: Collection[Event]) -> list[str]:
    """Sentences about stages that stand in the wrong order."""
    moments = timetable.moments_of(((event.kind, event.starts_at, event.ends_at) for event in events),
                                   applications_open_at=contest.applications_open_at,
                                   applications_close_at=contest.applications_close_at)
    return [finding.text for finding in timetable.check_order(moments, contest.zone)]


def nomination_page(nomination: Nomination, *, me: Me, now: datetime) -> dict[str, Any]:
    """The staff page of a nomination: timetable, people, counts by state, the draw."""
    rows = session.execute(select(Application.state, func.count()).where(
        Application.nomination_id == nomination.id).group_by(Application.state))
    group = people.body_of(nomination.contest_id, "expert_group", nomination.id)
    drawn = session.scalar(select(Draw).where(Draw.nomination_id == nomination.id).order_by(Draw.id.desc()).limit(1))
    events = contests.events(nomination.id)
    organiser = me.has("organiser", contest_id=nomination.contest_id)
    return {"events": events, "states": Counter(dict(rows.tuples().all())),
            "words": states.APPLICATION_WORDS, "group": group, "drawn": drawn,
            "disorder": disorder(nomination.contest, events) if organiser else [],
            "experts": people.members_at(group, now) if group else [],
            "participants": session.scalar(select(func.count()).select_from(Participant).where(
                Participant.nomination_id == nomination.id, Participant.withdrawn_at.is_(None))),
            "staff": me.has("organiser", "secretary", contest_id=nomination.contest_id), "organiser": organiser}
