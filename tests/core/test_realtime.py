"""Sockets: who gets in, who hears what, and when."""
import json

import pytest
from sqlalchemy import select

from core import access, realtime
from core import db as database
from core.accounts import LoginSession
from core.db import session
from core.errors import Refused
from core.realtime import OutboxMessage, socketio


@pytest.fixture
def events(monkeypatch):
    """Events registered in this test are gone after it."""
    monkeypatch.setattr(realtime, "EVENTS", dict(realtime.EVENTS))
    handlers = socketio.server.handlers["/"]
    before = dict(handlers)
    yield realtime.EVENTS
    handlers.clear()
    handlers.update(before)


@pytest.fixture
def guards(monkeypatch):
    monkeypatch.setattr(realtime, "room_guards", dict(realtime.room_guards))
    return realtime.room_guards


@pytest.fixture
def socket(app, db, monkeypatch):
    """`socket(browser)` is the socket of a browser's page, or of nobody's. Nothing tails the outbox but the test."""
    monkeypatch.setattr(realtime, "_start_tail", lambda app: None)
    made = []

    def connect(browser=None):
        made.append(socketio.test_client(app, flask_test_client=browser or app.test_client()))
        return made[-1]
    yield connect
    for one in made:
        if one.is_connected():
            one.disconnect()
    realtime._people.clear()


def say(client, event, *args):
    return client.emit(event, *args, callback=True)


def heard(client):
    return [(message["name"], message["args"][0]) for message in client.get_received()]


def sessions():
    with database.reading():
        return session.scalars(select(LoginSession.id).order_by(LoginSession.id)).all()


def test_nobody_is_turned_away(socket):
    assert not socket().is_connected()


def test_a_person_enters_their_own_room_only(socket, login, make):
    account, other = make.account(), make.account()
    client = socket(login(account))
    assert say(client, "join", {"room": f"person:{account.id}"}) == {"room": f"person:{account.id}"}
    assert say(client, "join", {"room": f"person:{other.id}"})["error"] == "not_found"


@pytest.mark.parametrize("room", ["", "person", "person:", "person:x", "person:-1", "session:1", "attempt:1", None, 7,
                                  "person:" + "9" * 30, "person:١", {"a": 1}])
def test_odd_rooms_are_refused_in_words(socket, login, make, room):
    client = socket(login(make.account()))
    answer = say(client, "join", {"room": room})
    assert answer == {"error": "not_found", "text": "Такой страницы нет, или у вас нет к ней доступа."}


@pytest.mark.parametrize("args", [(), ("text",), ([],), (None,), ({"room": "person:1"}, 2)])
def test_odd_messages_are_refused_in_words(socket, login, make, args):
    assert say(socket(login(make.account())), "join", *args)["error"] == "bad_message"


def test_unknown_event_is_refused_in_words(socket, login, make):
    assert say(socket(login(make.account())), "no such", {})["error"] == "unknown_event"


def test_guard_of_a_package_decides(socket, login, make, guards):
    account = make.account()
    guards["attempt"] = lambda me, key: me.account_id == account.id and key == 7
    client = socket(login(account))
    assert say(client, "join", {"room": "attempt:7"}) == {"room": "attempt:7"}
    assert say(client, "join", {"room": "attempt:8"})["error"] == "not_found"


def test_room_hears_after_the_commit_and_others_hear_nothing(app, socket, login, make, guards):
    guards["attempt"] = lambda me, key: True
    inside, outside = socket(login(make.account())), socket(login(make.account()))
    say(inside, "join", {"room": "attempt:7"})
    say(outside, "join", {"room": "attempt:8"})
    with app.test_request_context(), database.scope(write=True) as unit:
        realtime.notify("attempt:7", "changed", {"version": 3})
        assert heard(inside) == []
        unit.commit()
        assert heard(inside) == [("changed", {"room": "attempt:7", "version": 3})]
    assert heard(outside) == []
    say(inside, "leave", {"room": "attempt:7"})
    with app.test_request_context(), database.transaction():
        realtime.notify("attempt:7")
    assert heard(inside) == []


def test_what_is_rolled_back_is_not_told(app, socket, login, make, guards):
    guards["attempt"] = lambda me, key: True
    client = socket(login(make.account()))
    say(client, "join", {"room": "attempt:7"})
    with app.test_request_context(), database.scope(write=True):
        realtime.notify("attempt:7")
    with database.scope(write=True):
        realtime.notify("attempt:7")
    realtime.Tail().read()
    assert heard(client) == []


def test_event_of_a_package_commits_then_tells(socket, login, make, events, guards):
    guards["attempt"] = lambda me, key: True
    account = make.account()

    @realtime.on("rename")
    @access.allow(access.ANYONE)
    def rename(data):
        row = session.get_one(realtime.Account, access.current().account_id)
        row.name = data["name"]
        realtime.notify("attempt:1", data={"name": row.name})
        if data["name"] == "нет":
            raise Refused("bad_name", "Такое имя не годится. Введите другое.")
        if data["name"] == "бах":
            raise RuntimeError("bang")
        return {"done": True}

    client = socket(login(account))
    say(client, "join", {"room": "attempt:1"})
    assert say(client, "rename", {"name": "Новое Имя"}) == {"done": True}
    assert heard(client) == [("changed", {"room": "attempt:1", "name": "Новое Имя"})]
    assert say(client, "rename", {"name": "нет"}) == {"error": "bad_name",
                                                      "text": "Такое имя не годится. Введите другое."}
    fault = say(client, "rename", {"name": "бах"})
    assert (fault["error"], len(fault["number"]), fault["number"] in fault["text"]) == ("fault", 8, True)
    assert heard(client) == []
    with database.reading():
        assert session.get_one(realtime.Account, account.id).name == "Новое Имя"
    assert access.current() is None


