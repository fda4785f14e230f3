"""A participant's page as a program: saves over HTTP, keeps every receipt, sends again what was not acknowledged."""

import asyncio
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.people import Person
from bench.wire import Wire

PAUSE_S = 0.05
TOGETHER = 3  # saves in one request, at most


@dataclass(frozen=True)
class Receipt:
    """What the service acknowledged: the save as it was sent, and what the reply said of it."""

    question: int
    seq: int
    value: Any
    client_id: str
    t: str
    number: int
    prev: str
    hash: str
    seal: str


class Page:
    """One open page. The same saves are sent until they are acknowledged; one request at a time."""

    def __init__(self, port: int, person: Person, headers: dict[str, str], chance: random.Random) -> None:
        self.person, self.random = person, chance
        self.wire = Wire(port, headers)
        self.receipts = list[Receipt]()
        self.waiting = list[dict[str, Any]]()
        self.repeated = self.seq = 0
        self.head = ""
        self.in_flight = False

    async def save(self) -> bool:
        """Send the next answers, or again those whose receipt never came; whether it came. A refusal is a fault."""
        self.waiting = self.waiting or [self._next() for _ in range(self.random.choice((1, 1, 1, TOGETHER)))]
        body = self.waiting[0] if len(self.waiting) == 1 else {"saves": self.waiting}
        self.in_flight = True
        try:
            status, reply = await self.wire.ask("POST", f"/attempts/{self.person.attempt_id}/answers", body)
        except OSError:
            status, reply = 503, b""
        finally:
            self.in_flight = False
        if status == 503:
            self.repeated += 1
            return False
        assert status == 200, (status, reply)
        self._keep(json.loads(reply))
        return True

    async def read(self) -> str:
        """The exam page as the person sees it now."""
        status, reply = await self.wire.ask("GET", f"/attempts/{self.person.attempt_id}")
        assert status == 200, reply[:500]
        return reply.decode()

    def _next(self) -> dict[str, Any]:
        """A question and an answer of chance, numbers of its own."""
        self.seq += 1
        question = self.random.choice(sorted(self.person.choices))
        return {"question": question, "seq": self.seq, "value": self.random.choice(self.person.choices[question]),
                "client_id": f"c{self.seq}", "mono": self.seq, "page_id": "p1", "prev": self.head}

    def _keep(self, reply: dict[str, Any]) -> None:
        for sent, ack in zip(self.waiting, reply.get("results") or [reply], strict=True):
            assert ack["saved"], ack
            assert (ack["question"], ack["seq"], ack["client_id"]) == (sent["question"], sent["seq"], sent["client_id"])
            said = {name: ack[name] for name in ("seq", "client_id", "t", "number", "prev", "hash", "seal")}
            self.receipts.append(Receipt(question=sent["question"], value=sent["value"], **said))
        self.waiting, self.head = [], self.receipts[-1].hash


class Crowd:
    """Pages that save again and again, all on one loop in a thread of its own, until they are told to stop."""

    def __init__(self, pages: list[Page]) -> None:
        self.pages, self.faults = pages, list[BaseException]()
        self.over = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._all()))

    def __enter__(self) -> "Crowd":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def acknowledged(self) -> int:
        """Receipts of all pages."""
        return sum(len(page.receipts) for page in self.pages)

    def in_flight(self) -> int:
        """Pages whose save is on its way at this moment."""
        return sum(page.in_flight for page in self.pages)

    def more(self, count: int) -> Callable[[], bool]:
        """A condition for `wait_until`: `count` more receipts than now, or a page that failed."""
        goal = self.acknowledged() + count
        return lambda: bool(self.faults) or self.acknowledged() >= goal

    async def _all(self) -> None:
        await asyncio.gather(*(self._work(page) for page in self.pages))

    async def _work(self, page: Page) -> None:
        while not self.over.is_set():
            try:
                if not await page.save():
                    await asyncio.sleep(PAUSE_S * (1 + page.random.random()))
            except BaseException as fault:
                self.faults.append(fault)
                break
        page.wire.close()


def shown(pages: list[Page]) -> list[str]:
    """What each of the pages shows when it is opened again."""
    async def opened() -> list[str]:
        gate = asyncio.Semaphore(8)

        async def one(page: Page) -> str:
            async with gate:
                text = await page.read()
            page.wire.close()
            return text

        return await asyncio.gather(*(one(page) for page in pages))

    return asyncio.run(opened())
