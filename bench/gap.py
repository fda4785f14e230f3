"""How late the loop of the web process is while people save, the worker closes attempts and documents render."""

import json
import urllib.request
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from bench.arrivals import lanes
from bench.load import part
from bench.people import seat
from bench.web import Bench
from core.db import reading, session
from core.documents.papers import Document
from exam.models import Attempt
from tests.programs import Worker

TICK_S = 0.005  # of bench.server, which cannot be imported here: it patches
RATE = 40.0  # saves a second: enough to have one in hand at most times, and far from the capacity
PEOPLE = 40
ENDING = timedelta(seconds=2)


def measure(bench: Bench, seconds: float, closing: int, documents: int) -> dict[str, Any]:
    """p99 and the worst of the loop's gaps over `seconds`: `PEOPLE` save, `closing` other attempts reach their end and
    are closed by the worker one by one, `documents` wait to be rendered by it (no worker when there is nothing)."""
    hall = seat(bench.place.make, PEOPLE, begun=True)
    for _ in range(documents):
        bench.place.make.application(state="submitted")
    worker = Worker(bench.place.url, bench.place.data)
    try:
        if closing:
            worker.start()
            seat(bench.place.make, closing, begun=True, limit=ENDING, grace_seconds=0)
        _gaps(bench)
        bench.play("POST", lanes(bench, hall.people, RATE, seconds))
        gaps = over_time(_gaps(bench))
    finally:
        worker.stop()
    closed, rendered = _done()
    return {"seconds": seconds, "closed": closed, "rendered": rendered, "p99_ms": round(part(gaps, 99) * 1000, 1),
            "worst_ms": round(max(gaps) * 1000, 1)}


def _gaps(bench: Bench) -> list[float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{bench.web.port}/gaps") as reply:
        found: list[float] = json.load(reply)
    return found


def over_time(gaps: list[float]) -> list[float]:
    """The lateness of every tick, also of those that a long gap swallowed: one stall of a second is 200 late ticks."""
    return [gap - missed * TICK_S for gap in gaps for missed in range(int(gap / TICK_S) + 1)]


def _done() -> tuple[int, ...]:
    """Attempts closed and documents rendered meanwhile."""
    with reading():
        return tuple(session.scalars(select(func.count()).where(column.is_not(None))).one()
                     for column in (Attempt.finished_at, Document.blob_id))