def test_event_asks_for_the_role(socket, login, make, events):
    @realtime.on("secret")
    @access.allow("secretary")
    def secret(data):
        return {"secret": 1}

    @realtime.on("unmarked")
    def unmarked(data):
        return {"secret": 1}

    assert say(socket(login(make.account())), "secret", {})["error"] == "not_found"
    assert say(socket(login(make.account(roles=["secretary"]))), "secret", {}) == {"secret": 1}
    assert say(socket(login(make.account())), "unmarked", {})["error"] == "not_found"


def test_event_that_only_reads_cannot_write(socket, login, make, events):
    @realtime.on("peek", write=False)
    @access.allow(access.ANYONE)
    def peek(data):
        session.get_one(realtime.Account, access.current().account_id).name = "Другой"

    account = make.account()
    assert say(socket(login(account)), "peek", {})["error"] == "fault"
    with database.reading():
        assert session.get_one(realtime.Account, account.id).name == account.name


def test_revoked_session_answers_nothing_more(socket, login, make, clock):
    account = make.account()
    client = socket(login(account))
    with database.transaction():
        session.get_one(LoginSession, sessions()[0]).revoked_at = clock.now
    assert say(client, "join", {"room": f"person:{account.id}"})["error"] == "login_needed"


def test_dropped_session_loses_its_sockets_and_no_other(app, socket, login, make):
    account = make.account()
    browser = login(account)
    first, second_tab, other = socket(browser), socket(browser), socket(login(account))
    held = sessions()
    with app.test_request_context(), database.transaction():
        realtime.drop_session(held[0])
        assert first.is_connected()
    assert [one.is_connected() for one in (first, second_tab, other)] == [False, False, True]


def test_session_dropped_by_another_process_is_dropped_through_the_outbox(socket, login, make):
    client = socket(login(make.account()))
    with database.transaction():
        realtime.drop_session(sessions()[0])
    assert client.is_connected()
    realtime.Tail().read()
    assert not client.is_connected()


@pytest.mark.both_databases
def test_outbox_is_told_once_in_order(socket, login, make, guards):
    guards["attempt"] = lambda me, key: True
    client, tail = socket(login(make.account())), realtime.Tail()
    say(client, "join", {"room": "attempt:7"})
    with database.transaction():
        for number in range(3):
            realtime.notify("attempt:7", data={"number": number})
    assert heard(client) == []
    assert tail.read() == 3
    assert [data["number"] for _name, data in heard(client)] == [0, 1, 2]
    assert tail.read() == 0
    with database.transaction():
        realtime.notify("attempt:7", data={"number": 3})
    assert tail.read() == 1


def test_tail_begins_with_the_last_minute_and_finds_late_rows(socket, login, make, clock):
    with database.transaction():
        realtime.notify("attempt:1", data={"old": True})
    clock.move(minutes=2)
    with database.transaction():
        realtime.notify("attempt:1")
        session.flush()
        last = session.scalars(select(OutboxMessage.id).order_by(OutboxMessage.id.desc())).first()
        session.add(OutboxMessage(id=last + 5, room="attempt:1", event="changed", data="{}", created_at=clock.now))
    tail = realtime.Tail()
    assert (tail.read(), tail.read()) == (2, 0)
    with database.transaction():
        session.add(OutboxMessage(id=last + 2, room="attempt:1", event="changed", data="{}", created_at=clock.now))
    assert (tail.read(), tail.read()) == (1, 0)


def test_outbox_is_pruned_after_ten_minutes(db, clock):
    with database.transaction():
        realtime.notify("attempt:1", data={"имя": "да"})
    with database.reading():
        assert json.loads(session.scalar(select(OutboxMessage.data))) == {"room": "attempt:1", "имя": "да"}
    assert realtime.prune(clock.now + realtime.KEEP) == 0
    assert realtime.prune(clock.move(minutes=10, seconds=1)) == 1
    assert realtime.prune(clock.now) == 0


@pytest.mark.parametrize(("origin", "host", "good"), [
    ("https://contest.example", "x:8000", True), ("http://x:8000", "x:8000", True), ("http://y:8000", "x:8000", False),
    ("https://contest.example.evil", "x:8000", False), ("null", "x:8000", False), ("", "x:8000", False)])
def test_only_our_own_pages_may_open_a_socket(origin, host, good):
    assert realtime._own_origin("https://contest.example")(origin, {"HTTP_HOST": host}) is good


def test_two_handlers_of_one_event_are_a_mistake(events):
    def handler(data):
        return None
    handler.__module__ = "elsewhere"
    with pytest.raises(ValueError, match="two handlers"):
        realtime.on("join")(handler)


def test_every_event_says_who_may_send_it():
    assert [name for name, event in realtime.EVENTS.items() if not getattr(event.handler, "allowed", None)] == []
