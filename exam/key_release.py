"""Keys of sealed tasks at their hour, released in groups: a thousand people ask within seconds (exam.md §3).

Handlers queue who asks, one writer decides about all that gathered and commits it at once, as with answers: logins, the
version and the people, locked; then everybody's moment, read from the clock one after the other in their turn; first
and later accesses, one entry of the journal for each first one. Rules and rows are those of `exam.accesses`. That a key
has left completely is noted through the same writer, so it costs no commit of its own.

A connection lost during a COMMIT makes the group be written again: then a later access may stand twice, never a first.
"""
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from contest import participants
from contest.models import Contest, Nomination, Participant
from contest.participants import Readiness
from core import access, clock
from core.access import Login
from core.db import GroupWriter, session
from core.errors import Busy, LoginNeeded, NotVisible, Refused, Unknown
from exam import accesses, sealed_tasks
from exam.accesses import Visit
from exam.models import FirstAccess, LaterAccess, SealedDelivery, Task

GATHER_S = 0.03  # nobody notices it, and many share one commit
QUEUE = 10_000  # everybody at once, each with some requests
WAITING = "Ключи сейчас получают многие. Страница попросит ключ ещё раз сама, ничего делать не нужно."
UNKNOWN = ("Пока неизвестно, записано ли открытие задания: сервер не успел подтвердить. Страница попросит ключ ещё раз "
           "сама, ничего делать не нужно.")
Pair = tuple[int, int]  # task and participant
log = structlog.get_logger("exam")


@dataclass(frozen=True)
class Asking:
    """Somebody asks for the key of a task: SHA-256 of the login cookie, from where, when the request arrived;
    and the clock to read in its turn."""

    task_id: int
    token: str
    visit: Visit
    now: datetime
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Left:
    """A key has left completely."""

    access_id: int
    at: datetime


@dataclass(frozen=True)
class Released:
    """The first access that stands now, and what the key is made of. Its access is committed."""

    id: int
    at: datetime
    sent_at: datetime | None
    task_id: int
    sha256: str
    participant_id: int
    zone: str


@dataclass
class _Begun:
    """A first access: one that stands already, or that of this group, whose id comes with the insert."""

    at: datetime
    id: int = 0
    sent_at: datetime | None = None


@dataclass
class _Group:
    """What is known of those who ask, and what the group leaves behind."""

    logins: Mapping[str, Login]
    tasks: Mapping[int, Any]
    people: Mapping[Pair, Any]  # by account and nomination
    delivered: set[Pair] = field(default_factory=set)
    ready: Mapping[int, Readiness] = field(default_factory=dict)
    begun: dict[Pair, _Begun] = field(default_factory=dict)
    first: list[dict[str, Any]] = field(default_factory=list)
    later: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _By:
    """Who the journal names."""

    account_id: int
    acting_as: str


def ask(task_id: int, visit: Visit, *, token: str, now: datetime) -> Released:
    """Have an access written and committed; the key may leave afterwards. Refused as by the door of the task."""
    try:
        found = WRITER.submit(Asking(task_id, token, visit, now, clock.source()))
    except Busy:
        raise Busy(WAITING, 1) from None
    except Unknown as unknown:
        unknown.text = UNKNOWN
        raise
    if isinstance(found, Released):
        return found
    assert found is not None
    raise found


def note_sent(access_id: int, *, now: datetime) -> None:
    """The key has left completely; the first time stays. The reply is over: a fault here has nobody to be told, and
    the page's own report (`accesses.mark_opened`) shows later that it was sent."""
    try:
        WRITER.submit(Left(access_id, now))
    except (Busy, Unknown, SQLAlchemyError) as error:
        log.error("not noted as sent", access=access_id, error=type(error).__name__)


def _apply(items: Sequence[Asking | Left]) -> list[Released | Refused | None]:
    """What the writer does with a group, in its transaction."""
    unit = session.connection()
    askings = [item for item in items if isinstance(item, Asking)]
    released = iter(_release(unit, askings) if askings else [])
    _note_left(unit, [item for item in items if isinstance(item, Left)])
    return [next(released) if isinstance(item, Asking) else None for item in items]


def _release(unit: Connection, askings: Sequence[Asking]) -> list[Released | Refused]:
    group = _group(unit, askings)
    found = [_turn(group, asking) for asking in askings]
    _write(unit, group)
    access.note_all_seen(unit, group.logins.values(), max(asking.now for asking in askings))
    return [one if isinstance(one, Refused) else _released(group, one) for one in found]


def _group(unit: Connection, askings: Sequence[Asking]) -> _Group:
    """Everything the turns need. What decides about accesses is read after the locks: on PostgreSQL a statement sees
    what was committed before it began, and another process may have had its turn while this one waited."""
    logins = access.logins(unit, {asking.token for asking in askings})
    tasks = {row.id: row for row in unit.execute(_TASKS, {"ids": sorted({asking.task_id for asking in askings})})}
    people: dict[Pair, Any] = {(row.account_id, row.nomination_id): row for row in unit.execute(_PEOPLE, {
        "accounts": sorted({login.account_id for login in logins.values()}),
        "nominations": sorted({task.nomination_id for task in tasks.values()})})}
    group = _Group(logins, tasks, people)
    if people:
        which = {"tasks": list(tasks), "people": [row.id for row in people.values()]}
        group.delivered = {(row[0], row[1]) for row in unit.execute(_DELIVERED, which)}
        group.begun = {(row[0], row[1]): _Begun(row.at, row.id, row.sent_at) for row in unit.execute(_FIRST, which)}
        group.ready = participants.readiness_of(list(people.values()))
    return group


