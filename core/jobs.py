"""Queued jobs: a row in the transaction of their fact, a nudge through huey after its commit.

The row is the truth: a job whose nudge was lost (the process died, Redis was away) is found by the duty `nudge_due`,
a job whose worker died is due again when its lease has run out. A job may therefore run twice and must bear it.
"""
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from flask import Flask, current_app, has_app_context
from huey import Huey, RedisHuey, SqliteHuey
from huey.api import TaskWrapper
from huey.serializer import SignedSerializer
from redis.exceptions import RedisError
from sqlalchemy import CheckConstraint, Index, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, db
from core.config import Settings
from core.db import Base, UtcDateTime, session

PAUSES = (timedelta(seconds=10), timedelta(seconds=60))
MAX_ATTEMPTS = len(PAUSES) + 1
LEASE_S = 120
BUSY_TIMEOUT_S = 0.2
REDIS_WAIT_S = 3  # longer than the second for which a worker waits in Redis
NUDGE_GRACE = timedelta(seconds=5)
NUDGE_AGAIN_S = 60.0
KEEP_DONE = timedelta(days=7)
HEARTBEAT_AGE = timedelta(seconds=45)
Function = TypeVar("Function", bound=Callable[..., object])
log = structlog.get_logger("jobs")


class Job(Base):
    """One call of a task. `next_try_at` is also the lease: who takes it moves it ahead."""

    __tablename__ = "job"
    __table_args__ = (CheckConstraint("attempts >= 0", name="attempts"),
                      Index("ix_job_due", "done_at", "next_try_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    args: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(String(300), default="")


class Heartbeat(Base):
    """When a background process was last seen at work."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Task:
    """What a job of this name calls, and for how many seconds nobody else takes it."""

    name: str
    call: Callable[..., object]
    lease: timedelta


TASKS: dict[str, Task] = {}
_nudged: dict[int, float] = {}


def task(name: str, *, lease_s: int = LEASE_S) -> Callable[[Function], Function]:
    """Register a function as a task: called with the job's arguments in an app context, outside any unit of work;
    it opens `db.transaction()` itself where it writes, and bears being called twice. `lease_s`: longest it may take.
    """
    def mark(call: Function) -> Function:
        known = TASKS.get(name)
        if known is not None and known.call.__module__ != call.__module__:
            raise ValueError(f"two tasks are called {name}")
        TASKS[name] = Task(name, call, timedelta(seconds=lease_s))
        return call
    return mark


def enqueue(name: str, /, **args: Any) -> Job:
    """Have a task called with these JSON arguments after the running unit of work's commit; dropped without one."""
    if name not in TASKS:
        raise KeyError(f"no task is called {name}")
    now = clock.now()
    job = Job(name=name, args=json.dumps(args, ensure_ascii=False), created_at=now, next_try_at=now, attempts=0,
              last_error="")
    session.add(job)
    session.flush()
    db.after_commit(lambda: nudge(job.id))
    return job


def run(job_id: int) -> bool:
    """Take a due job and call its task; False when it is not due, done, or taken by another worker. Never raises for
    a fault of the task: it is logged, and tried again after a pause, three times in all.
    """
    job = _take(job_id, clock.now())
    if job is None:
        return False
    try:
        TASKS[job.name].call(**json.loads(job.args))
    except Exception as error:
        log.exception("job_failed", job=job.id, name=job.name, attempt=job.attempts)
        pause = PAUSES[min(job.attempts, len(PAUSES)) - 1]
        _note(job.id, next_try_at=clock.now() + pause, last_error=f"{type(error).__name__}: {error}"[:300])
        return False
    _note(job.id, done_at=clock.now(), last_error="")
    return True


def run_due(now: datetime) -> int:
    """Run every due job here and now, in the order of enqueueing: for the demo, commands and tests."""
    count = 0
    while ids := _due(now):
        count += len([job_id for job_id in ids if run(job_id)])
    return count


def nudge_due(now: datetime) -> int:
    """Duty: find jobs that are due and that nobody has taken, and tell the workers again."""
    late = [job_id for job_id in _due(now - NUDGE_GRACE)
            if clock.monotonic() - _nudged.get(job_id, float("-inf")) > NUDGE_AGAIN_S]
    sent = [job_id for job_id in late if nudge(job_id)]
    recent = {job_id: at for job_id, at in _nudged.items() if clock.monotonic() - at <= NUDGE_AGAIN_S}
    _nudged.clear()
    _nudged.update(recent | dict.fromkeys(sent, clock.monotonic()))
    return len(sent)


def prune(now: datetime) -> int:
    """Duty: forget jobs done a week ago; the failed stay to be looked at."""
    old = Job.done_at < now - KEEP_DONE
    with db.reading():
        if session.scalar(select(Job.id).where(old).limit(1)) is None:
            return 0
    with db.transaction():
        return len(session.scalars(delete(Job).where(old).returning(Job.id)).all())


def beat(now: datetime, name: str = "worker") -> None:
    """Duty: note that this background process is at work."""
    with db.transaction():
        row = session.get(Heartbeat, name)
        if row is None:
            session.add(Heartbeat(name=name, at=now))
        else:
            row.at = now


def alive(now: datetime, name: str = "worker") -> bool:
    """Whether the background process was seen at work lately; when not, pages say so. Needs a unit of work."""
    at = session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))
    return at is not None and at > now - HEARTBEAT_AGE


