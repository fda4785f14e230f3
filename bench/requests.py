"""CPU of the web process per request, as a multiple of an empty handler of the same process in the same run."""

from typing import Any

from bench.people import Person, seat
from bench.web import Bench, Played, floor, lanes_of, noise

LANES = 32
KINDS = ("floor", "save", "heartbeat", "state", "page", "first page")


def measure(bench: Bench, count: int, rounds: int) -> dict[str, Any]:
    """CPU, ratio to the floor and wall times of each kind of request, and the saves one process keeps a second.

    `LANES` connections at a time, each of a person of its own. Rounds go through all kinds in turn and the cheapest
    round counts, so that a machine that was busy for a while spoils no ratio.
    """
    people = seat(bench.place.make, min(LANES, count), begun=True).people
    _round(bench, people, len(people), 0)  # what is remembered of each paper is read once
    played = [_round(bench, people, count, number + 1) for number in range(rounds)]
    best = {kind: min((one[kind] for one in played), key=lambda each: each.cpu) for kind in KINDS}
    base = best["floor"].cpu
    return {"noise": noise([one["floor"].cpu for one in played]), "lanes": len(people),
            "saves_per_s": round(max(one["save"].rate for one in played)),
            "rows": {kind: _row(each, base) for kind, each in best.items()},
            "ratio": {kind: round(each.cpu / base, 2) for kind, each in best.items()}}


def _row(played: Played, base: float) -> dict[str, float]:
    return {"cpu_ms": round(played.cpu * 1000, 3), "ratio": round(played.cpu / base, 2), "p50_ms": played.ms(50),
            "p99_ms": played.ms(99), "per_s": round(played.rate)}


def _round(bench: Bench, people: list[Person], count: int, number: int) -> dict[str, Played]:
    """Pages of a person cost more and are asked less often."""
    few = max(count // 4, len(people))
    return {"floor": floor(bench, count, len(people)),
            "save": bench.play("POST", saves(bench, people, count, number)),
            "heartbeat": bench.play("POST", _own(bench, people, count, "/heartbeat", {})),
            "state": bench.play("GET", _own(bench, people, count, "/state")),
            "page": bench.play("GET", _own(bench, people, few, "")),
            "first page": bench.play("GET", lanes_of("/", few, [bench.headers(person) for person in people]))}


def _own(bench: Bench, people: list[Person], count: int, path: str, body: Any = None) -> list[dict[str, Any]]:
    """Requests of people to their own attempts."""
    each = max(count // len(people), 1)
    return [{"headers": bench.headers(person),
             "requests": [[None, f"/attempts/{person.attempt_id}{path}", body]] * each} for person in people]


def saves(bench: Bench, people: list[Person], count: int, number: int) -> list[dict[str, Any]]:
    """Saves of people, one after the other; `number` keeps those of several rounds apart."""
    each = max(count // len(people), 1)
    numbers = range(number * each + 1, (number + 1) * each + 1)
    return [{"headers": bench.headers(person), "requests": [
        [None, f"/attempts/{person.attempt_id}/answers", person.save(seq)] for seq in numbers]} for person in people]
