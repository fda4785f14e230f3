"""«Что дальше» of this package: theory and practice of a participant, what an organiser still has to set up."""
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from contest import participants, scope
from contest.models import Event, Nomination, Participant
from contest.rules.events import PRACTICE, THEORY
from contest.rules.roles import EXPERT_CHAIR, EXPERTS, ORGANISER, PARTICIPANT, PROCTOR, STAFF
from core.access import Me
from core.db import session
from core.documents.papers import Document
from core.registry import Step
from exam import accesses, attempts, sittings, task_versions, tasks
from exam.documents import task_accesses
from exam.models import Attempt, Bank, Sitting, Task
from exam.rules import timing

WATCHERS = (*STAFF, PROCTOR, EXPERT_CHAIR)
READERS = (*STAFF, *EXPERTS)


def next_steps(me: Me, now: datetime) -> Iterator[Step]:
    """Everything this package has for the person to do, open or just done."""
    if PARTICIPANT in me.roles:
        for person in participants.of_person(me.account_id):
            for sitting in sittings.of_nomination(person.nomination_id):
                yield from _theory(sitting, person, now)
            for task in task_versions.newest_of_nomination(person.nomination_id):
                yield from _practice(task, person, now)
    if ORGANISER in me.roles:
        yield from _organiser(me, now)
    yield from _going_on(me, now)


def _theory(sitting: Sitting, person: Participant, now: datetime) -> Iterator[Step]:
    attempt = attempts.of_participant(sitting.id, person.id)
    url = f"/sittings/{sitting.id}/door"
    if attempt is None:
        if now <= sitting.closes_at:
            opened = now >= sitting.opens_at
            ready = opened and participants.readiness(person).complete
            hint = "" if ready else "Сначала выполните остальное" if opened else "Откроется в назначенный час"
            yield Step("Теория: можно начинать" if ready else "Теория", url, "Начать" if ready else "Открыть", hint,
                       lead=ready, weight=30, due=sitting.closes_at if opened else sitting.opens_at)
        return
    ended = _ended(sitting, attempt, now)
    if ended is None:
        deadline = timing.deadline(sittings.rules_of(sitting), sittings.facts_of(attempt), now)
        yield Step("Теория выполняется", f"/attempts/{attempt.id}", "Продолжить", due=deadline, lead=True, weight=1)
    else:
        yield Step("Теория завершена", f"/attempts/{attempt.id}/receipt", "Расписка", done=True)


def _ended(sitting: Sitting, attempt: Attempt, now: datetime) -> datetime | None:
    found = timing.finish(sittings.rules_of(sitting), sittings.facts_of(attempt), now)
    return found.at if found else None


def _practice(task: Task, person: Participant, now: datetime) -> Iterator[Step]:
    url = f"/tasks/{task.id}"
    if task.withdrawn_at is not None:
        if now <= task.closes_at:
            yield Step("Практическое задание отозвано", f"{url}/gate", "Открыть", "Дождитесь новой версии", weight=2)
    elif accesses.first_access(task, person) is None:
        released = now >= task.releases_at
        if now <= task.closes_at:
            yield Step("Откройте практическое задание" if released else "Практическое задание", f"{url}/gate",
                       "Открыть задание" if released else "Открыть",
                       "" if released else "Его выдадут в назначенный час", lead=released, weight=31,
                       due=task.closes_at if released else task.releases_at)
    elif tasks.results(task.id, person.id):
        yield Step("Результат практики отправлен", f"{url}/results", done=True)
    elif now <= task.closes_at:
        yield Step("Загрузите результат практики", f"{url}/results", "Загрузить", task.title, due=task.closes_at,
                   lead=True, weight=2)


def _organiser(me: Me, now: datetime) -> Iterator[Step]:
    rows = session.execute(select(Event, Nomination).join(Nomination, Nomination.id == Event.nomination_id).where(
        Event.kind.in_((THEORY, PRACTICE)), Event.starts_at > now, scope.nominations_of(me, ORGANISER)).order_by(
        Event.starts_at, Event.id)).tuples().all()
    ids = [event.id for event, _nomination in rows]
    theory = {row.event_id: row for row in session.scalars(select(Sitting).where(Sitting.event_id.in_(ids)))}
    practice = {row.event_id: row for row in session.scalars(select(Task).where(Task.event_id.in_(ids)).order_by(
        Task.version))}
    banks = set(session.scalars(select(Bank.nomination_id).where(
        Bank.nomination_id.in_({nomination.id for _event, nomination in rows}))))
    for event, nomination in rows:
        if event.kind == THEORY:
            yield from _set_theory(event, nomination, theory.get(event.id), nomination.id in banks)
        else:
            yield from _set_practice(event, nomination, practice.get(event.id))
    yield from _withdrawn(me, now)
    yield from _papers(me, now)


