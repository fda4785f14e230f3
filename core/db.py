"""The database: one Base, one session per unit of work, one place that commits.

A unit of work is a `Scope`: a read-only one for GET, a writing one for everything else. On SQLite a writing scope takes
one lock (cooperative under gevent) before BEGIN IMMEDIATE, because a greenlet that yields inside a write transaction
would otherwise stop the whole loop at the next BEGIN. Nothing slow (mail, HTTP, hashing, rendering) belongs inside:
see `core.web.offload`, which lets go of the lock first.
"""
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

import structlog
from sqlalchemy import DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.types import TypeDecorator
from werkzeug.local import LocalProxy

from core.errors import Busy, Unknown

log = structlog.get_logger("db")
BUSY_TIMEOUT_MS = 50
BUSY_PATIENCE_S = 15.0
GROUP = 100  # items of one commit: more would hold the loop of the web process for too long
QUEUE = 2000
ACK_PATIENCE_S = 20.0  # longer than the lock's own patience, so that most fates are known
PASSING = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock
Item = TypeVar("Item")
Result = TypeVar("Result")


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s",
    })


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC instants with microseconds; refuses naive ones on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Scope:
    """One unit of work: a session, whether it may write, and what is to happen before and after its commit."""

    def __init__(self, *, write: bool) -> None:
        self.write = write
        self.lock_held = False
        self.session = Session(_engine(), expire_on_commit=False, autoflush=True)
        self.session.info["scope"] = self

    def commit(self) -> None:
        """Run the before-commit hooks, commit, let go of the lock, run the after-commit calls in order."""
        try:
            if self.write:
                for hook in before_commit:
                    hook(self.session)
            self.session.commit()
        except BaseException:
            self.rollback()
            raise
        self.session.info.pop("wrote", None)
        self._unlock()
        for call in self.session.info.pop("after_commit", []):
            try:
                call()
            except Exception:
                log.exception("after commit")

    def rollback(self) -> None:
        """Forget everything not committed."""
        try:
            self.session.rollback()
        finally:
            for key in ("after_commit", "journal", "outbox", "wrote"):
                self.session.info.pop(key, None)
            self._unlock()

    def close(self) -> None:
        """End the unit of work; what was not committed is gone."""
        try:
            self.session.close()
        finally:
            self._unlock()

    def release(self) -> None:
        """Let go of transaction and lock before something slow; refuses when something was written already.

        What was read stays usable: the empty transaction is committed, because a rollback would expire every row.
        """
        unit = self.session
        if unit.info.get("wrote") or unit.info.get("journal") or unit.new or unit.dirty or unit.deleted:
            raise RuntimeError("slow work inside a transaction that has already changed something")
        unit.commit()
        self._unlock()

    def _unlock(self) -> None:
        if self.lock_held:
            self.lock_held = False
            _write_lock.release()


@event.listens_for(Session, "after_flush")
def _flushed(unit: Session, _context: object) -> None:
    unit.info["wrote"] = True


@event.listens_for(Session, "do_orm_execute")
def _executed(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info["wrote"] = True


before_commit: list[Callable[[Session], None]] = []
_write_lock = threading.Lock()
_scope: ContextVar[Scope | None] = ContextVar("db_scope", default=None)
_state: dict[str, Engine] = {}
_url: dict[str, Callable[[], str]] = {}


def connect(url: str, *, pool_size: int = 10) -> Engine:
    """Bind the process to a database; the earlier engine, if any, is disposed of. Errors show no values."""
    dispose()
    lite = url.startswith("sqlite")
    engine = create_engine(url, pool_size=pool_size, max_overflow=40, pool_pre_ping=not lite, hide_parameters=True,
                           connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000} if lite
                           else {"options": "-c timezone=UTC"})
    if lite:
        event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite if lite else _begin_postgres)
    _state["engine"] = engine
    return engine


def dispose() -> None:
    """Close every connection of the process."""
    if engine := _state.pop("engine", None):
        engine.dispose()


def connect_later(url: Callable[[], str]) -> None:
    """Bind at first use: commands that need no database must not make one."""
    dispose()
    _url["of"] = url


def _engine() -> Engine:
    if "engine" not in _state:
        connect(_url["of"]())
    return _state["engine"]


def engine() -> Engine:
    """The engine the process is bound to (migrations, checks)."""
    return _engine()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON",
                   f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    scope, reads, bare = _scope.get(), _only_reads(connection), connection.connection.cursor()
    if (only := "ON" if reads else "OFF") != connection.info.get("query_only"):
        bare.execute(f"PRAGMA query_only={only}")
        connection.info["query_only"] = only  # bare, as BEGIN below: SQLAlchemy's way costs as much as a query
    if scope is None or reads:
        bare.execute("BEGIN")
        return
    if not scope.lock_held:
        if not _write_lock.acquire(timeout=BUSY_PATIENCE_S):
            raise OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))
        scope.lock_held = True
    deadline = time.monotonic() + BUSY_PATIENCE_S
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def _only_reads(connection: Connection) -> bool:
    scope = _scope.get()
    return "glance" in connection.get_execution_options() or (scope is not None and not scope.write)


def _begin_postgres(connection: Connection) -> None:
    if _only_reads(connection):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def current_scope() -> Scope:
    """The running unit of work; outside one there is no session."""
    scope = _scope.get()
    if scope is None:
        raise RuntimeError("no unit of work is open: use core.db.transaction() or a request")
    return scope


def in_scope() -> bool:
    """Whether a unit of work is open here."""
    return _scope.get() is not None


session: Session = cast(Session, LocalProxy(lambda: current_scope().session))


def after_commit(call: Callable[[], object]) -> None:
    """Have `call` run once the current unit of work is committed; dropped when it is not."""
    session.info.setdefault("after_commit", []).append(call)


