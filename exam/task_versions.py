"""Versions of a task: a wrong one is withdrawn for all at once, the next one has an hour and accesses of its own."""
from datetime import datetime

from sqlalchemy import select

from contest import participants, scope
from contest.models import Nomination
from contest.rules.roles import EXPERTS, STAFF
from contest.scope import hold
from core import realtime
from core.access import Me
from core.db import session
from core.errors import Refused
from core.journal import record
from exam import tasks
from exam.models import Task
from exam.tasks import Content


def withdraw(task: Task, *, reason: str, by: Me, now: datetime) -> None:
    """Take a version back from everybody; open pages are told. Refused twice, after the end, and without a reason."""
    hold(task, "withdrawn_at")
    if task.withdrawn_at is not None:
        raise Refused("withdrawn", "Эта редакция уже отозвана. Обновите страницу.")
    if now > task.closes_at:
        raise Refused("over", "Приём результатов закончился, отзывать задание поздно. Решение принимает комиссия.")
    if not reason.strip():
        raise Refused("reason", "Напишите, почему задание отозвано: причину увидят участники и эксперты.",
                      field="reason")
    task.withdrawn_at, task.withdrawn_by_id, task.withdraw_reason = now, by.account_id, reason.strip()[:300]
    record("task.withdrawn", task, by=by, now=now, version=task.version, sha256=task.sha256,
           reason=task.withdraw_reason)


def add_version(before: Task, content: Content, *, releases_at: datetime, closes_at: datetime, by: Me,
                now: datetime) -> Task:
    """The version that follows a withdrawn one, with an hour of its own.

    Refused while the earlier one stands, when a newer one exists, and for an hour that has passed.
    """
    hold(before, "withdrawn_at")
    if before.withdrawn_at is None:
        raise Refused("standing", "Сначала отзовите действующую редакцию задания.")
    if newest(before.event_id) != before:
        raise Refused("exists", "Новая редакция уже добавлена. Обновите страницу.")
    if releases_at < now:
        raise Refused("past", "Этот час уже прошёл. Назначьте выдачу хотя бы на минуту вперёд.", field="releases_at")
    if closes_at <= releases_at:
        raise Refused("order", "Приём результатов заканчивается раньше выдачи задания. Исправьте время.",
                      field="closes_at")
    row = tasks.store(content, event_id=before.event_id, nomination_id=before.nomination_id,
                      version=before.version + 1, releases_at=releases_at, closes_at=closes_at, by=by, now=now)
    realtime.notify(f"task:{before.id}")
    return row


def newest(event_id: int) -> Task | None:
    """The last version of an event's task, standing or withdrawn."""
    return session.scalar(select(Task).where(Task.event_id == event_id).order_by(Task.version.desc()).limit(1))


def next_of(task: Task) -> Task | None:
    """The newest version, when it is another than this one."""
    found = newest(task.event_id)
    return found if found is not None and found.id != task.id else None


def of_event(event_id: int) -> list[Task]:
    """Every version, the first one first."""
    return list(session.scalars(select(Task).where(Task.event_id == event_id).order_by(Task.version)))


def newest_of_nomination(nomination_id: int) -> list[Task]:
    """The last version of each task of a nomination, by their hour."""
    found: dict[int, Task] = {}
    for row in session.scalars(select(Task).where(Task.nomination_id == nomination_id).order_by(Task.version)):
        found[row.event_id] = row
    return sorted(found.values(), key=lambda row: (row.releases_at, row.id))


def may_watch(person: Me, task_id: int) -> bool:
    """Whether the person's open page may be told that something about the task changed."""
    task = session.get(Task, task_id)
    if task is None:
        return False
    if participants.of_person(person.account_id, task.nomination_id):
        return True
    return session.scalar(select(Nomination.id).where(
        Nomination.id == task.nomination_id, scope.nominations_of(person, *STAFF, *EXPERTS))) is not None
