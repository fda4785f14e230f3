"""What one web process emits, carried to the others by Redis, and by a thread of its own: no request waits for Redis.

While Redis is away every process tells its own pages; what is meant for the others waits (the newest thousand). It is
never more than a hint to look again: pages ask of themselves, too, and a reload shows the same truth.
"""
import json
import queue
from collections.abc import Iterator
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from socketio import RedisManager

NAME = "contest"
WAITING_MOST = 1000
PATIENCE_S = 2.0
LISTEN_S = 5.0
AGAIN_S = 1.0
log = structlog.get_logger("channel")


class Channel(RedisManager):
    """Socket.IO's manager of several processes, patient with a Redis that is away or does not answer."""

    def __init__(self, url: str) -> None:
        super().__init__(url, channel=NAME)
        self.waiting: queue.Queue[dict[str, Any]] = queue.Queue(WAITING_MOST)
        self.away: set[str] = set()

    def initialize(self) -> None:
        """Called by the server at its first use: the listener is started above, the speaker here."""
        super().initialize()
        self.server.start_background_task(self._speak)

    def _publish(self, data: dict[str, Any]) -> None:
        while True:
            try:
                self.waiting.put_nowait(data)
                return
            except queue.Full:
                self._forget_oldest()

    def _forget_oldest(self) -> None:
        try:
            self.waiting.get_nowait()
        except queue.Empty:
            return

    def _speak(self) -> None:
        redis = self._connection()
        while True:
            text = json.dumps(self.waiting.get())
            while not self._said(redis, text):
                self.server.sleep(AGAIN_S)

    def _said(self, redis: "Redis", text: str) -> bool:
        try:
            redis.publish(NAME, text)
        except (RedisError, OSError) as error:
            self._note("speaking", error)
            return False
        self._note("speaking", None)
        return True

    def _listen(self) -> Iterator[bytes]:
        while True:
            try:
                yield from self._heard()
            except (RedisError, OSError) as error:
                self._note("listening", error)
            self.server.sleep(AGAIN_S)

    def _heard(self) -> Iterator[bytes]:
        with self._connection().pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(NAME)
            while True:
                message = subscription.get_message(timeout=LISTEN_S)
                self._note("listening", None)
                if message and message["type"] == "message":
                    yield message["data"]

    def _connection(self) -> "Redis":
        return Redis.from_url(self.redis_url, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S,
                              health_check_interval=10)

    def _note(self, what: str, error: Exception | None) -> None:
        """One line when Redis goes and one when it comes back, not one a second."""
        if error is not None and what not in self.away:
            self.away.add(what)
            log.error("redis_away", what=what, error=type(error).__name__,
                      text="pages of other web processes hear of changes later; answers are saved as usual")
        elif error is None and what in self.away:
            self.away.discard(what)
            log.warning("redis_back", what=what)
