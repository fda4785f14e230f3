"""Practice tasks: text and files handed over at their hour, and the results handed in for them."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from contest import participants
from contest.models import Event, Participant
from core import storage
from core.access import Me
from core.canonical import digest
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from exam import accesses
from exam.models import FirstAccess, ResultFile, Task, TaskFile


@dataclass(frozen=True)
class Content:
    """What a version consists of: new files as they were received, `kept` ones as they stand in an earlier version."""

    title: str
    text: str
    files: tuple[tuple[str, storage.Received], ...] = ()
    kept: tuple[TaskFile, ...] = ()


def add_task(event: Event, *, title: str, text: str, files: Iterable[tuple[str, storage.Received]],
             closes_at: datetime, by: Me, now: datetime) -> Task:
    """A task of a practice event, released when the event starts. Refused for another event or once it has started."""
    if event.kind != "practice":
        raise Refused("event", "Задание добавляется к событию практического этапа.")
    if now >= event.starts_at:
        raise Refused("started", "Событие уже началось, задание выдать вовремя нельзя. Перенесите событие в "
                                 "расписании.")
    if closes_at <= event.starts_at:
        raise Refused("order", "Приём результатов заканчивается раньше начала практики. Исправьте время.",
                      field="closes_at")
    if session.scalar(select(Task.id).where(Task.event_id == event.id).limit(1)) is not None:
        raise Refused("exists", "Задание этого события уже добавлено.")
    return store(Content(title, text, tuple(files)), event_id=event.id, nomination_id=event.nomination_id, version=1,
                 releases_at=event.starts_at, closes_at=closes_at, by=by, now=now)


def store(content: Content, *, event_id: int, nomination_id: int, version: int, releases_at: datetime,
          closes_at: datetime, by: Me, now: datetime) -> Task:
    """Write a version with its files and its hash: over the title, the text and the hash of each file."""
    blobs = [(row.name, row.blob) for row in content.kept]
    blobs += [(name, storage.keep(received, now=now)) for name, received in content.files]
    sha256 = digest({"title": content.title, "text": content.text, "files": [blob.sha256 for _name, blob in blobs]})
    task = Task(event_id=event_id, nomination_id=nomination_id, version=version, title=content.title,
                text=content.text, sha256=sha256, releases_at=releases_at, closes_at=closes_at, created_at=now,
                created_by_id=by.account_id)
    session.add(task)
    session.flush()
    for name, blob in blobs:
        session.add(TaskFile(task_id=task.id, name=name[:200], blob_id=blob.id))
    session.flush()
    record("task.added", task, by=by, now=now, sha256=task.sha256, files=len(blobs), version=version)
    return task


def follow_event(task: Task, event: Event, *, by: Me, now: datetime) -> None:
    """Take over the hour of a moved event. Refused once somebody has opened the task, or when the order breaks."""
    accesses.refuse_withdrawn(task)
    if task.version > 1:
        raise Refused("own_hour", "У новой редакции свой час выдачи, расписание его не меняет.")
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


def participation(me: Me, task: Task) -> Participant:
    """The person's own participation in the task's nomination."""
    found = participants.of_person(me.account_id, task.nomination_id)
    if not found:
        raise NotVisible
    return found[0]


def file_of(task: Task, file_id: int) -> TaskFile:
    """A file of this task; NotVisible for any other."""
    found = next((row for row in task.files if row.id == file_id), None)
    if found is None:
        raise NotVisible
    return found


def hand_in(task: Task, participant: Participant, *, received: storage.Received, name: str, note: str, by: Me,
            now: datetime) -> ResultFile:
    """Take a result file of this version; after the end it is kept and marked late.

    Refused before the first access, and once the version is withdrawn.
    """
    accesses.refuse_withdrawn(task)
    if accesses.first_access(task, participant) is None:
        raise Refused("not_opened", "Сначала откройте задание: результат принимается после этого.")
    blob = storage.keep(received, now=now)
    row = ResultFile(task_id=task.id, participant_id=participant.id, name=name[:200], note=note[:300], blob_id=blob.id,
                     received_at=now, late=now > task.closes_at)
    session.add(row)
    session.flush()
    record("result.received", row, by=by, now=now, participant=participant.id, sha256=blob.sha256, late=row.late)
    return row


def results(task_id: int, participant_id: int) -> list[ResultFile]:
    """What a participant has handed in for a version."""
    return list(session.scalars(select(ResultFile).where(
        ResultFile.task_id == task_id, ResultFile.participant_id == participant_id).order_by(ResultFile.id)))


def results_by_participant(task_id: int) -> dict[int, list[ResultFile]]:
    """All results of a version."""
    found: dict[int, list[ResultFile]] = {}
    for row in session.scalars(select(ResultFile).where(ResultFile.task_id == task_id).order_by(ResultFile.id)):
        found.setdefault(row.participant_id, []).append(row)
    return found


def result(result_id: int) -> tuple[ResultFile, Participant]:
    """One result file and whose it is; NotVisible when there is none."""
    found = session.execute(select(ResultFile, Participant).join(
        Participant, Participant.id == ResultFile.participant_id).where(ResultFile.id == result_id)).first()
    if found is None:
        raise NotVisible
    return found[0], found[1]
