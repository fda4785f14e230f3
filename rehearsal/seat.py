"""The script of the exam page: sends answers until they are acknowledged and keeps every acknowledgement.

While the network is away answers wait here and go up by batch. After the service came back with an older database,
everything acknowledged goes up once more, sealed, through the public door for deliveries.
"""

import time
import uuid
from datetime import datetime
from typing import Any

import httpx
from bs4 import Tag

from rehearsal import controls, questions, sealing
from rehearsal.client import Page
from rehearsal.errors import Failed, expect
from rehearsal.world import Entrant

PATIENCE_S = 180.0
PAUSE_S = 0.3
GONE = 404
BUSY = (502, 503, 504)


class Seat:
    """One participant at the open page of an attempt."""

    def __init__(self, one: Entrant, page: Page, *, may_lose: bool = False) -> None:
        self.one, self.may_lose = one, may_lose  # may_lose: an older database is expected to come back
        self.page_id, self.began = uuid.uuid4().hex, time.monotonic()
        self.kept: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.waiting: list[dict[str, Any]] = []
        self.away = False
        self.number = 0
        self._open(page)

    def _open(self, page: Page) -> None:
        """Take what the page gives its scripts."""
        body = page.soup.body
        assert body is not None
        self.csrf = page.csrf
        self.url = str(body["data-save-url"])
        self.facts = {key.removeprefix("data-"): str(value) for key, value in body.attrs.items()}
        self.sections = {controls.title(section): section for section in page.soup.select("section.q")}
        self.seq = {str(one["data-question"]): int(str(one["data-seq"])) for one in self.sections.values()}
        expect(len(self.sections) == len(questions.BANK), f"{self.one.name}: вопросов {len(self.sections)}")
        expect("weight" not in str(page.soup), f"{self.one.name}: на странице видны веса вариантов")

    @property
    def acks(self) -> int:
        """How many answers were acknowledged."""
        return len(self.kept)

    def make(self, section: Tag, value: Any) -> dict[str, Any]:
        """The next save of a question."""
        question = str(section["data-question"])
        self.seq[question] += 1
        return {"question": int(question), "seq": self.seq[question], "value": value, "client_id": uuid.uuid4().hex,
                "page_id": self.page_id, "mono": round((time.monotonic() - self.began) * 1000)}

    def post(self, body: dict[str, Any]) -> httpx.Response:
        """Send once; the raw reply."""
        return self.one.browser.post_json(self.url, body, self.csrf)

    def save(self, section: Tag, answer: Any) -> None:
        """Answer a question in words; returns when it is acknowledged, or queued while the network is away."""
        made = self.make(section, controls.value(section, answer))
        if self.away:
            self.waiting.append(made)
            return
        reply = self._until_answered(made, [made])
        if reply is not None:
            self._acknowledged(made, reply)

    def _until_answered(self, body: dict[str, Any], fresh: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Repeat as the page does until the service answers; None when everything went up by delivery instead.

        `fresh`: what of the body was never acknowledged.
        """
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                reply = self.post(body)
            except httpx.TransportError:
                time.sleep(PAUSE_S)
                continue
            if reply.status_code in BUSY:
                time.sleep(PAUSE_S)
            elif self.may_lose and (reply.status_code == GONE or self._is_behind(reply, len(fresh))):
                self._send_again(fresh)
                return None
            else:
                expect(reply.status_code == 200,
                       f"{self.one.name}: ответ не сохранён: {reply.status_code} {reply.text[:300]}")
                answered: dict[str, Any] = reply.json()
                return answered
        raise Failed(f"{self.one.name}: сервис не отвечает дольше {PATIENCE_S:g} с")

    def _is_behind(self, reply: httpx.Response, fresh: int) -> bool:
        """Whether the service knows fewer answers than it has acknowledged: it came back with an older database."""
        return reply.status_code == 200 and reply.json()["number"] < self.number + fresh

    def _acknowledged(self, sent: dict[str, Any], ack: dict[str, Any]) -> None:
        self.number += 1
        expect(ack.get("seq") == sent["seq"] and ack.get("number") == self.number and len(ack["hash"]) == 64,
               f"{self.one.name}: расписка не сходится: {ack}, а ждали № {self.number}")
        self.kept.append((sent, ack))

    def flush(self) -> None:
        """The network is back: what waited goes up by batch, and once more, as after a lost reply."""
        self.away = False
        body = {"saves": self.waiting}
        reply = self._until_answered(body, self.waiting)
        if reply is not None:
            self._batch_acknowledged(body, reply["results"])
        self.waiting = []

    def _batch_acknowledged(self, body: dict[str, Any], results: list[dict[str, Any]]) -> None:
        expect(len(results) == len(self.waiting) and all(one["saved"] for one in results),
               f"{self.one.name}: из очереди приняты не все: {results}")
        for sent, ack in zip(self.waiting, results, strict=True):
            self._acknowledged(sent, ack)
        again = self.post(body).json()["results"]
        expect([one["hash"] for one in again] == [one["hash"] for one in results],
               f"{self.one.name}: повтор очереди получил другие расписки")

    def _send_again(self, fresh: list[dict[str, Any]]) -> None:
        """Everything acknowledged, and what is not yet, sealed and under the pass of the attempt, without a login."""
        sent = [*self.kept, *((save, None) for save in fresh)]
        items = [sealing.item(self.facts, save, ack) for save, ack in sent]
        with httpx.Client(base_url=self.one.browser.base, timeout=PATIENCE_S) as nobody:
            reply = nobody.post("/deliveries", json={"pass": self.facts["pass"], "items": items})
        expect(reply.status_code == 200, f"{self.one.name}: доставка: {reply.status_code} {reply.text[:300]}")
        body = reply.json()
        expect(all(one["saved"] for one in body["results"]), f"{self.one.name}: доставлены не все: {body['results']}")
        moved = [(ack["t"], new["t"]) for (_save, ack), new in zip(sent, body["results"], strict=True)
                 if ack and ack["t"] != new["t"]]
        expect(not moved, f"{self.one.name}: у ответов другое время приёма: {moved}")
        self.kept = [(save, new) for (save, _ack), new in zip(sent, body["results"], strict=True)]
        self.number = body["number"]
        if str(body["attempt"]) != self.facts["attempt"]:
            self._reopen(body["url"])

    def _reopen(self, url: str) -> None:
        """The attempt was begun after the copy: it stands again, at another address."""
        page = self.one.browser.get(url)
        self.one.attempt = page.number(r"/attempts/(\d+)")
        self._open(page)

    def state(self) -> dict[str, Any]:
        """What the service says of the attempt; a sign of life."""
        answered = self.one.browser.post_json(self.facts["heartbeat-url"], {}, self.csrf)
        expect(answered.status_code == 200, f"{self.one.name}: {answered.status_code} {answered.text[:200]}")
        state: dict[str, Any] = answered.json()
        return state

    def repeat(self) -> None:
        """The last save again, as after a lost reply: the same receipt."""
        sent, ack = self.kept[-1]
        again = self._until_answered(sent, [])
        if again is not None:
            expect((again["number"], again["hash"]) == (ack["number"], ack["hash"]),
                   f"{self.one.name}: повтор получил другую расписку: {again}")

    def compare(self) -> None:
        """Every acknowledgement that was received stands in the final receipt: its place, its hash, its time."""
        reply = self.one.browser.http.get(f"/attempts/{self.one.attempt}/receipt.json")
        expect(reply.status_code == 200, f"{self.one.name}: итоговая расписка: {reply.status_code}")
        stored = {one["client"]: one for one in reply.json()["saves"]}
        for sent, ack in self.kept:
            found = stored.get(sent["client_id"])
            same = found and [found[name] for name in ("seq", "number", "hash")] == [
                ack[name] for name in ("seq", "number", "hash")] and _moment(found["at"]) == _moment(ack["t"])
            expect(same, f"{self.one.name}: подтверждённый ответ пропал или изменился: {sent} {ack} {found}")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