@contextmanager
def scope(*, write: bool) -> Iterator[Scope]:
    """Open a unit of work that its opener ends by commit(); anything else forgets it. For the edges of core."""
    outer = _scope.get()
    if write and outer is not None and outer.lock_held:
        raise RuntimeError("a transaction of its own inside a writing one would wait for itself")
    unit = Scope(write=write)
    token = _scope.set(unit)
    try:
        yield unit
    except BaseException:
        unit.rollback()
        raise
    finally:
        unit.close()
        _scope.reset(token)


@contextmanager
def transaction() -> Iterator[Session]:
    """A writing unit of work that commits when its block ends well. For background code and facts of their own."""
    with scope(write=True) as unit:
        yield unit.session
        unit.commit()


@contextmanager
def reading() -> Iterator[Session]:
    """A read-only unit of work."""
    with scope(write=False) as unit:
        yield unit.session


def is_sqlite() -> bool:
    """Whether the process is bound to SQLite."""
    return _engine().dialect.name == "sqlite"


class GroupWriter(Generic[Item, Result]):
    """Commits what many handlers want written in groups, and lets each know only after the COMMIT (exam.md §2).

    `apply(items)` writes in the open unit of work and gives one result per item; it may be called again with the same
    items, so it must be idempotent, and under SQLite it must not yield. One writer (a greenlet on gevent, a thread
    elsewhere) takes what gathers within `gather` seconds, the oldest first. An exception is a fault: then every item
    is tried alone.
    """

    def __init__(self, name: str, apply: Callable[[Sequence[Item]], Sequence[Result]], *, batch: int = GROUP,
                 limit: int = QUEUE, patience: float = ACK_PATIENCE_S, gather: float = 0.0) -> None:
        self.name, self.batch, self.limit, self.patience, self.gather = name, batch, limit, patience, gather
        self.batches = self.items = 0
        self._apply = apply
        self._process = 0
        self._beginning = threading.Lock()

    def submit(self, item: Item) -> Result:
        """Queue an item and wait for its result. Raises Busy, Unknown, or the fault of the item."""
        (found,) = self.submit_many([item])
        if isinstance(found, Exception):
            raise found
        return found

    def submit_many(self, items: Sequence[Item]) -> list[Result | Exception]:
        """The same for several that stay together and in order; a faulty one gives its exception."""
        if in_scope() and current_scope().write:
            raise RuntimeError("a writing unit of work that waits for the group's would wait for itself")
        call = _Call[Item, Result](items)
        self._put(call)
        if not call.done.acquire(timeout=self.patience):
            raise Unknown
        return call.results

    def _put(self, call: "_Call[Item, Result]") -> None:
        if self._process != os.getpid():
            self._begin()
        with self._ready:
            if self._waiting + len(call.items) > self.limit:
                raise Busy("Сервер принимает слишком много ответов сразу. Ответ отправится ещё раз сам.", 1)
            self._waiting += len(call.items)
            self._calls.append(call)
            self._ready.notify()

    def _begin(self) -> None:
        """Start the writer of this process; a fork begins with an empty queue. The context of the caller stays here."""
        with self._beginning:
            if self._process != os.getpid():
                self._calls: deque[_Call[Item, Result]] = deque()
                self._waiting, self._ready = 0, threading.Condition(threading.Lock())
                Context().run(threading.Thread(target=self._run, name=self.name, daemon=True).start)
                self._process = os.getpid()

    def _run(self) -> None:
        while True:
            calls = self._take()
            found = self._results([item for call in calls for item in call.items])
            for call in calls:
                call.results, found = found[:len(call.items)], found[len(call.items):]
                call.done.release()

    def _take(self) -> list["_Call[Item, Result]"]:
        """What has gathered, as far as it fits into a group; a call is never parted."""
        with self._ready:
            while not self._calls:
                self._ready.wait()
        time.sleep(self.gather)  # 0 too: whoever is ready to hand something in, or has just got a result, goes first
        with self._ready:
            calls = [self._calls.popleft()]
            size = len(calls[0].items)
            while self._calls and size + len(self._calls[0].items) <= self.batch:
                calls.append(self._calls.popleft())
                size += len(calls[-1].items)
            self._waiting -= size
        self.batches, self.items = self.batches + 1, self.items + size
        return calls

    def _results(self, items: Sequence[Item]) -> list[Result | Exception]:
        try:
            return self._commit(items)
        except Exception as error:
            if _passes(error):
                return self._again(items)
            if isinstance(error, OperationalError):  # a full disk, a busy database: one by one would fare no better
                return [error] * len(items)
            log.exception("group", writer=self.name, items=len(items))
            return [found for item in items for found in self._results([item])] if len(items) > 1 else [error]

    def _again(self, items: Sequence[Item]) -> list[Result | Exception]:
        """Once more after a lost connection. If that fails too, nobody knows whether the first COMMIT came through."""
        try:
            return self._commit(items)
        except Exception:
            log.exception("group lost", writer=self.name)
            return [Unknown()] * len(items)

    def _commit(self, items: Sequence[Item]) -> list[Result | Exception]:
        with transaction():
            found: list[Result | Exception] = [*self._apply(items)]
            if len(found) != len(items):
                raise RuntimeError(f"{self.name}: {len(found)} results for {len(items)} items")
        return found


class _Call(Generic[Item, Result]):
    """Items of one handler; `done` is a lock the handler waits at until the writer opens it."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.results: list[Result | Exception] = []
        self.done = threading.Lock()
        self.done.acquire()


def _passes(error: Exception) -> bool:
    """Whether the same work may succeed at once: the connection was lost, or another transaction stood in the way."""
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or getattr(error.orig, "sqlstate", None) in PASSING)
