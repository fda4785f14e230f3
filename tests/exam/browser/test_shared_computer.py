"""Three people one after the other at one computer, the network cut at each change: nothing lost, nothing readable."""

import json

import pytest
from playwright.sync_api import expect

from tests.exam.browser.place import HERE, given

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
ANSWERS = ("первый секретный ответ", "второй секретный ответ", "третий секретный ответ")


def _nothing_readable(desk) -> None:
    kept = desk.stored()
    raw = b"".join(bytes(item["sealed"]) for item in kept["items"])
    plain = json.dumps(kept["groups"], ensure_ascii=False)
    for word in (*ANSWERS, "секретный", '"save"', "proof"):
        assert word.encode() not in raw
        assert word not in plain
    assert desk.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_nothing_of_three_people_is_lost_or_readable(computer, make):
    desk, sitting = computer(), make.sitting()
    taken = [make.attempt(sitting) for _ in ANSWERS]
    for number, (attempt, words) in enumerate(zip(taken, ANSWERS, strict=True), start=1):
        desk.context.route("**/deliveries", lambda route: route.abort("internetdisconnected"))
        desk.enter(attempt)
        desk.context.set_offline(True)
        desk.write(words)
        desk.says(HERE)
        desk.until(lambda: desk.unsent() == number)  # noqa: B023  asked at once
        _nothing_readable(desk)
        desk.crash()
        desk.context.set_offline(False)
    assert [given(attempt.id) for attempt in taken] == [{}, {}, {}]
    desk.page.goto("/device")
    lines = desk.page.locator("[data-device-list] li")
    expect(lines).to_have_count(3)
    for index in range(3):
        expect(lines.nth(index)).to_contain_text("Теория, код")
        expect(lines.nth(index)).to_contain_text("неотправленных ответов: 1")
    desk.look("device-waiting")
    desk.page.click("text=Завершить работу за этим компьютером >> visible=true")
    expect(desk.page.locator("[data-device-state]")).to_contain_text(
        "Прочитать их здесь никто не может. Они уйдут сами")
    desk.look("device-no-network")
    assert desk.unsent() == 3
    desk.context.unroute("**/deliveries")
    desk.page.goto("/support")
    desk.until(lambda: all(given(attempt.id) for attempt in taken))
    for attempt, words in zip(taken, ANSWERS, strict=True):
        assert [json.loads(value) for value in given(attempt.id).values()] == [{"text": words}]
    desk.page.goto("/device")
    expect(desk.page.locator("[data-device-empty]")).to_be_visible()
    desk.look("device-empty")
    with desk.page.expect_navigation():
        desk.page.click("button:has-text('Завершить работу')")
    desk.until(lambda: desk.stored() == {"groups": [], "items": []})


def test_the_receipt_wipes_what_its_attempt_has_left(computer, make):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    desk.choose("single", 0)
    desk.until(lambda: given(attempt.id) and desk.unsent() == 0)
    assert len(desk.stored()["items"]) == 1
    desk.page.goto(f"/attempts/{attempt.id}/finish")
    desk.page.click("button:has-text('Закончить')")
    desk.page.wait_for_url("**/receipt")
    desk.until(lambda: desk.stored() == {"groups": [], "items": []})