def nudge(job_id: int) -> bool:
    """Tell a worker that a job is due. A queue that cannot be reached costs time only: `nudge_due` finds the job."""
    if not has_app_context():
        return False
    try:
        queue(current_app._get_current_object())(job_id)  # type: ignore[attr-defined]
    except (OSError, RedisError, sqlite3.Error) as error:
        log.warning("not_nudged", job=job_id, error=type(error).__name__)
        return False
    return True


def queue(app: Flask) -> TaskWrapper:
    """What puts a job's number into huey (a SQLite file in the data folder, or Redis). Made at its first use."""
    if "jobs" not in app.extensions:
        def run_here(job_id: int) -> None:
            with app.app_context():
                run(job_id)
        app.extensions["jobs"] = _huey(app.config["core"]).task(name="run")(run_here)
    wrapper: TaskWrapper = app.extensions["jobs"]
    return wrapper


def _huey(settings: Settings) -> Huey:
    signed = SignedSerializer(secret=settings.secret_key, salt="jobs")
    if settings.REDIS_URL:
        return RedisHuey("contest", url=_patient(settings.REDIS_URL), results=False, serializer=signed)
    return SqliteHuey("contest", filename=str(settings.data_dir / "jobs.db"), results=False, serializer=signed,
                      timeout=BUSY_TIMEOUT_S)


def _patient(url: str) -> str:
    """A Redis that does not answer holds a request up for seconds, not for ever."""
    patience = f"socket_connect_timeout={REDIS_WAIT_S}&socket_timeout={REDIS_WAIT_S}"
    return f"{url}{'&' if '?' in url else '?'}{patience}"


def _due(now: datetime) -> list[int]:
    with db.reading():
        return list(session.scalars(
            select(Job.id).where(Job.done_at.is_(None), Job.attempts < MAX_ATTEMPTS, Job.next_try_at <= now)
            .order_by(Job.id).limit(100)))


def _take(job_id: int, now: datetime) -> Job | None:
    with db.reading():
        name = session.scalar(select(Job.name).where(Job.id == job_id))
    lease = TASKS[name].lease if name in TASKS else timedelta(seconds=LEASE_S)
    with db.transaction():
        job = session.scalars(
            update(Job).where(Job.id == job_id, Job.done_at.is_(None), Job.attempts < MAX_ATTEMPTS,
                              Job.next_try_at <= now)
            .values(attempts=Job.attempts + 1, next_try_at=now + lease).returning(Job)).one_or_none()
        session.expunge_all()
    return job


def _note(job_id: int, **values: Any) -> None:
    with db.transaction():
        session.execute(update(Job).where(Job.id == job_id).values(**values))
