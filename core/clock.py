"""The only place that reads the clock. Everything else receives `now` as an argument."""
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_source: ContextVar[Callable[[], datetime] | None] = ContextVar("clock_source", default=None)


def now() -> datetime:
    """The present instant, aware UTC, with microseconds."""
    return source()()


def source() -> Callable[[], datetime]:
    """The clock as it is here, for work that another thread does for this one and that reads it at its own moment."""
    return _source.get() or _real


def _real() -> datetime:
    return datetime.now(UTC)


@contextmanager
def stopped_at(instant: datetime) -> Iterator[None]:
    """Everything inside happens at `instant` (the demo's past, tests)."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime is no instant")
    token = _source.set(lambda: instant)
    try:
        yield
    finally:
        _source.reset(token)


def monotonic() -> float:
    """Seconds of the process's monotonic clock, for leases and timeouts only."""
    return time.monotonic()
