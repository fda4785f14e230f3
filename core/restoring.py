"""A backup put in the place of the database: nothing works meanwhile, the replaced database stays beside."""
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core import backup, checkpoint, db, dumps, journal, presence, schema, storage
from core.backup import Backup
from core.config import Settings
from core.errors import Refused

RUNNING = "Сервис работает. Остановите его (web и worker) и повторите."
log = structlog.get_logger("restoring")


@dataclass(frozen=True)
class Restored:
    """What came of it: where the replaced database lies, its heads (None: unreadable), how many files were put back."""

    backup: Backup
    replaced: str
    lost_heads: dict[str, list[Any]] | None
    files: int


def restore(settings: Settings, given: Backup, *, now: datetime, other_keys: bool = False) -> Restored:
    """Check the backup, put it in the place of the database, bring the schema up to date, note and journal it.

    Refused before anything is touched: the service runs, the backup is damaged, made on the other kind of database or
    by a newer service, or needs keys this installation does not have (unless `other_keys`).
    """
    try:
        with presence.alone(settings, "service", RUNNING, patience=1):  # who was just killed may not be gone yet
            return _restore(settings, given, now, other_keys)
    except presence.Taken as error:
        raise Refused("in_use", str(error)) from error


def _restore(settings: Settings, given: Backup, now: datetime, other_keys: bool) -> Restored:
    _fits(settings, given)
    if not other_keys:
        _has_keys(settings, given)
    backup.check(given)
    lost = _present_heads()
    db.dispose()
    dumps.nobody_works(settings.database_url)
    files = _bring_files(settings, given)
    replaced = dumps.load(settings.database_url, given.database, now.strftime("%Y%m%d-%H%M%S"))
    log.info("restored", name=given.name, replaced=replaced)
    if given.schema:
        schema.upgrade()
    with db.transaction():
        journal.record("service.restored", ("journal", given.heads["journal"][0]), by=None, now=now, kind="backup",
                       backup=given.name, made_at=given.made_at.isoformat(),
                       replaced=(lost or {}).get("journal", [0])[0])
    checkpoint.renew(settings, now)
    return Restored(given, replaced, lost, files)


def _fits(settings: Settings, given: Backup) -> None:
    kind = dumps.kind_of(settings.database_url)
    if given.kind != kind:
        raise Refused("other_kind", f"Копия снята с базы {given.kind}, а сервис настроен на {kind} (DATABASE_URL).")
    if given.schema and given.schema not in schema.revisions():
        raise Refused("newer_schema", f"Копия сделана более новой версией сервиса (схема {given.schema}). Сначала "
                                      "обновите программу.")


def _has_keys(settings: Settings, given: Backup) -> None:
    here = backup.key_prints(settings)
    wrong = [name for name, fingerprint in given.keys.items() if here.get(name) != fingerprint]
    if wrong:
        raise Refused("other_keys", f"У этой установки нет ключей, с которыми сделана копия: {', '.join(wrong)}. "
                                    "Верните папку keys из её хранения. Без них входы, подписи и закрытые ответы из "
                                    "копии не действуют; если это понятно, добавьте --other-keys.")


def _present_heads() -> dict[str, list[Any]] | None:
    """Heads of the database that is to be replaced, if it can still be read."""
    try:
        with db.reading():
            return checkpoint.heads()
    except SQLAlchemyError:
        return None


def _bring_files(settings: Settings, given: Backup) -> int:
    count = 0
    folder = settings.data_dir / "blobs"
    for sha256 in (given.folder / backup.FILES).read_text().split():
        source, place = (storage.place_in(root, sha256) for root in (given.folder.parent / "blobs", folder))
        if not place.is_file() or place.stat().st_size != source.stat().st_size:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            backup.bring(source, place)
            count += 1
    return count
