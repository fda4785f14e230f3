"""Several tabs, sleep, a wrong clock, more time: one tab answers, the server's time counts, every change is said."""

import json
import re
import threading
from datetime import timedelta

import pytest
from playwright.sync_api import Route, expect

from core.db import session
from exam import grants
from exam.models import Attempt
from tests.exam.browser.place import HERE, given

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
SAVED = re.compile(r"^Сохранено \d\d:\d\d:\d\d$")
OTHER = "Задание открыто в другой вкладке"
AN_HOUR_AHEAD = """(() => {
  const Real = Date, ahead = 3600 * 1000;
  globalThis.Date = class extends Real {
    constructor(...parts) { if (parts.length) super(...parts); else super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
})()"""


def test_one_tab_answers_and_another_may_take_it_over(computer, make):
    first, attempt = computer(), make.attempt()
    first.enter(attempt)
    first.choose("single", 0)
    first.says(SAVED)
    second = first.beside()
    second.page.goto(f"/attempts/{attempt.id}")
    cover = second.page.locator("[data-other-tab]")
    second.shows("[data-other-tab]", OTHER)
    second.look("exam-other-tab")
    first.go("short")
    first.page.locator(f"#q-{first.paper['short']} [data-text-field]").fill("начато в первой")
    with second.page.expect_navigation():
        second.page.click("text=Продолжить здесь")
    second.ready()
    expect(cover).to_be_hidden()
    first.shows("[data-other-tab]", OTHER)
    first.still("single")
    first.until(lambda: len(given(attempt.id)) == 2)
    chosen = second.choose("single", 1)
    second.says(SAVED)
    answers = given(attempt.id)
    assert json.loads(answers[second.paper["single"]])== {"choice": chosen}
    assert json.loads(answers[second.paper["short"]]) == {"text": "начато в первой"}


def test_after_sleep_answers_wait_for_the_time_of_the_server(computer, make):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    held: list[Route] = []
    desk.page.route("**/heartbeat", lambda route: held.append(route))
    _sleep(desk, 3500)
    desk.says("Сверяем время с сервером…")
    desk.still("single")
    desk.look("exam-waking")
    for route in held:
        route.continue_()
    desk.page.unroute("**/heartbeat")
    desk.says("Ответы сохраняются сами")
    desk.still("single", inert=False)
    desk.choose("single", 0)
    desk.says(SAVED)


def _sleep(desk, milliseconds):
    """The page stands still between two statements of its script, as when the lid is closed."""
    devtools = desk.context.new_cdp_session(desk.page)
    devtools.send("Debugger.enable")
    devtools.send("Debugger.pause")
    threading.Event().wait(milliseconds / 1000)
    devtools.send("Debugger.resume")
    devtools.send("Debugger.disable")


def test_the_clock_of_the_computer_is_noted_and_not_used(computer, make):
    desk, attempt = computer(AN_HOUR_AHEAD), make.attempt()
    desk.enter(attempt)
    expect(desk.page.locator("[data-remaining]")).to_have_text(re.compile(r"^39:\d\d$"))
    desk.choose("single", 0)
    desk.says(SAVED)
    desk.shows("[data-skew]", "Часы этого компьютера спешат на 1 ч. Время считается по часам сервера.")
    expect(desk.page.locator("[data-remaining]")).to_have_text(re.compile(r"^39:\d\d$"))
    desk.look("exam-skew")


def test_the_time_ends_without_network(computer, make):
    desk = computer()
    attempt = make.attempt(make.sitting(limit=timedelta(seconds=6), min_time_share=0))
    desk.enter(attempt)
    desk.context.set_offline(True)
    desk.write("до звонка")
    desk.says(HERE)
    desk.shows("[data-cover]", "Время закончилось", timeout=10_000)
    desk.shows("[data-cover] [data-when-offline]",
               "Нет связи. Ждут отправки: 1. Ответы хранятся на этом компьютере и уйдут сами")
    expect(desk.page.locator("[data-cover] a")).to_be_hidden()
    desk.look("exam-over-offline")
    desk.context.set_offline(False)
    desk.page.wait_for_url("**/receipt", timeout=15_000)
    assert [json.loads(value) for value in given(attempt.id).values()] in ([], [{"text": "до звонка"}])
    desk.until(lambda: desk.unsent() == 0)


def test_more_time_reaches_the_open_page_and_is_said_in_words(computer, make, operation, clock):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    desk.page.wait_for_timeout(1500)
    before = desk.page.inner_text("[data-until]")
    operation(_grant, attempt.id, make.person("Осипова Марина Петровна"), clock.now)
    desk.shows("[data-changed]", "Время продлено на 5 мин. Ответы принимаются до", timeout=3000)
    expect(desk.page.locator("[data-remaining]")).to_have_text(re.compile(r"^44:\d\d$"))
    assert desk.page.inner_text("[data-until]") != before
    desk.look("exam-changed")
    desk.open()
    expect(desk.page.locator("[data-remaining]")).to_have_text(re.compile(r"^44:\d\d$"))
    expect(desk.page.locator("[data-changed]")).to_be_hidden()


def _grant(attempt_id, by, now):
    grants.grant(session.get_one(Attempt, attempt_id), span=timedelta(minutes=5), reason="Обрыв связи", by=by, now=now)
