"""Who has opened a task and when: the first access once, every later one, looks by staff (exam.md §3).

A person's accesses to a task are written one after the other: the turn is the write lock on SQLite, the lock of the
participant's row on PostgreSQL, and the clock is read inside it. So the first access is the earliest of that person's
rows, whichever of several requests at once gets there first, in however many web processes. Keys of sealed tasks are
released in groups by the same rules (`exam.key_release`).
"""
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from contest import participants
from contest.models import Participant
from contest.scope import hold
from core import clock, db
from core.access import Me
from core.accounts import Account
from core.db import is_sqlite, session
from core.errors import NotVisible, Refused
from core.journal import record
from exam.models import FirstAccess, LaterAccess, SealedDelivery, StaffView, Task


@dataclass(frozen=True)
class Visit:
    """Where an access comes from: network address, browser, hash of the device cookie."""

    address: str = ""
    agent: str = ""
    device: str = ""


class Handed(Protocol):
    """Of a version of a task: what decides whether it is handed over, and what is kept of it."""

    @property
    def id(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def releases_at(self) -> datetime: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


@dataclass(frozen=True)
class AccessLine:
    """One line of the access report: a participant and what happened."""

    participant: Participant
    delivered: SealedDelivery | None
    first: FirstAccess | None
    later: int


def enter(task: Task, participant: Participant, visit: Visit, *, by: Me) -> bool:
    """`open_task` at this moment, in the person's turn. The text leaves only after the commit."""
    _take_turn(task.id, participant.id)
    session.refresh(task, ["withdrawn_at", "releases_at"])
    return open_task(task, participant, visit, by=by, now=clock.now())


def open_task(task: Task, participant: Participant, visit: Visit, *, by: Me, now: datetime,
              sealed: bool = False) -> bool:
    """Record an access: the first one once, any other as a later one. True when this was the first.

    `sealed`: what opened the task was the key of a package delivered before (asked for one by one: the demo).
    Refused before the hour, of a withdrawn version, and without identity, consents, the briefing or a code.
    """
    refuse_withdrawn(task)
    refuse_early(task, now)
    refuse_unready(participant)
    first = session.scalar(new_first().values(first_row(task, participant.id, visit, at=now, sealed=sealed)))
    if first is None:
        _add_later(task.id, participant.id, visit, now=now)
        return False
    record_first(first, task, participant.id, by=by, at=now, sealed=sealed)
    return True


def new_first() -> Any:
    """The insert that only the first access of a person passes; gives id, task and participant of what it wrote."""
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    return insert(FirstAccess).on_conflict_do_nothing(index_elements=["task_id", "participant_id"]).returning(
        FirstAccess.id, FirstAccess.task_id, FirstAccess.participant_id)


def first_row(task: Handed, participant_id: int, visit: Visit, *, at: datetime, sealed: bool) -> dict[str, Any]:
    """What is kept of a first access."""
    return {"task_id": task.id, "participant_id": participant_id, "offered_at": task.releases_at, "at": at,
            "address": visit.address[:45], "agent": visit.agent[:200], "device": visit.device[:64], "sealed": sealed,
            "version_sha256": task.sha256}


def later_row(task_id: int, participant_id: int, visit: Visit, *, at: datetime, begun: datetime | None,
              file_id: int | None = None) -> dict[str, Any]:
    """What is kept of a later one: never earlier than the first, even where a clock was set back between the two."""
    return {"task_id": task_id, "participant_id": participant_id, "file_id": file_id, "at": max(at, begun or at),
            "address": visit.address[:45], "device": visit.device[:64]}


def record_first(access_id: int, task: Handed, participant_id: int, *, by: object, at: datetime,
                 sealed: bool) -> None:
    """The journal's entry of a first access."""
    record("task.first_access", ("first_access", access_id), by=by, now=at, task=task.id, participant=participant_id,
           sha256=task.sha256, sealed=sealed)


def refuse_withdrawn(task: Handed) -> None:
    """A withdrawn version is given to nobody any more."""
    if task.withdrawn_at is not None:
        raise Refused("withdrawn", "Задание отозвано, дождитесь новой версии. Она появится на этой странице.")


def refuse_early(task: Handed, now: datetime) -> None:
    """Nothing is given before the hour."""
    if now < task.releases_at:
        raise Refused("too_early", "Время выдачи задания ещё не наступило. Страница откроет его в назначенный час.")


def refuse_unready(participant: Participant) -> None:
    """Nobody opens a task without identity, consents, the briefing and a code; the refusal names what is missing."""
    refuse_missing(participants.readiness(participant))


def refuse_missing(ready: participants.Readiness) -> None:
    """The same for somebody whose readiness was read already."""
    if not ready.complete:
        raise Refused("not_ready", "Задание не открывается: " + ", ".join(missing(ready)) + ".")


def missing(ready: participants.Readiness) -> list[str]:
    """What is not in order, in words."""
    wanted = ((ready.consents, "не подписаны согласия"), (ready.briefing, "не подписан инструктаж"),
              (ready.identity, "не установлена личность"), (ready.drawn, "не проведена жеребьёвка"))
    return [words for done, words in wanted if not done]


def first_access(task: Task, participant: Participant) -> FirstAccess | None:
    """The participant's first access."""
    return _first(task.id, participant.id)


def note_text(access: FirstAccess, visit: Visit) -> None:
    """A row for the text asked for again, in a transaction of its own: the body leaves after it.

    The text that has not been sent completely yet is still the first access.
    """
    if access.sent_at is not None:
        _note_later(access.task_id, access.participant_id, visit, None)


def note_file(access: FirstAccess, file_id: int, visit: Visit) -> None:
    """A file is always a later access; its row is committed before the body leaves."""
    _note_later(access.task_id, access.participant_id, visit, file_id)


def report_file(access: FirstAccess, file_id: int, visit: Visit) -> None:
    """The page has opened a file of the sealed package it holds: the same row, in the running transaction."""
    _take_turn(access.task_id, access.participant_id)
    _add_later(access.task_id, access.participant_id, visit, now=clock.now(), file_id=file_id)


def note_sent(access_id: int, *, now: datetime) -> None:
    """The text has left completely, in a transaction of its own; the first time stays."""
    with db.transaction():
        session.execute(update(FirstAccess).where(FirstAccess.id == access_id, FirstAccess.sent_at.is_(None)).values(
            sent_at=now))


def mark_opened(access: FirstAccess, *, now: datetime) -> None:
    """The page has shown the text; the first time stays. What is shown was sent before, whichever is noted first."""
    hold(access, "sent_at", "opened_at")
    access.sent_at = access.sent_at or now
    access.opened_at = access.opened_at or max(now, access.sent_at)


def note_staff_view(task: Task, *, by: Me, now: datetime) -> None:
    """«Ознакомление с заданием до начала»: every look by staff is a row, in a transaction of its own."""
    early = now < task.releases_at
    with db.transaction():
        view = StaffView(task_id=task.id, account_id=by.account_id, at=now, before_hour=early)
        session.add(view)
        session.flush()
        record("task.viewed_by_staff", view, by=by, now=now, task=task.id, before_hour=early)


def report(task: Task) -> list[AccessLine]:
    """Everybody of the nomination: sealed delivery, first access or «доступ не осуществлялся», count of later ones."""
    first = {row.participant_id: row for row in session.scalars(
        select(FirstAccess).where(FirstAccess.task_id == task.id))}
    delivered = {row.participant_id: row for row in session.scalars(
        select(SealedDelivery).where(SealedDelivery.task_id == task.id))}
    later = dict(session.execute(select(LaterAccess.participant_id, func.count()).where(
        LaterAccess.task_id == task.id).group_by(LaterAccess.participant_id)).tuples().all())
    return [AccessLine(person, delivered.get(person.id), first.get(person.id), later.get(person.id, 0))
            for person in participants.of_nomination(task.nomination_id)]


def staff_views(task_id: int) -> list[tuple[StaffView, str]]:
    """Who of the staff looked, and when."""
    rows = session.execute(select(StaffView, Account.name).join(Account, Account.id == StaffView.account_id).where(
        StaffView.task_id == task_id).order_by(StaffView.at, StaffView.id))
    return list(rows.tuples())


def _take_turn(task_id: int, participant_id: int) -> None:
    """Wait until nobody else writes an access of this person, and keep the version from being withdrawn meanwhile."""
    session.execute(select(Task.id).where(Task.id == task_id).with_for_update(read=True))
    standing = session.execute(select(Participant.id).where(
        Participant.id == participant_id, Participant.withdrawn_at.is_(None)).with_for_update()).first()
    if standing is None:
        raise NotVisible


def _note_later(task_id: int, participant_id: int, visit: Visit, file_id: int | None) -> None:
    with db.transaction():
        _take_turn(task_id, participant_id)
        _add_later(task_id, participant_id, visit, now=clock.now(), file_id=file_id)


def _add_later(task_id: int, participant_id: int, visit: Visit, *, now: datetime, file_id: int | None = None) -> None:
    first = _first(task_id, participant_id)
    session.add(LaterAccess(**later_row(task_id, participant_id, visit, at=now, begun=first.at if first else None,
                                        file_id=file_id)))
    session.flush()


def _first(task_id: int, participant_id: int) -> FirstAccess | None:
    return session.scalar(select(FirstAccess).where(
        FirstAccess.task_id == task_id, FirstAccess.participant_id == participant_id))
