"""The board of a sitting: everybody, where they stand, whether they are connected, who asks for time."""
from dataclasses import dataclass
from datetime import datetime

from contest import participants
from contest.models import Participant
from exam import answers, attempts, bank_pages, contacts, grants, sittings
from exam.models import Attempt, Sitting
from exam.rules import facts, timing
from exam.rules.states import FINISH_WORDS, Phase, describe


@dataclass(frozen=True)
class Figures:
    """What is counted of an attempt: answers that stand, late ones, proposals that wait, its connection, its facts."""

    saved: int
    late: int
    waiting: int
    connection: contacts.Connection
    facts: facts.AttemptFacts


@dataclass(frozen=True)
class BoardLine:
    """One participant on the board. `name` and `points` are empty for those who know only codes; without an attempt
    `attempt` is None. `offline` is the time without a connection in sum, `extra` the time added, both in words."""

    code: str
    name: str
    phase: str
    kind: str
    attempt: Attempt | None = None
    until: datetime | None = None
    finished: datetime | None = None
    answered: int = 0
    late: int = 0
    points: str = ""
    link: str = ""
    silent: bool = False
    offline: str = ""
    extra: str = ""
    waiting: int = 0


def lines(sitting: Sitting, *, zone: str, names: bool, now: datetime) -> list[BoardLine]:
    """Everybody of the nomination, in the order of the draw; the number of queries does not grow with them."""
    people = participants.of_nomination(sitting.nomination_id)
    ready, begun = participants.readiness_of(people), attempts.of_sitting(sitting.id)
    counted = _figures(list(begun.values()), now)
    return [_absent(sitting, person, ready[person.id], names=names, now=now) if person.id not in begun else
            _line(sitting, person, begun[person.id], counted[begun[person.id].id], zone=zone, names=names, now=now)
            for person in people]


def _figures(rows: list[Attempt], now: datetime) -> dict[int, Figures]:
    ids = [row.id for row in rows]
    known = sittings.facts_of_many(rows)
    saved, late, asked, heard = answers.counts(ids), answers.late(ids), grants.waiting_of(ids), contacts.of_many(ids)
    return {row.id: Figures(saved[row.id], late.get(row.id, 0), asked.get(row.id, 0), contacts.judge(
        sittings.rules_of(row.sitting), known[row.id], heard[row.id], now), known[row.id]) for row in rows}


def _line(sitting: Sitting, person: Participant, attempt: Attempt, counted: Figures, *, zone: str, names: bool,
          now: datetime) -> BoardLine:
    rules, known = sittings.rules_of(sitting), counted.facts
    ended = timing.finish(rules, known, now)
    points = ""
    if names and attempt.points is not None:
        points = f"{bank_pages.points_words(attempt.points)} из {bank_pages.points_words(attempt.max_points or 0)}"
    offline = counted.connection.total
    return BoardLine(
        person.code or "кода ещё нет", person.account.name if names else "",
        describe(timing.phase(rules, known, now)) if ended is None else FINISH_WORDS[ended.reason],
        "info" if ended is None else "ok", attempt, timing.deadline(rules, known, now), ended.at if ended else None,
        counted.saved, counted.late, points, contacts.words(counted.connection, zone, now),
        counted.connection.since is not None, contacts.span_words(offline) if offline else "",
        contacts.span_words(attempt.extra_seconds) if attempt.extra_seconds else "", counted.waiting)


def _absent(sitting: Sitting, person: Participant, ready: participants.Readiness, *, names: bool,
            now: datetime) -> BoardLine:
    phase, kind = _absent_words(sitting, person, ready, now)
    return BoardLine(person.code or "кода ещё нет", person.account.name if names else "", phase, kind)


def _absent_words(sitting: Sitting, person: Participant, ready: participants.Readiness,
                  now: datetime) -> tuple[str, str]:
    if person.no_show:
        return f"не явился: {person.no_show}", "bad"
    if now > sitting.closes_at:
        return "к выполнению задания не приступал", "bad"
    admitted = sittings.conditions(ready).admitted
    return describe(Phase.ADMITTED if admitted else Phase.ASSIGNED), "idle" if admitted else "warn"
