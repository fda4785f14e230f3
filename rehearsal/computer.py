"""A computer that stands for all: one Chromium profile, its network, and what can be read out of it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rehearsal.questions import Question
from rehearsal.world import Entrant

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PATIENCE_MS = 30_000
# Everything the profile keeps for this address, bytes decoded: what somebody who opens the developer tools can read.
KEPT = """async () => {
  const plain = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return new TextDecoder().decode(value);
    if (value instanceof Blob || value instanceof CryptoKey) return "";
    if (Array.isArray(value)) return value.map(plain);
    if (!value || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  };
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result); request.onerror = () => failed(request.error);
  });
  const found = [{ ...localStorage }, { ...sessionStorage }, document.cookie];
  for (const { name } of await indexedDB.databases()) {
    const base = await asked(indexedDB.open(name));
    for (const store of base.objectStoreNames) {
      found.push(store, plain(await asked(base.transaction(store).objectStore(store).getAll())));
    }
    base.close();
  }
  return JSON.stringify(found);
}"""


class Computer:
    """The screen everybody sits at in turn."""

    def __init__(self, base: str, page: "Page") -> None:
        self.base, self.page = base, page

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.base + path)

    def network(self, there: bool) -> None:
        """Plug the cable in, or pull it out."""
        self.page.context.set_offline(not there)

    def get_up(self) -> None:
        """Close the page as it is and leave an empty one."""
        left, self.page = self.page, self.page.context.new_page()
        left.close()

    def enter(self, one: Entrant) -> None:
        """Whoever is logged in leaves; this person logs in by the form."""
        self.open("/")
        way_out = self.page.locator("form[action='/logout'] button").first
        if way_out.is_visible():
            way_out.click()
        self.open("/login")
        self.page.fill("[name=email]", one.email)
        self.page.fill("[name=secret]", one.secret)
        self.page.locator("main form button[type=submit]").first.click()
        self.page.locator("form[action='/logout']").first.wait_for(state="attached")

    def answer(self, question: Question, answer: Any) -> None:
        """Go to the question and answer it with its controls."""
        part = self.page.locator("section.q", has_text=question.text)
        self.page.click(f"[data-goto='{part.get_attribute('data-question')}']")
        _fill(part, question.kind, answer)

    def kept(self) -> str:
        """All that is stored for the service in this profile, as text."""
        return str(self.page.evaluate(KEPT))


def _fill(part: "Locator", kind: str, answer: Any) -> None:
    if kind in ("single", "yes_no", "multiple"):
        for text in [answer] if isinstance(answer, str) else answer:
            part.locator("label.choice").filter(has=part.page.get_by_text(text, exact=True)).locator("input").check()
    elif kind == "matching":
        for left, right in answer.items():
            part.get_by_label(left, exact=True).select_option(label=right)
    elif kind == "ordering":
        for place, text in enumerate(answer, start=1):
            part.get_by_label(f"Номер строки: {text}").select_option(str(place))
        if part.locator("[data-accept]").is_visible():
            part.locator("[data-accept]").click()
    else:
        field = part.locator("[data-number-field]" if kind == "numeric" else "[data-text-field]")
        field.fill(answer)
        field.blur()


@contextmanager
def computer(base: str) -> Iterator[Computer]:
    """Chromium with a profile of its own, gone afterwards."""
    from playwright.sync_api import sync_playwright  # only this trouble needs it
    folder = tempfile.mkdtemp(prefix="rehearsal-profile-")
    try:
        with sync_playwright() as driver:
            context = driver.chromium.launch_persistent_context(
                folder, executable_path="/usr/bin/chromium", args=["--no-sandbox"], locale="ru-RU")
            context.set_default_timeout(PATIENCE_MS)
            yield Computer(base, context.pages[0] if context.pages else context.new_page())
            context.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
