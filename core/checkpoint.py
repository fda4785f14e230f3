"""How far the database had come, noted outside it, so that an older copy put in its place is noticed at the next start.

DATA_DIR/checkpoint.json holds the head of the journal and of every table that only grows (registry.growing). Each
comparison reads one row per table by its key, never the chain: a start with a million events takes no longer.
A database that is not the noted one is journalled (`service.restored`) and shown to administrators; the service runs
on, because browsers bring their answers back. The old note stays until an administrator accepts the new history.
"""
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from core import db, durable, journal, presence
from core.config import Settings
from core.journal import JournalEntry
from core.registry import Growth, registry

NAME = "checkpoint.json"
JOURNAL = Growth("journal", JournalEntry.seq, JournalEntry.hash, "журнала")
Heads = dict[str, list[Any]]
log = structlog.get_logger("checkpoint")


@dataclass(frozen=True)
class Found:
    """What a comparison found: `older` (rows are missing at the end) or `other` (a row is there, but another one)."""

    kind: str
    table: str
    at: str
    noted_at: str
    noted: list[Any]
    here: list[Any]


def growths() -> list[Growth]:
    """The journal first: its words are the plainest."""
    return [JOURNAL, *registry.growing]


def heads() -> Heads:
    """The last row of each growing table: [key, hash]. Needs a unit of work."""
    return {growth.table: _head(growth) for growth in growths()}


def read(settings: Settings) -> dict[str, Any] | None:
    """The note, or None before the first; an unreadable one is said in the log and counts as none."""
    try:
        note: dict[str, Any] = json.loads(_place(settings).read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        log.error("checkpoint_unreadable", file=str(_place(settings)))
        return None
    return note


def found(settings: Settings) -> Found | None:
    """What was found and not yet accepted by an administrator."""
    note = read(settings)
    return Found(**note["found"]) if note and note.get("found") else None


def keep(settings: Settings, now: datetime) -> Found | None:
    """Compare, then note how far the database has come; what does not fit is journalled once and kept to be accepted.

    Called at every start, every few seconds by the worker, at each backup and at every end.
    """
    with presence.in_turn(settings, "checkpoint"):
        note = read(settings)
        if note is None:
            _write(settings, now, None)
            return None
        if note.get("found"):
            return Found(**note["found"])
        with db.reading():
            different = _compare(note, now)
        if different is None:
            _write(settings, now, note)
            return None
        _report(different)
        durable.write(_place(settings), _bytes({**note, "found": asdict(different)}))
        return different


def keep_quietly(settings: Settings, now: datetime) -> None:
    """The same where nothing may be stopped by it: a database out of reach or without tables, a full disk."""
    try:
        keep(settings, now)
    except (SQLAlchemyError, OSError, presence.Taken) as error:
        log.error("checkpoint_not_kept", error=f"{type(error).__name__}: {error}"[:200])


def accept(settings: Settings, *, by: Any, now: datetime) -> bool:
    """The new history holds from here on: journalled, and noted once this is committed. False: nothing to accept."""
    waiting = found(settings)
    if waiting is None:
        return False
    journal.record("service.restored_accepted", ("journal", waiting.here[0]), by=by, now=now, kind=waiting.kind,
                   table=waiting.table, noted=waiting.noted[0])
    db.after_commit(lambda: renew(settings, now))
    return True


def renew(settings: Settings, now: datetime) -> None:
    """Note the database as it is, whatever was noted before."""
    with presence.in_turn(settings, "checkpoint"):
        _write(settings, now, None)


def _place(settings: Settings) -> Path:
    path: Path = settings.data_dir / NAME
    return path


def _bytes(note: dict[str, Any]) -> bytes:
    return json.dumps(note, ensure_ascii=False, indent=1).encode()


def _write(settings: Settings, now: datetime, before: dict[str, Any] | None) -> None:
    with db.reading():
        present = heads()
    if before is None or before["heads"] != present:
        durable.write(_place(settings), _bytes({"at": now.isoformat(), "heads": present, "found": None}))


def _head(growth: Growth) -> list[Any]:
    row = db.session.execute(select(growth.key, growth.mark).order_by(growth.key.desc()).limit(1)).first()
    return [row[0], row[1]] if row else [0, ""]


def _compare(note: dict[str, Any], now: datetime) -> Found | None:
    for growth in growths():
        noted = note["heads"].get(growth.table, [0, ""])
        if noted[0] and (kind := _kind(growth, noted)):
            return Found(kind, growth.table, now.isoformat(), note["at"], noted, _head(growth))
    return None


def _kind(growth: Growth, noted: list[Any]) -> str:
    row = db.session.execute(select(growth.mark).where(growth.key == noted[0])).first()
    if row is None:
        return "older" if _head(growth)[0] < noted[0] else "other"
    return "" if row[0] == noted[1] else "other"


def _report(different: Found) -> None:
    """Into the log, and once into the journal: a crash between journal and note must not write a second row.

    The facts are those of the lost note alone: the row itself may have made of an older copy another history.
    """
    log.error("database_is_not_the_noted_one", **asdict(different))
    facts = {"table": different.table, "noted_at": different.noted_at,
             "noted": different.noted[0], "noted_hash": different.noted[1]}
    body = journal.canonical(facts).decode()
    with db.transaction():
        if db.session.scalar(select(JournalEntry.seq).where(
                JournalEntry.action == "service.restored", JournalEntry.payload == body).limit(1)) is None:
            journal.record("service.restored", ("journal", different.here[0]), by=None,
                           now=datetime.fromisoformat(different.at), **facts)


def words(different: Found) -> str:
    """What was found, for a person who is to act on it."""
    rows = next((growth.words for growth in growths() if growth.table == different.table), different.table)
    if different.kind == "older":
        return (f"База старше отметки: записи {rows} дошли до № {different.noted[0]}, а в базе последняя – "
                f"№ {different.here[0]}. Сервис работает с прежней копией базы.")
    return (f"В базе другая история: запись {rows} № {different.noted[0]} не та, что была отмечена. Вместо базы "
            "подставлена другая, либо после возврата к прежней копии работа уже продолжилась.")


WHAT_TO_DO = (
    "Сервис работает, ответы принимаются. Открытые страницы экзамена сами пришлют ответы, которых нет в этой копии: "
    "не закрывайте их. Что сделали другие (оценки, подписи, заявки) после времени копии, нужно сделать заново. Если "
    "база подставлена по ошибке, остановите сервис и верните прежнюю. Если так и задумано, подтвердите новую историю: "
    "кнопкой на странице «Сохранность данных» или командой flask db accept-restored.")
