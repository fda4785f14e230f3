"""Backups of a running service: a folder each, whole or not there, beside them the stored files once.

BACKUP_DIR/2026-03-02T06-00-00Z/ holds the copy of the database, files.txt (the stored files it refers to), backup.json
(what it is) and SHA256SUMS. It is built under a temporary name, synced, verified and only then renamed; a kill or a
full disk leaves the earlier ones as they were. BACKUP_DIR/blobs holds stored files by their hash, as DATA_DIR/blobs
does. Keys are not in a backup: it names the fingerprints of those it needs (docs/operations.md).
"""
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
import structlog

from core import checkpoint, dumps, durable, presence, storage
from core.config import Settings
from core.dumps import damaged
from core.errors import Refused

STAMP = "%Y-%m-%dT%H-%M-%SZ"
SUMS, FACTS, FILES = "SHA256SUMS", "backup.json", "files.txt"
FAILED = "backup_failed.json"
UNFINISHED = "tmp-"
CHUNK = 1024 * 1024
TAKEN = "Копия уже делается. Дождитесь конца."
log = structlog.get_logger("backup")


@dataclass(frozen=True)
class Backup:
    """One backup: where it lies, and the facts its backup.json tells."""

    folder: Path
    made_at: datetime
    kind: str
    size: int
    schema: str
    heads: dict[str, list[Any]]
    keys: dict[str, str]
    files: int
    missing: int

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def database(self) -> Path:
        """The copy of the database."""
        return self.folder / dumps.FILES[self.kind]


def make(settings: Settings, *, now: datetime, to: Path | None = None, patience: float = 0) -> Backup:
    """Copy the database and the stored files into BACKUP_DIR (or `to`), verified; the rotation follows in BACKUP_DIR.

    Refused says in words why it could not be done; nothing is left of it then. `patience`: seconds to wait for another
    backup that is being made.
    """
    root = to or settings.backup_dir
    try:
        with presence.alone(settings, "backup", TAKEN, patience):
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            _tidy(root)
            made = _build(settings, root, now)
            if to is None:
                rotate(settings, now)
    except presence.Taken as error:
        raise Refused("backup_runs", str(error)) from error
    checkpoint.keep_quietly(settings, now)
    return made


def found(root: Path) -> list[Backup]:
    """Every whole backup of a folder, the oldest first."""
    folders = sorted(path for path in root.glob("[0-9]*") if (path / FACTS).is_file())
    return [backup for folder in folders if (backup := _read(folder)) is not None]


def find(settings: Settings, given: str) -> Backup:
    """The backup of that name in BACKUP_DIR, or at that path (its folder or a file in it)."""
    for path in (settings.backup_dir / given, Path(given)):
        folder = path.parent if path.is_file() else path
        if (folder / FACTS).is_file():
            backup = _read(folder.resolve())
            if backup is None:
                raise damaged(f"{FACTS} не читается")
            return backup
    raise Refused("no_backup", f"Копии {given} нет. Какие есть: flask backup list")


def check(backup: Backup, *, files: bool = True) -> None:
    """Whether everything is as it was written: sums, the database, and (with `files`) every stored file by its hash."""
    for line in _lines(backup.folder / SUMS):
        wanted, _, name = line.partition("  ")
        if _sha256(backup.folder / name) != wanted:
            raise damaged(f"файл {name} изменён, укорочен или пропал")
    dumps.verify(backup.database)
    for sha256 in _lines(backup.folder / FILES):
        place = storage.place_in(backup.folder.parent / "blobs", sha256)
        if not place.is_file() or (files and _sha256(place) != sha256):
            raise damaged(f"сохранённый файл {sha256[:12]}… изменён или пропал")


def due(settings: Settings, now: datetime) -> bool:
    """Whether the period since the last backup is over; a stopped period (0) is never over."""
    if settings.BACKUP_EVERY_MINUTES <= 0:
        return False
    last = found(settings.backup_dir)[-1:]
    return not last or now - last[0].made_at >= timedelta(minutes=settings.BACKUP_EVERY_MINUTES)


