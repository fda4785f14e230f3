"""Practice tasks: handed over at their hour, first access as evidence (exam.md §3), results taken in."""
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload, selectinload

from contest import participants
from contest.models import Event, Participant
from core import storage
from core.access import Me
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
    if closes_at <= event.starts_at:
        raise Refused("order", "Приём результатов заканчивается раньше начала практики. Исправьте время.",
                      field="closes_at")
    if session.scalar(select(Task.id).where(Task.event_id == event.id)) is not None:
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


def load(task_id: int) -> Task:
    """A task with its files; NotVisible when there is none."""
    found = session.scalar(select(Task).where(Task.id == task_id).options(
        selectinload(Task.files).joinedload(TaskFile.blob)))
    if found is None:
        raise NotVisible
    return found


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
    """Record the first access, or a later one; True when this was the first. The body leaves only after the commit.

    Refused before the hour, without identity, consents and the briefing, or for somebody not drawn.
    """
    if now < task.releases_at:
        raise Refused("too_early", "Время выдачи задания ещё не наступило. Страница откроет его в назначенный час.")
    ready = participants.readiness(participant)
    if not ready.complete:
        raise Refused("not_ready", "Задание не открывается: " + ", ".join(missing(ready)) + ".")
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    statement = insert(FirstAccess).values(
        task_id=task.id, participant_id=participant.id, offered_at=task.releases_at, at=now, address=address[:45],
        agent=agent[:200], version_sha256=task.sha256).on_conflict_do_nothing(
        index_elements=["task_id", "participant_id"]).returning(FirstAccess.id)
    first = session.scalar(statement)
    if first is None:
        later(task, participant, file_id=None, address=address, now=now)
        return False
    record("task.first_access", ("first_access", first), by=by, now=now, task=task.id, participant=participant.id,
           sha256=task.sha256)
    return True


def missing(ready: participants.Readiness) -> list[str]:
    """What is not in order, in words."""
    wanted = ((ready.consents, "не подписаны согласия"), (ready.briefing, "не подписан инструктаж"),
              (ready.identity, "не установлена личность"), (ready.drawn, "не проведена жеребьёвка"))
    return [words for done, words in wanted if not done]


def later(task: Task, participant: Participant, *, file_id: int | None, address: str, now: datetime) -> None:
    """A row for every access after the first."""
    session.add(LaterAccess(task_id=task.id, participant_id=participant.id, file_id=file_id, at=now,
                            address=address[:45]))
    session.flush()


def first_access(task: Task, participant: Participant) -> FirstAccess | None:
    """The participant's first access."""
    return session.scalar(select(FirstAccess).where(
        FirstAccess.task_id == task.id, FirstAccess.participant_id == participant.id))


def mark_sent(task_id: int, participant_id: int, *, now: datetime) -> None:
    """The body has left completely; the first time stays."""
    _stamp(task_id, participant_id, "sent_at", now)


def mark_opened(task_id: int, participant_id: int, *, now: datetime) -> None:
    """The page has shown it; the first time stays."""
    _stamp(task_id, participant_id, "opened_at", now)


def _stamp(task_id: int, participant_id: int, column: str, now: datetime) -> None:
    row = session.scalar(select(FirstAccess).where(
        FirstAccess.task_id == task_id, FirstAccess.participant_id == participant_id).with_for_update())
    if row is not None and getattr(row, column) is None:
        setattr(row, column, now)


def note_staff_view(task: Task, *, by: Me, now: datetime) -> None:
    """«Ознакомление с заданием до начала»: every look by staff is a row."""
    session.add(StaffView(task_id=task.id, account_id=by.account_id, at=now, before_hour=now < task.releases_at))
    record("task.viewed_by_staff", task, by=by, now=now, before_hour=now < task.releases_at)


def hand_in(task: Task, participant: Participant, received: storage.Received, *, name: str, note: str, by: Me,
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


def results(task_id: int, participant_id: int | None = None) -> list[ResultFile]:
    """Result files of a task, of one participant or of all."""
    query = select(ResultFile).where(ResultFile.task_id == task_id).order_by(ResultFile.received_at)
    return list(session.scalars(query.where(ResultFile.participant_id == participant_id) if participant_id else query))


def report(task: Task) -> list[AccessLine]:
    """Everybody of the nomination: first access or «доступ не осуществлялся», and the count of later ones."""
    first = {row.participant_id: row for row in session.scalars(
        select(FirstAccess).where(FirstAccess.task_id == task.id))}
    counts: dict[int, int] = {}
    for key in session.scalars(select(LaterAccess.participant_id).where(LaterAccess.task_id == task.id)):
        counts[key] = counts.get(key, 0) + 1
    return [AccessLine(person, first.get(person.id), counts.get(person.id, 0))
            for person in participants.of_nomination(task.nomination_id)]


def staff_views(task_id: int) -> list[Any]:
    """Who of the staff looked, and when."""
    from core.accounts import Account
    rows = session.execute(select(StaffView, Account.name).join(Account, Account.id == StaffView.account_id).where(
        StaffView.task_id == task_id).order_by(StaffView.at))
    return list(rows)


def result(result_id: int) -> ResultFile:
    """One result file; NotVisible when there is none."""
    found = session.scalar(select(ResultFile).options(joinedload(ResultFile.blob)).where(ResultFile.id == result_id))
    if found is None:
        raise NotVisible
    return found