def _turn(group: _Group, asking: Asking) -> Pair | Refused:
    """One access: its moment is read now, so the first row is the earliest of that person's."""
    try:
        task, person = _admitted(group, asking)
        pair, at = (task.id, person.id), asking.clock()
        sealed_tasks.refuse_undelivered(pair in group.delivered)
        accesses.refuse_withdrawn(task)
        accesses.refuse_early(task, at)
        accesses.refuse_missing(group.ready[person.id])
    except Refused as refusal:
        return refusal
    if (begun := group.begun.get(pair)) is None:
        group.begun[pair] = _Begun(at)
        group.first.append(accesses.first_row(task, person.id, asking.visit, at=at, sealed=True))
    else:
        group.later.append(accesses.later_row(*pair, asking.visit, at=at, begun=begun.at))
    return pair


def _admitted(group: _Group, asking: Asking) -> tuple[Any, Any]:
    """What the edge checks of other requests, the login session as it is now; and a participant of the nomination."""
    login = group.logins.get(asking.token)
    if login is None or login.expires_at <= asking.now:
        raise LoginNeeded
    if login.one_time:
        raise Refused("one_time", "Сначала задайте свой пароль.", status=403)
    task = group.tasks.get(asking.task_id)
    person = task and group.people.get((login.account_id, task.nomination_id))
    if person is None:
        raise NotVisible
    return task, person


def _write(unit: Connection, group: _Group) -> None:
    if group.first:
        written = {(row.task_id, row.participant_id): row.id
                   for row in unit.execute(accesses.new_first(), group.first)}
        if len(written) < len(group.first):
            raise RuntimeError("a first access was written outside its turn")
        _record(unit, group, written)
    if group.later:
        unit.execute(_LATER, group.later)


def _record(unit: Connection, group: _Group, written: Mapping[Pair, int]) -> None:
    accounts = {person.id: person.account_id for person in group.people.values()}
    now = max(row["at"] for row in group.first)
    roles = access.acting_as(unit, {accounts[row["participant_id"]] for row in group.first}, now)
    for row in group.first:
        pair, account = (row["task_id"], row["participant_id"]), accounts[row["participant_id"]]
        group.begun[pair].id = written[pair]
        accesses.record_first(written[pair], group.tasks[pair[0]], pair[1], at=row["at"], sealed=True,
                              by=_By(account, roles.get(account, "")))


def _released(group: _Group, pair: Pair) -> Released:
    begun, task = group.begun[pair], group.tasks[pair[0]]
    return Released(begun.id, begun.at, begun.sent_at, task.id, task.sha256, pair[1], task.zone)


def _note_left(unit: Connection, keys: Collection[Left]) -> None:
    """In order of id, so that two processes never cross; of several the earliest."""
    if keys:
        earliest = dict(sorted(((key.access_id, key.at) for key in keys), reverse=True))
        unit.execute(_SENT, [{"key": key, "left": earliest[key]} for key in sorted(earliest)])


_TASKS = select(
    Task.id, Task.nomination_id, Task.sha256, Task.releases_at, Task.withdrawn_at, Contest.zone).join(
    Nomination, Nomination.id == Task.nomination_id).join(Contest, Contest.id == Nomination.contest_id).where(
    Task.id.in_(bindparam("ids", expanding=True))).order_by(Task.id).with_for_update(read=True, of=Task)
_PEOPLE = select(
    Participant.id, Participant.account_id, Participant.nomination_id, Participant.application_id,
    Participant.code).where(
    Participant.account_id.in_(bindparam("accounts", expanding=True)),
    Participant.nomination_id.in_(bindparam("nominations", expanding=True)),
    Participant.withdrawn_at.is_(None)).order_by(Participant.id).with_for_update()
_DELIVERED = select(SealedDelivery.task_id, SealedDelivery.participant_id).where(
    SealedDelivery.task_id.in_(bindparam("tasks", expanding=True)),
    SealedDelivery.participant_id.in_(bindparam("people", expanding=True)))
_FIRST = select(
    FirstAccess.task_id, FirstAccess.participant_id, FirstAccess.id, FirstAccess.at, FirstAccess.sent_at).where(
    FirstAccess.task_id.in_(bindparam("tasks", expanding=True)),
    FirstAccess.participant_id.in_(bindparam("people", expanding=True)))
_LATER = insert(LaterAccess)
_SENT = update(FirstAccess).where(FirstAccess.id == bindparam("key"), FirstAccess.sent_at.is_(None)).values(
    sent_at=bindparam("left"))
WRITER: GroupWriter[Asking | Left, Released | Refused | None] = GroupWriter(
    "keys", _apply, limit=QUEUE, gather=GATHER_S)
