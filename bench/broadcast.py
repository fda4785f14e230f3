"""A thousand open pages: how long until all are connected, until all heard an event, and what each costs in memory."""

import subprocess
import sys
import urllib.request
from typing import Any

from bench.load import part
from bench.people import Person, seat
from bench.web import Bench, ask, heard
from tests.programs import ROOT


def measure(bench: Bench, count: int, events: int) -> dict[str, Any]:
    """`count` pages join the rooms of their attempts; then `events` events go to all of them, one after the other."""
    people = seat(bench.place.make, count, begun=True).people
    _warm(bench, people[0])
    before, cpu = bench.web.memory(), bench.web.cpu()
    with subprocess.Popen([sys.executable, "-m", "bench.sockets", str(bench.web.port)], cwd=ROOT, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        connected = ask(client, {"pages": [_page(bench, one) for one in people], "events": events})["connected"]
        grown, connecting = bench.web.memory() - before, bench.web.cpu() - cpu
        for _ in range(events):
            _broadcast(bench)
        delays = heard(client)["delays"]
    return {"clients": count, "connected_s": round(connected, 2), "connect_cpu_ms": round(connecting / count * 1000, 2),
            "memory_kb": round(grown / count / 1024, 1), "p50_ms": round(part(delays, 50) * 1000, 1),
            "p99_ms": round(part(delays, 99) * 1000, 1), "worst_ms": round(max(delays) * 1000, 1)}


def _warm(bench: Bench, person: Person) -> None:
    """What the first of all sockets loads belongs to none of them."""
    with subprocess.Popen([sys.executable, "-m", "bench.sockets", str(bench.web.port)], cwd=ROOT, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        ask(client, {"pages": [_page(bench, person)], "events": 0})


def _page(bench: Bench, person: Person) -> dict[str, str]:
    return {"cookie": bench.headers(person)["Cookie"], "room": f"attempt:{person.attempt_id}"}


def _broadcast(bench: Bench) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{bench.web.port}/broadcast") as reply:
        assert reply.status == 200
