"""Opens every page a person can reach by links, on a monitor and on a phone, and says what is wrong with it."""

import hashlib
import re
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.architecture.tree import ROOT

SIZES = ((1366, 800), (360, 740))
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHROMIUM = {"executable_path": "/usr/bin/chromium", "args": [
    "--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]}
FILES = re.compile(r"\.(pdf|json|xlsx|csv|zip|pem|crl|gift|txt)$|/files?(/\d+)?$|/scan$|/photo/|/preview$|^/static/")
ALIKE = 3
"""How many pages of one kind (/applications/7, /applications/8) one person's crawl opens."""


class Crawler:
    """Shares a browser and what was seen before among the people whose pages it opens."""

    def __init__(self, browser: Browser, base: str, shots: Path | None = None) -> None:
        self.browser, self.base, self.shots = browser, base, shots
        self.axe = AXE.read_text()
        self.looks: set[str] = set()
        self.files: set[str] = set()
        self.kinds: set[str] = set()
        self.opened: Counter[str] = Counter()

    def crawl(self, who: str, context: BrowserContext, *starts: str) -> list[str]:
        """Faults of all pages reached from `starts` by links; `who` names the screenshots."""
        page, wrong = _watched(context.new_page())
        ahead, seen, alike, found = deque(starts or ("/",)), set(starts or ("/",)), Counter[str](), []
        while ahead:
            path = ahead.popleft()
            kind = kind_of(path)
            alike[kind] += 1
            if alike[kind] > ALIKE:
                continue
            found += [f"{who} {path}: {fault}" for fault in self.look(page, path, who, wrong)]
            for link in self.links(page):
                if link not in seen:
                    seen.add(link)
                    ahead.append(link)
            self.opened[who] += 1
        found += [f"{who} {path}: {fault}" for path in sorted(seen) for fault in self.file(context, path)]
        page.close()
        return found

    def look(self, page: Page, path: str, who: str, wrong: list[str]) -> list[str]:
        """Open one page and judge it; a look that was judged before (the same for somebody else) is only opened."""
        del wrong[:]
        if FILES.search(urlsplit(path).path):
            return []
        answer = page.goto(self.base + path, wait_until="load")
        found = [] if answer is None or answer.status == 200 else [f"status {answer.status}"]
        self.kinds.add(kind_of(urlsplit(page.url).path))
        look = hashlib.sha256(re.sub(r"\d+", "#", page.inner_html("body")).encode()).hexdigest()
        if look not in self.looks:
            self.looks.add(look)
            found += [fault for size in SIZES for fault in self.judge(page, *size, name=f"{who}{path}")]
        return found + wrong

    def judge(self, page: Page, width: int, height: int, *, name: str) -> Iterator[str]:
        """What is wrong with the open page in a window of this size."""
        page.set_viewport_size({"width": width, "height": height})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            yield f"{wide} wide in a window of {width}: {page.evaluate(WIDEST, width)}"
        page.evaluate(self.axe)
        rules = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
        for one in page.evaluate("rules => axe.run(rules)", rules)["violations"]:
            yield f"{one['id']} at {width}: {[node['html'][:120] for node in one['nodes']][:3]}"
        if self.shots is not None:
            self.shots.mkdir(parents=True, exist_ok=True)
            place = re.sub(r"[^\w-]+", "_", name).strip("_")[:120]
            page.screenshot(path=str(self.shots / f"{place}-{width}.png"), full_page=True)

    def links(self, page: Page) -> list[str]:
        """Addresses of the service's own pages on the open page."""
        hrefs = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        own = [urldefrag(href)[0].removeprefix(self.base) for href in hrefs if href.startswith(self.base)]
        return [path or "/" for path in own if "logout" not in path]

    def file(self, context: BrowserContext, path: str) -> list[str]:
        """Whether a file behind a link can be had; one of a kind is fetched."""
        place, kind = urlsplit(path).path, kind_of(path)
        if not FILES.search(place) or place.startswith("/static/") or kind in self.files:
            return []
        self.files.add(kind)
        answer = context.request.get(self.base + path, timeout=60_000)
        return [] if answer.status == 200 and answer.body() else [f"status {answer.status} of a file"]


WIDEST = """width => [...document.querySelectorAll('main *')]
    .filter(one => one.getBoundingClientRect().right > width + 1).slice(0, 3).map(one => one.outerHTML.slice(0, 100))"""


def kind_of(path: str) -> str:
    """«/applications/7?page=2» and «/applications/8» are of one kind."""
    return re.sub(r"/\d+(?=/|$)", "/#", re.sub(r"/v/\w+", "/v/#", urlsplit(path).path))


def _watched(page: Page) -> tuple[Page, list[str]]:
    """The page, and the list in which it puts errors of scripts, refused loads and failed requests."""
    wrong: list[str] = []

    def answered(response: Any) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            wrong.append(f"{response.status} of {response.url}")

    def failed(request: Any) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):
            wrong.append(f"{request.url} {request.failure}")

    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("console", lambda message: wrong.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("response", answered)
    page.on("requestfailed", failed)
    return page, wrong
