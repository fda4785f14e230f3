"""A world that is slow to make (a protocol frozen or signed) is made once per run and copied into later databases."""

import sqlite3
from pathlib import Path

import pytest

from core import db as database

_kept: dict[str, tuple[Path, object]] = {}


@pytest.fixture
def world(db, tmp_path_factory):
    """`world(name, build)` gives what `build()` gave the first time, with the database as it was then (SQLite only)."""

    def get(name, build):
        if not database.is_sqlite():
            return build()
        if name in _kept:
            path, made = _kept[name]
            _copy(path, Path(db.removeprefix("sqlite:///")))
            return made
        made = build()
        path = tmp_path_factory.mktemp("world") / "kept.db"
        _copy(Path(db.removeprefix("sqlite:///")), path)
        _kept[name] = (path, made)
        return made

    return get


def _copy(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()
