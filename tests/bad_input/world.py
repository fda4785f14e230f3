"""The database of one route: made once, watched for every change, and brought back after an accepted request."""

import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import BigInteger, Integer, LargeBinary, String, inspect, select

from contest.models import Contest, Nomination
from core import attempts
from core.accounts import Account, RoleGrant
from core.db import Base, reading, session
from core.registry import registry
from tests.bad_input.entry import Target
from tests.fixtures import Browser, Clock, Make, _login_session

KEPT_OF_A_REFUSAL = {"journal", "login_session", "outbox_message"}
"""Tables that may grow by a refused request: the fact of it, the last sign of life, and the news of that."""


class World:
    """Makes things, logs people in, and knows whether anything was stored."""

    def __init__(self, app: Flask, url: str, make: Make, clock: Clock) -> None:
        self.app, self.make, self.clock = app, make, clock
        make.trail = None  # the observer would go on watching the file it was opened on
        self.path = url.removeprefix("sqlite:///")
        self.observer = sqlite3.connect(self.path, isolation_level=None)
        self.kept: sqlite3.Connection | None = None
        self.tokens: dict[str, str] = {}

    def do(self, call: Callable[[], Any]) -> Any:
        """Run in a transaction of its own."""
        return self.make._call(lambda _make: call())

    def stage(self, build: Callable[["World"], Any]) -> Any:
        """What `build` gives (plain values), with the database it made; made once in the process, then copied."""
        if build not in _stages:
            found = build(self)
            kept = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            self.observer.backup(kept)
            _stages[build] = (kept, found)
        kept, found = _stages[build]
        kept.backup(self.observer)
        return found

    def log_in(self, name: str, account: Any) -> None:
        """From now on `browser(name)` is this account's."""
        self.tokens[name] = secrets.token_urlsafe(32)
        self.make._call(_login_session, account, self.tokens[name])

    def browser(self, name: str) -> Browser:
        """A browser with nothing but the login of that name; nobody's when there is none."""
        made: Browser = self.app.test_client()
        if name in self.tokens:
            made.set_cookie("login", self.tokens[name])
        return made

    def remember(self, at: datetime | None = None) -> None:
        """This is the state `restore` goes back to, at this instant or at `at`."""
        self.kept = sqlite3.connect(":memory:", isolation_level=None)
        self.observer.backup(self.kept)
        self.started = at or self.clock.now
        self.seen()

    def restore(self) -> None:
        """Back to the remembered state."""
        assert self.kept is not None
        self.kept.backup(self.observer)
        self.clock.set(self.started)
        self.seen()

    def seen(self) -> None:
        """Changes are counted from here; attempts at secrets are counted anew."""
        self.version = self._version()
        attempts.forget_all()

    def changed(self) -> bool:
        """Whether anything was committed since `seen`."""
        return self._version() != self.version

    def _version(self) -> int:
        return int(self.observer.execute("PRAGMA data_version").fetchone()[0])

    def half_stored(self) -> list[str]:
        """Tables that differ from the remembered state, but for what is kept of a refusal."""
        assert self.kept is not None
        found = []
        for table in Base.metadata.tables:
            if table in KEPT_OF_A_REFUSAL:
                continue
            rows = [set(unit.execute(f'SELECT * FROM "{table}"').fetchall()) for unit in (self.kept, self.observer)]
            if rows[0] != rows[1]:
                found.append(table)
        return found

    def unfit(self) -> list[str]:
        """Columns that hold what PostgreSQL would not take: too long, a NUL, a number out of range."""
        found = []
        for table, columns in _checks().items():
            row = self.observer.execute(f'SELECT {", ".join(columns.values())} FROM "{table}"').fetchone()
            found += [f"{table}.{name}" for name, bad in zip(columns, row, strict=True) if bad]
        return found


def _checks() -> dict[str, dict[str, str]]:
    if not _made:
        for table in Base.metadata.tables.values():
            checks = {}
            for column in table.columns:
                kind, name = column.type, f'"{column.name}"'
                if isinstance(kind, LargeBinary):
                    continue
                if isinstance(kind, Integer):
                    limit = 2**63 - 1 if isinstance(kind, BigInteger) else 2**31 - 1
                    checks[column.name] = f"max(abs({name})) > {limit}"
                else:
                    length = f" or length({name}) > {kind.length}" if isinstance(kind, String) and kind.length else ""
                    checks[column.name] = f"max(instr(CAST({name} AS BLOB), x'00') > 0{length})"
            _made[table.name] = checks
    return _made


_stages: dict[Callable[..., Any], tuple[sqlite3.Connection, Any]] = {}
_made: dict[str, dict[str, str]] = {}


def key_of(row: Any) -> int:
    """Id of an account, given as the account, its id or a Me."""
    return row if isinstance(row, int) else getattr(row, "account_id", None) or inspect(row).identity[0]


def foreign_of(make: Make, target: Target) -> Account | None:
    """Somebody with the actor's roles in another contest and nomination; None where roles hold everywhere."""
    grants = _grants(target.actor)
    if any(kind == "installation" for _role, kind, _id in grants):
        return None
    contest = make.contest()
    other = {"contest": contest.id, "nomination": make.nomination(contest).id}
    return make.account("Чужая Анна Павловна", roles=[(role, kind, other[kind]) for role, kind, _id in grants])


def outsider_of(make: Make, target: Target, allowed: frozenset[str]) -> Account:
    """Somebody in the same contest with every role the route does not name."""
    with reading():
        contests = list(session.scalars(select(Contest.id)))
        nominations = list(session.scalars(select(Nomination.id)))
    words = sorted(set(registry.role_words) - allowed - {"admin"})
    places = [("contest", key) for key in contests] + [("nomination", key) for key in nominations]
    return make.account("Посторонний Пётр Ильич", roles=[(role, *place) for role in words for place in places])


def _grants(actor: Any) -> list[tuple[str, str, int]]:
    with reading():
        rows = session.execute(select(RoleGrant.role, RoleGrant.scope_kind, RoleGrant.scope_id).where(
            RoleGrant.account_id == key_of(actor), RoleGrant.ended_at.is_(None)))
        return list(rows.tuples())
