"""CPU of the web process per request, as a multiple of an empty handler of the same process in the same run."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.programs import ROOT, Web
from tests.torture.clients import Page

ROUNDS = 3
NOISY = 1.25
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Measured(Web):
    """The web process with the empty handler beside the service."""

    application = "bench.server:app"

    def cpu(self) -> float:
        """Seconds of CPU of gunicorn's worker, all threads."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return sum(_cpu(int(pid)) for pid in children)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def measure(web: Measured, pages: list[Page], count: int) -> dict[str, Any]:
    """Rows of the table. Rounds go through all kinds in turn and the cheapest round counts, so that a machine that was
    busy for a while spoils no ratio; `noise` is the dearest round of the floor over the cheapest."""
    for page in pages:
        page.read()
        page.hang_up()
    cpu: dict[str, list[float]] = {}
    took: dict[str, list[float]] = {}
    for round_ in range(ROUNDS):
        for name, plan in _plans(pages, count, round_).items():
            each, seconds = _play(web, plan)
            cpu.setdefault(name, []).append(each)
            took.setdefault(name, []).extend(seconds)
    floor = min(cpu["floor"])
    return {"noise": round(max(cpu["floor"]) / floor, 2), "requests": ROUNDS * count, "rows": [
        {"name": name, "cpu_ms": round(min(each) * 1000, 3), "ratio": round(min(each) / floor, 2),
         "p50_ms": round(statistics.median(took[name]) * 1000, 2), "p99_ms": round(_p99(took[name]) * 1000, 2)}
        for name, each in cpu.items()]}


def _plans(pages: list[Page], count: int, round_: int) -> dict[str, dict[str, Any]]:
    """A round of each kind. Pages of a person cost more and are asked less often."""
    page = pages[round_ % len(pages)]
    attempt, few = f"/attempts/{page.paper.attempt_id}", max(count // 4, 2)
    read, write = {"Cookie": page.cookies}, {"Content-Type": "application/json", "X-CSRF-Token": page.token}
    saves = [[f"{attempt}/answers", page.next_save()] for _ in range(count)]
    return {"floor": _get("/floor", count, {}),
            "answer saved": {"method": "POST", "headers": read | write, "requests": saves},
            "attempt's state": _get(f"{attempt}/state", count, read),
            "attempt's page": _get(attempt, few, read),
            "first page": _get("/", few, read)}


def _get(path: str, count: int, headers: dict[str, str]) -> dict[str, Any]:
    return {"method": "GET", "headers": headers, "requests": [[path, None]] * count}


def _play(web: Measured, plan: dict[str, Any]) -> tuple[float, list[float]]:
    """CPU seconds per request, and the seconds each took; a tenth is played before to warm up."""
    warm = {**plan, "requests": plan["requests"][:len(plan["requests"]) // 10]}
    _client(web.port, warm)
    left = {**plan, "requests": plan["requests"][len(warm["requests"]):]}
    before = web.cpu()
    seconds = _client(web.port, left)
    return max(web.cpu() - before, TICK_S) / len(seconds), seconds


def _client(port: int, plan: dict[str, Any]) -> list[float]:
    if not plan["requests"]:
        return []
    done = subprocess.run([sys.executable, "-m", "bench.load", str(port)], cwd=ROOT, input=json.dumps(plan), text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["seconds"])


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * 99 // 100)]
