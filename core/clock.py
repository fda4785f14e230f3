"""The only place that reads the clock. Everything else receives `now` as an argument."""
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_source: ContextVar[Callable[[], datetime] | None] = ContextVar("clock_source", default=None)


def now() -> datetime:
    """The present instant, aware UTC, with microseconds."""
    source = _source.get()
    return source() if source else datetime.now(UTC)


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
