"""Open pages follow what is decided about time: the board, a participant's time, the receipt of a closed attempt."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from contest.models import Nomination, Participant
from core.db import reading, session, transaction
from exam import attempts, grants
from exam.models import Attempt, Sitting

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def changed(make, attempt, call):
    """An operation on the attempt in a transaction of its own."""
    with make.app.app_context(), transaction():
        call(session.get_one(Attempt, attempt.id))


def test_a_receipt_leads_back_to_the_paper_when_the_attempt_runs_again(computer, make, clock, login):
    attempt = make.attempt()
    with reading():
        sitting = session.get_one(Sitting, attempt.sitting_id)
        nomination = session.get_one(Nomination, sitting.nomination_id)
    chair = make.member(nomination, duty="chair")
    with transaction():
        session.get_one(Attempt, attempt.id).started_at -= timedelta(minutes=45)
    changed(make, attempt, lambda row: attempts.close_if_due(row, now=clock.now))
    desk, watcher = computer(), computer()
    with reading():
        account = session.get_one(Participant, attempt.participant_id).account_id
    desk.cookie(account)
    watcher.cookie(chair.id)
    with desk.page.expect_response(re.compile("socket.io")):
        desk.page.goto(f"/attempts/{attempt.id}/receipt")
    expect(desk.page.locator("h1")).to_have_text("Ответы приняты")
    watcher.page.goto(f"/sittings/{attempt.sitting_id}")
    expect(watcher.page.locator("main")).to_contain_text("завершено по окончании времени")
    browser = login(chair)
    page = f"/attempts/{attempt.id}/time"
    assert browser.post_form(f"/attempts/{attempt.id}/grants", {"span": "5 мин", "reason": "сбой"},
                             page=page).status_code == 303
    expect(desk.page).to_have_url(re.compile(f"/attempts/{attempt.id}$"), timeout=5000)
    expect(desk.page.locator("[data-remaining]")).to_have_text(re.compile(r"^0[45]:\d\d$"))
    expect(watcher.page.locator("main")).to_contain_text("задание выполняется", timeout=5000)
    expect(watcher.page.locator("main")).to_contain_text("добавлено")
    with reading():
        assert grants.given([attempt.id])[attempt.id][0].closed_at is not None
