"""A participant's computer: Chromium on the exam page of the real service, and what it says and keeps."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, expect
from sqlalchemy import select

from contest.models import Participant
from core.db import reading, session
from exam.models import Attempt, Save
from tests.architecture.tree import ROOT
from tests.exam.answering import lines

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
SIZES = ((1366, 800), (360, 740))
HERE = "Нет связи, ответы хранятся на этом компьютере"
PAGE_ONLY = "Нет связи, ответы хранятся на этой странице, не закрывайте её"
STORED = """() => new Promise((done) => {
  const request = indexedDB.open("answers", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("groups", { keyPath: "attempt" });
    const items = request.result.createObjectStore("items", { keyPath: "key", autoIncrement: true });
    items.createIndex("attempt", "attempt");
  };
  request.onsuccess = () => {
    const deal = request.result.transaction(["items", "groups"]);
    const [items, groups] = [deal.objectStore("items").getAll(), deal.objectStore("groups").getAll()];
    deal.oncomplete = () => { request.result.close(); done({ groups: groups.result, items: items.result.map(
      (item) => ({ ...item, sealed: [...item.sealed] })) }); };
  };
})"""


class Desk:
    """One tab of a computer. `paper`: line of each kind of question of the attempt it has open."""

    def __init__(self, context: BrowserContext, site: str, login: Any) -> None:
        self.context, self.site, self.login = context, site, login
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.attempt = 0
        self.paper: dict[str, int] = {}
        self.watch(self.page)

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self.faults.append(said.text) if "Content Security" in said.text else None)

    def enter(self, attempt: Attempt) -> None:
        """The attempt's participant logs in and opens its page."""
        with reading():
            account = session.get_one(Participant, attempt.participant_id).account_id
            self.paper = {kind: line.id for kind, line in lines(attempt).items()}
        self.attempt = attempt.id
        self.cookie(account)
        self.open()

    def beside(self) -> "Desk":
        """Another tab of the same browser."""
        other = Desk(self.context, self.site, self.login)
        other.attempt, other.paper, other.faults = self.attempt, self.paper, self.faults
        return other

    def cookie(self, account: int) -> None:
        cookie = self.login(account).get_cookie("login")
        self.context.clear_cookies()
        self.context.add_cookies([{"name": "login", "value": cookie.value, "url": self.site}])

    def open(self) -> None:
        self.page.goto(f"{self.site}/attempts/{self.attempt}")
        self.ready()

    def crash(self) -> None:
        """The plug is pulled: the page ends without a word. Then a new tab, still on no page."""
        with suppress(Error):
            self.page.goto("chrome://crash")
        self.page.close()
        self.page = self.context.new_page()
        self.watch(self.page)

    def ready(self) -> None:
        expect(self.page.locator("body[data-ready]")).to_be_attached()

    def choose(self, kind: str, option: int = 0) -> str:
        """The id of the option that was chosen."""
        self.go(kind)
        field = self.page.locator(f"#q-{self.paper[kind]} .choice input").nth(option)
        field.check()
        return str(field.get_attribute("value"))

    def write(self, words: str) -> None:
        """The answer in one's own words; leaving the field saves it."""
        self.go("short")
        field = self.page.locator(f"#q-{self.paper['short']} [data-text-field]")
        field.fill(words)
        field.blur()

    def go(self, kind: str) -> None:
        self.page.click(f"[data-goto='{self.paper[kind]}']")

    def says(self, words: Any, timeout: float = 8000) -> None:
        """The state line."""
        line = self.page.locator("[data-save-state] [data-state]:not([hidden])")
        expect(line).to_have_text(words, timeout=timeout)

    def shows(self, part: str, words: Any, timeout: float = 8000) -> None:
        """A part of the page is there to be seen, with these words in it."""
        expect(self.page.locator(part)).to_be_visible(timeout=timeout)
        expect(self.page.locator(part)).to_contain_text(words)

    def waits(self, kind: str) -> None:
        """The cell of a question says that its answer has not gone up."""
        cell = self.page.locator(f"[data-goto='{self.paper[kind]}']")
        expect(cell).to_have_attribute("aria-label", re.compile("ждёт отправки"))

    def still(self, kind: str, inert: bool = True) -> None:
        """Nothing can be typed or chosen, though the question can be read."""
        part = self.page.locator(f"#q-{self.paper[kind]} > :nth-child(3)")
        expect(part).to_have_js_property("inert", inert)

    def stored(self) -> Any:
        """What lies in IndexedDB."""
        return self.page.evaluate(STORED)

    def unsent(self) -> int:
        return sum(item["number"] == 0 for item in self.stored()["items"])

    def until(self, done: Any, seconds: float = 8) -> None:
        for _ in range(int(seconds * 20)):
            if done():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("it did not happen in time")

    def look(self, name: str) -> None:
        """No line wider than the window, no violation of accessibility, on a monitor and on a phone."""
        for width, height in SIZES:
            self.page.set_viewport_size({"width": width, "height": height})
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
            if folder := os.environ.get("SHOTS"):
                self.page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"))
            self.page.evaluate(AXE)
            found = self.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            said = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
            assert said == [], f"{name} at {width}: {said}"
        self.page.set_viewport_size({"width": 1366, "height": 800})


def given(attempt_id: int) -> dict[int, str]:
    """Standing answers on the server by line: the value with the highest seq, as JSON text."""
    with reading():
        rows = session.execute(select(Save.question_id, Save.value).where(Save.attempt_id == attempt_id)
                               .order_by(Save.seq)).tuples()
        return dict(rows.all())


def chain(attempt_id: int) -> list[tuple[int, str]]:
    """(number, hash) of all saves of an attempt."""
    with reading():
        rows = session.execute(select(Save.number, Save.hash).where(Save.attempt_id == attempt_id)
                               .order_by(Save.number)).tuples()
        return list(rows.all())
