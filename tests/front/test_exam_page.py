"""The exam page in a browser, against a scripted server: what is sent, what is said, what happens at the deadline."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.front.pages import QUESTIONS
from tests.front.service import SITE, Service, words

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def server(chromium: Browser) -> Iterator[Service]:
    context = chromium.new_context(viewport={"width": 1366, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield Service(page)
    context.close()
    assert faults == []


def test_each_kind_is_answered_and_saved(server: Service) -> None:
    server.open()
    page = server.page
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    server.go(3)
    page.click("#q-3 .choice >> nth=1")
    server.go(4)
    page.select_option("[data-left=l1]", "r2")
    server.go(5)
    page.click("[data-item=i2] [data-move='-1']")
    server.go(6)
    page.fill("[data-number-field]", "0,5")
    page.keyboard.press("Enter")
    page.fill("#q-7 [data-text-field]", "шов")
    server.go(8)
    page.fill("#q-8 [data-text-field]", "зачистить")
    assert server.saved(8) == [
        (1, 1, {"choice": "a2"}), (2, 1, {"choice": "t"}), (3, 1, {"choices": ["a2"]}), (4, 1, {"pairs": {"l1": "r2"}}),
        (5, 1, {"order": ["i2", "i1"]}), (6, 1, {"number": "0,5"}), (7, 1, {"text": "шов"}),
        (8, 1, {"text": "зачистить"})]
    assert {one["page_id"] for one in server.bodies} == {server.bodies[0]["page_id"]}
    assert len({one["client_id"] for one in server.bodies}) == 8
    expect(page.locator("[data-count]")).to_have_text("Отвечено 8 из 8")
    words(server.page).to_have_text("Сохранено 10:21:07")


def test_an_answer_taken_back_is_saved_as_none(server: Service) -> None:
    server.open(questions=[{**QUESTIONS[0], "answer": {"choice": "a1"}, "seq": 7}])
    server.page.click("[data-clear]")
    assert server.saved(1) == [(1, 8, None)]
    expect(server.page.locator("[data-goto='1']")).to_have_attribute("aria-label", "Вопрос 1, без ответа")


def test_without_network_the_answer_waits_and_goes_up_by_itself(server: Service) -> None:
    server.open()
    server.down = True
    server.page.keyboard.press("1")
    words(server.page).to_have_text("Нет связи, ответы хранятся на этом компьютере")
    expect(server.page.locator("[data-offline]")).to_be_visible()
    expect(server.page.locator("[data-goto='1']")).to_have_attribute("aria-label", "Вопрос 1, отвечен, ждёт отправки")
    server.page.keyboard.press("2")
    server.down = False
    assert server.saved(1) == [(1, 2, {"choice": "a2"})]
    words(server.page).to_have_text("Сохранено 10:21:07")
    expect(server.page.locator("[data-offline]")).to_be_hidden()


def test_a_busy_server_is_asked_again_and_several_answers_leave_together(server: Service) -> None:
    server.open()
    server.busy = 2
    server.page.keyboard.press("1")
    server.go(2)
    server.page.keyboard.press("1")
    words(server.page).to_have_text("Сервер не отвечает, ответы хранятся на этом компьютере")
    assert server.saved(2) == [(1, 1, {"choice": "a1"}), (2, 1, {"choice": "t"})]
    assert [one["question"] for one in server.bodies[-1]["saves"]] == [1, 2]
    words(server.page).to_have_text("Сохранено 10:21:07")


def test_without_a_login_the_sealed_answer_leaves_under_the_pass(server: Service) -> None:
    server.open()
    server.page.keyboard.press("1")
    words(server.page).to_have_text("Сохранено 10:21:07")
    server.strange = 401
    server.page.keyboard.press("2")
    assert server.saved(2) == [(1, 1, {"choice": "a1"}), (1, 2, {"choice": "a2"})]
    (item,) = server.delivered
    assert (item["save"]["value"], item["ack"]) == ({"choice": "a2"}, None)
    assert item["save"]["prev"] == server.chain[0]["hash"]
    expect(server.page.locator("[data-login]")).to_be_visible()
    words(server.page).to_have_text("Сохранено 10:21:07")


def test_a_server_that_knows_less_gets_the_acknowledged_answers_again(server: Service) -> None:
    server.open()
    for count, key in enumerate("121", start=1):
        server.page.keyboard.press(key)
        server.saved(count)
        expect(server.page.locator("[data-goto='1']")).to_have_attribute("aria-label", "Вопрос 1, отвечен")
    before = [dict(one) for one in server.chain]
    del server.chain[1:]
    server.page.evaluate("dispatchEvent(new Event('online'))")
    server.wait(lambda: server.chain == before)
    assert [item["ack"]["number"] for item in server.delivered] == [1, 2, 3]
    assert [item["ack"]["seal"] for item in server.delivered] == ["seal-1", "seal-2", "seal-3"]
    words(server.page).to_have_text("Сохранено 10:21:07")


def test_a_refused_answer_is_said_in_words_and_not_sent_again(server: Service) -> None:
    server.open()
    server.refusal = (409, "other_device", "Задание открыто на другом устройстве.")
    server.page.keyboard.press("1")
    note = server.page.locator("#q-1 [data-refusal-note]")
    expect(note).to_contain_text("Задание открыто на другом устройстве.")
    words(server.page).to_have_text("Ответ не принят")
    server.refusal = None
    server.page.keyboard.press("2")
    assert server.saved(1) == [(1, 2, {"choice": "a2"})]
    expect(note).to_have_count(0)
    words(server.page).to_have_text("Сохранено 10:21:07")


def test_at_the_deadline_the_rest_is_sent_and_the_page_moves_on(server: Service) -> None:
    server.open(deadline="2026-06-09T10:20:02+07:00")
    server.go(7)
    server.page.fill("#q-7 [data-text-field]", "в последний миг")
    server.page.wait_for_url(f"{SITE}/after")
    assert server.asked == [("save", {"text": "в последний миг"}), ("close", {"reason": "deadline"})]


def test_time_left_does_not_depend_on_the_clock_of_the_computer(server: Service) -> None:
    server.page.add_init_script("Date.now = () => 0")
    server.open()
    expect(server.page.locator("[data-remaining]")).to_have_text("19:58", timeout=4000)


def test_keys_in_a_text_are_letters_and_may_be_switched_off(server: Service) -> None:
    server.open()
    server.go(7)
    field = server.page.locator("#q-7 [data-text-field]")
    field.click()
    expect(field).to_be_focused()
    field.press_sequentially("f1")
    assert server.page.input_value("#q-7 [data-text-field]") == "f1"
    expect(server.page.locator("[data-flag-button]")).to_have_attribute("aria-pressed", "false")
    server.page.uncheck("[data-keys]")
    server.go(1)
    server.page.keyboard.press("2")
    assert server.page.locator("#q-1 input:checked").count() == 0
    server.page.check("[data-keys]")
    server.page.keyboard.press("f")
    expect(server.page.locator("[data-flag-button]")).to_have_attribute("aria-pressed", "true")


def test_leaving_for_the_last_page_waits_for_unsent_answers(server: Service) -> None:
    server.open()
    server.go(8)
    server.page.fill("#q-8 [data-text-field]", "успел")
    server.page.click("[data-leave]")
    server.page.wait_for_url(f"{SITE}/finish")
    assert server.saved(1) == [(8, 1, {"text": "успел"})]


def test_the_page_opens_at_its_top_and_a_reload_at_the_same_question(server: Service) -> None:
    server.page.set_viewport_size({"width": 360, "height": 500})
    server.open()
    assert server.page.evaluate("scrollY") == 0
    server.page.click("[data-step='1']")
    server.page.reload()
    expect(server.page.locator("#q-2")).to_be_visible()
    expect(server.page.locator("#q-1")).to_be_hidden()
    assert server.page.evaluate("scrollY") == 0
