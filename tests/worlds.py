"""What the factories made once is copied the next time: the same calls on an empty database give the same rows.

A `Trail` follows one test from its empty database. As long as nothing but factories wrote there, their calls so far
name the state of the database; the pages a call changed and the value it gave are kept under that name for the
process, and the next test that begins with the same calls gets them without running them. A test whose calls cannot
be named (an argument that is no plain fact), that patches code, or that wrote by itself goes on for real from there.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select

from core import db as database
from core import storage

PAGE = 4096
PLAIN = (str, int, float, bytes, date, datetime, timedelta, Enum, type(None))


class Unnamed(Exception):
    """An argument that says nothing stable about itself."""


@dataclass(frozen=True)
class Kept:
    """The pages that differ from the empty database, the files it speaks of, and what the call gave."""

    size: int
    pages: dict[int, bytes]
    files: tuple[str, ...]
    value: bytes


kept: dict[str, Kept] = {}
contents: dict[str, bytes] = {}
sheets: dict[bytes, bytes] = {}  # each page once, however many states have it


def named(value: Any) -> str:
    """A text that is the same for equal arguments; Unnamed where there is none."""
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{','.join(named(one) for one in value)}]"
    if isinstance(value, (set, frozenset)):
        return f"{{{','.join(sorted(named(one) for one in value))}}}"
    if isinstance(value, dict):
        return f"{{{','.join(sorted(f'{named(key)}:{named(one)}' for key, one in value.items()))}}}"
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__qualname__}({','.join(named(getattr(value, one.name)) for one in fields(value))})"
    state = inspect(value, raiseerr=False)
    if state is not None and getattr(state, "identity", None):
        return f"{type(value).__qualname__}#{state.identity}"
    raise Unnamed(type(value).__qualname__)


class Trail:
    """Where one test's SQLite database stands: `name` is empty once nobody can say how it came to be."""

    def __init__(self, path: Path, template: Path, folder: Path) -> None:
        self.path, self.template, self.folder = path, template, folder
        self.wal = path.with_name(path.name + "-wal")
        self.name, self.mark = "empty", self._mark()

    def call(self, run: Callable[[], Any], words: str, arguments: Any) -> Any:
        """What `run` gives; copied where the same call was made at the same place before."""
        if not (name := self._next(words, arguments)):
            return run()
        if name in kept:
            value = self._restore(kept[name])
        else:
            value = run()
            name = self._keep(name, value)
        self.name, self.mark = name, self._mark()
        return value

    def _next(self, words: str, arguments: Any) -> str:
        """Name of the state after the call."""
        try:
            known = self.name and self.mark == self._mark()
            self.name = sha256(f"{self.name} {words} {named(arguments)}".encode()).hexdigest() if known else ""
        except Unnamed:
            self.name = ""
        return self.name

    def _mark(self) -> tuple[int, int, int, int]:
        """Changes with each write."""
        stat = self.path.stat()
        if not self.wal.exists() or not (log := self.wal.stat()).st_size:
            return stat.st_mtime_ns, stat.st_size, 0, 0
        return stat.st_mtime_ns, stat.st_size, log.st_mtime_ns, log.st_size

    def _keep(self, name: str, value: Any) -> str:
        try:
            pickled = pickle.dumps(value)
        except (TypeError, AttributeError, pickle.PicklingError):
            return ""
        with database.reading() as unit:
            files = tuple(unit.scalars(select(storage.Blob.sha256)))
            connection = unit.connection().connection.driver_connection
            now = connection.serialize()
        empty = self.template.read_bytes()
        pages = {at: sheets.setdefault(page, page) for at in range(0, len(now), PAGE)
                 if (page := now[at:at + PAGE]) != empty[at:at + PAGE]}
        for one in files:
            contents.setdefault(one, self._file(one).read_bytes())
        kept[name] = Kept(len(now), pages, files, pickled)
        return name

    def _restore(self, state: Kept) -> Any:
        database.engine().dispose()
        fresh(self.path, self.template)
        with self.path.open("r+b") as file:
            file.truncate(state.size)
            for at, page in state.pages.items():
                file.seek(at)
                file.write(page)
        for one in state.files:
            place = self._file(one)
            if not place.exists() or place.read_bytes() != contents[one]:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.unlink(missing_ok=True)
                place.write_bytes(contents[one])
        return pickle.loads(state.value)

    def _file(self, name: str) -> Path:
        return self.folder / name[:2] / name[2:4] / name


def fresh(path: Path, template: Path) -> None:
    """A new file: whoever still reads the old one keeps the old one."""
    for old in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        old.unlink(missing_ok=True)
    path.write_bytes(template.read_bytes())
