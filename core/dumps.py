"""A copy of the running database in one file, its check, and its return: by SQLite's backup API, or by pg_dump.

Neither stops writers: SQLite's copy is made in steps inside one reading transaction of a connection of its own (in WAL
mode that is a snapshot, and no step starts anew because somebody wrote), PostgreSQL's in an exported snapshot.
"""
import errno
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from core import durable
from core.errors import Refused

PAGES_PER_STEP = 250
PAUSE_S = 0.005
SYNC_EVERY = 16  # steps of a megabyte: a whole copy synced at once would hold up the saves' own fsync
FILES = {"sqlite": "contest.db", "postgresql": "contest.dump"}
PG_NAMES = {"host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
            "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT",
            "sslkey": "PGSSLKEY", "passfile": "PGPASSFILE", "service": "PGSERVICE"}
HAS_SCHEMA = {"sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'",
              "postgresql": "SELECT 1 FROM pg_tables WHERE tablename = 'alembic_version' AND schemaname = 'public'"}
DEBIAN = Path("/usr/lib/postgresql")
MAINTENANCE = ("postgres", "template1")
IN_USE = "С базой ещё кто-то работает ({}). Остановите сервис на всех машинах и повторите."
Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Contents:
    """What a copy holds: its schema, how far its growing tables have come, which stored files it refers to, and how
    many of those are gone."""

    schema: str = ""
    heads: dict[str, list[Any]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    missing: int = 0


def kind_of(url: str) -> str:
    """`sqlite` or `postgresql`."""
    return make_url(url).get_backend_name()


def sqlite_path(url: str) -> Path:
    """The file of a SQLite URL."""
    return Path(make_url(url).database or "").resolve()


def dump(url: str, folder: Path, growing: dict[str, tuple[str, str]]) -> Contents:
    """Write the copy into `folder` under its name in FILES, synced. `growing`: key and hash column by table."""
    target = folder / FILES[kind_of(url)]
    if kind_of(url) == "sqlite":
        _copy_sqlite(sqlite_path(url), target)
        durable.sync(target)
        with _opened(target) as ask:
            return _contents(ask, "sqlite", growing)
    with _snapshot(url) as (ask, snapshot):
        contents = _contents(ask, "postgresql", growing)
        _pg("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
            f"--file={target}")
    durable.sync(target)
    return contents


def verify(path: Path) -> None:
    """Whether the copy can be read again; Refused `backup_damaged` says what is wrong."""
    if path.name == FILES["postgresql"]:
        listed = _pg("pg_restore", "", "--list", str(path), code="backup_damaged")
        if " TABLE DATA " not in listed:
            raise damaged(f"в файле {path.name} нет таблиц")
        return
    try:
        with _opened(path) as ask:
            found = ask("PRAGMA integrity_check")
    except sqlite3.DatabaseError as error:
        raise damaged(f"файл {path.name} не читается как база ({error})") from error
    if found != [("ok",)]:
        raise damaged(f"внутри {path.name} нарушено: {found[0][0]}")


def damaged(what: str) -> Refused:
    """The refusal of a copy that must not be used."""
    return Refused("backup_damaged", f"Копия повреждена: {what}. Возьмите другую: flask backup list.")


def _copy_sqlite(source: Path, target: Path) -> None:
    reading = sqlite3.connect(f"file:{source}?mode=rw", uri=True, isolation_level=None)
    writing = sqlite3.connect(target, isolation_level=None)
    try:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reading.backup(writing, pages=PAGES_PER_STEP, progress=_pauses(target))
        reading.execute("ROLLBACK")
    finally:
        writing.close()
        reading.close()


def _pauses(target: Path) -> Callable[[int, int, int], None]:
    """Between two steps others come first: the disk and the processor are theirs, a backup has time."""
    steps = itertools.count(1)

    def pause(_status: int, _remaining: int, _total: int) -> None:
        if next(steps) % SYNC_EVERY == 0:
            durable.sync(target)
        time.sleep(PAUSE_S)
    return pause


@contextmanager
def _opened(path: Path) -> Iterator[Ask]:
    """A copy to be read: immutable, so that nothing is made beside it."""
    connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    try:
        yield lambda text: connection.execute(text).fetchall()
    finally:
        connection.close()


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[Ask, str]]:
    with psycopg.connect(plain(url)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield lambda text: connection.execute(text.encode()).fetchall(), row[0]


def _contents(ask: Ask, kind: str, growing: dict[str, tuple[str, str]]) -> Contents:
    heads = {table: list((ask(f"SELECT {key}, {mark} FROM {table} ORDER BY {key} DESC LIMIT 1") or [(0, "")])[0])  # noqa: S608
             for table, (key, mark) in growing.items()}
    schema = ask("SELECT version_num FROM alembic_version") if ask(HAS_SCHEMA[kind]) else []
    files = [row[0] for row in ask("SELECT sha256 FROM blob ORDER BY 1")]
    return Contents(schema[0][0] if schema else "", heads, files)


def plain(url: str) -> str:
    """The URL as PostgreSQL's own programs understand it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _environment(url: str) -> dict[str, str]:
    """The connection goes by the environment: arguments can be read by everybody on the machine."""
    given = conninfo_to_dict(plain(url)) if url else {}
    return {**os.environ, **{PG_NAMES[name]: str(value) for name, value in given.items() if name in PG_NAMES}}


def _pg(program: str, url: str, *arguments: str, code: str = "backup_failed") -> str:
    path = find(program)
    done = subprocess.run([path, *arguments], env=_environment(url), capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGXFSZ or "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, f"{program}: no space left")
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise Refused(code, f"{program} не справился: {words[-1] if words else done.returncode}"[:500])
    return done.stdout


def find(program: str) -> str:
    """Path of a PostgreSQL program: the newest of Debian's, else the one on PATH."""
    places = sorted(DEBIAN.glob(f"*/bin/{program}"), key=_version, reverse=True)
    found = str(places[0]) if places else shutil.which(program)
    if not found:
        raise Refused("no_program", f"Программа {program} не найдена. Поставьте пакет postgresql-client той же версии, "
                                    "что у сервера базы, или новее.")
    return found


def _version(path: Path) -> int:
    name = path.parent.parent.name
    return int(name) if name.isdecimal() else 0


def load(url: str, copy: Path, stamp: str) -> str:
    """Put a checked copy in the place of the database; the replaced one stays beside. Returns where, "" if none was."""
    if kind_of(url) == "sqlite":
        return _load_sqlite(sqlite_path(url), copy, stamp)
    return _load_postgres(url, copy, stamp)


def _load_sqlite(place: Path, copy: Path, stamp: str) -> str:
    fresh, kept = place.with_name(f"{place.name}.restoring"), place.with_name(f"{place.name}.before-{stamp}")
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh.unlink(missing_ok=True)
    shutil.copyfile(copy, fresh)
    fresh.chmod(0o600)
    durable.sync(fresh)
    was_there = place.exists()
    if was_there:
        _settle_log(place)
        os.link(place, kept)
        for ending in ("-wal", "-shm"):
            log = place.with_name(place.name + ending)
            if log.exists():
                os.replace(log, kept.with_name(kept.name + ending))
    os.replace(fresh, place)
    durable.sync(place.parent)
    return str(kept) if was_there else ""


def _settle_log(place: Path) -> None:
    """Bring what the write-ahead log holds into the file; a damaged file keeps its log beside it."""
    try:
        connection = sqlite3.connect(place, isolation_level=None)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return


def _load_postgres(url: str, copy: Path, stamp: str) -> str:
    name = make_url(url).database or ""
    fresh, kept = f"{name[:40]}_restoring", f"{name[:40]}_before_{stamp}".lower().replace("-", "_")
    with _maintenance(url) as connection:
        _nobody_connected(connection, name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(fresh)))
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(fresh)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refused("no_createdb", "Роли базы нужно право создавать базы: ALTER ROLE … CREATEDB.") from error
        into = make_url(url).set(database=fresh).render_as_string(hide_password=False)
        _pg("pg_restore", into, "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={fresh}", str(copy),
            code="backup_damaged")
        _nobody_connected(connection, name)
        with connection.transaction():
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if there:
                _rename(connection, name, kept)
            _rename(connection, fresh, name)
    return kept if there else ""


def _rename(connection: "psycopg.Connection[Any]", old: str, new: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


def nobody_works(url: str) -> None:
    """Refused `in_use` when somebody is connected to the PostgreSQL database, from whatever machine."""
    if kind_of(url) == "postgresql":
        with _maintenance(url) as connection:
            _nobody_connected(connection, make_url(url).database or "")


def _nobody_connected(connection: "psycopg.Connection[Any]", name: str) -> None:
    row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (name,)).fetchone()
    if row and row[0]:
        raise Refused("in_use", IN_USE.format(f"подключений: {row[0]}"))


@contextmanager
def _maintenance(url: str) -> "Iterator[psycopg.Connection[Any]]":
    """A connection to the server, not to our database, which may be missing."""
    failed: Exception | None = None
    for name in MAINTENANCE:
        there = make_url(plain(url)).set(database=name).render_as_string(hide_password=False)
        try:
            connection = psycopg.connect(there, autocommit=True)
        except psycopg.OperationalError as error:
            failed = error
            continue
        with connection:
            yield connection
        return
    raise Refused("no_server", f"Сервер базы не отвечает: {failed}"[:300])
