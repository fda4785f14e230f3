"""The socket of an open page: it joins rooms and hears that something has changed."""

import threading
from typing import Any

import socketio

from rehearsal.errors import expect
from rehearsal.world import Person

PATIENCE_S = 10.0


class Ear:
    """One page's socket, with the login of its person."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.heard: list[Any] = []
        self.news = threading.Event()
        self.client = socketio.Client(reconnection=False)
        self.client.on("changed", self._changed)
        self.client.connect(person.browser.base, headers={"Cookie": person.browser.cookies()}, wait_timeout=10,
                            transports=["websocket", "polling"])

    def _changed(self, data: Any) -> None:
        self.heard.append(data)
        self.news.set()

    def say(self, event: str, data: Any) -> Any:
        """Send an event and give its answer."""
        return self.client.call(event, data, timeout=PATIENCE_S)

    def join(self, room: str) -> None:
        """Enter a room; Failed when the service does not let the person in."""
        answer = self.say("join", {"room": room})
        expect(answer == {"room": room}, f"{self.person.name}: в комнату {room} не пустили: {answer}")

    def refused(self, room: str) -> None:
        """Failed when the service lets the person into a room that is not theirs."""
        answer = self.say("join", {"room": room})
        expect(isinstance(answer, dict) and "error" in answer, f"{self.person.name}: в чужую комнату {room} пустили")

    def wait(self) -> None:
        """Wait for «changed»."""
        expect(self.news.wait(PATIENCE_S), f"{self.person.name}: страница не узнала, что что-то изменилось")
        self.news.clear()

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
