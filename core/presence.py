"""Who works over a data folder: locks that the kernel lets go of when their process dies.

Imported by gunicorn's master before anything is patched: nothing but the standard library and the settings here.
"""
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.config import Settings

PATIENCE_S = 5.0  # a process started again waits so long for the end of its killed predecessor
PAUSE_S = 0.02
_held: list[int] = []


class Taken(Exception):
    """Somebody else holds the lock; the text says who, in words."""


def serve_web(settings: Settings, patience: float = PATIENCE_S) -> None:
    """Note that a web process works here until this process ends. Taken when it must not be a second one."""
    _hold(settings, "service", "Восстанавливается копия базы. Дождитесь конца.", shared=True, patience=patience)
    words = ("Над этой папкой данных уже работает веб-процесс. Несколько сразу возможны только с PostgreSQL "
             "(DATABASE_URL) и Redis (REDIS_URL).")
    _hold(settings, "web", words, shared=settings.several_web, patience=patience)


def serve_worker(settings: Settings, patience: float = PATIENCE_S) -> None:
    """Note that a background process works here until this process ends. Taken while a backup is restored."""
    _hold(settings, "service", "Восстанавливается копия базы. Дождитесь конца.", shared=True, patience=patience)


@contextmanager
def alone(settings: Settings, name: str, words: str, patience: float = 0) -> Iterator[None]:
    """Be the only one to do something (`service`: everything stands still meanwhile); Taken when one is not."""
    handle = _take(_place(settings, name), words, shared=False, patience=patience)
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def in_turn(settings: Settings, name: str) -> Iterator[None]:
    """One after the other, for what takes milliseconds."""
    handle = _take(_place(settings, name), f"{name}: занято", shared=False, patience=PATIENCE_S)
    try:
        yield
    finally:
        os.close(handle)


def _hold(settings: Settings, name: str, words: str, *, shared: bool, patience: float) -> None:
    _held.append(_take(_place(settings, name), words, shared=shared, patience=patience))


def _place(settings: Settings, name: str) -> Path:
    folder = settings.data_dir / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{name}.lock"


def _take(path: Path, words: str, *, shared: bool, patience: float) -> int:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(handle)
                raise Taken(words) from None
            time.sleep(PAUSE_S)
