"""The commission in a real browser: pages change by themselves, fit every window, are accessible."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from core import realtime
from tests.architecture.tree import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = ((1366, 800), (768, 1024), (360, 740))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(app: Any, db: str, csrf: None) -> Iterator[str]:
    realtime.init(app)  # a test client of Socket.IO, in a test before, takes the sending of its server away for good
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 800}, base_url=site)
    yield context.new_page()
    context.close()


def enter(page: Page, login: Any, account: Any, site: str) -> None:
    cookie = login(account).get_cookie("login")
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "login", "value": cookie.value, "url": site}])


def look(page: Page, name: str) -> None:
    """Nothing wider than the window, no violation of accessibility, on three widths."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        if AXE.exists():
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], f"{name} at {width}"
    page.set_viewport_size({"width": 1366, "height": 800})


def test_the_pages_of_a_meeting(page, site, make, login, clock):
    clock.set(datetime.now(UTC))
    board = make.board(members=5, appeal_days=1)
    meeting = make.meeting(board, present=4)
    make.item(board, meeting, kind="protocol", vote=False)
    url = f"/meetings/{meeting.id}"
    enter(page, login, board.secretary, site)
    page.goto(url)
    page.get_by_role("button", name="Открыть голосование").click()
    expect(page.locator("main")).to_contain_text("Голосование открыто в")
    look(page, "secretary")
    page.goto(f"/contests/{board.nomination.contest_id}/meetings/new")
    look(page, "meeting-new")
    page.goto("/meetings")
    look(page, "meetings")
    enter(page, login, board.members[1], site)
    page.goto(url)
    page.get_by_role("button", name="За", exact=True).click()
    expect(page.get_by_role("button", name="За", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("main")).to_contain_text("Вы проголосовали «за»")
    look(page, "member")
    page.evaluate("document.activeElement.blur()")
    answer = login(board.chair).post_form(f"/items/{_item(page)}/votes", {"choice": "against"}, page=url)
    assert answer.status_code == 303
    expect(page.locator(".tally .against b")).to_have_text("1", timeout=10_000)  # without a reload
    page.goto(f"/items/{_item(page)}/recusal")
    look(page, "recusal")


def _item(page: Page) -> str:
    link = page.locator("a", has_text="Взять самоотвод").get_attribute("href") or page.url
    return link.split("/items/")[1].split("/")[0]


def test_the_pages_of_publication(page, site, make, login, clock):
    clock.set(datetime.now(UTC))
    board = make.board(members=3, appeal_days=1)
    make.decided(board)
    enter(page, login, board.group.organiser, site)
    page.goto(f"/nominations/{board.nomination.id}/results")
    look(page, "results-none")
    page.goto(f"/nominations/{board.nomination.id}/publication")
    look(page, "publication")
    page.get_by_role("button", name="Опубликовать предварительные итоги").click()
    expect(page.locator("h1")).to_contain_text("Результаты")
    look(page, "results")
    page.goto(f"/nominations/{board.nomination.id}/publication")
    look(page, "published")
