"""The exam page in a browser, against a scripted server: what is sent, what is said, what happens at the deadline."""

import json
import mimetypes
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.architecture.tree import ROOT
from tests.front.pages import QUESTIONS, exam_page

SITE = "http://localhost"
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


class Server:
    """Plays the service: gives the page and static files, keeps the saves, may be down or refuse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.html = exam_page()
        self.saves: list[dict[str, Any]] = []
        self.asked: list[tuple[str, Any]] = []
        self.down = False
        self.refusal: tuple[int, str, str] | None = None
        page.route("**/*", self.answer)

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(SITE).split("?")[0]
        if path.startswith("/static/"):
            kind = mimetypes.guess_type(path)[0] or "font/woff2"
            route.fulfill(body=(ROOT / path.removeprefix("/")).read_bytes(), content_type=kind)
        elif path == "/save":
            self.save(route)
        elif path == "/close":
            self.asked.append(("close", json.loads(route.request.post_data or "null")))
            route.fulfill(json={})
        else:
            body = self.html if path == "/exam" else "<title>после</title>"
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

    def save(self, route: Route) -> None:
        if self.down:
            route.abort("internetdisconnected")
        elif self.refusal:
            status, code, text = self.refusal
            route.fulfill(status=status, json={"error": code, "text": text})
        else:
            assert route.request.headers["x-csrf-token"]
            self.saves.append(json.loads(route.request.post_data or "null"))
            self.asked.append(("save", self.saves[-1]["value"]))
            route.fulfill(json={"seq": self.saves[-1]["seq"], "t": "2026-06-09T03:21:07.4Z"})

    def open(self, **changes: Any) -> None:
        if changes:
            self.html = exam_page(**changes)
        self.page.goto(f"{SITE}/exam")

    def saved(self, count: int) -> list[tuple[int, int, Any]]:
        """(question, seq, value) of the first saves, once there are so many."""
        self.wait(lambda: len(self.saves) >= count)
        return [(one["question"], one["seq"], one["value"]) for one in self.saves]

    def wait(self, done: Callable[[], bool]) -> None:
        for _ in range(300):
            if done():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("it did not happen within six seconds")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def server(chromium: Browser) -> Iterator[Server]:
    page = chromium.new_page(viewport={"width": 1366, "height": 800})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield Server(page)
    page.close()
    assert faults == []


def state(server: Server) -> Any:
    return expect(server.page.locator("[data-save-state] [data-state]:not([hidden])"))


def go(server: Server, question: int) -> None:
    server.page.click(f"[data-goto='{question}']")


def test_each_kind_is_answered_and_saved(server: Server) -> None:
    server.open()
    page = server.page
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    go(server, 3)
    page.click("#q-3 .choice >> nth=1")
    go(server, 4)
    page.select_option("[data-left=l1]", "r2")
    go(server, 5)
    page.click("[data-item=i2] [data-move='-1']")
    go(server, 6)
    page.fill("[data-number-field]", "0,5")
    page.keyboard.press("Enter")
    page.fill("#q-7 [data-text-field]", "шов")
    go(server, 8)
    page.fill("#q-8 [data-text-field]", "зачистить")
    assert server.saved(8) == [
        (1, 1, {"choice": "a2"}), (2, 1, {"choice": "t"}), (3, 1, {"choices": ["a2"]}), (4, 1, {"pairs": {"l1": "r2"}}),
        (5, 1, {"order": ["i2", "i1"]}), (6, 1, {"number": "0,5"}), (7, 1, {"text": "шов"}),
        (8, 1, {"text": "зачистить"})]
    assert {one["page_id"] for one in server.saves} == {server.saves[0]["page_id"]}
    assert len({one["client_id"] for one in server.saves}) == 8
    expect(page.locator("[data-count]")).to_have_text("Отвечено 8 из 8")
    state(server).to_have_text("Сохранено в 10:21:07")


def test_an_answer_taken_back_is_saved_as_none(server: Server) -> None:
    server.open(questions=[{**QUESTIONS[0], "answer": {"choice": "a1"}, "seq": 7}])
    server.page.click("[data-clear]")
    assert server.saved(1) == [(1, 8, None)]
    expect(server.page.locator("[data-goto='1']")).to_have_attribute("aria-label", "Вопрос 1, без ответа")


def test_without_network_the_answer_waits_and_goes_up_by_itself(server: Server) -> None:
    server.open()
    server.down = True
    server.page.keyboard.press("1")
    state(server).to_have_text("Нет связи, ответы хранятся на этом компьютере")
    expect(server.page.locator("[data-offline]")).to_be_visible()
    expect(server.page.locator("[data-goto='1']")).to_have_attribute("aria-label", "Вопрос 1, отвечен, ждёт отправки")
    server.page.keyboard.press("2")
    server.down = False
    assert server.saved(1) == [(1, 2, {"choice": "a2"})]
    state(server).to_have_text("Сохранено в 10:21:07")
    expect(server.page.locator("[data-offline]")).to_be_hidden()


def test_a_refused_answer_is_said_in_words_and_not_sent_again(server: Server) -> None:
    server.open()
    server.refusal = (409, "other_device", "Задание открыто на другом устройстве.")
    server.page.keyboard.press("1")
    expect(server.page.locator("[data-refused]")).to_contain_text("Задание открыто на другом устройстве.")
    server.refusal = None
    server.page.keyboard.press("2")
    assert server.saved(1) == [(1, 2, {"choice": "a2"})]
    expect(server.page.locator("[data-refused]")).to_be_hidden()


def test_at_the_deadline_the_rest_is_sent_and_the_page_moves_on(server: Server) -> None:
    server.open(deadline="2026-06-09T10:20:02+07:00")
    go(server, 7)
    server.page.fill("#q-7 [data-text-field]", "в последний миг")
    server.page.wait_for_url(f"{SITE}/after")
    assert server.asked == [("save", {"text": "в последний миг"}), ("close", {"reason": "deadline"})]


def test_time_left_does_not_depend_on_the_clock_of_the_computer(server: Server) -> None:
    server.page.add_init_script("Date.now = () => 0")
    server.open()
    expect(server.page.locator("[data-remaining]")).to_have_text("19:58", timeout=4000)


def test_keys_in_a_text_are_letters_and_may_be_switched_off(server: Server) -> None:
    server.open()
    go(server, 7)
    field = server.page.locator("#q-7 [data-text-field]")
    field.click()
    expect(field).to_be_focused()
    field.press_sequentially("f1")
    assert server.page.input_value("#q-7 [data-text-field]") == "f1"
    expect(server.page.locator("[data-flag-button]")).to_have_attribute("aria-pressed", "false")
    server.page.uncheck("[data-keys]")
    go(server, 1)
    server.page.keyboard.press("2")
    assert server.page.locator("#q-1 input:checked").count() == 0
    server.page.check("[data-keys]")
    server.page.keyboard.press("f")
    expect(server.page.locator("[data-flag-button]")).to_have_attribute("aria-pressed", "true")


def test_leaving_for_the_last_page_waits_for_unsent_answers(server: Server) -> None:
    server.open()
    go(server, 8)
    server.page.fill("#q-8 [data-text-field]", "успел")
    server.page.click("[data-leave]")
    server.page.wait_for_url(f"{SITE}/finish")
    assert server.saved(1) == [(8, 1, {"text": "успел"})]


def test_the_page_opens_at_its_top_and_a_reload_at_the_same_question(server: Server) -> None:
    server.page.set_viewport_size({"width": 360, "height": 500})
    server.open()
    assert server.page.evaluate("scrollY") == 0
    server.page.click("[data-step='1']")
    server.page.reload()
    expect(server.page.locator("#q-2")).to_be_visible()
    expect(server.page.locator("#q-1")).to_be_hidden()
    assert server.page.evaluate("scrollY") == 0
