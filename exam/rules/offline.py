"""Time without a connection (exam.md §1 rule 11): stretches in which the page of an attempt was not heard of.

A page that lives is heard of every ten seconds or oftener. Between two signs of life more than OFFLINE_AFTER apart it
was offline, from the earlier sign to the later one. The start is a sign of life. A lost connection is no pause: what
follows from it is proposed here and given by a person.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from exam.rules.facts import require_utc
from exam.rules.intervals import Interval, length, minus, whole_seconds

OFFLINE_AFTER = timedelta(seconds=20)


def intervals(
    contacts: Iterable[Interval], started: datetime, until: datetime, outside: Iterable[Interval] = ()
) -> list[Interval]:
    """Offline intervals inside [started, until] in order of time; the last may end at `until` and still go on.

    `contacts` are stretches (first, last) in which signs of life came often enough; `outside` is time that did not
    run for the participant (pauses, from a close to its reopening): what it leaves of an interval counts by itself.
    """
    require_utc(started, until)
    silent: list[Interval] = []
    heard = started
    for first, last in sorted(contacts):
        if first > until:
            break
        if first > heard:
            silent.append((heard, first))
        heard = max(heard, last)
    if until > heard:
        silent.append((heard, until))
    taken = list(outside)
    return [part for gap in silent if _long(gap) for part in minus([gap], taken) if _long(part)]


def _long(gap: Interval) -> bool:
    return gap[1] - gap[0] > OFFLINE_AFTER


def offline_since(contacts: Iterable[Interval], started: datetime, now: datetime) -> datetime | None:
    """The last sign of life when it is too long ago at `now`; None while the page is heard of."""
    heard = max((min(last, now) for first, last in contacts if first <= now), default=started)
    heard = max(heard, started)
    return heard if now - heard > OFFLINE_AFTER else None


def compensation(interval: Interval, proposed: Iterable[Interval]) -> int:
    """Whole seconds, rounded up, to propose for an offline interval, less what was proposed for parts of it already."""
    return whole_seconds(length(minus([interval], proposed)))
