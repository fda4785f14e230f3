"""HTTP/1.1 over a kept connection, cheap enough for a thousand of them in one process."""

import asyncio
import json
from typing import Any

Reply = tuple[int, bytes]


class Hung(ConnectionError):
    """The server ended the connection in the middle of a reply."""


class Wire:
    """One connection; opened at its first request and again after it was lost. One request at a time."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.port = port
        self.head = f"Host: 127.0.0.1:{port}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect, if it is not connected."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, method: str, path: str, body: Any = None) -> Reply:
        """Status and body of the reply; OSError when the connection was lost."""
        await self.open()
        assert self.reader is not None
        assert self.writer is not None
        sent = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        kind = "Content-Type: application/json\r\n" if sent else ""
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{self.head}{kind}Content-Length: {len(sent)}\r\n\r\n".encode()
                          + sent)
        try:
            return await self._reply(self.reader)
        except (asyncio.IncompleteReadError, OSError) as error:
            self.close()
            raise Hung(str(error)) from error

    async def _reply(self, reader: asyncio.StreamReader) -> Reply:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, fields = int(head[9:12]), _fields(head)
        if fields.get("transfer-encoding") == "chunked":
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(fields.get("content-length", "0")))
        if fields.get("connection") == "close":
            self.close()
        return status, body

    def close(self) -> None:
        """Hang up, if connected."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


def _fields(head: str) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in head.split("\r\n")[1:] if ":" in line)
    return {name.lower(): value.strip().lower() for name, value in pairs}


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)
