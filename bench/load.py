"""A load generator in a process of its own: `python -m bench.load PORT` plays one plan after the other.

Standard input, a line each: JSON {"method", "lanes": [{"headers", "requests": [[at, path, body], …]}, …], "statuses":
[200]}. A lane is one connection, opened before the clock starts. `at` is the scheduled moment in seconds, or null:
right after the reply before (closed loop). Time is counted from the scheduled moment, also when the lane was still busy
then: a server that stalls is charged for everybody who wanted something meanwhile (no coordinated omission).

Standard output, a line each: JSON {"seconds": […], "took": …, "lag": …}: seconds of each request, of the whole, and the
99th hundredth of how late the generator itself woke up. An answer with another status gives {"refused": words} instead:
a refused request costs something else.
"""

import asyncio
import gc
import json
import sys
import time
from typing import Any

from bench.wire import Wire

OPENING = 50  # connections at a time; all at once would only measure the backlog of the listening socket


class Refused(Exception):
    """An answer with a status that the plan does not expect."""


class Play:
    """Lanes that run side by side against one server."""

    def __init__(self, port: int, plan: dict[str, Any]) -> None:
        self.method, self.good = plan["method"], set(plan.get("statuses", [200]))
        self.lanes = [(Wire(port, lane["headers"]), lane["requests"]) for lane in plan["lanes"]]
        self.seconds, self.lags = list[float](), list[float]()
        self.began = 0.0

    async def run(self) -> dict[str, Any]:
        """Play all lanes to their end."""
        gate = asyncio.Semaphore(OPENING)
        await asyncio.gather(*(self._open(wire, gate) for wire, _requests in self.lanes))
        self.began = time.perf_counter()
        await asyncio.gather(*(self._lane(wire, requests) for wire, requests in self.lanes))
        took = time.perf_counter() - self.began
        return {"seconds": self.seconds, "took": took, "lag": part(self.lags, 99) if self.lags else 0.0}

    async def _open(self, wire: Wire, gate: asyncio.Semaphore) -> None:
        async with gate:
            await wire.open()

    async def _lane(self, wire: Wire, requests: list[Any]) -> None:
        for at, path, body in requests:
            scheduled = time.perf_counter() if at is None else self.began + at
            await self._until(scheduled)
            status, reply = await wire.ask(self.method, path, body)
            self.seconds.append(time.perf_counter() - scheduled)
            if status not in self.good:
                raise Refused(f"{self.method} {path}: {status} {reply[:300]!r}")
        wire.close()

    async def _until(self, scheduled: float) -> None:
        ahead = scheduled - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
            self.lags.append(time.perf_counter() - scheduled)


def part(values: list[float], hundredth: int) -> float:
    """The value below which so many hundredths of all lie."""
    return sorted(values)[min(len(values) - 1, len(values) * hundredth // 100)]


def main(port: int) -> None:
    """Play what comes; no collection of garbage falls into a measured moment."""
    gc.disable()
    for line in sys.stdin:
        try:
            found = asyncio.run(Play(port, json.loads(line)).run())
        except Refused as refused:
            found = {"refused": str(refused)}
        print(json.dumps(found), flush=True)
        gc.collect()


if __name__ == "__main__":
    main(int(sys.argv[1]))
