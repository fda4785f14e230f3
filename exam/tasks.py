"""Practice tasks: handed over at their hour, first access as evidence (exam.md §3), results taken in."""
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload

from contest import participants
from contest.models import Event, Participant
from core import db, storage
from core.access import Me
from core.accounts import Account
from core.canonical import digest
from core.db import is_sqlite, session
from core.errors import NotVisible, Refused
from core.journal import record
from exam.models import FirstAccess, LaterAccess, ResultFile, StaffView, Task, TaskFile


@dataclass(frozen=True)
class AccessLine:
    """One line of the access report: a participant and what happened."""

    participant: Participant
    first: FirstAccess | None
    later: int


def add_task(event: Event, *, title: str, text: str, files: list[tuple[str, storage.Received]], closes_at: datetime,
             by: Me, now: datetime) -> Task:
    """A task of a practice event, released when the event starts. Refused for another event or once it has started."""
    if event.kind != "practice":
        raise Refused("event", "Задание добавляется к событию практического этапа.")
    if now >= event.starts_at:
        raise Refused("started", "Событие уже началось, задание выдать вовремя нельзя. Перенесите событие в "
                                 "расписании.")
    if closes_at <= event.starts_at:
        raise Refused("order", "Приём результатов заканчивается раньше начала практики. Исправьте время.",
                      field="closes_at")
    if of_event(event.id) is not None:
        raise Refused("exists", "Задание этого события уже добавлено.")
    blobs = [(name, storage.keep(received, now=now)) for name, received in files]
    content = {"title": title, "text": text, "files": [blob.sha256 for _name, blob in blobs]}
    task = Task(event_id=event.id, nomination_id=event.nomination_id, title=title, text=text, sha256=digest(content),
                releases_at=event.starts_at, closes_at=closes_at, created_at=now, created_by_id=by.account_id)
    session.add(task)
    session.flush()
    for name, blob in blobs:
        session.add(TaskFile(task_id=task.id, name=name[:200], blob_id=blob.id))
    session.flush()
    record("task.added", task, by=by, now=now, sha256=task.sha256, files=len(blobs))
    return task


def follow_event(task: Task, event: Event, *, by: Me, now: datetime) -> None:
    """Take over the hour of a moved event. Refused once somebody has opened the task, or when the order breaks."""
    if session.scalar(select(FirstAccess.id).where(FirstAccess.task_id == task.id).limit(1)) is not None:
        raise Refused("opened", "Задание уже открывали, час выдачи не меняется.")
    if event.starts_at >= task.closes_at:
        raise Refused("order", "Событие перенесено за окончание приёма результатов. Исправьте расписание.")
    before, task.releases_at = task.releases_at, event.starts_at
    record("task.moved", task, by=by, now=now, before=before, releases_at=task.releases_at)


def load(task_id: int) -> Task:
    """A task with its files; NotVisible when there is none."""
    found = session.scalar(select(Task).where(Task.id == task_id).options(
        selectinload(Task.files).joinedload(TaskFile.blob)))
    if found is None:
        raise NotVisible
    return found


def of_event(event_id: int) -> Task | None:
    """The task of an event."""
    return session.scalar(select(Task).where(Task.event_id == event_id))


def of_nomination(nomination_id: int) -> list[Task]:
    """Tasks of a nomination by their hour."""
    return list(session.scalars(select(Task).where(Task.nomination_id == nomination_id).order_by(Task.releases_at)))


def participation(me: Me, task: Task) -> Participant:
    """The person's own participation in the task's nomination."""
    found = participants.of_person(me.account_id, task.nomination_id)
    if not found:
        raise NotVisible
    return found[0]


def open_task(task: Task, participant: Participant, *, address: str, agent: str, by: Me, now: datetime) -> bool:
    """Record the first access; True when this call was it. The text leaves only after the commit.

    Repeating it changes nothing. Refused before the hour, and without identity, consents, the briefing or a code.
    """
    if now < task.releases_at:
        raise Refused("too_early", "Время выдачи задания ещё не наступило. Страница откроет его в назначенный час.")
    ready = participants.readiness(participant)
    if not ready.complete:
        raise Refused("not_ready", "Задание не открывается: " + ", ".join(missing(ready)) + ".")
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    first = session.scalar(insert(FirstAccess).values(
        task_id=task.id, participant_id=participant.id, offered_at=task.releases_at, at=now, address=address[:45],
        agent=agent[:200], version_sha256=task.sha256).on_conflict_do_nothing(
        index_elements=["task_id", "participant_id"]).returning(FirstAccess.id))
    if first is None:
        return False
    record("task.first_access", ("first_access", first), by=by, now=now, task=task.id, participant=participant.id,
           sha256=task.sha256)
    return True


