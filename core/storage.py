"""Files by the hash of their content: DATA_DIR/blobs/ab/cd/<sha256>.

A file comes in two steps. `receive` copies, hashes and judges it and needs no database: call it before the first
statement of a request, nothing slow runs inside the write lock. `keep` writes its row in the running transaction.
A received file that is never kept (the request was refused) is swept away a day later.
"""
import errno
import hashlib
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from flask import Response, current_app, send_file
from sqlalchemy import BigInteger, CheckConstraint, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from core import content, db, web
from core.content import IMAGES, OFFICE, PDF, TEXT, VIDEO  # noqa: F401  the callers' vocabulary
from core.db import Base, UtcDateTime, session
from core.errors import Busy, Refused

MB = 1024 * 1024
CHUNK = 1 * MB
ORPHAN_AGE = timedelta(days=1)
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Chromium does not show a PDF in a sandboxed page; that it is one was judged by content, and nosniff keeps it one.
INLINE_CSP = {"application/pdf": "default-src 'none'; object-src 'self'; frame-ancestors 'self'"}
SANDBOX_CSP = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'self'"
log = structlog.get_logger("storage")


class Blob(Base):
    """One content, once, however many places refer to it."""

    __tablename__ = "blob"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256_length"),
                      CheckConstraint("size > 0", name="not_empty"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    mime: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Received:
    """A judged file that lies in its place, durable, and has no row yet. `size` in bytes."""

    sha256: str
    size: int
    mime: str


class Damaged(Exception):
    """The bytes on the disk are not the ones that were stored: the hash differs, or the file is gone."""


def receive(source: bytes | BinaryIO | Any, *, allowed: frozenset[str], max_bytes: int) -> Received:
    """Copy, hash and judge a file off the loop, without the write lock. `source`: bytes or anything with read().

    Refused with a Russian sentence when it is empty, larger than `max_bytes`, broken, or of no kind in `allowed`
    (MIME types, judged by content); Busy when the disk is full. Nothing is left of a refused file.
    RuntimeError when the running unit of work has already changed something: receive first, then write.
    """
    return web.offload(_take, source, _folder(), allowed, max_bytes)


def keep(received: Received, now: datetime) -> Blob:
    """The row of a received file in the running transaction; the same content gives the same row."""
    same = select(Blob).where(Blob.sha256 == received.sha256)
    if (found := session.scalar(same)) is not None:
        return found
    if not place_in(_folder(), received.sha256).exists():
        raise Busy("Файл за это время удалён с сервера. Загрузите его ещё раз.")
    blob = Blob(sha256=received.sha256, size=received.size, mime=received.mime, created_at=now)
    try:
        with session.begin_nested():
            session.add(blob)
    except IntegrityError:  # the same content came by two requests at once (PostgreSQL)
        return session.scalars(same).one()
    return blob


def store(source: bytes | BinaryIO | Any, *, allowed: frozenset[str], max_bytes: int, now: datetime) -> Blob:
    """`receive` and `keep` in one, where the running transaction may have written already: jobs, commands, the demo."""
    return keep(_take(source, _folder(), allowed, max_bytes), now)


def path(blob: Blob) -> Path:
    """Where the bytes lie. Read only: the name is their hash."""
    return place_in(_folder(), blob.sha256)


def read(blob: Blob) -> bytes:
    """All bytes, checked against their hash; Damaged when they differ."""
    try:
        data = path(blob).read_bytes()
    except FileNotFoundError as error:
        raise Damaged(f"blob {blob.id} is missing") from error
    if hashlib.sha256(data).hexdigest() != blob.sha256:
        raise Damaged(f"blob {blob.id} differs from its hash")
    return data


def send(blob: Blob, name: str, *, download: bool = False) -> Response:
    """The reply with the bytes: ranges, ETag, Cyrillic file name; shown in the browser it can run nothing."""
    place = path(blob)
    if not place.exists():
        raise Damaged(f"blob {blob.id} is missing")
    response: Response = send_file(place, mimetype=blob.mime, as_attachment=download, conditional=True,
                                   download_name=_safe_name(name, blob), etag=blob.sha256,
                                   last_modified=blob.created_at)
    if blob.mime == "text/plain":
        response.headers["Content-Type"] = "text/plain; charset=" + content.charset_of(place.read_bytes())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = INLINE_CSP.get(blob.mime, SANDBOX_CSP)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def sweep_orphans(now: datetime) -> int:
    """Remove what was received but never kept, and halves left by a crash, once a day old. Returns how many."""
    before, removed = (now - ORPHAN_AGE).timestamp(), 0
    old = [file for pattern in ("*/*/*", "tmp-*") for file in _folder().glob(pattern) if _older(file, before)]
    for files in _by_hundred(old):
        with db.transaction():  # a writing one: nobody keeps one of these while we look
            known = set(session.scalars(select(Blob.sha256).where(Blob.sha256.in_([file.name for file in files]))))
            for file in files:
                if file.name not in known and _older(file, before):
                    file.unlink(missing_ok=True)
                    removed += 1
    return removed


def _older(file: Path, before: float) -> bool:
    try:
        return file.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _by_hundred(files: list[Path]) -> Iterator[list[Path]]:
    for start in range(0, len(files), 100):
        yield files[start:start + 100]


def _folder() -> Path:
    settings = current_app.config["core"]
    folder: Path = settings.data_dir / "blobs"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def place_in(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256[2:4] / sha256


def _take(source: bytes | BinaryIO | Any, folder: Path, allowed: frozenset[str], max_bytes: int) -> Received:
    temporary = folder / f"tmp-{secrets.token_hex(16)}"
    try:
        with _full_disk_in_words():
            sha256, size = _copy(source, temporary, max_bytes)
            mime = _judge(temporary, allowed)
            _settle(temporary, place_in(folder, sha256), folder)
    finally:
        temporary.unlink(missing_ok=True)
    return Received(sha256, size, mime)


@contextmanager
def _full_disk_in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        log.error("disk_full", errno=error.errno)
        raise Busy("На сервере закончилось место, файл не сохранён. Сообщите в поддержку и повторите позже.",
                   retry_after=60) from error


def _copy(source: bytes | BinaryIO | Any, temporary: Path, max_bytes: int) -> tuple[str, int]:
    stream: Any = io.BytesIO(source) if isinstance(source, bytes) else source
    digest, size = hashlib.sha256(), 0
    with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        while part := stream.read(CHUNK):
            size += len(part)
            if size > max_bytes:
                raise Refused("file_too_large", f"Файл больше {_size(max_bytes)}. Уменьшите его или разделите на "
                                                "части.", status=413)
            digest.update(part)
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise Refused("file_empty", "Файл пустой. Выберите другой файл.", status=422)
    return digest.hexdigest(), size


def _judge(temporary: Path, allowed: frozenset[str]) -> str:
    words = content.words_of(allowed)
    try:
        mime = content.kind_of(temporary)
    except content.Broken as broken:
        raise Refused("file_broken", f"Файл не принят: {broken}. Откройте его у себя, сохраните заново и загрузите "
                                     "ещё раз.", status=422) from broken
    if mime is None or mime not in allowed:
        found = f"по содержанию это {content.WORDS[mime]}" if mime else "вид файла не распознан"
        raise Refused("file_type", f"Файл этого вида здесь не принимается ({found}). Подходят: {words}.", status=415)
    return mime


def _settle(temporary: Path, place: Path, folder: Path) -> None:
    """Move to the final name and make the name durable; an equal file that is there already only becomes young."""
    try:
        os.utime(place)
        return
    except FileNotFoundError:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.replace(temporary, place)
    for directory in (place.parent, place.parent.parent, folder):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _safe_name(name: str, blob: Blob) -> str:
    """A file name without path and control characters that ends as its content says."""
    plain = "".join(char for char in name.replace("\\", "/").rsplit("/", 1)[-1] if char.isprintable()).strip(" .")
    suffix = content.SUFFIXES.get(blob.mime, "")
    stem = plain.removesuffix(suffix)[:120] or "файл"
    return stem + suffix


def _size(count: int) -> str:
    return f"{count // MB} МБ" if count >= MB else f"{max(1, count // 1024)} КБ"
