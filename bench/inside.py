"""What happens without HTTP: the journal's chain and the rendering of papers."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from core import db, journal
from core.documents import papers
from core.documents.process import RenderProcess
from scoring import protocols

BATCH = 100


def measure_journal(make: Any, count: int) -> dict[str, Any]:
    """Entries a second, each in a durable commit of its own and `BATCH` in one; rows a second of the verification."""
    now = make.now
    with make.app.app_context():
        alone = _rate(count, lambda: _append(now, count, 1))
        batched = _rate(count * 4, lambda: _append(now, count * 4, BATCH))
        with db.reading():
            rows = journal.verify().rows
            verified = _rate(rows, lambda: _verified(rows))
    return {"rows": rows, "appends_per_s": alone, f"appends_per_s_by_{BATCH}": batched, "verified_per_s": verified}


def _append(now: datetime, count: int, together: int) -> None:
    for first in range(0, count, together):
        with db.transaction():
            for number in range(first, min(first + together, count)):
                journal.record("bench.step", ("bench", number), by=None, now=now, number=number)


def _verified(rows: int) -> None:
    check = journal.verify()
    assert (check.rows, check.bad_seq) == (rows, 0)


def _rate(count: int, work: Callable[[], None]) -> int:
    began = time.perf_counter()
    work()
    return round(count / (time.perf_counter() - began))


def measure_rendering(make: Any, count: int) -> dict[str, Any]:
    """Seconds of the experts' protocol: the first document of a render process, and a warm one (the median)."""
    group = make.marked_group()
    protocol = make.protocol(group, state="on_approval")
    with make.app.app_context():
        with db.transaction():
            protocols.freeze(protocols.locked(protocol.id), by=make.me(group.chair), now=make.now)
        with db.reading():
            document = papers.of(protocols.locked(protocol.id), "expert_protocol")
            assert document is not None
            job = papers.job_of(document)
    process, seconds, size = RenderProcess(), list[float](), 0
    try:
        for _ in range(count + 1):
            began = time.perf_counter()
            size = len(process.render_pdf(job))
            seconds.append(time.perf_counter() - began)
    finally:
        process.close()
    return {"first_s": round(seconds[0], 2), "warm_s": round(sorted(seconds)[count // 2], 3), "bytes": size}
