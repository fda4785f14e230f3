"""The clock of the usual case, without the work of the general one: no pause, no close in force, nothing reopened.

Then the deadline is one fixed instant. `timing` decides everything else, and says the same here (tests compare them).
"""
from datetime import datetime

from exam.rules.facts import Accepted, AttemptFacts, Countdown, Sitting
from exam.rules.states import Phase
from exam.rules.timing import deadline


def fixed_deadline(sitting: Sitting, facts: AttemptFacts) -> datetime | None:
    """The deadline when it is a fixed instant; None when only `timing` can say."""
    if facts.started is None or facts.pauses or facts.reopened or facts.finished or facts.annulled:
        return None
    return deadline(sitting, facts, facts.started)


def accepted(facts: AttemptFacts, ends: datetime | None, received: datetime) -> Accepted | None:
    """What `timing.judge_save` says of a save in time; None when it has to be asked. `ends` is `fixed_deadline`."""
    return Accepted() if ends is not None and facts.started and facts.started <= received <= ends else None


def countdown(facts: AttemptFacts, ends: datetime | None, now: datetime) -> Countdown | None:
    """What `timing.countdown_state` says of an attempt that runs; None when it has to be asked."""
    if ends is None or facts.started is None or not facts.started <= now <= ends:
        return None
    return Countdown(phase=Phase.RUNNING, reason=None, now=now, deadline=ends, remaining=ends - now, ticking=True,
                     in_grace=False, paused_since=None)
