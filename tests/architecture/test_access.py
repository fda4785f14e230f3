"""Who may open what: `@allow` on every route and event, the table of roles and routes, and the end of a session.

`UPDATE_SNAPSHOTS=1 pytest tests/architecture/test_access.py` writes the tables anew; a change of theirs is meant.
"""

import os

import pytest
from flask import Flask
from sqlalchemy import select, update

from contest.rules import roles
from core import logins, realtime
from core.access import ANYONE, PUBLIC
from core.accounts import LoginSession
from core.db import session
from tests.architecture.tree import ROOT

SNAPSHOTS = ROOT / "tests" / "snapshots"
OPEN = {"static"}


def allowed_of(view) -> frozenset[str]:
    return getattr(view, "allowed", frozenset())


def role_route(app: Flask) -> str:
    """A line for each route and method: endpoint, who."""
    lines = []
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted(rule.methods - {"HEAD", "OPTIONS"}))
        lines.append(f"{rule.rule} {methods} {rule.endpoint}: {_words(allowed_of(app.view_functions[rule.endpoint]))}")
    return "\n".join(sorted(lines)) + "\n"


def socket_events() -> str:
    """A line for each event and each room."""
    lines = [f"event {event.name}{' (writes)' if event.write else ''}: {_words(allowed_of(event.handler))}"
             for event in realtime.EVENTS.values()]
    return "\n".join(sorted(lines) + sorted(f"room {name}" for name in realtime.room_guards)) + "\n"


def _words(allowed: frozenset[str]) -> str:
    return " ".join(sorted(allowed)) or "nobody"


def test_every_route_says_who_may_open_it(app):
    assert [name for name, view in app.view_functions.items() if not allowed_of(view) and name not in OPEN] == []


def test_every_event_says_who_may_send_it(app):
    assert [name for name, event in realtime.EVENTS.items() if not allowed_of(event.handler)] == []


def test_only_known_roles_are_named(app):
    views = [*app.view_functions.values(), *(event.handler for event in realtime.EVENTS.values())]
    named = frozenset().union(*map(allowed_of, views))
    assert named - set(roles.WORDS) - {PUBLIC, ANYONE} == set()


@pytest.mark.parametrize(("name", "table"), [
    ("role_route.txt", role_route), ("socket_events.txt", lambda _app: socket_events())])
def test_table_is_the_one_that_was_meant(app, name, table):
    path, found = SNAPSHOTS / name, table(app)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(found)
    assert found.splitlines() == path.read_text().splitlines(), "UPDATE_SNAPSHOTS=1 writes the table anew"


def test_an_unmarked_view_is_found():
    made = Flask("bare", static_folder=None)
    made.add_url_rule("/x", "x", lambda: "x")
    assert role_route(made) == "/x GET x: nobody\n"


def _revoke(now):
    session.execute(update(LoginSession).values(revoked_at=now))


def _expire(now):
    session.execute(update(LoginSession).values(expires_at=now))


@pytest.mark.parametrize("end", [_revoke, _expire])
def test_a_session_that_is_over_loses_pages_at_once(login, make, operation, clock, end):
    browser = login(make.account())
    assert browser.get("/account").status_code == 200
    operation(end, clock.now)
    page = browser.get("/account")
    assert (page.status_code, page.location) == (302, "/login?next=/account")
    assert browser.post("/logout").status_code == 302


def test_the_other_browser_is_out_after_its_login_was_ended(login, make, clock, operation):
    account = make.account()
    mine, other = login(account), login(account)
    newest = operation(lambda: session.scalar(select(LoginSession.id).order_by(LoginSession.id.desc()).limit(1)))
    assert mine.post(f"/account/sessions/{newest}/revocation").status_code == 302
    assert (mine.get("/account").status_code, other.get("/account").status_code) == (200, 302)


def test_a_disabled_account_and_an_ended_role_lose_their_pages(login, make, clock, operation):
    account = make.account(roles=["auditor"])
    admin = make.person("Администратор", roles=["admin"])
    browser = login(account)
    assert browser.get("/journal").status_code == 200
    operation(logins.access.end_role, account.id, "auditor", now=clock.now, kind="installation", scope_id=0)
    assert browser.get("/journal").status_code == 404
    operation(lambda: logins.disable(session.get_one(logins.Account, account.id), by=admin, now=clock.now))
    assert browser.get("/account").status_code == 302
