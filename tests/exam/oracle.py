"""A judge of saves written apart from the service, from exam.md §1 rules 2 to 5, 9, 11 and 12 alone.

It shares nothing with exam/rules/timing: whole microseconds instead of datetimes, and instead of the formula of rule 3
a walk through time that spends the participant's seconds piece by piece. Slow and plain on purpose.
"""
from dataclasses import dataclass, field
from itertools import pairwise

SECOND = 1_000_000
ACCEPTED, LATE, BOX, REFUSED = "accepted", "late_in_grace", "late_box", "refused"


@dataclass(frozen=True)
class Stop:
    """A pause [start, end), `end` None while it is open; `own` or common; `moves_close`: an own one is compensated."""

    start: int
    end: int | None
    own: bool = False
    moves_close: bool = True


@dataclass(frozen=True)
class World:
    """Everything that was set up or has happened, in microseconds of one clock."""

    closes: int
    limit: int
    grace: int
    hard_end: int
    begun: int
    extra: int = 0
    shift: int = 0
    stops: tuple[Stop, ...] = ()
    finished: tuple[int, str] | None = None
    gaps: tuple[tuple[int, int], ...] = ()


@dataclass
class Page:
    """What the service knows of a page's monotonic clock: (received, mono in ms) of its acknowledged saves."""

    samples: list[tuple[int, int]] = field(default_factory=list)


def estimate(page: Page | None, mono: int | None, previous_ack: int | None, received: int) -> int | None:
    """Rule 5: last sync + difference of mono, bounded by [previous ack, t]; a page that never synced knows nothing.

    Only what was acknowledged before the save arrived can be a sync or the previous ack: answers that come together
    say nothing about each other. A sample is late by the time its answer waited, so the least late one is the sync.
    """
    if mono is None or page is None:
        return None
    samples = [(at, sign) for at, sign in page.samples if at < received]
    if not samples:
        return None
    guess = min(at - 1000 * sign for at, sign in samples) + 1000 * mono
    if previous_ack is not None and previous_ack < received:
        guess = max(guess, previous_ack)
    return min(guess, received)


def end_of_time(world: World, now: int) -> int:
    """The deadline as it stands at `now`: the participant's time is spent wherever nothing is stopped."""
    if world.finished is not None:
        now = min(now, world.finished[0])
    return min(_spent(world, now), _shut(world, now), world.hard_end)


def _known(world: World, now: int) -> list[Stop]:
    """The stops as they stand at `now`, an open one ended there; those that came when time was over are nothing."""
    kept: list[Stop] = []
    for one in sorted(world.stops, key=lambda stop: stop.start):
        if world.finished is not None and one.start >= world.finished[0]:
            continue
        ends = min(_walk(world, kept, now), _window(world, kept, now), world.hard_end)
        if one.start >= ends:
            break
        kept.append(one)
    return kept


def _spent(world: World, now: int) -> int:
    return _walk(world, _known(world, now), now)


def _shut(world: World, now: int) -> int:
    return _window(world, _known(world, now), now)


def _pieces(stops: list[Stop], now: int) -> list[tuple[int, int, list[Stop]]]:
    """(from, to, stops in force) for every stretch between two moments at which something begins or ends."""
    ends = {one: max(one.start, now if one.end is None else one.end) for one in stops}
    marks = sorted({moment for one in stops for moment in (one.start, ends[one])})
    return [(low, high, [one for one in stops if one.start <= low and high <= ends[one]])
            for low, high in pairwise(marks)]


def _walk(world: World, stops: list[Stop], now: int) -> int:
    """When L + E are used up: stretches that are stopped cost nothing, as far as they lie between T0 and now."""
    free = 0
    for low, high, held in _pieces(stops, now):
        if held:
            free += max(0, min(high, max(now, world.begun)) - max(low, world.begun))
    return world.begun + world.limit + world.extra + free


def _window(world: World, stops: list[Stop], now: int) -> int:
    """When the window shuts: moved by what was common, and by own stops that are compensated and nobody shared."""
    moved = 0
    for low, high, held in _pieces(stops, now):
        if any(not one.own for one in held) or any(one.own and one.moves_close for one in held):
            moved += high - low
    return world.closes + world.shift + world.extra + moved


def stopped_since(world: World, moment: int, now: int) -> int | None:
    """The beginning of the stop round `moment`, stops that touch taken as one; None when time runs."""
    begun: int | None = None
    until = 0
    for one in sorted(_known(world, now), key=lambda stop: stop.start):
        end = 10**18 if one.end is None else one.end
        if end <= one.start:
            continue
        if begun is None or one.start > until:
            if begun is not None and begun <= moment < until:
                return begun
            begun, until = one.start, end
        else:
            until = max(until, end)
    return begun if begun is not None and begun <= moment < until else None


def judge(world: World, received: int, edited: int | None) -> str:
    """What becomes of a save received at `received`, edited at the estimate `edited` (None: nothing is known)."""
    if received < world.begun:
        return REFUSED
    if any(closed < received < opened for closed, opened in world.gaps):
        return BOX
    if world.finished is not None:
        at, reason = world.finished
        if reason == "deadline" and received > at:
            return BOX
        if reason != "deadline" and received >= at:
            return REFUSED
    stopped = stopped_since(world, received, received)
    if stopped is not None:
        carried = edited is not None and edited < stopped and received - stopped <= world.grace
        return LATE if carried else REFUSED
    ends = end_of_time(world, received)
    if received <= ends:
        return ACCEPTED
    if received - ends > world.grace or edited is None or edited > ends:
        return BOX
    return BOX if stopped_since(world, edited, received) is not None else LATE