def make_due(settings: Settings, now: datetime) -> Backup | None:
    """Duty: make one when it is time. What keeps failing is shown to administrators and tried again each time."""
    if not due(settings, now):
        return None
    try:
        made = make(settings, now=now)
    except Refused as refusal:
        log.error("backup_failed", code=refusal.code, text=refusal.text)
        _note_failure(settings, now, refusal.text)
        return None
    (settings.data_dir / FAILED).unlink(missing_ok=True)
    log.info("backup_made", name=made.name, size=made.size, files=made.files)
    return made


def failure(settings: Settings) -> dict[str, str] | None:
    """Since when and why no backup is made, if so: {"since", "text"}."""
    try:
        facts: dict[str, str] = json.loads((settings.data_dir / FAILED).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return facts


def to_keep(times: Iterable[datetime], now: datetime, *, last: int, hours: int, days: int) -> set[datetime]:
    """The newest `last`; of those younger than `hours` the newest of each hour, younger than `days` of each day."""
    ordered = sorted(times, reverse=True)
    kept = set(ordered[:last])
    for span, bucket in ((timedelta(hours=hours), "%Y%m%d%H"), (timedelta(days=days), "%Y%m%d")):
        seen: set[str] = set()
        for time in ordered:
            if now - time <= span and (name := time.strftime(bucket)) not in seen:
                seen.add(name)
                kept.add(time)
    return kept


def rotate(settings: Settings, now: datetime) -> int:
    """Remove the backups no longer to be kept, and stored files that only they needed. Returns how many backups."""
    root = settings.backup_dir
    backups = found(root)
    kept = to_keep((each.made_at for each in backups), now, last=max(1, settings.BACKUP_KEEP_LAST),
                   hours=settings.BACKUP_KEEP_HOURS, days=settings.BACKUP_KEEP_DAYS)
    gone = [each for each in backups if each.made_at not in kept]
    for each in gone:
        leaving = root / f"{UNFINISHED}{each.name}"
        os.replace(each.folder, leaving)
        shutil.rmtree(leaving)
    if gone:
        _sweep_blobs(root, [each for each in backups if each.made_at in kept])
    return len(gone)


def key_prints(settings: Settings) -> dict[str, str]:
    """Fingerprints of the installation's keys by name; a slow hash, because a person may have chosen one."""
    given = {"secret": settings.secret_key, "ca_passphrase": settings.ca_passphrase}
    for path in sorted((settings.data_dir / "keys").glob("*")):
        if path.is_file() and path.suffix != ".pem" and path.name not in given:
            given[path.name] = path.read_bytes().hex()
    return {name: _fingerprint(name, value) for name, value in given.items()}


@lru_cache(maxsize=64)
def _fingerprint(name: str, value: str) -> str:
    return hashlib.scrypt(value.encode(), salt=b"contest:" + name.encode(), n=2**14, r=8, p=1, dklen=8).hex()


def _build(settings: Settings, root: Path, now: datetime) -> Backup:
    temporary = root / f"{UNFINISHED}{now.strftime(STAMP)}"
    try:
        temporary.mkdir(mode=0o700)
        contents = dumps.dump(settings.database_url, temporary, _columns())
        contents = _keep_blobs(settings.data_dir / "blobs", root / "blobs", contents)
        _describe(settings, temporary, contents, now)
        check(_must_read(temporary), files=False)
        final = _free(root, now)
        os.replace(temporary, final)
        durable.sync(root)
    except (OSError, sqlite3.Error, psycopg.Error) as error:
        raise Refused("backup_failed", _why(error)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return _must_read(final)


def _columns() -> dict[str, tuple[str, str]]:
    return {growth.table: (growth.key.name, growth.mark.name) for growth in checkpoint.growths()}


def _why(error: Exception) -> str:
    full = getattr(error, "errno", None) in storage.NO_SPACE or "full" in str(error) or "disk I/O" in str(error)
    if full:
        return "На диске для копий закончилось место, копия не сделана. Освободите место или задайте BACKUP_DIR."
    if isinstance(error, PermissionError):
        return f"Нет права писать в папку копий: {error.filename}. Копия не сделана."
    return f"Копия не сделана: {type(error).__name__}: {error}"[:400]


def _describe(settings: Settings, folder: Path, contents: dumps.Contents, now: datetime) -> None:
    """What the backup is, and the sums of all its files: in the form `sha256sum -c` reads."""
    kind = dumps.kind_of(settings.database_url)
    database = folder / dumps.FILES[kind]
    facts = {"made_at": now.isoformat(), "kind": kind, "size": database.stat().st_size, "schema": contents.schema,
             "heads": contents.heads, "keys": key_prints(settings), "files": len(contents.files),
             "missing": contents.missing}
    (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1))
    (folder / FILES).write_text("".join(f"{sha256}\n" for sha256 in contents.files))
    named = (database, folder / FACTS, folder / FILES)
    (folder / SUMS).write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in named))
    for path in (folder / FACTS, folder / FILES, folder / SUMS, folder):
        durable.sync(path)