def missing(ready: participants.Readiness) -> list[str]:
    """What is not in order, in words."""
    wanted = ((ready.consents, "не подписаны согласия"), (ready.briefing, "не подписан инструктаж"),
              (ready.identity, "не установлена личность"), (ready.drawn, "не проведена жеребьёвка"))
    return [words for done, words in wanted if not done]


def first_access(task: Task, participant: Participant) -> FirstAccess | None:
    """The participant's first access."""
    return session.scalar(select(FirstAccess).where(
        FirstAccess.task_id == task.id, FirstAccess.participant_id == participant.id))


def note_later(access: FirstAccess, *, file_id: int | None, address: str, now: datetime) -> None:
    """A row for every access after the first, in a transaction of its own: the body leaves after it.

    The text that has not been sent completely yet is still the first access; a file is always a later one.
    """
    if file_id is None and access.sent_at is None:
        return
    with db.transaction():
        session.add(LaterAccess(task_id=access.task_id, participant_id=access.participant_id, file_id=file_id, at=now,
                                address=address[:45]))


def note_sent(access_id: int, *, now: datetime) -> None:
    """The text has left completely, in a transaction of its own; the first time stays."""
    with db.transaction():
        _stamp(FirstAccess.id == access_id, "sent_at", now)


def mark_opened(task_id: int, participant_id: int, *, now: datetime) -> None:
    """The page has shown the text; the first time stays."""
    _stamp(and_(FirstAccess.task_id == task_id, FirstAccess.participant_id == participant_id), "opened_at", now)


def _stamp(which: ColumnElement[bool], column: str, now: datetime) -> None:
    session.execute(update(FirstAccess).where(which, getattr(FirstAccess, column).is_(None)).values({column: now}))


def note_staff_view(task: Task, *, by: Me, now: datetime) -> None:
    """«Ознакомление с заданием до начала»: every look by staff is a row, in a transaction of its own."""
    early = now < task.releases_at
    with db.transaction():
        session.add(StaffView(task_id=task.id, account_id=by.account_id, at=now, before_hour=early))
        record("task.viewed_by_staff", task, by=by, now=now, before_hour=early)


def hand_in(task: Task, participant: Participant, *, received: storage.Received, name: str, note: str, by: Me,
            now: datetime) -> ResultFile:
    """Take a result file; after the end it is kept and marked late. Refused before the first access."""
    if first_access(task, participant) is None:
        raise Refused("not_opened", "Сначала откройте задание: результат принимается после этого.")
    blob = storage.keep(received, now=now)
    row = ResultFile(task_id=task.id, participant_id=participant.id, name=name[:200], note=note[:300], blob_id=blob.id,
                     received_at=now, late=now > task.closes_at)
    session.add(row)
    session.flush()
    record("result.received", row, by=by, now=now, participant=participant.id, sha256=blob.sha256, late=row.late)
    return row


def results(task_id: int, participant_id: int) -> list[ResultFile]:
    """What a participant has handed in for a task."""
    return list(session.scalars(select(ResultFile).where(
        ResultFile.task_id == task_id, ResultFile.participant_id == participant_id).order_by(ResultFile.id)))


def results_by_participant(task_id: int) -> dict[int, list[ResultFile]]:
    """All results of a task."""
    found: dict[int, list[ResultFile]] = {}
    for row in session.scalars(select(ResultFile).where(ResultFile.task_id == task_id).order_by(ResultFile.id)):
        found.setdefault(row.participant_id, []).append(row)
    return found


def report(task: Task) -> list[AccessLine]:
    """Everybody of the nomination: first access or «доступ не осуществлялся», and the count of later ones."""
    first = {row.participant_id: row for row in session.scalars(
        select(FirstAccess).where(FirstAccess.task_id == task.id))}
    later = dict(session.execute(select(LaterAccess.participant_id, func.count()).where(
        LaterAccess.task_id == task.id).group_by(LaterAccess.participant_id)).tuples().all())
    return [AccessLine(person, first.get(person.id), later.get(person.id, 0))
            for person in participants.of_nomination(task.nomination_id)]


def staff_views(task_id: int) -> list[tuple[StaffView, str]]:
    """Who of the staff looked, and when."""
    rows = session.execute(select(StaffView, Account.name).join(Account, Account.id == StaffView.account_id).where(
        StaffView.task_id == task_id).order_by(StaffView.at, StaffView.id))
    return list(rows.tuples())


def result(result_id: int) -> tuple[ResultFile, Participant]:
    """One result file and whose it is; NotVisible when there is none."""
    found = session.execute(select(ResultFile, Participant).join(
        Participant, Participant.id == ResultFile.participant_id).where(ResultFile.id == result_id)).first()
    if found is None:
        raise NotVisible
    return found[0], found[1]


def file_of(task: Task, file_id: int) -> TaskFile:
    """A file of this task; NotVisible for any other."""
    found = next((row for row in task.files if row.id == file_id), None)
    if found is None:
        raise NotVisible
    return found
