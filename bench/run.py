"""One run: the processes, the people, the measurements."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.inside import measure_journal, measure_rendering
from bench.web import Measured, measure
from tests.torture.scene import pages_for


def run(db: str, folder: Path, make: Any, login: Callable[..., Any], clock: Any, *, count: int) -> dict[str, Any]:
    """All figures. `count` is the number of requests of one round; the other sizes follow from it."""
    load = round(os.getloadavg()[0], 1)
    clock.set(datetime.now(UTC))
    web = Measured(db, folder)
    web.start()
    try:
        pages = pages_for(make, login, web.port, people=3, limit=timedelta(hours=3), seed=1)
        found = measure(web, pages, count)
    finally:
        web.stop()
    group = make.marked_group()
    protocol = make.protocol(group, state="on_approval")
    with make.app.app_context():
        return {"load": load, "web": found, "journal": measure_journal(clock.now, max(count, 20)),
                "rendering": measure_rendering(protocol, make.me(group.chair), clock.now, max(count // 40, 2))}
