"""The service lost what it had acknowledged, or does not know the person any more: the browser brings it all back."""

import re

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import delete, select, update

from contest.models import Participant
from core.accounts import LoginSession
from core.clock import now as moment
from core.db import reading, session
from exam.models import Attempt, AttemptQuestion, Contact, Save
from tests.exam.browser.place import chain, given

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
SAVED = re.compile(r"^Сохранено \d\d:\d\d:\d\d$")
AGAIN = "Сервер восстановлен, отправляем ответы ещё раз…"


def _older_copy(attempt_id: int, kept: int) -> None:
    """What a copy of the database taken after `kept` saves held."""
    session.execute(delete(Save).where(Save.attempt_id == attempt_id, Save.number > kept))
    last = session.scalar(select(Save).where(Save.attempt_id == attempt_id, Save.number == kept))
    session.execute(update(Attempt).where(Attempt.id == attempt_id).values(
        save_count=kept, head_hash=last.hash, last_ack_at=last.received_at))


def _copy_from_before_the_start(attempt_id: int) -> None:
    for table in (Save, Contact, AttemptQuestion):
        session.execute(delete(table).where(table.attempt_id == attempt_id))
    session.execute(delete(Attempt).where(Attempt.id == attempt_id))


def test_acknowledged_answers_come_back_as_they_were(computer, make, operation):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    for option in (0, 1, 2):
        desk.choose("single", option)
        desk.says(SAVED)
        desk.until(lambda count=option + 1: len(chain(attempt.id)) == count)
    desk.write("угловой")
    desk.until(lambda: len(chain(attempt.id)) == 4 and desk.unsent() == 0)
    before = chain(attempt.id), given(attempt.id)
    operation(_older_copy, attempt.id, 1)
    held: list[Route] = []
    desk.page.route("**/deliveries", lambda route: held.append(route))
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    desk.says(AGAIN)
    desk.look("exam-again")
    for route in held:
        route.continue_()
    desk.until(lambda: (chain(attempt.id), given(attempt.id)) == before)
    desk.says(SAVED)
    desk.choose("yes_no", 0)
    desk.until(lambda: len(chain(attempt.id)) == 5)


def test_a_page_opened_after_the_restore_brings_back_what_earlier_pages_had(computer, make, operation):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    desk.choose("single", 0)
    desk.until(lambda: len(chain(attempt.id)) == 1)
    desk.write("угловой")
    desk.until(lambda: len(chain(attempt.id)) == 2 and desk.unsent() == 0)
    desk.until(lambda: sorted(item["number"] for item in desk.stored()["items"]) == [1, 2])
    before = chain(attempt.id)
    desk.page.goto("/support")
    operation(_older_copy, attempt.id, 1)
    desk.open()
    desk.until(lambda: chain(attempt.id) == before)


@pytest.mark.parametrize("taken", [False, True], ids=["its number is free", "its number is taken"])
def test_an_attempt_lost_with_all_its_answers_goes_on(computer, make, operation, taken):
    desk, sitting = computer(), make.sitting()
    attempt = make.attempt(sitting)
    desk.enter(attempt)
    desk.write("угловой")
    desk.until(lambda: len(chain(attempt.id)) == 1)
    desk.choose("yes_no", 1)
    desk.until(lambda: len(chain(attempt.id)) == 2 and desk.unsent() == 0)
    before = chain(attempt.id)
    operation(_copy_from_before_the_start, attempt.id)
    if taken:
        assert make.attempt(sitting).id == attempt.id
    with desk.page.expect_navigation():
        desk.page.evaluate("dispatchEvent(new Event('online'))")
    desk.ready()
    again = int(desk.page.url.rsplit("/", 1)[1].split("#")[0])
    assert (again != attempt.id) == taken
    assert (chain(again) == before) != taken
    assert sorted(given(again).values()) == ['{"choice": "a2"}', '{"text": "угловой"}']
    expect(desk.page.locator("[data-count]")).to_have_text("Отвечено 2 из 7")
    expect(desk.page.locator("[data-save-state]")).to_contain_text("Ответы сохраняются сами")


def test_without_a_login_answers_go_up_under_the_pass(computer, make, operation):
    desk, attempt = computer(), make.attempt()
    desk.enter(attempt)
    desk.choose("single", 0)
    desk.says(SAVED)
    operation(lambda: session.execute(update(LoginSession).values(revoked_at=moment())))
    desk.write("угловой")
    desk.until(lambda: len(given(attempt.id)) == 2)
    note = desk.page.locator("[data-login]")
    desk.shows("[data-login]", "Войдите снова в другой вкладке")
    desk.says(SAVED)
    desk.look("exam-login")
    _log_in_again(desk, attempt)
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    expect(note).to_be_hidden(timeout=15_000)
    desk.choose("yes_no", 0)
    desk.until(lambda: len(given(attempt.id)) == 3)


def _log_in_again(desk, attempt):
    with reading():
        account = session.get_one(Participant, attempt.participant_id).account_id
    cookie = desk.login(account).get_cookie("login")
    desk.context.add_cookies([{"name": "login", "value": cookie.value, "url": desk.site}])
