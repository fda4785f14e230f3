"""A task in Chromium: delivered sealed before its hour, opened by a key, withdrawn under the reader's eyes."""

import io
import os
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from core import realtime, storage
from core.db import reading, session
from exam import task_versions
from exam.models import FirstAccess, LaterAccess, SealedDelivery, Task
from exam.tasks import Content
from tests.architecture.tree import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = ((1366, 800), (360, 740))
NO_SPREAD = "Math.random = () => 0"
KEEPS_BLOBS = "const make = URL.createObjectURL; URL.createObjectURL = (blob) => make(window.kept = blob)"
DELIVERED = "Закрытый пакет с заданием доставлен"


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
    """The server thread reads the real clock, so everything is made at the real moment."""
    moment: datetime = clock.set(datetime.now(UTC))
    return moment


def _enter(page: Page, login: Any, account_id: int, site: str) -> None:
    cookie = login(account_id).get_cookie("login")
    page.context.add_cookies([{"name": "login", "value": cookie.value, "url": site}])


def _look(page: Page, name: str) -> None:
    """No line wider than the window, no violation of accessibility, on a monitor and on a phone."""
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


def _drawing() -> bytes:
    """A PDF of 300 KB that does not compress."""
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        document.pages[0].obj.Noise = pikepdf.Stream(document, secrets.token_bytes(300_000))
        made = io.BytesIO()
        document.save(made)
    return made.getvalue()


def _task(make: Any, operation: Any, nomination: Any, seconds: float) -> Task:
    file = operation(storage.receive, _drawing(), allowed=storage.PDF, max_bytes=10**6)
    task: Task = make.task(nomination, after=timedelta(seconds=seconds), files=[("чертёж.pdf", file)])
    return task


def _rows(model: Any) -> Any:
    with reading():
        return session.scalars(select(model).order_by(model.id)).all()


def test_a_package_delivered_ahead_opens_by_a_key_at_the_hour(page, site, make, login, present, operation):
    nomination = make.nomination()
    person = make.participant(nomination, ready=True)
    task = _task(make, operation, nomination, 9)
    _enter(page, login, person.account_id, site)
    page.add_init_script(f"{NO_SPREAD}; {KEEPS_BLOBS}")
    page.goto(f"/tasks/{task.id}/gate")
    expect(page.locator("main")).to_contain_text(DELIVERED)
    _look(page, "task-delivered")
    assert "Сварите стык" not in page.content()
    page.wait_for_load_state("networkidle")
    at_the_hour: list[Response] = []
    page.on("response", lambda response: at_the_hour.append(response))
    with page.expect_response("**/opened", timeout=20_000):
        expect(page.locator("main")).to_contain_text("Сварите стык", timeout=20_000)
    expect(page.locator("main")).to_be_focused()
    asked = {response.url.removeprefix(site): response for response in at_the_hour
             if "/tasks/" in response.url and not response.url.endswith("/state")}
    assert sorted(asked) == [f"/tasks/{task.id}/key", f"/tasks/{task.id}/opened"]
    assert len(asked[f"/tasks/{task.id}/key"].body()) < 200
    [first], [delivery] = _rows(FirstAccess), _rows(SealedDelivery)
    assert delivery.delivered_at < task.releases_at <= first.at <= first.sent_at <= first.opened_at
    assert (first.sealed, first.version_sha256, page.url) == (True, task.sha256, f"{site}/tasks/{task.id}/text")
    _look(page, "task-sealed")
    _opens_its_drawing(page, task)
    page.reload()
    expect(page.locator("main")).to_contain_text("Вы открыли задание")
    assert [row.file_id is None for row in _rows(LaterAccess)] == [False, True]
    assert len(_rows(FirstAccess)) == 1


def _opens_its_drawing(page: Page, task: Task) -> None:
    """A click shows the copy of the package, without a request for the file, and is reported as a later access."""
    with page.expect_response("**/files/*/opening") as reported, page.expect_popup() as popup:
        page.get_by_role("link", name="чертёж.pdf").click()
    assert reported.value.status == 204
    assert popup.value.url.startswith("blob:")
    if folder := os.environ.get("SHOTS"):
        popup.value.wait_for_timeout(1500)
        popup.value.screenshot(path=str(Path(folder) / "task-pdf.png"))
    data = page.evaluate("kept.arrayBuffer().then((bytes) => [...new Uint8Array(bytes)])")
    with pikepdf.open(io.BytesIO(bytes(data))) as shown:
        assert "/ContestStamp" in shown.pages[0].resources.XObject
    popup.value.close()
    [row] = _rows(LaterAccess)
    assert row.at >= task.releases_at


def test_the_door_waits_with_words_and_without_a_package_shows_the_button(page, site, make, login, present, operation):
    nomination = make.nomination()
    person = make.participant(nomination, ready=True)
    task = _task(make, operation, nomination, 5)
    _enter(page, login, person.account_id, site)
    page.add_init_script("Math.random = () => 0.25")
    page.route("**/package", lambda route: route.abort())
    page.goto(f"/tasks/{task.id}/gate")
    expect(page.locator("main")).to_contain_text("Получаем закрытый пакет")
    expect(page.locator("main")).to_contain_text("Открываем… до 5 секунд", timeout=10_000)
    page.click("button:has-text('Открыть задание')", timeout=10_000)
    page.wait_for_url("**/text")
    expect(page.locator("main")).to_contain_text("Сварите стык")
    [first] = _rows(FirstAccess)
    assert (first.sealed, first.at >= task.releases_at, _rows(SealedDelivery)) == (False, True, [])


def test_a_withdrawn_version_disappears_from_the_open_page(page, site, make, login, present, operation):
    nomination = make.nomination()
    person = make.participant(nomination, ready=True)
    task = make.task(nomination, after=timedelta(seconds=1))
    organiser = make.person("Кузнецова Ольга Ивановна")
    _enter(page, login, person.account_id, site)
    page.add_init_script(NO_SPREAD)
    page.route("**/package", lambda route: route.fulfill(status=409, json={"error": "x", "text": "x"}))
    page.goto(f"/tasks/{task.id}/gate")
    page.click("button:has-text('Открыть задание')", timeout=15_000)
    expect(page.locator("main")).to_contain_text("Сварите стык")
    operation(lambda: task_versions.withdraw(session.get_one(Task, task.id), reason="В чертеже неверный диаметр",
                                             by=organiser, now=datetime.now(UTC)))
    expect(page.get_by_role("heading", name="Задание отозвано, дождитесь новой версии")).to_be_visible(timeout=10_000)
    expect(page.locator("main")).not_to_contain_text("Сварите стык")
    _look(page, "task-withdrawn")
    ends = datetime.now(UTC) + timedelta(hours=3)
    operation(lambda: task_versions.add_version(
        session.get_one(Task, task.id), Content("Стык трубы", "Сварите стык 60 мм."), by=organiser,
        releases_at=datetime.now(UTC) + timedelta(minutes=1), closes_at=ends, now=datetime.now(UTC)))
    expect(page.get_by_role("heading", name="Задание откроется")).to_be_visible(timeout=10_000)
    expect(page.locator("main")).to_contain_text("В чертеже неверный диаметр")
    _look(page, "task-new-version")
