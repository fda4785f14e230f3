"""Two web processes over one PostgreSQL and one Redis behind nginx: what one does the other knows, either may die."""

import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import socketio as client_side
from sqlalchemy import select

from bench.people import csrf, seat
from bench.wire import Hung, Wire
from core import db as database
from core import passwords
from core.accounts import Account
from core.db import session
from exam import receipts
from exam.models import Attempt, Save
from tests import servers
from tests.programs import Nginx, Web
from tests.torture.clients import Crowd, Page
from tests.torture.scene import start

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("several")]
PEOPLE = 8


class PatientWire(Wire):
    """A lost process answers as a lost connection does: the page sends again."""

    async def ask(self, method, path, body=None):
        status, reply = await super().ask(method, path, body)
        if status in (502, 504):
            self.close()
            raise Hung(str(status))
        return status, reply


@pytest.fixture
def house(db, make, clock, tmp_path, postgres, redis_server, redis_url):
    """Two web processes, nginx, and people in the middle of their theory."""
    clock.set(datetime.now(UTC))
    (tmp_path / "data").mkdir()
    front = Nginx()
    settings = {"REDIS_URL": redis_url, "TRUSTED_PROXIES": "1", "PUBLIC_URL": f"http://127.0.0.1:{front.port}",
                "LOGIN_ATTEMPTS_PER_ACCOUNT": "6 per 10 minutes"}
    webs = [Web(db, tmp_path / "data", **settings) for _ in range(2)]
    front.to([web.port for web in webs])
    try:
        hall = seat(make, PEOPLE, begun=True, limit=timedelta(hours=3))
        start(webs)
        front.start()
        yield SimpleNamespace(webs=webs, front=front, hall=hall, postgres=postgres, redis=redis_server)
    finally:
        for program in (front, *webs):
            program.kill()
            program.stop()


def headers(person, route=""):
    plain, token = csrf()
    return {"Cookie": f"login={person.cookie}; session={plain}" + (f"; route={route}" if route else ""),
            "X-CSRF-Token": token}


def page(port, person, first=0, route=""):
    made = Page(port, person, headers(person, route), random.Random(first))
    made.wire = PatientWire(port, headers(person, route))
    made.seq = first
    return made


def ask(port, path, form=None, person=None, **more):
    """Status, headers and body; forms carry their token."""
    plain, token = csrf()
    cookie = f"session={plain}" + (f"; login={person.cookie}" if person else "")
    data = urllib.parse.urlencode({**form, "csrf_token": token}).encode() if form is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"Cookie": cookie, **more})
    opener = urllib.request.build_opener(type("Stay", (urllib.request.HTTPRedirectHandler,), {
        "redirect_request": lambda *_: None}))
    try:
        with opener.open(request, timeout=30) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def chain(attempt_id):
    """The attempt's receipts; each is computed again from what is stored."""
    with database.reading():
        attempt = session.get_one(Attempt, attempt_id)
        rows = list(session.scalars(select(Save).where(Save.attempt_id == attempt_id).order_by(Save.number)))
    prev = receipts.genesis(attempt_id)
    for row in rows:
        prev = receipts.link(
            prev, attempt=attempt_id, question=row.question_id, seq=row.seq, value=row.value, mono=row.mono_ms,
            page=row.page_id, client=row.client_id, at=row.received_at)
        assert row.hash == prev, row.number
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert (attempt.save_count, attempt.head_hash) == (len(rows), prev)
    return {row.client_id: row.hash for row in rows}


def nothing_is_missing(pages):
    kept = {}
    for one in pages:
        kept.setdefault(one.person.attempt_id, []).extend(one.receipts)
    for attempt_id, acks in kept.items():
        stored = chain(attempt_id)
        assert [ack for ack in acks if stored.get(ack.client_id) != ack.hash] == []
    return sum(len(acks) for acks in kept.values())


class Listener:
    """A socket of a person at one process."""

    def __init__(self, web, person):
        self.heard, self.gone = [], threading.Event()
        self.socket = client_side.Client(reconnection=False, websocket_extra_options={
            "origin": web.env["PUBLIC_URL"]})
        self.socket.on("changed", self.heard.append)
        self.socket.on("disconnect", lambda *_: self.gone.set())
        self.socket.connect(f"http://127.0.0.1:{web.port}", headers={"Cookie": f"login={person.cookie}"},
                            transports=["websocket"], wait_timeout=20)


def saves_over_both_keep_one_chain(house):
    person = house.hall.people[0]
    pages = [page(web.port, person, first=1000 * number) for number, web in enumerate(house.webs)]
    with Crowd(pages) as crowd:
        servers.wait_until(crowd.more(60), "answers are acknowledged by both")
    assert crowd.faults == []
    assert min(len(one.receipts) for one in pages) > 0
    assert nothing_is_missing(pages) == len(chain(person.attempt_id)) >= 60


