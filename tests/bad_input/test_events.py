"""Every socket event with what no page of ours sends: the ack is a Russian sentence and nothing is stored."""

import pytest

from core import realtime
from core.realtime import EVENTS
from tests.bad_input.cases import SCRIPT, VALUES
from tests.bad_input.judge import ENGLISH, RUSSIAN
from tests.bad_input.world import World

ENTRIES = {
    "join": lambda account: {"room": f"person:{account.id}"},
    "leave": lambda account: {"room": f"person:{account.id}"},
}
ROOMS = ("person:999999", "person:0", "person:9223372036854775808", "person:²", "person:-1", "person:", "person", ":1",
         "nowhere:1", "person:1:2", "meeting:999999", "person:1\0", SCRIPT)


def test_every_event_has_an_entry():
    assert set(ENTRIES) == set(EVENTS)


@pytest.fixture
def world(app, db, make, clock):
    made = World(app, db, make, clock)
    yield made
    made.observer.close()


@pytest.fixture
def account(make):
    return make.account()


@pytest.fixture
def socket(app, world, account):
    """A socket of somebody logged in."""
    world.log_in("actor", account)
    client = realtime.socketio.test_client(app, flask_test_client=world.browser("actor"))
    world.remember()
    yield client
    if client.is_connected():
        client.disconnect()


def refused(ack):
    """Faults of an ack that must be a refusal."""
    if not isinstance(ack, dict) or "error" not in ack:
        return [f"accepted: {ack!r:.80}"]
    if ack["error"] == "fault":
        return ["a fault"]
    return [] if RUSSIAN.search(ack["text"]) and not ENGLISH.search(ack["text"]) else [f"not Russian: {ack['text']}"]


@pytest.mark.parametrize("event", sorted(set(ENTRIES) & set(EVENTS)))
def test_bad_messages_are_refused_and_leave_nothing(world, socket, account, event):
    good = ENTRIES[event](account)
    assert socket.emit(event, good, callback=True) == good
    found = []
    messages = [[], [good, good], *([value] for value in VALUES.values() if value != {}), [{}]]
    messages += [[good | {name: value}] for name in good for value in VALUES.values()]
    messages += [[{key: value for key, value in good.items() if key != name}] for name in good]
    for message in messages:
        found += [f"{message!r:.80}: {fault}" for fault in refused(socket.emit(event, *message, callback=True))]
    assert (found, world.changed()) == ([], False)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_of_others_is_not_entered(socket, room):
    assert refused(socket.emit("join", {"room": room}, callback=True)) == []


def test_every_room_has_a_guard_that_keeps_strangers_out(app, db, make):
    me = make.me(make.account())
    with app.app_context(), realtime.db.reading():
        assert [name for name, guard in realtime.room_guards.items() if guard(me, 999_999)] == []


def test_nobody_without_a_login_gets_a_socket(app, db):
    client = realtime.socketio.test_client(app, flask_test_client=app.test_client())
    assert not client.is_connected()


@pytest.mark.parametrize("event", sorted(set(ENTRIES) & set(EVENTS)))
def test_a_login_that_has_ended_is_refused_by_every_event(world, socket, account, clock, event):
    clock.move(days=3)
    assert socket.emit(event, ENTRIES[event](account), callback=True)["error"] == "login_needed"


def test_an_unknown_event_is_refused_in_russian(socket):
    assert refused(socket.emit("nothing of the kind", {"a": 1}, callback=True)) == []
