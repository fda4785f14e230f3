"""The network goes and comes back: nothing is lost, and the page says at each moment where the answers are."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.exam.browser.place import HERE, PAGE_ONLY, chain, given

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
SAVED = re.compile(r"^Сохранено \d\d:\d\d:\d\d$")
SECRET = "угловой и единственный"


def test_answers_of_an_outage_wait_sealed_and_go_up_by_themselves(computer, make):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    desk.says("Ответы сохраняются сами")
    desk.look("exam-quiet")
    desk.choose("single", 1)
    desk.says(SAVED)
    desk.context.set_offline(True)
    desk.says(HERE)
    desk.write(SECRET)
    desk.choose("yes_no", 0)
    desk.choose("yes_no", 1)
    desk.says(HERE)
    desk.waits("short")
    desk.waits("yes_no")
    desk.shows("[data-offline] [data-kept=computer]", "Ждут отправки: 2. Ответы хранятся на этом компьютере")
    desk.look("exam-offline")
    kept = desk.stored()
    assert [item["number"] for item in kept["items"]] == [1, 0, 0]
    assert SECRET.encode() not in b"".join(bytes(item["sealed"]) for item in kept["items"])
    assert SECRET not in json.dumps(kept, ensure_ascii=False)
    desk.context.set_offline(False)
    desk.says(SAVED)
    expect(desk.page.locator("[data-offline]")).to_be_hidden()
    answers = given(attempt.id)
    assert json.loads(answers[desk.paper["short"]]) == {"text": SECRET}
    assert json.loads(answers[desk.paper["yes_no"]]) == {"choice": "a2"}
    assert len(answers) == 3
    desk.until(lambda: desk.unsent() == 0)
    assert sorted(item["number"] for item in desk.stored()["items"]) == [number for number, _ in chain(attempt.id)]


def test_unsent_answers_survive_the_page_and_are_shown_by_the_next(computer, make):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    desk.context.set_offline(True)
    desk.write(SECRET)
    desk.choose("single", 2)
    desk.says(HERE)
    desk.until(lambda: desk.unsent() == 2)
    desk.crash()
    held: list[Route] = []
    desk.context.route("**/deliveries", lambda route: held.append(route))
    desk.context.set_offline(False)
    desk.page.goto(f"/attempts/{attempt.id}")
    desk.says("Отправляем ответы, которые остались на этом компьютере…")
    desk.still("short")
    desk.look("exam-left")
    assert given(attempt.id) == {}
    with desk.page.expect_navigation():
        held[0].continue_()
    desk.ready()
    desk.says("Ответы сохраняются сами")
    desk.still("short", inert=False)
    expect(desk.page.locator(f"#q-{desk.paper['short']} [data-text-field]")).to_have_value(SECRET)
    expect(desk.page.locator("[data-count]")).to_have_text("Отвечено 2 из 7")
    assert json.loads(given(attempt.id)[desk.paper["short"]]) == {"text": SECRET}
    desk.write("другой")
    desk.says(SAVED)
    assert json.loads(given(attempt.id)[desk.paper["short"]]) == {"text": "другой"}


def test_what_still_waits_leaves_with_the_page(computer, make):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    desk.go("short")
    desk.page.locator(f"#q-{desk.paper['short']} [data-text-field]").press_sequentially("в пути")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.page.goto("/support")
    desk.until(lambda: given(attempt.id) != {})
    assert json.loads(given(attempt.id)[desk.paper["short"]]) == {"text": "в пути"}


FAULTS = {"no database": "IDBFactory.prototype.open = () => { throw new DOMException('private', 'SecurityError'); }",
          "no room": "", "no encryption": "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })"}


@pytest.mark.parametrize("fault", FAULTS)
def test_where_nothing_can_be_kept_the_page_says_so(computer, make, fault):
    desk, attempt = computer(FAULTS[fault]), make.attempt()
    if fault == "no room":
        devtools = desk.context.new_cdp_session(desk.page)
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": desk.site, "quotaSize": 1})
    desk.enter(attempt)
    desk.context.set_offline(True)
    desk.write(SECRET)
    desk.says(PAGE_ONLY)
    desk.shows("[data-offline] [data-kept=page]", "Не закрывайте и не обновляйте её")
    expect(desk.page.locator("[data-offline] [data-kept=computer]")).to_be_hidden()
    if fault == "no database":
        desk.look("exam-page-only")
    desk.context.set_offline(False)
    desk.says(SAVED)
    assert json.loads(given(attempt.id)[desk.paper["short"]]) == {"text": SECRET}
    desk.page.on("dialog", lambda dialog: dialog.accept())


def test_room_that_comes_back_is_used(computer, make):
    desk, attempt = computer(), make.attempt()
    devtools = desk.context.new_cdp_session(desk.page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": desk.site, "quotaSize": 1})
    desk.enter(attempt)
    desk.context.set_offline(True)
    desk.write(SECRET)
    desk.says(PAGE_ONLY)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": desk.site})
    desk.choose("single", 0)
    desk.says(HERE)
    desk.until(lambda: desk.unsent() == 2)
    desk.context.set_offline(False)
    desk.says(SAVED)
    assert len(given(attempt.id)) == 2


@pytest.mark.torture
def test_five_minutes_without_network(computer, make):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    desk.choose("single", 0)
    desk.says(SAVED)
    desk.context.set_offline(True)
    for minute in range(5):
        desk.says(HERE)
        desk.write(f"минута {minute}")
        desk.choose("yes_no", minute % 2)
        desk.until(lambda: desk.unsent() == 2)
        desk.shows("[data-offline]", "Ждут отправки: 2.")
        desk.page.wait_for_timeout(60_000)
    expect(desk.page.locator("[data-remaining]")).to_have_text(re.compile(r"^34:\d\d$"))
    desk.context.set_offline(False)
    desk.says(SAVED, timeout=3000)
    assert json.loads(given(attempt.id)[desk.paper["short"]]) == {"text": "минута 4"}
    desk.until(lambda: desk.unsent() == 0)
