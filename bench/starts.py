"""A thousand people who begin at the same hour: first access to a task, start of a theory."""

import random
from typing import Any

from bench.people import Hall, seat
from bench.web import Bench, Played

OPENING = "/tasks/{task}/opening"
KEY = "/tasks/{task}/key"
THEORY = "/sittings/{sitting}/attempts"


def measure(bench: Bench, path: str, people: int, seconds: float) -> dict[str, Any]:
    """Each of `people` asks `path` once, at a moment of chance within `seconds`; so they do with the empty handler."""
    hall, chance = seat(bench.place.make, people, begun=False), random.Random(people)
    moments = [chance.uniform(0, seconds) for _ in hall.people]
    empty = _play(bench, "GET", "/floor", hall, moments)
    begun = _play(bench, "POST", path.format(task=hall.task_id, sitting=hall.sitting_id), hall, moments)
    return {"people": people, "seconds": seconds, "floor_ms": round(empty.cpu * 1000, 3),
            "cpu_ms": round(begun.cpu * 1000, 3), "ratio": round(begun.cpu / empty.cpu, 2), "p50_ms": begun.ms(50),
            "p99_ms": begun.ms(99), "worst_ms": begun.ms(100)}


def _play(bench: Bench, method: str, path: str, hall: Hall, moments: list[float]) -> Played:
    lanes = [{"headers": bench.headers(person), "requests": [[moment, path, None]]}
             for person, moment in zip(hall.people, moments, strict=True)]
    return bench.play(method, lanes, statuses=(200, 303))
