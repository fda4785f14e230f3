"""Where a measurement happens: a fresh database, the application over it, factories."""

import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core import config, db
from tests.fixtures import Clock, Make

SOCKETS = 8192


@dataclass
class Place:
    """A database (its URL), a folder for data, factories that write into it."""

    url: str
    folder: Path
    make: Any

    @property
    def data(self) -> Path:
        """The data folder of the processes."""
        path = self.folder / "data"
        path.mkdir(exist_ok=True, mode=0o700)
        return path


@contextmanager
def fresh(url: str = "") -> Iterator[Place]:
    """A place of its own in a temporary folder, at the present moment; SQLite unless a URL is given."""
    import app as application

    folder = Path(tempfile.mkdtemp(prefix="contest-bench-", dir="/tmp"))
    url = url or f"sqlite:///{folder / 'contest.db'}"
    made = application.create_app(config.Settings(
        ENVIRONMENT="test", DATA_DIR=folder / "data", DATABASE_URL=url, SECRET_KEY="x", PUBLIC_URL="http://localhost",
        REDIS_URL="", MAIL_URL="", CA_PASSPHRASE="bench"))
    clock = Clock()
    clock.set(datetime.now(UTC))
    try:
        db.Base.metadata.create_all(db.connect(url))
        yield Place(url, folder, Make(made, clock))
    finally:
        db.dispose()
        clock.stack.close()
        shutil.rmtree(folder, ignore_errors=True)


def allow_many_sockets() -> None:
    """Processes started from here may hold more than the usual 1024 connections."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SOCKETS if hard == resource.RLIM_INFINITY else min(SOCKETS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
