"""A participant's page as a program: saves over HTTP, keeps every receipt, sends again what was not acknowledged."""

import http.client
import json
import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
LOST = (OSError, http.client.HTTPException)
REPLY_S = 60.0
PAUSE_S = 0.02


@dataclass(frozen=True)
class Receipt:
    """What the service acknowledged: the save as it was sent, and seq, number, hash of the reply."""

    question: int
    seq: int
    value: Any
    client_id: str
    number: int
    hash: str


@dataclass
class Paper:
    """An attempt with its login cookie and, per question, the answers a person may give."""

    attempt_id: int
    cookie: str
    choices: dict[int, list[Any]]


@dataclass
class Page:
    """One open page. `save` says whether an acknowledgement came; the same save is sent until it does."""

    port: int
    paper: Paper
    random: random.Random
    receipts: list[Receipt] = field(default_factory=list)
    repeated: int = 0
    waiting: dict[str, Any] | None = None
    seq: int = 0
    token: str = ""
    cookies: str = ""
    connection: http.client.HTTPConnection | None = None

    def save(self) -> bool:
        """Send the next answer, or again the one whose receipt never came. A refusal is a fault of the campaign."""
        body, self.waiting = self.waiting or self.next_save(), None
        try:
            status, reply = self._post(body)
        except LOST:
            self.hang_up()
            self.waiting, self.repeated = body, self.repeated + 1
            return False
        if status in (500, 502, 503):
            self.waiting, self.repeated = body, self.repeated + 1
            return False
        assert status == 200, (status, reply)
        answer = json.loads(reply)
        self.receipts.append(Receipt(body["question"], answer["seq"], body["value"], body["client_id"],
                                     answer["number"], answer["hash"]))
        return True

    def read(self) -> str:
        """The exam page as the person sees it now."""
        connection, cookie = self._connected(), f"login={self.paper.cookie}"
        connection.request("GET", f"/attempts/{self.paper.attempt_id}", headers={"Cookie": cookie})
        reply = connection.getresponse()
        text = reply.read().decode()
        assert reply.status == 200, text[:500]
        given = [value.split(";")[0] for name, value in reply.getheaders() if name == "Set-Cookie"]
        self.cookies = "; ".join([cookie, *given])
        self.token = TOKEN.search(text)[1]  # type: ignore[index]
        return text

    def next_save(self) -> dict[str, Any]:
        """The body of the next save: a question and an answer of chance, numbers of its own."""
        self.seq += 1
        question = self.random.choice(sorted(self.paper.choices))
        return {"question": question, "seq": self.seq, "value": self.random.choice(self.paper.choices[question]),
                "client_id": f"c{self.seq}", "mono": self.seq, "page_id": "p1"}

    def _post(self, body: dict[str, Any]) -> tuple[int, bytes]:
        if not self.token:
            self.read()
        connection = self._connected()
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.token, "Cookie": self.cookies}
        connection.request("POST", f"/attempts/{self.paper.attempt_id}/answers", json.dumps(body), headers)
        reply = connection.getresponse()
        return reply.status, reply.read()

    def _connected(self) -> http.client.HTTPConnection:
        self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=REPLY_S)
        return self.connection

    def hang_up(self) -> None:
        """Close the connection, if any; the next call opens a new one."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Crowd:
    """Pages that save again and again, each in a thread of its own, until they are told to stop."""

    def __init__(self, pages: list[Page]) -> None:
        self.pages, self.faults = pages, list[BaseException]()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(page,)) for page in pages]

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def acknowledged(self) -> int:
        """Receipts of all pages."""
        return sum(len(page.receipts) for page in self.pages)

    def more(self, count: int) -> Callable[[], bool]:
        """A condition for `wait_until`: `count` more receipts than now, or a page that failed."""
        goal = self.acknowledged() + count
        return lambda: bool(self.faults) or self.acknowledged() >= goal

    def _work(self, page: Page) -> None:
        while not self.over.is_set():
            try:
                page.save()
                self.over.wait(PAUSE_S)
            except BaseException as fault:
                self.faults.append(fault)
                break
        page.hang_up()
