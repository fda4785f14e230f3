"""The device cookie: one per computer, kept as a hash; another one is journalled once; the page of a shared one."""

import pytest
from sqlalchemy import select

from app import create_app
from core import access
from core.config import Settings
from core.db import reading, session
from core.journal import JournalEntry
from exam import devices
from exam.models import Attempt
from tests.exam.restoring import account_of


def _others(attempt):
    with reading():
        return list(session.scalars(select(JournalEntry.payload).where(
            JournalEntry.action == "attempt.other_device", JournalEntry.object_id == str(attempt.id))))


@pytest.fixture
def begun(make, login):
    """(browser, attempt) of somebody who pressed «Начать»."""
    sitting = make.sitting()
    person = make.participant(_nomination(sitting), ready=True)
    browser = login(person.account_id)
    url = browser.post_form(f"/sittings/{sitting.id}/attempts", page=f"/sittings/{sitting.id}/door").location
    with reading():
        return browser, session.get_one(Attempt, int(url.rsplit("/", 1)[1]))


def _nomination(sitting):
    from contest.models import Nomination
    with reading():
        return session.get_one(Nomination, sitting.nomination_id)


def test_the_start_keeps_the_hash_of_a_cookie_scripts_cannot_read(begun):
    browser, attempt = begun
    cookie = browser.get_cookie("device")
    assert attempt.device == access.token_hash(cookie.value)
    assert (cookie.http_only, cookie.same_site, cookie.max_age > 300 * 24 * 3600) == (True, "Lax", True)
    browser.get(f"/attempts/{attempt.id}")
    assert (browser.get_cookie("device").value, _others(attempt)) == (cookie.value, [])


@pytest.mark.both_databases
def test_another_computer_is_journalled_once(begun, login):
    _browser, attempt = begun
    other = login(account_of(attempt))
    for _ in range(3):
        assert other.get(f"/attempts/{attempt.id}").status_code == 200
    device = access.token_hash(other.get_cookie("device").value)
    assert _others(attempt) == [f'{{"device":"{device[:16]}"}}']
    login(account_of(attempt)).get(f"/attempts/{attempt.id}")
    assert len(_others(attempt)) == 2


@pytest.mark.parametrize("given", ["", "short", "я" * 43, "a" * 44, "a b" + "c" * 40])
def test_a_cookie_we_have_not_given_is_replaced(app, given):
    with app.test_request_context(headers={"Cookie": f"device={given}".encode().decode("latin-1")}):
        from flask import g
        assert devices.current() == devices.current() == access.token_hash(g.device)
        assert g.device != given


def test_over_https_the_cookie_is_bound_to_the_host(tmp_path):
    made = create_app(Settings(ENVIRONMENT="test", SECRET_KEY="s", PUBLIC_URL="https://example.org", DATA_DIR=tmp_path))
    with made.test_request_context():
        assert devices.cookie_name() == "__Host-device"


def test_the_page_of_a_shared_computer_is_open_to_all_and_names_nobody(client, begun, csrf):
    browser, _attempt = begun
    for visitor in (client, browser):
        page = visitor.get("/device")
        assert page.status_code == 200
        assert 'data-delivery-url="/deliveries"' in page.text
        assert all(f"data-device-{part}" in page.text for part in (
            "list", "send", "wipe", "state", "empty", "some", "line"))
    assert [("data-device-logout" in visitor.get("/device").text) for visitor in (browser, client)] == [True, False]
    assert all('href="/device"' in client.get(page).text for page in ("/login", "/login/card"))
    assert 'href="/device"' in browser.get("/").text
