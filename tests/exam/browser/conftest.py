"""One Chromium for the folder, the real application behind it, a fresh computer per test."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from core import realtime
from tests.exam.browser.place import Desk


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(app: Any, db: str, csrf: None, clock: Any) -> Iterator[str]:
    clock.set(datetime.now(UTC))  # the server's threads read the real clock
    realtime.init(app)  # a test client of Socket.IO, in a test before, takes the sending of its server away for good
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def computer(chromium: Browser, site: str, login: Any) -> Iterator[Callable[..., Desk]]:
    """`computer()` is a tab of a computer that has never been used; `computer(script)` runs a script in each page."""
    made: list[Desk] = []

    def boot(script: str = "") -> Desk:
        context = chromium.new_context(viewport={"width": 1366, "height": 800}, reduced_motion="reduce", base_url=site)
        if script:
            context.add_init_script(script)
        made.append(Desk(context, site, login))
        return made[-1]

    yield boot
    for desk in made:
        desk.context.close()
    assert [fault for desk in made for fault in desk.faults] == []
