"""A real browser against the application of the test: `page`, `site`, `present`, `enter` and `look`.

One Chromium per module: playwright's loop must not run while tests of other modules use asyncio.
"""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import make_server

from core import realtime
from tests.architecture.tree import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = ((1366, 800), (768, 1024), (360, 740))
ARGUMENTS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Debian's Chromium, without a window, with a camera that is none."""
    from playwright.sync_api import sync_playwright  # only who opens a browser pays for it
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def site(app: Any, db: str, csrf: None) -> Iterator[str]:
    """Address of the application, served by threads of this process."""
    realtime.init(app)  # a test client of Socket.IO, in a test before, takes the sending of its server away for good
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(chromium: "Browser", site: str) -> Iterator["Page"]:
    """A page of a person of its own; the test fails when a script of it does, or breaks the content policy."""
    context = chromium.new_context(viewport={"width": 1366, "height": 800}, reduced_motion="reduce", base_url=site)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def present(clock: Any) -> datetime:
    """The server's threads read the real clock, so everything is made at the real moment."""
    moment: datetime = clock.set(datetime.now(UTC))
    return moment


@pytest.fixture
def enter(site: str, login: Any) -> Callable[["Page", Any], None]:
    """`enter(page, account)`: the page's person is the account from here on."""

    def log_in(page: "Page", account: Any) -> None:
        cookie = login(account).get_cookie("login")
        page.context.clear_cookies()
        page.context.add_cookies([{"name": "login", "value": cookie.value, "url": site}])

    return log_in


def look(page: "Page", name: str, sizes: tuple[tuple[int, int], ...] = SIZES) -> None:
    """Nothing wider than the window, no violation of accessibility; pictures in SHOTS where it is set."""
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        if AXE.exists():
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], f"{name} at {width}"
    page.set_viewport_size({"width": 1366, "height": 800})