def _papers(me: Me, now: datetime) -> Iterator[Step]:
    """The access to a task has ended and its protocol is not made yet: the experts' protocol names it."""
    made = select(Document.object_id).where(Document.form == task_accesses.FORM.key)
    rows = session.execute(select(Task, Nomination).join(Nomination, Nomination.id == Task.nomination_id).where(
        Task.closes_at < now, Task.withdrawn_at.is_(None), Task.id.not_in(made), scope.nominations_of(me, ORGANISER)))
    for task, nomination in rows.tuples():
        yield Step(f"Сформируйте протокол доступа к заданию: {nomination.title}", f"/tasks/{task.id}/accesses",
                   "Сформировать", task.title, weight=58)


def _withdrawn(me: Me, now: datetime) -> Iterator[Step]:
    """Participants wait: a version was withdrawn and the next one is not there yet."""
    rows = session.execute(select(Task, Nomination).join(Nomination, Nomination.id == Task.nomination_id).where(
        Task.withdrawn_at.is_not(None), Task.closes_at >= now, scope.nominations_of(me, ORGANISER)))
    for task, nomination in rows.tuples():
        if task_versions.next_of(task) is None:
            yield Step(f"Добавьте новую редакцию задания: {nomination.title}", f"/tasks/{task.id}/versions/new",
                       "Добавить", "Прежняя отозвана, участники ждут", lead=True, weight=1)


def _going_on(me: Me, now: datetime) -> Iterator[Step]:
    """Where to look while theory runs, and where the works lie once the task has been handed over."""
    if me.roles & frozenset(WATCHERS):
        rows = session.execute(select(Sitting, Nomination).join(
            Nomination, Nomination.id == Sitting.nomination_id).where(
            Sitting.opens_at <= now, Sitting.hard_end_at >= now, scope.nominations_of(me, *WATCHERS)))
        for sitting, nomination in rows.tuples():
            yield Step(f"Теория идёт: {nomination.title}", f"/sittings/{sitting.id}", "Ход выполнения", weight=60)
    if me.roles & frozenset(READERS):
        found = session.execute(select(Task, Nomination).join(Nomination, Nomination.id == Task.nomination_id).where(
            Task.releases_at <= now, Task.withdrawn_at.is_(None), scope.nominations_of(me, *READERS)))
        for task, nomination in found.tuples():
            yield Step(f"Работы участников: {nomination.title}", f"/tasks/{task.id}/results", "Открыть", task.title,
                       weight=61, done=True)


def _set_theory(event: Event, nomination: Nomination, sitting: Sitting | None, has_bank: bool) -> Iterator[Step]:
    if not has_bank:
        yield Step(f"Загрузите банк вопросов: {nomination.title}", f"/nominations/{nomination.id}/bank", "Загрузить",
                   due=event.starts_at, weight=50)
    elif sitting is None:
        yield Step(f"Настройте теорию: {nomination.title}", f"/events/{event.id}/sitting", "Настроить",
                   due=event.starts_at, weight=51)
    elif (sitting.opens_at, sitting.closes_at) != (event.starts_at, event.ends_at):
        yield Step(f"Расписание теории изменено: {nomination.title}", f"/events/{event.id}/sitting",
                   "Подтвердить время", due=event.starts_at, lead=True, weight=49)


def _set_practice(event: Event, nomination: Nomination, task: Task | None) -> Iterator[Step]:
    if task is None:
        yield Step(f"Добавьте практическое задание: {nomination.title}", f"/events/{event.id}/tasks/new", "Добавить",
                   due=event.starts_at, weight=52)
    elif task.version == 1 and task.withdrawn_at is None and task.releases_at != event.starts_at:
        yield Step(f"Расписание практики изменено: {nomination.title}", f"/tasks/{task.id}", "Подтвердить время",
                   due=event.starts_at, lead=True, weight=49)