def a_change_at_one_reaches_a_socket_at_the_other(house):
    person = house.hall.people[1]
    far = Listener(house.webs[1], person)
    room = f"attempt:{person.attempt_id}"
    assert far.socket.call("join", {"room": room}) == {"room": room}
    status, _, body = ask(house.webs[0].port, f"/attempts/{person.attempt_id}/finish", form={}, person=person)
    assert status == 303, body.decode()
    servers.wait_until(lambda: far.heard, "the page at the other process hears")
    assert far.heard[0]["room"] == room
    far.socket.disconnect()


def an_ended_login_loses_its_sockets_everywhere(house):
    person = house.hall.people[2]
    sockets = [Listener(web, person) for web in house.webs]
    other = Listener(house.webs[1], house.hall.people[3])
    assert ask(house.webs[0].port, "/logout", form={}, person=person)[0] == 302
    assert all(one.gone.wait(5) for one in sockets)
    assert not other.gone.is_set()
    other.socket.disconnect()


def login_attempts_count_across_both(house):
    form = {"email": "nobody@example.org", "secret": "неверный пароль"}
    found = [ask(house.webs[number % 2].port, "/login", form=form) for number in range(7)]
    assert ["Слишком много попыток" in body.decode() for _, _, body in found] == [False] * 6 + [True]


def nginx_compresses_keeps_and_routes(house):
    port = house.front.port
    status, kept, body = ask(port, "/static/css/theme.css?v=1", **{"Accept-Encoding": "gzip"})
    assert (status, kept["Content-Encoding"], kept["Cache-Control"]) == (
        200, "gzip", "public, max-age=31536000, immutable")
    assert kept["X-Content-Type-Options"] == "nosniff"
    assert body[:2] == b"\x1f\x8b"
    assert ask(port, "/static/css/theme.css")[1]["Cache-Control"] == "public, max-age=300"
    assert ask(port, "/static/../wsgi.py")[0] in (400, 404)
    status, given, _ = ask(port, "/login", **{"Accept-Encoding": "gzip"})
    assert (status, given["Content-Encoding"]) == (200, "gzip")
    assert "route=" in given["Set-Cookie"]
    assert "HttpOnly" in given["Set-Cookie"]
    assert given["Content-Security-Policy"].startswith("default-src 'self'")


def a_browser_keeps_to_one_process(house):
    pages = [page(house.front.port, person, first=1, route=f"r{number}")
             for number, person in enumerate(house.hall.people[3:])]
    with Crowd(pages) as crowd:
        servers.wait_until(crowd.more(40), "answers are acknowledged through nginx")
    assert crowd.faults == []
    chosen = {}
    for route, process, _ in house.front.asked():
        if route.startswith("r"):
            chosen.setdefault(route, set()).add(process)
    assert {len(processes) for processes in chosen.values()} == {1}
    return pages


def without_redis_logins_and_saves_go_on(house):
    with database.transaction():
        session.add(Account(name="Осипова Нина", email="o@example.org", created_at=datetime.now(UTC),
                            password_hash=passwords.hash_secret("длинный пароль")))
    house.redis.kill()
    began = time.monotonic()
    status, _, body = ask(house.front.port, "/login", form={"email": "o@example.org", "secret": "длинный пароль"})
    assert status == 302, body.decode()
    pages = [page(web.port, house.hall.people[3], first=100_000 * number) for number, web in enumerate(house.webs, 1)]
    with Crowd(pages) as crowd:
        servers.wait_until(crowd.more(10), "answers are acknowledged without Redis")
    assert crowd.faults == []
    assert time.monotonic() - began < 10
    assert any(b"redis_away" in (web.folder / "log").read_bytes() for web in house.webs)
    house.redis.start()


def either_process_may_die_and_the_database_restart(house, pages):
    """One web killed, then PostgreSQL restarted, while people save through nginx; nothing acknowledged is missing."""
    with Crowd(pages) as crowd:
        servers.wait_until(crowd.more(20), "answers are acknowledged")
        house.webs[0].kill()
        servers.wait_until(crowd.more(40), "the other process takes over")
        house.postgres._end(house.postgres.ending)
        status, kept, _ = ask(house.front.port, f"/attempts/{pages[0].person.attempt_id}", person=pages[0].person)
        assert (status, kept["Retry-After"]) == (503, "60")
        house.postgres.start()
        servers.wait_until(crowd.more(40), "answers are acknowledged after the restart")
    assert crowd.faults == []
    assert nothing_is_missing(pages) >= 100


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_two_web_processes_behind_nginx(house):
    saves_over_both_keep_one_chain(house)
    a_change_at_one_reaches_a_socket_at_the_other(house)
    an_ended_login_loses_its_sockets_everywhere(house)
    login_attempts_count_across_both(house)
    nginx_compresses_keeps_and_routes(house)
    pages = a_browser_keeps_to_one_process(house)
    without_redis_logins_and_saves_go_on(house)
    either_process_may_die_and_the_database_restart(house, pages)
