"""Eight key pages in a real browser, on a monitor and on a phone; `make pages` opens all pages of the demonstration."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from contest.models import Nomination
from core.db import session
from scoring.models.papers import Document
from tests.pages.crawler import CHROMIUM, SIZES, Crawler, _watched
from tests.scoring import road

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**CHROMIUM)
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


@pytest.fixture(autouse=True)
def present(clock: Any) -> None:
    """The server's threads read the real clock, so everything is made at the real moment."""
    clock.set(datetime.now(UTC))


@pytest.fixture
def look(chromium, site, login):
    """`look(path, account)`: the page is there and nothing is wrong with it at both widths."""
    crawler = Crawler(chromium, site)

    def judge(path: str, account: Any = None, says: str = "") -> None:
        context = chromium.new_context(viewport={"width": SIZES[0][0], "height": SIZES[0][1]}, reduced_motion="reduce")
        if account is not None:
            value = login(account).get_cookie("login").value
            context.add_cookies([{"name": "login", "value": value, "url": site}])
        page, wrong = _watched(context.new_page())
        found = crawler.look(page, path, "key", wrong)
        text = page.inner_text("main")
        context.close()
        assert found == []
        assert says in text

    return judge


def test_public_page_of_a_contest(look, make):
    nomination = make.nomination(title="Лучший сварщик")
    make.event(nomination, "theory", after=timedelta(days=30))
    make.member(nomination, "commission", "chair", name="Мельников Андрей Степанович")
    look(f"/contests/{nomination.contest_id}", says="Лучший сварщик")


def test_login(look, make):
    look("/login", says="Вход")


def test_application(look, make):
    row = make.application(state="draft")
    look(f"/applications/{row.id}", row.account_id, says="Зайцев")


def test_first_page_of_a_participant(look, make):
    nomination = make.nomination(title="Лучший сварщик")
    make.briefing(nomination)
    person = make.participant(nomination)
    look("/", person.account_id, says="сварщик")


def test_exam_page(look, make, operation):
    sitting = make.sitting()
    person = make.participant(operation(lambda: session.get_one(Nomination, sitting.nomination_id)), ready=True)
    attempt = make.attempt(sitting, person)
    look(f"/attempts/{attempt.id}", person.account_id, says="Вопрос 1 из 7")


def test_sheet(look, make):
    nomination = make.nomination(practice_max=2000)
    expert = make.member(nomination)
    make.participant(nomination, code="У-0417")
    make.scheme(nomination)
    sheet = make.sheets_of(nomination)[0]
    look(f"/sheets/{sheet.id}", expert, says="У-0417")


def test_protocol_and_its_verification(look, make, login, operation):
    group = make.marked_group()
    url = road.freeze(make, login, group)
    look(url, group.chair, says="Протокол")
    token = operation(lambda: session.scalar(select(Document.token).where(Document.form == "expert_protocol")))
    look(f"/v/{token}", says="Протокол")
