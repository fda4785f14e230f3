"""Who is asking, and what they may open: `@allow` on every route and event, `me` for the person behind the request."""
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, or_, select, update
from werkzeug.local import LocalProxy

from core import db
from core.accounts import Account, LoginSession, RoleGrant
from core.db import UtcDateTime, session, transaction
from core.errors import LoginNeeded, NotVisible

PUBLIC = "public"
ANYONE = "login"
SEEN_EVERY = timedelta(minutes=5)
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Grant:
    """One role somewhere: kind is installation, contest or nomination."""

    role: str
    kind: str
    id: int


@dataclass(frozen=True)
class Me:
    """The person behind a request, or one acting in the demo and in jobs. `acting_as` is what the journal keeps."""

    account_id: int
    name: str
    grants: tuple[Grant, ...] = ()
    session_id: int = 0
    acting_as: str = ""
    one_time: bool = False
    seen_at: datetime | None = None

    @property
    def roles(self) -> frozenset[str]:
        """Every role held anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def ids(self, kind: str, roles: Iterable[str]) -> frozenset[int]:
        """Ids of the scopes of `kind` in which one of `roles` is held."""
        wanted = frozenset(roles)
        return frozenset(grant.id for grant in self.grants if grant.kind == kind and grant.role in wanted)

    def has(self, *roles: str, contest_id: int = 0, nomination_id: int = 0) -> bool:
        """Whether one of `roles` is held for the whole installation, this contest or this nomination."""
        scopes = {("installation", 0), ("contest", contest_id), ("nomination", nomination_id)}
        return any(grant.role in roles and (grant.kind, grant.id) in scopes for grant in self.grants)


def allow(*roles: str) -> Callable[[View], View]:
    """Say who may call a route or an event: role names, ANYONE logged in, or PUBLIC. Without it nobody may."""
    if not roles:
        raise ValueError("name at least one role, ANYONE or PUBLIC")

    def mark(view: View) -> View:
        view.allowed = frozenset(roles)  # type: ignore[attr-defined]
        return view
    return mark


def check(view: Callable[..., Any], person: Me | None) -> None:
    """Raise LoginNeeded or NotVisible unless `view` lets `person` in. A view nobody marked lets nobody in."""
    allowed: frozenset[str] = getattr(view, "allowed", frozenset())
    if PUBLIC in allowed:
        return
    if person is None:
        raise LoginNeeded
    if ANYONE in allowed or person.roles & allowed:
        return
    raise NotVisible


_me: ContextVar[Me | None] = ContextVar("me", default=None)
me: Me = cast(Me, LocalProxy(lambda: _me.get()))


def current() -> Me | None:
    """The person behind the running request, or None."""
    return _me.get()


def set_current(person: Me | None) -> None:
    """Called by the edges (request, socket event, job, demo) before anything else."""
    _me.set(person)


def token_hash(token: str) -> str:
    """What is kept of a cookie or a link."""
    return hashlib.sha256(token.encode()).hexdigest()


def person_of(account_id: int, now: datetime, *, session_id: int = 0, acting_as: str = "") -> Me:
    """The Me of an account with the roles it holds at `now`; NotVisible when it is disabled or unknown."""
    account = session.get(Account, account_id)
    if account is None or account.disabled_at is not None:
        raise NotVisible
    held = session.execute(select(*_GRANT).distinct().where(RoleGrant.account_id == account_id, _held_at(now))
                           .order_by(*_GRANT)).all()
    grants = tuple(Grant(*row) for row in held)
    return Me(account.id, account.name, grants, session_id, acting_as or _words(grants), account.one_time)


def _words(grants: Iterable[Grant]) -> str:
    return ",".join(sorted({grant.role for grant in grants}))[:40]


def _held_at(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return and_(RoleGrant.given_at <= now, or_(RoleGrant.ended_at.is_(None), RoleGrant.ended_at > now))


_GRANT: list[Any] = [RoleGrant.role, RoleGrant.scope_kind, RoleGrant.scope_id]
_PERSON = select(
    LoginSession.id, LoginSession.last_seen_at, Account.id, Account.name, Account.one_time, *_GRANT).distinct().join(
    Account, Account.id == LoginSession.account_id).outerjoin(
    RoleGrant, and_(RoleGrant.account_id == Account.id, _held_at(bindparam("now", type_=UtcDateTime())))).where(
    LoginSession.token_hash == bindparam("hash"), LoginSession.revoked_at.is_(None),
    LoginSession.expires_at > bindparam("now", type_=UtcDateTime()), Account.disabled_at.is_(None)).order_by(*_GRANT)


@contextmanager
def glance() -> Iterator[Connection]:
    """A read-only transaction on a bare connection, outside any unit of work."""
    with db.engine().connect().execution_options(glance=True) as unit:
        yield unit


def person_by_token(token: str, now: datetime) -> Me | None:
    """The Me of a login cookie, or None when it is unknown, revoked, expired, or its account disabled.

    Outside any unit of work, in one query: every request and every socket begins with it.
    """
    with glance() as unit:
        rows: list[Any] = list(unit.execute(_PERSON, {"hash": token_hash(token), "now": now}))
    if not rows:
        return None
    session_id, seen_at, account_id, name, one_time, *_grant = rows[0]
    held = tuple(Grant(*row[-3:]) for row in rows if row[-1] is not None)
    return Me(account_id, name, held, session_id, _words(held), one_time, seen_at)


@dataclass(frozen=True)
class Login:
    """A login session that was not revoked, of an account that is not disabled; whether it has expired says `now`."""

    session_id: int
    account_id: int
    one_time: bool
    expires_at: datetime
    seen_at: datetime


def logins(unit: Connection, hashes: Collection[str]) -> dict[str, Login]:
    """The login sessions behind hashes of cookies, as they are in the running transaction; one query for all."""
    if not hashes:
        return {}
    rows = unit.execute(_LOGINS, {"hashes": list(hashes)})
    return {row[0]: Login(*row[1:]) for row in rows}


_LOGINS = select(
    LoginSession.token_hash, LoginSession.id, LoginSession.account_id, Account.one_time, LoginSession.expires_at,
    LoginSession.last_seen_at).join(Account, Account.id == LoginSession.account_id).where(
    LoginSession.token_hash.in_(bindparam("hashes", expanding=True)), LoginSession.revoked_at.is_(None),
    Account.disabled_at.is_(None))


def acting_as(unit: Connection, accounts: Collection[int], now: datetime) -> dict[int, str]:
    """`Me.acting_as` of many who act in a group: the words of the roles that each holds now; one query for all."""
    held: dict[int, list[Grant]] = {}
    for row in unit.execute(_ROLES, {"accounts": sorted(accounts), "now": now}):
        held.setdefault(row[0], []).append(Grant(*row[1:]))
    return {account_id: _words(grants) for account_id, grants in held.items()}


_ROLES = select(RoleGrant.account_id, *_GRANT).where(
    RoleGrant.account_id.in_(bindparam("accounts", expanding=True)), _held_at(bindparam("now", type_=UtcDateTime())))


def note_all_seen(unit: Connection, seen: Iterable[Login], now: datetime) -> None:
    """`note_seen` for a group, within its transaction; rows in order of id, so that two writers never cross."""
    due = sorted({login.session_id for login in seen if now - login.seen_at >= SEEN_EVERY and login.expires_at > now})
    if due:
        unit.execute(_SEEN, [{"key": key, "at": now} for key in due])


_SEEN = update(LoginSession).where(LoginSession.id == bindparam("key")).values(last_seen_at=bindparam("at"))


def note_seen(person: Me, now: datetime) -> None:
    """Keep the time of the last sign of life of a login session, once in SEEN_EVERY, in a transaction of its own."""
    if person.seen_at is None or now - person.seen_at < SEEN_EVERY:
        return
    with transaction() as unit:
        unit.execute(update(LoginSession).where(LoginSession.id == person.session_id).values(last_seen_at=now))


def grant_role(account_id: int, role: str, *, now: datetime, kind: str = "installation", scope_id: int = 0,
               basis: str = "") -> None:
    """Give a role in a scope from `now`; nothing happens when it is held there already. Caller journals."""
    held = session.scalar(select(RoleGrant.id).where(
        RoleGrant.account_id == account_id, RoleGrant.role == role, RoleGrant.scope_kind == kind,
        RoleGrant.scope_id == scope_id, RoleGrant.ended_at.is_(None)))
    if held is None:
        session.add(RoleGrant(account_id=account_id, role=role, scope_kind=kind, scope_id=scope_id, basis=basis,
                              given_at=now))
        session.flush()


def end_role(account_id: int, role: str, *, now: datetime, kind: str, scope_id: int) -> None:
    """Take a role away from `now` on; the row stays as evidence. Caller journals."""
    rows = session.scalars(select(RoleGrant).where(
        RoleGrant.account_id == account_id, RoleGrant.role == role, RoleGrant.scope_kind == kind,
        RoleGrant.scope_id == scope_id, RoleGrant.ended_at.is_(None)))
    for row in rows:
        row.ended_at = now
