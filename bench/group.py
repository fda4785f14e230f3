"""Group commit against a commit per save: the same process, the same load, only the size of a group differs."""

import json
import urllib.request
from statistics import median
from typing import Any

from bench.people import seat
from bench.requests import saves
from bench.web import ROUNDS, Bench
from core.db import GROUP

ALONE = 1


def measure(bench: Bench, connections: int, count: int) -> dict[str, Any]:
    """Saves a second on so many connections, each of a person of its own, in groups and one by one; their ratio.

    Both are measured in every round, one right after the other; the ratio is the median of the rounds' own, so that a
    machine that slows down for a while weighs on both. CPU is that of the web process per save.
    """
    people = seat(bench.place.make, connections, begun=True).people
    bench.play("POST", saves(bench, people, connections, 0))
    rounds = [{size: _played(bench, people, count, size, 1 + 2 * number + (size == ALONE)) for size in (GROUP, ALONE)}
              for number in range(ROUNDS)]
    return {"ratio": round(median(one[GROUP]["per_s"] / one[ALONE]["per_s"] for one in rounds), 2),
            "group": _best([one[GROUP] for one in rounds]), "alone": _best([one[ALONE] for one in rounds])}


def _played(bench: Bench, people: list[Any], count: int, size: int, number: int) -> dict[str, float]:
    before = _counted(bench, size)
    played = bench.play("POST", saves(bench, people, count, number))
    after = _counted(bench, GROUP)
    return {"per_s": round(played.rate), "cpu_ms": round(played.cpu * 1000, 3), "p50_ms": played.ms(50),
            "p99_ms": played.ms(99),
            "together": round((after["items"] - before["items"]) / max(after["batches"] - before["batches"], 1), 1)}


def _counted(bench: Bench, size: int) -> dict[str, int]:
    """Counters of the writer; groups are of at most `size` saves from here on."""
    with urllib.request.urlopen(f"http://127.0.0.1:{bench.web.port}/group?size={size}") as reply:
        found: dict[str, int] = json.load(reply)
    return found


def _best(rounds: list[dict[str, float]]) -> dict[str, float]:
    return max(rounds, key=lambda one: one["per_s"])
