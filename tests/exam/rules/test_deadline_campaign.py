"""10 000 random saves around the deadline, judged by the rules and by an oracle written apart from them."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from exam.rules.facts import Accepted, AttemptFacts, Finish, LateBox, Pause, Reopening, Scope, Sitting
from exam.rules.states import FinishReason
from exam.rules.timing import best_sync, deadline, edit_time, judge_save
from tests.exam import oracle
from tests.exam.oracle import SECOND, Page, Stop, World

CASES = 10_000
ZERO = datetime(2026, 6, 9, 10, 0, tzinfo=UTC)
MINUTE = 60 * SECOND
WINDOW = 60 * MINUTE


def instant(micros: int) -> datetime:
    return ZERO + timedelta(microseconds=micros)


def span(micros: int) -> timedelta:
    return timedelta(microseconds=micros)


def some_stops(dice: random.Random) -> tuple[Stop, ...]:
    found = []
    for _ in range(dice.choice((0, 0, 1, 1, 2, 3))):
        start = dice.randrange(-5 * MINUTE, 75 * MINUTE)
        end = dice.choice((start + dice.randrange(12 * MINUTE), start + dice.randrange(5 * SECOND), start))
        found.append(Stop(start, end, own=dice.random() < 0.5, moves_close=dice.random() < 0.6))
    if dice.random() < 0.1:
        found.append(Stop(dice.randrange(50 * MINUTE), None, own=dice.random() < 0.5, moves_close=dice.random() < 0.5))
    return tuple(found)


def some_world(dice: random.Random) -> World:
    grace = dice.choice((0, 1, 30, 30, 120)) * SECOND
    world = World(closes=WINDOW, limit=dice.randrange(5 * MINUTE, 45 * MINUTE), grace=grace,
                  hard_end=WINDOW + dice.choice((0, 5, 120)) * MINUTE, begun=dice.randrange(0, WINDOW),
                  extra=dice.choice((0, 0, dice.randrange(20 * 60))) * SECOND,
                  shift=dice.choice((0, 0, dice.randrange(15 * 60))) * SECOND, stops=some_stops(dice))
    return dice.choice((lambda: world, lambda: finished(dice, world), lambda: reopened(dice, world)))()


def finished(dice: random.Random, world: World) -> World:
    """Closed by time, by the participant or by somebody else."""
    now = world.begun + dice.randrange(90 * MINUTE)
    ends = oracle.end_of_time(world, now)
    if dice.random() < 0.5 and now > ends:
        return World(**{**vars(world), "finished": (ends, "deadline")})
    return World(**{**vars(world), "finished": (now, dice.choice(("participant", "removal", "commission")))})


def reopened(dice: random.Random, world: World) -> World:
    """Closed by time and opened again by a grant a little later, perhaps twice."""
    for _ in range(dice.choice((1, 1, 2))):
        closed = oracle.end_of_time(world, 10**15)
        given = closed + dice.randrange(1, 30 * MINUTE)
        extra = world.extra + -(-(given + dice.randrange(MINUTE, 9 * MINUTE) - closed) // SECOND) * SECOND
        world = World(**{**vars(world), "extra": extra, "gaps": (*world.gaps, (closed, given)),
                         "stops": tuple(stop for stop in world.stops if stop.end is not None)})
    return world


def some_moment(dice: random.Random, world: World) -> int:
    """Near a border: the deadline, the end of the grace, a pause, a close; exact to the microsecond half the time."""
    guess = oracle.end_of_time(world, world.begun + 40 * MINUTE)
    ends = oracle.end_of_time(world, guess)
    borders = [ends, ends, ends, ends + world.grace, ends + world.grace, world.begun, world.hard_end,
               world.hard_end + world.grace]
    borders += [moment + plus for stop in world.stops for moment in (stop.start, stop.end or ends)
                for plus in (0, world.grace)]
    borders += [moment for gap in world.gaps for moment in gap]
    if world.finished is not None:
        borders += [world.finished[0]] * 4
    near = (0, 0, 1, -1, dice.randrange(-2 * SECOND, 2 * SECOND), dice.randrange(-40 * SECOND, 40 * SECOND))
    return dice.choice(borders) + dice.choice(near)


def some_estimate(dice: random.Random, world: World, received: int) -> tuple[Page | None, int | None, int | None]:
    """(page, mono, previous ack): honest, forged, missing, backward and huge ones, of pages known and unknown."""
    ends = oracle.end_of_time(world, received)
    synced = received - dice.choice((0, 1, dice.randrange(1, 90 * SECOND), dice.randrange(1, 40 * MINUTE)))
    mono = dice.randrange(0, 10**7)
    page = Page([(synced, mono)] + [(synced - dice.randrange(MINUTE), max(0, mono - dice.randrange(60_000)))
                                    for _ in range(dice.choice((0, 0, 1, 3)))])
    honest = mono + (dice.choice((ends, ends, received, stop_of(dice, world, ends))) - synced) // 1000
    sent = dice.choice((honest, honest, honest + 1, honest - 1, mono, mono - 5000, 0, 2_000_000_000, 10**15, None))
    ack = dice.choice((None, synced, synced, received, ends, ends + 1, ends - 1, received - 1, received + SECOND))
    return dice.choice((page, page, page, page, None, Page())), sent if sent is None else max(0, sent), ack


def stop_of(dice: random.Random, world: World, otherwise: int) -> int:
    return dice.choice([moment + near for stop in world.stops for moment in (stop.start, stop.end or otherwise)
                        for near in (-1000, 0, 1000)] or [otherwise])


def rules_of(world: World) -> tuple[Sitting, AttemptFacts]:
    sitting = Sitting(ZERO, instant(world.closes), span(world.limit), span(world.grace), instant(world.hard_end))
    ended = world.finished and Finish(instant(world.finished[0]), FinishReason(world.finished[1]))
    pauses = tuple(Pause(instant(one.start), None if one.end is None else instant(one.end),
                         Scope.OWN if one.own else Scope.SITE, one.moves_close) for one in world.stops)
    return sitting, AttemptFacts(
        started=instant(world.begun), extra=span(world.extra), shift=span(world.shift), pauses=pauses, finished=ended,
        reopened=tuple(Reopening(instant(closed), instant(given)) for closed, given in world.gaps))


def judged(world: World, received: int, page: Page | None, mono: int | None, ack: int | None) -> str:
    """What the service's rules say, put together as the operation does."""
    sitting, facts = rules_of(world)
    moment = instant(received)
    sync = best_sync([(instant(at), sign) for at, sign in page.samples], moment) if page else None
    edited = None
    if mono is not None and sync is not None:
        before = instant(ack) if ack is not None and ack < received else None
        edited = edit_time(sync[0], sync[1], mono, before, moment)
    verdict = judge_save(sitting, facts, moment, edited)
    if isinstance(verdict, Accepted):
        return oracle.LATE if verdict.late_in_grace else oracle.ACCEPTED
    return oracle.BOX if isinstance(verdict, LateBox) else oracle.REFUSED


def test_ten_thousand_saves_around_the_deadline_are_judged_as_the_oracle_judges_them():
    dice, wrong, met = random.Random(2026), [], Counter()
    for case in range(CASES):
        world = some_world(dice)
        received = some_moment(dice, world)
        page, mono, ack = some_estimate(dice, world, received)
        expected = oracle.judge(world, received, oracle.estimate(page, mono, ack, received))
        found = judged(world, received, page, mono, ack)
        met[expected] += 1
        if found != expected:
            wrong.append((case, world, received, page, mono, ack, expected, found))
    assert wrong[:3] == []
    assert len(met) == 4
    assert min(met.values()) > CASES // 100


def test_the_deadline_is_the_oracles_deadline():
    dice = random.Random(9)
    for _ in range(2000):
        world = some_world(dice)
        now = world.begun + dice.randrange(100 * MINUTE)
        sitting, facts = rules_of(world)
        assert deadline(sitting, facts, instant(now)) == instant(oracle.end_of_time(world, now)), world
