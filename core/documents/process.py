"""Client of the render process: a warm `python -m core.documents.render` that turns jobs into PDF bytes.

Nothing here imports WeasyPrint: web and worker stay light, and a render never holds their loop.
Frames in both directions are a 4-byte big-endian length and the payload. Request: one frame, the job as JSON.
Reply: one frame of JSON {"ok", "error", "pages", "anchors", "facts_sha256"}, and with ok a second frame, the PDF.
"""

import base64
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HEADER = struct.Struct(">I")
MAX_FRAME = 64 * 1024 * 1024
JOBS_PER_CHILD = 500
# A fixed hash seed and no zone of the machine: the same job gives the same bytes on every machine.
CHILD_ENV = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1577836800"}
KEPT_ENV = ("PATH", "HOME", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_CACHE_HOME")


class RenderFailed(RuntimeError):
    """The document could not be rendered: broken template, dead process or time out. A bug, not a person's mistake."""


@dataclass(frozen=True)
class DocumentMeta:
    """What stands around the facts: `date` an ISO day, `issued_at` an aware moment in ISO, `zone` an IANA name."""

    title: str
    number: str
    date: str
    issued_at: str
    zone: str
    verify_url: str = ""
    letterhead: str = ""
    letterhead_line: str = ""
    author: str = ""
    foot_line: str = ""
    demo: bool = False


@dataclass(frozen=True)
class Attached:
    """A file that travels inside the PDF beside facts.json. Its type goes by the name, which is plain ASCII."""

    name: str
    content: bytes
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name.isascii() or "/" in self.name or self.name == "facts.json":
            raise ValueError(f"attachment name {self.name!r}: plain ASCII, not facts.json")


@dataclass(frozen=True)
class RenderJob:
    """Template path under templates/, facts (canonical JSON values only) and what stands around them.

    `signers` fills the signature boxes: dicts with `field` («Member01»), `role`, `name`.
    """

    template: str
    facts: dict[str, Any]
    meta: DocumentMeta
    signers: tuple[dict[str, str], ...] = ()
    attachments: tuple[Attached, ...] = ()

    def as_json(self) -> bytes:
        """The job as one frame; attachment bytes go as base64."""
        plain = {"template": self.template, "facts": self.facts, "meta": asdict(self.meta), "signers": self.signers,
                 "attachments": [{"name": item.name, "description": item.description,
                                  "content": base64.b64encode(item.content).decode()} for item in self.attachments]}
        return json.dumps(plain, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Anchor:
    """Place of an element with id `sig-<name>`: page from 0, rect (x1, y1, x2, y2) in points from the lower left."""

    name: str
    page: int
    rect: tuple[float, float, float, float]


@dataclass(frozen=True)
class Rendered:
    """PDF bytes with their SHA-256 left to the caller; `facts_sha256` is that of the attached facts.json."""

    pdf: bytes
    pages: int
    facts_sha256: str
    anchors: tuple[Anchor, ...] = field(default=())


class RenderProcess:
    """One warm child. Thread safe: jobs queue on a lock. A dead child is started again, a slow one is killed.

    In a gevent process call it from a greenlet, where it waits without holding the loop, not through the thread pool:
    gevent starts children on its main loop only.
    """

    def __init__(self, timeout: float = 60.0) -> None:
        """`timeout` in seconds covers one job, starting the child included."""
        self._timeout = timeout
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._jobs = 0

    def render_pdf(self, job: RenderJob) -> bytes:
        """PDF bytes of the job; see `render`."""
        return self.render(job).pdf

    def render(self, job: RenderJob) -> Rendered:
        """Render one job. Raises RenderFailed with the child's words, or when it died twice or took too long."""
        payload = job.as_json()
        with self._lock:
            deadline = time.monotonic() + self._timeout
            try:
                return self._ask(payload, deadline)
            except (BrokenPipeError, EOFError):
                self._stop()
            try:
                return self._ask(payload, deadline)
            except (BrokenPipeError, EOFError):
                self._stop()
                raise RenderFailed("render process died twice on one job") from None

    def warm(self) -> None:
        """Start the child now, so that the first document does not wait for WeasyPrint's import."""
        with self._lock:
            self._running()

    def close(self) -> None:
        """Stop the child; the next job starts a new one."""
        with self._lock:
            self._stop()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, for the health page."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def _ask(self, payload: bytes, deadline: float) -> Rendered:
        child = self._running()
        self._write(child, HEADER.pack(len(payload)) + payload, deadline)
        reply = json.loads(self._frame(child, deadline))
        if not reply["ok"]:
            raise RenderFailed(reply["error"])
        pdf = self._frame(child, deadline)
        self._jobs += 1
        anchors = tuple(Anchor(name, page, tuple(rect)) for name, page, rect in reply["anchors"])
        return Rendered(pdf, reply["pages"], reply["facts_sha256"], anchors)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and (self._child.poll() is not None or self._jobs >= JOBS_PER_CHILD):
            self._stop()
        if self._child is None:
            env = {name: os.environ[name] for name in KEPT_ENV if name in os.environ} | CHILD_ENV
            self._child = subprocess.Popen([sys.executable, "-m", "core.documents.render"], cwd=ROOT, env=env,
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            assert self._child.stdin is not None
            os.set_blocking(self._child.stdin.fileno(), False)
            self._jobs = 0
        return self._child

    def _write(self, child: subprocess.Popen[bytes], payload: bytes, deadline: float) -> None:
        assert child.stdin is not None
        view, descriptor = memoryview(payload), child.stdin.fileno()
        while view:
            self._wait(descriptor, select.POLLOUT, deadline)
            view = view[os.write(descriptor, view[:select.PIPE_BUF]):]

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        waiting = select.poll()
        waiting.register(descriptor, event | select.POLLHUP | select.POLLERR)
        left = deadline - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            self._stop()
            raise RenderFailed(f"render took longer than {self._timeout:g} s")

    def _frame(self, child: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert child.stdout is not None
        (length,) = HEADER.unpack(self._read(child, HEADER.size, deadline))
        return self._read(child, length, deadline)

    def _read(self, child: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
        assert child.stdout is not None
        descriptor, parts, missing = child.stdout.fileno(), [], size
        while missing:
            self._wait(descriptor, select.POLLIN, deadline)
            part = os.read(descriptor, min(missing, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
