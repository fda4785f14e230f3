"""Where the pages of a sitting are: heard of or not, since when, and the time without a connection.

The rows are written with the saves and heartbeats themselves; here they are read.
"""
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from contest.rules import timetable
from core import db, realtime
from core.db import session
from exam import sittings
from exam.models import Attempt, Contact
from exam.rules import facts, offline, timing
from exam.rules.intervals import Interval, length

_seen: dict[int, frozenset[int]] = {}  # per sitting: whose pages were silent at this process's last look


@dataclass(frozen=True)
class Connection:
    """What is known of an attempt's page: offline intervals in order, and since when it is silent (None: it is not).

    `ended` says that the work is over, so that silence means nothing any more.
    """

    intervals: list[Interval]
    since: datetime | None
    ended: bool

    @property
    def total(self) -> int:
        """Whole seconds without a connection in sum."""
        return int(length(self.intervals).total_seconds())


def of_many(attempt_ids: Collection[int]) -> dict[int, list[Interval]]:
    """Per attempt: the stretches in which its page was heard of, in one query."""
    found: dict[int, list[Interval]] = {key: [] for key in attempt_ids}
    for attempt, first, last in session.execute(select(Contact.attempt_id, Contact.from_at, Contact.last_at).where(
            Contact.attempt_id.in_(attempt_ids)).order_by(Contact.from_at)).tuples():
        found[attempt].append((first, last))
    return found


def keep(attempt_id: int, first: datetime, last: datetime) -> None:
    """A stretch that began at `first` has lasted until `last` (the demonstration; the writer of answers keeps those of
    living pages itself)."""
    row = session.scalar(select(Contact).where(Contact.attempt_id == attempt_id, Contact.from_at == first))
    row = row or Contact(attempt_id=attempt_id, from_at=first)
    row.last_at = last
    session.add(row)
    session.flush()


def connection(attempt: Attempt, *, now: datetime) -> Connection:
    """The connection of one attempt at `now`."""
    return connections([attempt], now=now)[attempt.id]


def connections(attempts: Iterable[Attempt], *, now: datetime) -> dict[int, Connection]:
    """The same of many by their ids; the number of queries does not grow with them."""
    rows = list(attempts)
    heard, known = of_many([row.id for row in rows]), sittings.facts_of_many(rows)
    return {row.id: judge(sittings.rules_of(row.sitting), known[row.id], heard[row.id], now) for row in rows}


def judge(rules: facts.Sitting, known: facts.AttemptFacts, heard: list[Interval], now: datetime) -> Connection:
    """Offline intervals lie between the start and the finish, the deadline or `now`, whichever comes first."""
    if known.started is None:
        return Connection([], None, False)
    ended = timing.finish(rules, known, now)
    until = ended.at if ended else min(now, timing.deadline(rules, known, now))
    outside = [*((gap.closed, gap.at) for gap in known.reopened), *(pause.as_of(now) for pause in known.pauses)]
    found = offline.intervals(heard, known.started, max(until, known.started), outside)
    back = max([known.started, *(gap.at for gap in known.reopened)])  # a page closed by time is not expected before
    return Connection(found, None if ended else offline.offline_since(heard, back, now), ended is not None)


def words(found: Connection, zone: str, now: datetime) -> str:
    """«на связи», «нет связи с 12:03:07, 3 мин 20 с»; nothing once the work is over."""
    if found.ended:
        return ""
    if found.since is None:
        return "на связи"
    lasting = span_words(int((now - found.since).total_seconds()))
    return f"нет связи с {timetable.format_clock(found.since, zone, seconds=True)}, {lasting}"


def span_words(seconds: int) -> str:
    """«45 с», «3 мин 20 с», «1 ч 2 мин 5 с», «5 мин»."""
    hours, rest = divmod(max(0, seconds), 3600)
    parts = [f"{number} {unit}" for number, unit in ((hours, "ч"), (rest // 60, "мин"), (rest % 60, "с")) if number]
    return " ".join(parts) or "0 с"


def tell_changes(now: datetime) -> int:
    """Tell the boards on which somebody fell silent or came back since the last look; gives how many.

    A duty of the worker: silence makes no event of its own. Without it a reload of the board shows the same.
    """
    with db.reading():
        rows = session.scalars(select(Attempt).where(Attempt.finished_at.is_(None))).all()
        found = connections(rows, now=now)
    silent: dict[int, set[int]] = {row.sitting_id: set() for row in rows}
    for row in rows:
        if found[row.id].since is not None:
            silent[row.sitting_id].add(row.id)
    changed = [key for key, who in silent.items() if _seen.get(key, frozenset()) != who]
    if changed:
        with db.transaction():
            for key in changed:
                realtime.notify(f"sitting:{key}")
    _seen.clear()
    _seen.update({key: frozenset(who) for key, who in silent.items()})
    return len(changed)
