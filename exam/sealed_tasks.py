"""A task delivered ahead: encrypted before its hour, opened by a key of 32 bytes at the hour (exam.md §3).

Package = 0x01 | nonce (12 bytes) | AES-256-GCM; AAD = "task:<id>:<SHA-256 of the version>". The key is derived from the
installation's secret for one participant and one version: it lies in no database, and every web process knows it.
Plaintext = length of the head (4 bytes, big-endian) | head as JSON {html, title, files: [{id, name, mime, size}]} | the
bytes of the files in that order.
"""
import base64
import hashlib
import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from contest.models import Participant
from core import content, db, storage, web
from core.access import Me
from core.db import is_sqlite, session
from core.errors import Busy, Refused
from core.journal import JournalEntry, record
from exam import accesses, stamps
from exam.models import SealedDelivery, Task, TaskFile

VERSION, NONCE = b"\x01", 12
MOST = 15 * storage.MB  # of files in a package; what does not fit stays an ordinary link
AT_ONCE = 12  # packages in memory
SMALL = 1 * storage.MB
STAMPING_S = 60.0
ROOT = Path(__file__).resolve().parents[1]
PDF_MIME = "application/pdf"
_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Source:
    """A file as it lies in the storage; `stamped` says whether it takes the reader's line."""

    id: int
    name: str
    mime: str
    size: int
    place: Path

    @property
    def stamped(self) -> bool:
        """Only a PDF takes a line on its pages."""
        return self.mime == PDF_MIME


@dataclass(frozen=True)
class Package:
    """The encrypted bytes with their hash, and the files that could not be stamped."""

    body: bytes
    sha256: str
    unstamped: tuple[int, ...]


def key(task_id: int, sha256: str, participant_id: int) -> bytes:
    """The key of one participant's package of one version, 32 bytes."""
    salt = hashlib.sha256(b"exam/sealed_tasks").digest()
    info = f"task:{task_id}:{sha256}:{participant_id}".encode()
    return HKDF(hashes.SHA256(), 32, salt=salt, info=info).derive(web.settings().secret_key.encode())


def key_text(task_id: int, sha256: str, participant_id: int) -> str:
    """The key as base64url without padding."""
    return base64.urlsafe_b64encode(key(task_id, sha256, participant_id)).decode().rstrip("=")


def bound_to(task: Task) -> bytes:
    """What a package belongs to: it opens as nothing else."""
    return f"task:{task.id}:{task.sha256}".encode()


def may_fetch(task: Task, participant: Participant, *, now: datetime) -> None:
    """Refused of a withdrawn version, after the hour (the task itself is there), and to whom nothing would open."""
    accesses.refuse_withdrawn(task)
    if now >= task.releases_at:
        raise Refused("released", "Задание уже выдано: откройте его на странице задания.")
    accesses.refuse_unready(participant)


def refuse_undelivered(delivered: bool) -> None:
    """The key goes only to somebody whose package has been delivered; the others open the task itself."""
    if not delivered:
        raise Refused("no_package", "Закрытый пакет не доставлен. Откройте задание кнопкой на странице.")


def chosen(files: Sequence[TaskFile]) -> list[Source]:
    """The files that go into the package, in their order, as long as they fit."""
    found, left = [], MOST
    for file in files:
        if file.blob.size <= left:
            left -= file.blob.size
            found.append(source(file))
    return found


def source(file: TaskFile) -> Source:
    """Where a file lies and what it is called, with the ending of its content."""
    name = Path(file.name).stem + content.SUFFIXES.get(file.blob.mime, "")
    return Source(file.id, name, file.blob.mime, file.blob.size, storage.path(file.blob))


def seal(task: Task, participant: Participant, *, html: str, files: Sequence[Source], line: str) -> Package:
    """Stamp, pack and encrypt off the loop, under a fresh nonce."""
    head = {"title": task.title, "html": html}
    copies = {file.id: for_reader(file, line) for file in files if file.stamped}
    return web.offload(_seal, key(task.id, task.sha256, participant.id), bound_to(task), head, files, copies)


def for_reader(file: Source, line: str) -> bytes | None:
    """The PDF with the reader's line, made off the loop; None when it cannot be stamped.

    pikepdf keeps the interpreter to itself, so a larger file goes to a process of its own.
    """
    if file.size <= SMALL:
        return web.offload(_stamped, file, line)
    if db.in_scope():
        db.current_scope().release()
    try:
        made = subprocess.run([sys.executable, "-m", "exam.stamps", line], cwd=ROOT, input=file.place.read_bytes(),
                              capture_output=True, timeout=STAMPING_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    return made.stdout or None


def _seal(secret: bytes, bound: bytes, head: dict[str, Any], files: Sequence[Source],
          copies: dict[int, bytes | None]) -> Package:
    bodies = [copies.get(file.id) or file.place.read_bytes() for file in files]
    unstamped = [number for number, copy in copies.items() if copy is None]
    listed = [{"id": file.id, "name": file.name, "mime": file.mime, "size": len(body)}
              for file, body in zip(files, bodies, strict=True)]
    text = json.dumps({**head, "files": listed}, ensure_ascii=False).encode()
    plain = b"".join([len(text).to_bytes(4), text, *bodies])
    nonce = secrets.token_bytes(NONCE)
    body = VERSION + nonce + AESGCM(secret).encrypt(nonce, plain, bound)
    return Package(body, hashlib.sha256(body).hexdigest(), tuple(unstamped))


def _stamped(file: Source, line: str) -> bytes | None:
    return stamps.stamped(file.place.read_bytes(), line)


class Place:
    """One of the few places for a package in memory; Busy when all are taken. Given back once."""

    def __init__(self) -> None:
        if not _places.acquire(blocking=False):
            raise Busy("Закрытые пакеты сейчас получают многие. Страница повторит через несколько секунд.",
                       retry_after=3)
        self._held = True

    def give_back(self) -> None:
        """Let the next one in."""
        held, self._held = self._held, False
        if held:
            _places.release()


def note_delivered(task_id: int, participant_id: int, *, address: str, sha256: str, by: Me, now: datetime) -> None:
    """The package has left completely: kept once, in a transaction of its own."""
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    with db.transaction():
        row = session.scalar(insert(SealedDelivery).values(
            task_id=task_id, participant_id=participant_id, delivered_at=now, address=address[:45],
            sha256=sha256).on_conflict_do_nothing(
            index_elements=["task_id", "participant_id"]).returning(SealedDelivery.id))
        if row is not None:
            record("task.package_delivered", ("sealed_delivery", row), by=by, now=now, task=task_id,
                   participant=participant_id, sha256=sha256)


def note_unstamped(file_id: int, *, now: datetime) -> None:
    """A PDF left without the reader's line, being encrypted or broken: journalled once, in a transaction of its own."""
    with db.transaction():
        known = session.scalar(select(JournalEntry.seq).where(
            JournalEntry.object_type == "task_file", JournalEntry.object_id == str(file_id),
            JournalEntry.action == "task.file_unstamped").limit(1))
        if known is None:
            record("task.file_unstamped", ("task_file", file_id), by=None, now=now)
