"""Plays the service for the exam page: gives the page and static files, keeps the saves as a chain, opens what was
sealed for it; may be away, busy, restored from an older copy, or refuse. Written apart from the service's own code.
"""

import base64
import hashlib
import json
import mimetypes
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Page, Route, expect

from tests.architecture.tree import ROOT
from tests.front.pages import QUESTIONS, exam_page

SITE = "http://localhost"
BEGIN = datetime.fromisoformat("2026-06-09T10:20:00+07:00")
KEY = ec.generate_private_key(ec.SECP256R1())
POINT = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def opened(attempt: int, item: str) -> dict[str, Any]:
    """A sealed item in plain words, as its format says."""
    raw = base64.urlsafe_b64decode(item + "=" * (-len(item) % 4))
    assert raw[0] == 1
    point, nonce = raw[1:66], raw[66:78]
    shared = KEY.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    secret = HKDF(SHA256(), 32, salt=point, info=b"outbox").derive(shared)
    made: dict[str, Any] = json.loads(AESGCM(secret).decrypt(nonce, raw[78:], f"attempt:{attempt}".encode()))
    return made


class Service:
    """Behind one browser context; `down`, `busy`, `refusal`, `strange` say how it behaves at the moment."""

    def __init__(self, page: Page, **changes: Any) -> None:
        self.page = page
        self.changes = changes
        self.attempt = 7
        self.chain: list[dict[str, Any]] = []
        self.bodies: list[Any] = []
        self.delivered: list[dict[str, Any]] = []
        self.asked: list[tuple[str, Any]] = []
        self.beats = 0
        self.down = False
        self.busy = 0
        self.strange = 0
        self.refusal: tuple[int, str, str] | None = None
        self.began = time.monotonic()
        self.state: dict[str, Any] = {"deadline": "2026-06-09T10:40:00+07:00", "version": 1, "phase": "running",
                                      "reason": None}
        page.context.route("**/*", self.answer)

    def html(self) -> str:
        given = {one["question"]: one for one in self.chain}
        questions = self.changes.get("questions") or [
            {**row, "answer": given[row["id"]]["value"] if row["id"] in given else None, "flagged": False,
             "seq": given[row["id"]]["seq"] if row["id"] in given else 0, "seen": row["id"] in given}
            for row in QUESTIONS]
        data = {"attempt": self.attempt, "pass": f"pass-{self.attempt}", "proof": "the proof",
                "outbox-key": base64.urlsafe_b64encode(POINT).decode().rstrip("="), "version": self.state["version"],
                "number": len(self.chain), "head": self.head(), "heartbeat-url": "/heartbeat",
                "delivery-url": "/deliveries", "owner-label": "Теория, код С-03"}
        return exam_page(**{**self.changes, "questions": questions, "data": {**data, **self.changes.get("data", {})}})

    def head(self) -> str:
        return str(self.chain[-1]["hash"]) if self.chain else ""

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(SITE).split("?")[0]
        if self.down:
            route.abort("internetdisconnected")
        elif path.startswith("/static/"):
            kind = mimetypes.guess_type(path)[0] or "font/woff2"
            route.fulfill(body=(ROOT / path.removeprefix("/")).read_bytes(), content_type=kind)
        elif route.request.method == "POST":
            self.posted(route, path, json.loads(route.request.post_data or "null"))
        else:
            body = self.html() if path.startswith("/exam") else "<title>после</title>"
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

    def posted(self, route: Route, path: str, body: Any) -> None:
        if path != "/deliveries":
            assert route.request.headers["x-csrf-token"]
            if self.strange:
                return route.fulfill(status=self.strange, json={"error": "login_needed", "text": "Войдите."})
        if self.busy:
            self.busy -= 1
            return route.fulfill(status=503, json={"error": "busy", "text": "Занято."}, headers={"Retry-After": "0"})
        replies = {"/save": self.save, "/deliveries": self.deliveries, "/heartbeat": self.heartbeat}
        if path in replies:
            status, reply = replies[path](body)
            return route.fulfill(status=status, json=reply)
        self.asked.append((path.removeprefix("/"), body))
        return route.fulfill(json={})

    def now(self) -> dict[str, Any]:
        moment = BEGIN + timedelta(seconds=time.monotonic() - self.began)
        return {**self.state, "now": moment.isoformat(), "number": len(self.chain), "head": self.head()}

    def heartbeat(self, _body: Any) -> tuple[int, Any]:
        self.beats += 1
        return 200, self.now()

    def save(self, body: Any) -> tuple[int, Any]:
        self.bodies.append(body)
        if "saves" in body:
            return 200, {"results": [self.kept(one) for one in body["saves"]], **self.now()}
        result = self.kept(body)
        if not result["saved"]:
            return self.refusal[0] if self.refusal else 409, result
        return 200, {**result, **self.now()}

    def deliveries(self, body: Any) -> tuple[int, Any]:
        items = [opened(int(body["pass"].removeprefix("pass-")), item) for item in body["items"]]
        self.delivered += items
        assert {item["proof"] for item in items} == {"the proof"}
        results = [self.kept(item["save"], item["ack"]) for item in items]
        return 200, {"results": results, "attempt": self.attempt, "url": f"/exam/{self.attempt}", **self.now()}

    def kept(self, save: dict[str, Any], ack: dict[str, Any] | None = None) -> dict[str, Any]:
        """Idempotent by client id; the answer brought back with its receipt gets the same receipt."""
        if self.refusal:
            return {"saved": False, "client_id": save["client_id"], "error": self.refusal[1], "text": self.refusal[2]}
        known = next((one for one in self.chain if one["client_id"] == save["client_id"]), None)
        if known is None:
            number, prev = len(self.chain) + 1, self.head()
            link = hashlib.sha256(f"{prev}{save['client_id']}".encode()).hexdigest()
            known = {**save, "t": (ack or {}).get("t", "2026-06-09T03:21:07.4Z"), "number": number, "hash": link,
                     "prev": prev, "seal": f"seal-{number}", "late": False}
            if ack and (ack["number"], ack["prev"]) == (number, prev):
                assert {name: known[name] for name in ack} == ack
            self.chain.append(known)
            self.asked.append(("save", save["value"]))
        return {"saved": True, **known}

    # what a test does and looks at

    def open(self, path: str = "/exam", **changes: Any) -> None:
        self.changes.update(changes)
        self.state["deadline"] = changes.get("deadline", self.state["deadline"])
        self.began = time.monotonic()
        self.page.goto(f"{SITE}{path}")
        expect(self.page.locator("body[data-ready]")).to_be_attached()

    def answers(self) -> list[tuple[int, int, Any]]:
        """(question, seq, value) in the order they were kept."""
        return [(one["question"], one["seq"], one["value"]) for one in self.chain]

    def saved(self, count: int) -> list[tuple[int, int, Any]]:
        self.wait(lambda: len(self.chain) >= count)
        return self.answers()

    def wait(self, done: Callable[[], bool], seconds: float = 8) -> None:
        for _ in range(int(seconds * 50)):
            if done():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("it did not happen in time")

    def go(self, question: int) -> None:
        self.page.click(f"[data-goto='{question}']")


def words(page: Page) -> Any:
    """The state line."""
    return expect(page.locator("[data-save-state] [data-state]:not([hidden])"))
