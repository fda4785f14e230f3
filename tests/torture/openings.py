"""Participants at the door of a task as raw connections: three requests of one person leave at the same moment."""

import asyncio
import json
import re
from dataclasses import dataclass, field

BUSY_S = 0.3  # before the package is asked for again: the service makes a few at a time
TOKEN = re.compile(rb'name="csrf-token" content="([^"]+)"')


@dataclass(frozen=True)
class Reply:
    """Status, Set-Cookie pairs and body."""

    status: int
    cookies: tuple[str, ...]
    body: bytes


class Line:
    """One kept-alive connection to one web process."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, *, cookies: str, body: bytes = b"", **headers: str) -> Reply:
        """Send a request and read its reply."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Cookie: {cookies}",
                 f"Content-Length: {len(body)}", *(f"{name.replace('_', '-')}: {value}"
                                                   for name, value in headers.items())]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        return await _read(reader, bodiless=method == "HEAD")

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()


async def _read(reader: asyncio.StreamReader, *, bodiless: bool) -> Reply:
    status = int((await reader.readline()).split()[1])
    length, cookies = 0, []
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        if name.lower() == "content-length":
            length = int(value)
        elif name.lower() == "set-cookie":
            cookies.append(value.split(";")[0].strip())
    return Reply(status, tuple(cookies), b"" if bodiless else await reader.readexactly(length))


@dataclass
class Visitor:
    """A participant before the door: three lines, spread over the web processes. `sealed` fetches the package ahead."""

    participant_id: int
    login: str
    ports: list[int]
    sealed: bool
    cookies: str = ""
    token: str = ""
    package: bytes = b""
    keys: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cookies = f"login={self.login}"
        first = self.participant_id % len(self.ports)
        self.lines = [Line(self.ports[(first + number) % len(self.ports)]) for number in range(3)]

    async def arrive(self, task_id: int) -> None:
        """Read the page of the door, take its token and, perhaps, the sealed package."""
        reply = await self.lines[0].ask("GET", f"/tasks/{task_id}/gate", cookies=self.cookies)
        assert reply.status == 200, reply
        self.cookies = "; ".join([self.cookies, *reply.cookies])
        self.token = TOKEN.search(reply.body)[1].decode()  # type: ignore[index]
        while self.sealed and not self.package:
            reply = await self.lines[0].ask("GET", f"/tasks/{task_id}/package", cookies=self.cookies)
            assert reply.status in (200, 503), reply
            self.package = reply.body if reply.status == 200 else b""
            await asyncio.sleep(0 if self.package else BUSY_S)

    async def too_early(self, task_id: int) -> None:
        """Ask before the hour: refused."""
        reply = await self._open(self.lines[0], task_id)
        assert reply.status in (409, 422), reply

    async def open(self, task_id: int) -> None:
        """Three requests at once, over three connections; all of them get the task (or its key)."""
        replies = await asyncio.gather(*(self._open(line, task_id) for line in self.lines))
        assert [reply.status for reply in replies] == [200 if self.sealed else 303] * 3, replies
        if self.sealed:
            self.keys = {json.loads(reply.body)["key"] for reply in replies}

    async def look_without_reading(self, task_id: int) -> None:
        """What is no access: HEAD, a browser that fetches in advance, a preview, a searcher's robot."""
        for method, headers in (("HEAD", {}), ("GET", {"Sec_Purpose": "prefetch;prerender"}),
                                ("GET", {"X_Purpose": "preview"}), ("GET", {"User_Agent": "TelegramBot (like X)"})):
            reply = await self.lines[0].ask(method, f"/tasks/{task_id}/text", cookies=self.cookies, **headers)
            assert reply.status in (204, 302), reply

    async def _open(self, line: Line, task_id: int) -> Reply:
        headers = {"X_CSRF_Token": self.token, "Content_Type": "application/json", "Accept": "application/json"}
        return await line.ask("POST", f"/tasks/{task_id}/{'key' if self.sealed else 'opening'}", cookies=self.cookies,
                              body=b"{}", **headers)

    def leave(self) -> None:
        for line in self.lines:
            line.close()
