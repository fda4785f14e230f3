"""Theory and practice in a real browser against the real application: every kind answered, nothing in the way."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from contest.models import Participant
from core.db import reading, session
from exam import answers, attempts
from exam.attempt_pages import nomination_of
from exam.models import Attempt, FirstAccess
from tests.architecture.tree import ROOT
from tests.exam.answering import lines

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = ((1366, 800), (360, 740))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(app: Any, db: str, csrf: None) -> Iterator[str]:
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


def _go(page: Page, question: int) -> None:
    page.click(f"[data-goto='{question}']")


def _answer_all(page: Page, paper: dict[str, Any]) -> None:
    for kind, line in paper.items():
        _go(page, line)
        part = page.locator(f"#q-{line}")
        if kind in ("single", "yes_no"):
            part.get_by_label({"single": "железо", "yes_no": "Верно"}[kind], exact=False).first.check()
        elif kind == "multiple":
            part.get_by_label("щиток").check()
            part.get_by_label("краги").check()
        elif kind == "matching":
            part.get_by_label("ток", exact=True).select_option(label="ампер")
            part.get_by_label("напряжение").select_option(label="вольт")
        elif kind == "ordering":
            for place, word in enumerate(("подготовка", "сборка", "сварка"), start=1):
                part.get_by_label(f"Номер строки: {word}").select_option(str(place))
            if part.locator("[data-accept]").is_visible():
                part.locator("[data-accept]").click()
        elif kind == "numeric":
            part.locator("[data-number-field]").fill("220")
        else:
            part.locator("[data-text-field]").fill("угловой")


def test_a_participant_walks_through_theory(page, site, make, login, present):
    sitting = make.sitting()
    with reading():
        nomination = nomination_of(sitting)
    person = make.participant(nomination, ready=True)
    _enter(page, login, person.account_id, site)
    page.goto(f"/sittings/{sitting.id}/door")
    _look(page, "door")
    page.click("text=Начать")
    page.wait_for_url(f"{site}/attempts/*")
    with reading():
        attempt = attempts.of_participant(sitting.id, person.id)
        paper = {kind: line.id for kind, line in lines(attempt).items()}
    _look(page, "exam")
    _answer_all(page, paper)
    page.click("[data-leave]")
    page.wait_for_url("**/finish")
    expect(page.locator("main")).to_contain_text("Отвечено: 7 из 7")
    _look(page, "finish")
    page.click("text=Вернуться к вопросам")
    expect(page.locator("[data-count]")).to_have_text("Отвечено 7 из 7")
    page.goto(f"/attempts/{attempt.id}/finish")
    page.click("button:has-text('Закончить')")
    page.wait_for_url("**/receipt")
    expect(page.locator("main")).to_contain_text("8 из 8")
    _look(page, "receipt")
    with reading():
        assert session.get_one(Attempt, attempt.id).points == 800
        assert len(answers.standing(attempt.id)) == 7


def test_the_page_ends_by_itself_when_the_time_is_over(page, site, make, login, present):
    sitting = make.sitting(limit=timedelta(seconds=8), min_time_share=0)
    attempt = make.attempt(sitting)
    with reading():
        account_id = _account(attempt)
        paper = {kind: line.id for kind, line in lines(attempt).items()}
    _enter(page, login, account_id, site)
    page.goto(f"/attempts/{attempt.id}")
    _go(page, paper["short"])
    page.locator(f"#q-{paper['short']} [data-text-field]").fill("угловой")
    page.wait_for_url("**/receipt", timeout=20_000)
    expect(page.locator("main")).to_contain_text("завершено по окончании времени", ignore_case=True)
    with reading():
        row = session.get_one(Attempt, attempt.id)
        assert (row.points, row.finish_reason) == (100, "deadline")
        assert row.finished_at == row.started_at + timedelta(seconds=8)


def _account(attempt: Attempt) -> int:
    return session.get_one(Participant, attempt.participant_id).account_id


def test_without_webcrypto_the_gate_opens_by_itself_and_the_page_reports_the_rendering(page, site, make, login,
                                                                                       present):
    nomination = make.nomination()
    task = make.task(nomination, after=timedelta(seconds=4))
    person = make.participant(nomination, ready=True)
    _enter(page, login, person.account_id, site)
    page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined}); Math.random = () => 0")
    page.goto(f"/tasks/{task.id}/gate")
    page.click("button:has-text('Открыть задание')", timeout=20_000)
    page.wait_for_url("**/text")
    expect(page.locator("main")).to_contain_text("Сварите стык")
    page.wait_for_load_state("networkidle")
    with reading():
        row = session.scalars(select(FirstAccess)).one()
        assert row.at >= task.releases_at
        assert row.at <= row.sent_at <= row.opened_at
    _look(page, "text")
    page.set_input_files("input[type=file]", {"name": "шов.pdf", "mimeType": "application/pdf", "buffer":
                                              b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"})
    page.click("text=Отправить файл")
    expect(page.locator("main")).to_contain_text("шов.pdf")
    _look(page, "results")


def test_pages_of_the_staff_are_in_order(page, site, make, login, present):
    nomination = make.nomination()
    sitting, task = make.sitting(nomination), make.task(nomination)
    bank = make.bank(nomination)
    make.attempt(sitting)
    later = make.event(nomination, "practice")
    staff = make.account(roles=[("organiser", "contest", nomination.contest_id)])
    _enter(page, login, staff.id, site)
    for name, url in {"banks": f"/nominations/{nomination.id}/bank", "bank": f"/banks/{bank.id}",
                      "sitting": f"/events/{sitting.event_id}/sitting", "board": f"/sittings/{sitting.id}",
                      "task-new": f"/events/{later.id}/tasks/new", "task": f"/tasks/{task.id}",
                      "accesses": f"/tasks/{task.id}/accesses", "all-results": f"/tasks/{task.id}/results"}.items():
        assert page.goto(url).status == 200
        _look(page, name)
    page.goto(f"/nominations/{nomination.id}/bank")
    page.fill("#title", "Сварщик")
    page.set_input_files("input[type=file]", {"name": "b.gift", "mimeType": "text/plain",
                                              "buffer": "Вопрос? {=да ~нет}\n\n::П::Сколько? {#}\n".encode()})
    page.click("text=Проверить файл")
    expect(page.locator("main")).to_contain_text("Будет добавлено вопросов: 1")
    _look(page, "bank-check")
    page.click("text=Загрузить записи без ошибок")
    page.wait_for_url("**/banks/*")


def test_the_gate_before_the_hour(page, site, make, login, present):
    nomination = make.nomination()
    task, sitting = make.task(nomination), make.sitting(nomination, opens=timedelta(hours=1))
    person = make.participant(nomination, code="У-0417")
    _enter(page, login, person.account_id, site)
    for name, url in {"gate": f"/tasks/{task.id}/gate", "door-early": f"/sittings/{sitting.id}/door"}.items():
        page.goto(url)
        expect(page.locator("[data-remaining]")).to_contain_text("59:", timeout=5000)
        _look(page, name)
