"""Redis between the web processes is away or hangs: nobody waits for it, and nothing is counted wrong for long."""
import socket
import threading
from types import SimpleNamespace

import pytest

from core import attempts, channel, clock, config
from core.channel import Channel
from core.errors import Refused
from tests import servers


@pytest.fixture
def hung():
    """URL of a Redis that takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def background(call, *args):
    thread = threading.Thread(target=call, args=args, daemon=True)
    thread.start()
    return thread


def joined(url):
    """A channel whose server does nothing but run its threads."""
    made = Channel(url)
    made.server = SimpleNamespace(start_background_task=background, sleep=lambda _: threading.Event().wait(0.02))
    return made


def test_an_event_waits_in_its_place_and_the_oldest_is_dropped(hung, monkeypatch):
    monkeypatch.setattr(channel, "WAITING_MOST", 3)
    made = Channel(hung)
    began = clock.monotonic()
    for number in range(5):
        made._publish({"number": number})
    assert clock.monotonic() - began < 0.5
    assert [made.waiting.get_nowait()["number"] for _ in range(3)] == [2, 3, 4]


def test_what_was_said_while_redis_was_away_is_said_when_it_is_back():
    redis = servers.Redis()
    speaker, listener, heard = joined(redis.url()), joined(redis.url()), []
    try:
        speaker._publish({"number": 1})
        background(speaker._speak)
        servers.wait_until(lambda: "speaking" in speaker.away, "the log says that Redis is away")
        background(lambda: [heard.append(data) for data in listener._listen()])
        servers.wait_until(lambda: "listening" in listener.away, "the listener notices, too")
        speaker._publish({"number": 2})
        redis.start()
        servers.wait_until(lambda: any(b'"number": 2' in data for data in heard) or _again(speaker), "it is heard")
        assert "speaking" not in speaker.away
        servers.wait_until(lambda: "listening" not in listener.away, "the listener is back")
    finally:
        redis.stop()


def _again(speaker):
    """The listener may be back later than the speaker: a hint more."""
    speaker._publish({"number": 2})


def test_logins_are_counted_here_while_redis_hangs_and_wait_for_it_once(hung, monkeypatch, tmp_path):
    monkeypatch.setattr(attempts, "REDIS_WAIT_S", 0.1)
    monkeypatch.setattr(attempts, "_state", {})
    attempts.init(config.Settings(DATA_DIR=tmp_path, REDIS_URL=hung, SECRET_KEY="x",
                                  LOGIN_ATTEMPTS_PER_ACCOUNT="2 per 10 minutes"))
    attempts.count("a@example.org")
    began = clock.monotonic()
    attempts.count("a@example.org")
    with pytest.raises(Refused, match="Слишком много попыток"):
        attempts.count("a@example.org")
    assert clock.monotonic() - began < 0.09, "Redis is not asked again at once"
    attempts._state["limits"] = attempts._state["limits"]._replace(limiter=attempts._state["limits"].spare)
