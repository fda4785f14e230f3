"""Open pages with a socket each, in a process of its own: `python -m bench.sockets PORT`.

A Socket.IO client of bare WebSocket frames, cheap enough for a thousand on one core. Standard input: a line of JSON
{"pages": [{"cookie", "room"}, …], "events": n}. Standard output: a line when all have joined their rooms, {"connected":
seconds}, and one when each has got `events` events, {"delays": [seconds from the server's `at` to the arrival, …]}.
"""

import asyncio
import base64
import json
import os
import sys
import time
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MASK = b"\0\0\0\0"  # RFC 6455 wants a mask from clients; this one leaves the payload as it is
OPENING = 100


class Socket:
    """One page: joins its room and notes when events come."""

    def __init__(self, port: int, cookie: str, room: str) -> None:
        self.port, self.cookie, self.room = port, cookie, room
        self.delays = list[float]()

    async def open(self) -> None:
        """Upgrade, connect to the namespace, join the room and wait for its acknowledgement."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write((
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Version: 13\r\nCookie: {self.cookie}\r\nOrigin: http://127.0.0.1:{self.port}\r\n\r\n").encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head.split(b"\r\n")[0], head[:200]
        await self._expect("0")
        self._send("40")
        await self._expect("40")
        self._send("420" + json.dumps(["join", {"room": self.room}]))
        joined = await self._expect("430")
        assert self.room in joined, joined

    async def listen(self, events: int) -> None:
        """Note the delay of so many events."""
        while len(self.delays) < events:
            text = await self._expect("42")
            self.delays.append(time.monotonic() - json.loads(text[2:])[1]["at"])

    async def _expect(self, start: str) -> str:
        """The next packet that begins so; pings are answered on the way."""
        while not (text := await self._receive()).startswith(start):
            if text == "2":
                self._send("3")
            elif not text.startswith("42"):
                raise SystemExit(f"{start} expected, came {text[:200]}")
        return text

    async def _receive(self) -> str:
        first, second = await self.reader.readexactly(2)
        size = second & 127
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
        body = await self.reader.readexactly(size)
        kind = first & 15
        if kind == CLOSE:
            raise SystemExit(f"the server closed a socket: {body!r}")
        if kind == PING:
            self._frame(PONG, body)
        return body.decode() if kind == TEXT else ""

    def _send(self, text: str) -> None:
        self._frame(TEXT, text.encode())

    def _frame(self, kind: int, body: bytes) -> None:
        size = bytes([128 | len(body)]) if len(body) < 126 else bytes([128 | 126]) + len(body).to_bytes(2)
        self.writer.write(bytes([128 | kind]) + size + MASK + body)


async def play(port: int, plan: dict[str, Any]) -> None:
    """Connect all, say so, wait for the events. Who is connected answers pings while the others come."""
    sockets = [Socket(port, page["cookie"], page["room"]) for page in plan["pages"]]
    gate, began, late = asyncio.Semaphore(OPENING), time.monotonic(), list[Socket](sockets)

    async def live(socket: Socket) -> None:
        async with gate:
            await socket.open()
        late.remove(socket)
        if not late:
            print(json.dumps({"connected": time.monotonic() - began}), flush=True)
        await socket.listen(plan["events"])

    await asyncio.gather(*(live(socket) for socket in sockets))
    print(json.dumps({"delays": [delay for socket in sockets for delay in socket.delays]}), flush=True)


if __name__ == "__main__":
    asyncio.run(play(int(sys.argv[1]), json.loads(sys.stdin.readline())))
