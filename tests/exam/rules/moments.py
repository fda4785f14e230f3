"""A sitting and instants for the tests of its clock: minutes (and seconds) after 10:00 UTC."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from exam.rules.facts import AttemptFacts, Pause, Scope, Sitting, StartConditions

ZERO_HOUR = datetime(2026, 6, 9, 10, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
READY = StartConditions(identity_approved=True, consents_signed=True, briefing_acknowledged=True)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    return ZERO_HOUR + timedelta(minutes=minutes, seconds=seconds)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def pause(start, end, scope=Scope.SITTING, compensated=True):
    return Pause(at(start), None if end is None else at(end), scope, compensated)


# Window 0..60, limit 40 min, grace 30 s, hard end 180.
SITTING = Sitting(at(0), at(60), minutes(40), timedelta(seconds=30), at(180), Fraction(1, 2))
STARTED = AttemptFacts(started=at(5))
