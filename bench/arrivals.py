"""Participants who save when they please: an open loop, however slow the server is."""

import random
from typing import Any

from bench.people import Person, seat
from bench.requests import LANES, saves
from bench.web import Bench

TINIEST = 1e-9
SHARE = 4  # a quarter of what the process can do


def measure(bench: Bench, people: int, seconds: float, probe: int) -> dict[str, Any]:
    """p50 and p99 of a save when `people` save at random moments, together at a quarter of the measured capacity.

    Capacity is what `LANES` people who never think get saved a second; `probe` saves measure it just before. The empty
    handler under the same arrivals says what the machine itself adds to the times.
    """
    everybody = seat(bench.place.make, people + min(LANES, probe), begun=True).people
    busy, crowd = everybody[people:], everybody[:people]
    bench.play("POST", saves(bench, busy, len(busy), 0))
    capacity = bench.play("POST", saves(bench, busy, probe, 1)).rate
    rate = capacity / SHARE
    arrivals = lanes(bench, crowd, rate, seconds)
    empty = bench.play("GET", [{**lane, "requests": [[at, "/floor", None] for at, _path, _body in lane["requests"]]}
                               for lane in arrivals])
    played = bench.play("POST", arrivals)
    return {"people": people, "capacity_per_s": round(capacity), "offered_per_s": round(rate),
            "saves": len(played.seconds), "ratio": round(played.cpu / max(empty.cpu, TINIEST), 2),
            "floor_p99_ms": empty.ms(99), "p50_ms": played.ms(50), "p99_ms": played.ms(99), "worst_ms": played.ms(100),
            "lag_ms": round(played.lag * 1000, 1)}


def lanes(bench: Bench, people: list[Person], rate: float, seconds: float) -> list[dict[str, Any]]:
    """One connection a person; arrivals of all together are a Poisson stream of `rate` a second."""
    chance, at, queues = random.Random(1000), 0.0, [list[Any]() for _ in people]
    while (at := at + chance.expovariate(rate)) < seconds:
        number = chance.randrange(len(people))
        person, queue = people[number], queues[number]
        queue.append([at, f"/attempts/{person.attempt_id}/answers", person.save(len(queue) + 1)])
    return [{"headers": bench.headers(person), "requests": queue}
            for person, queue in zip(people, queues, strict=True)]
