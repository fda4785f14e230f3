"""What is measured, with which sizes, and the run: each measurement in a place of its own, on a machine watched."""

import os
import platform
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import arrivals, broadcast, disk, gap, group, inside, requests, restart, starts
from bench.place import allow_many_sockets, fresh
from bench.web import ROUNDS, Bench
from tests import servers


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    requests: int  # of each kind in a round
    rounds: int
    people: int
    seconds: float  # of the open loop and of the loop's gaps
    spread_s: float  # within which everybody starts
    events: int  # said to all sockets
    journal: int
    kills: int
    closing: int  # attempts that end while the gaps are counted
    documents: int
    commits: int  # of the journal's own measurement
    connections: int  # of group commit
    watch_s: float  # of the disk and of the machine's other work


FULL = Sizes(requests=3200, rounds=ROUNDS, people=1000, seconds=30, spread_s=5, events=20, journal=1_000_000, kills=3,
             closing=200, documents=10, commits=400, connections=200, watch_s=1.0)
TINY = Sizes(requests=8, rounds=1, people=8, seconds=0.4, spread_s=0.2, events=2, journal=300, kills=1,
             closing=0, documents=0, commits=20, connections=8, watch_s=0.02)

MEASUREMENTS: dict[str, Callable[[Bench, Sizes], dict[str, Any]]] = {
    "requests": lambda bench, size: requests.measure(bench, size.requests, size.rounds),
    "group": lambda bench, size: group.measure(bench, size.connections, size.requests),
    "arrivals": lambda bench, size: arrivals.measure(bench, size.people, size.seconds, size.requests),
    "opening": lambda bench, size: starts.measure(bench, starts.OPENING, size.people, size.spread_s),
    "key": lambda bench, size: starts.measure(bench, starts.KEY, size.people, size.spread_s),
    "theory": lambda bench, size: starts.measure(bench, starts.THEORY, size.people, size.spread_s),
    "sockets": lambda bench, size: broadcast.measure(bench, size.people, size.events),
    "gap": lambda bench, size: gap.measure(bench, size.seconds, size.closing, size.documents),
    "restart": lambda bench, size: restart.measure(bench, size.journal, size.kills),
    "journal": lambda bench, size: inside.measure_journal(bench.place.make, size.commits),
    "rendering": lambda bench, size: inside.measure_rendering(bench.place.make, size.documents),
}


def run(names: Iterable[str], size: Sizes = FULL, *, postgres: bool = False,
        say: Callable[[str], object] = print) -> dict[str, Any]:
    """The named measurements, one after the other."""
    allow_many_sockets()
    found = {}
    for name in names:
        began = time.perf_counter()
        with ExitStack() as stack:
            place = stack.enter_context(fresh(_durable(stack) if postgres else ""))
            found[name] = measured(name, stack.enter_context(Bench(place)), size)
        say(f"{name}: {time.perf_counter() - began:.0f} s")
    return {"at": datetime.now(UTC).isoformat(timespec="minutes"), "machine": machine(),
            "database": "PostgreSQL" if postgres else "SQLite", "found": found}


def measured(name: str, bench: Bench, size: Sizes) -> dict[str, Any]:
    """One measurement with the state of the machine around it: what others did on it, what its disk could do."""
    before, rate = others(size.watch_s), disk.fsync_rate(bench.place.folder, size.watch_s)
    values = MEASUREMENTS[name](bench, size)
    return {**values, "fsync_per_s": rate, "others_cores": max(before, others(size.watch_s))}


def others(seconds: float) -> float:
    """How many cores the rest of the machine uses while we do nothing."""
    before = _busy()
    time.sleep(seconds)
    return round((_busy() - before) / os.sysconf("SC_CLK_TCK") / seconds, 2)


def _busy() -> int:
    """Ticks of all cores that were not idle (user, nice, system, irq, softirq, steal)."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4]


def machine() -> str:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores {model}, Python {platform.python_version()}"


def _durable(stack: ExitStack) -> str:
    """A PostgreSQL of its own that syncs to disk."""
    server = servers.Postgres(durable=True)
    stack.callback(server.stop)
    server.start()
    return server.new_database().replace("postgresql:", "postgresql+psycopg:")