def _keep_blobs(source: Path, target: Path, contents: dumps.Contents) -> dumps.Contents:
    """Each stored file once: a hard link where the disk is the same, else a copy. One that is gone stops no backup."""
    changed: set[Path] = set()
    missing: list[str] = []
    for sha256 in contents.files:
        place = storage.place_in(target, sha256)
        if not place.exists():
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                bring(storage.place_in(source, sha256), place)
            except FileNotFoundError:
                missing.append(sha256)
            changed.update((place.parent, place.parent.parent, target))
    for folder in changed:
        durable.sync(folder)
    if missing:
        log.error("stored_files_missing", count=len(missing), first=missing[0])
    return replace(contents, files=[each for each in contents.files if each not in set(missing)], missing=len(missing))


def bring(source: Path, place: Path) -> None:
    """Link or copy a stored file to a place where there is none; a half copy is never seen under the name."""
    temporary = place.with_name(f".{place.name}")
    temporary.unlink(missing_ok=True)
    try:
        try:
            os.link(source, temporary)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(source, temporary)
            durable.sync(temporary)
        os.replace(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)


def _sweep_blobs(root: Path, kept: list[Backup]) -> None:
    needed = {sha256 for each in kept for sha256 in _lines(each.folder / FILES)}
    for path in (root / "blobs").glob("*/*/*"):
        if path.name not in needed:
            path.unlink(missing_ok=True)


def _tidy(root: Path) -> None:
    """Remove what a killed backup has left; nobody else builds now."""
    for path in root.glob(f"{UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)


def _free(root: Path, now: datetime) -> Path:
    path, number = root / now.strftime(STAMP), 1
    while path.exists():
        number += 1
        path = root / f"{now.strftime(STAMP)}-{number}"
    return path


def _must_read(folder: Path) -> Backup:
    backup = _read(folder)
    assert backup is not None, folder
    return backup


def _read(folder: Path) -> Backup | None:
    try:
        facts = json.loads((folder / FACTS).read_text())
        made_at = datetime.fromisoformat(facts.pop("made_at")).astimezone(UTC)
        return Backup(folder=folder, made_at=made_at, **facts)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _note_failure(settings: Settings, now: datetime, text: str) -> None:
    since = (failure(settings) or {}).get("since", now.isoformat())
    try:
        durable.write(settings.data_dir / FAILED, json.dumps({"since": since, "text": text}).encode())
    except OSError as error:
        log.error("failure_not_noted", error=str(error)[:200])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise damaged(f"файл {path.name} не читается") from error


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(CHUNK):
                digest.update(part)
    except OSError:
        return ""
    return digest.hexdigest()
