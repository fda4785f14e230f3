"""Practice: tasks, their versions, keys and files, results, the access report."""

from core import access, storage
from core.db import session
from exam import accesses, task_versions, tasks
from exam.models import SealedDelivery, Task
from tests.bad_input.entries.contest import organiser
from tests.bad_input.entries.samples import PDF
from tests.bad_input.entry import Target, entry
from tests.bad_input.world import World

BY = access.Me(0, "тест")


@entry("task_setup.new")
def new_task(world: World) -> Target:
    nomination = world.make.nomination()
    event = world.make.event(nomination, "practice")
    return Target({"event_id": event.id}, organiser(world, nomination.contest_id), form={
        "title": "Стык трубы", "text": "Сварите стык.", "file": PDF, "closes_at": "2026-03-02 20:00:00"},
        closed={"begun": lambda: world.clock.move(hours=1, seconds=1)})


def given(world: World, open_now: bool):
    """A task that is out, a participant who may open it; opened when asked."""
    nomination = world.make.nomination()
    person = world.make.participant(nomination, ready=True)
    task = world.make.task(nomination)
    world.clock.move(hours=1, minutes=1)
    if open_now:
        world.do(lambda: accesses.open_task(session.get_one(Task, task.id), person, accesses.Visit(),
                                            by=world.make.me(person.account_id), now=world.clock.now))
    return nomination, task, person


@entry("task_setup.hour")
def hour(world: World) -> Target:
    nomination = world.make.nomination()
    task = world.make.task(nomination)
    person = world.make.participant(nomination, ready=True)

    def opened() -> None:
        world.clock.move(hours=1, seconds=1)
        accesses.open_task(session.get_one(Task, task.id), person, accesses.Visit(), by=BY, now=world.clock.now)

    return Target({"task_id": task.id}, organiser(world, nomination.contest_id), closed={"opened": opened})


@entry("tasks.opening")
def opening(world: World) -> Target:
    _nomination, task, person = given(world, False)
    return Target({"task_id": task.id}, person.account_id,
                  closed={"too early": lambda: world.clock.move(minutes=-2)})


@entry("tasks.opened")
def opened(world: World) -> Target:
    _nomination, task, person = given(world, True)
    return Target({"task_id": task.id}, person.account_id)


@entry("tasks.hand_in")
def hand_in(world: World) -> Target:
    _nomination, task, person = given(world, True)
    return Target({"task_id": task.id}, person.account_id, form={"file": PDF, "note": "шов сверху"})


@entry("tasks.key")
def key(world: World) -> Target:
    _nomination, task, person = given(world, False)
    world.do(lambda: session.add(SealedDelivery(task_id=task.id, participant_id=person.id, sha256="0" * 64,
                                                delivered_at=world.clock.now)))
    return Target({"task_id": task.id}, person.account_id,
                  closed={"too early": lambda: world.clock.move(minutes=-2)})


@entry("tasks.file_opening")
def file_opening(world: World) -> Target:
    nomination = world.make.nomination()
    person = world.make.participant(nomination, ready=True)
    received = world.do(lambda: storage.receive(PDF.content, allowed=storage.PDF, max_bytes=10**6))
    task = world.make.task(nomination, files=[("чертёж.pdf", received)])
    world.clock.move(hours=1, minutes=1)
    file = world.do(lambda: _open(task, person, world))
    return Target({"task_id": task.id, "file_id": file}, person.account_id)


def _open(task, person, world: World) -> int:
    accesses.open_task(session.get_one(Task, task.id), person, accesses.Visit(),
                       by=world.make.me(person.account_id), now=world.clock.now)
    return tasks.load(task.id).files[0].id


@entry("task_setup.withdrawal")
def withdrawal(world: World) -> Target:
    nomination, task, _person = given(world, True)
    return Target({"task_id": task.id}, organiser(world, nomination.contest_id), form={"reason": "неверный диаметр"},
                  closed={"over": lambda: world.clock.move(hours=5), "withdrawn": _withdraw(world, task)})


def _withdraw(world: World, task):
    return lambda: task_versions.withdraw(session.get_one(Task, task.id), reason="не тот чертёж",
                                          by=world.make.organiser(), now=world.clock.now)


@entry("task_setup.version")
def version(world: World) -> Target:
    nomination, task, _person = given(world, True)
    world.do(_withdraw(world, task))
    return Target({"task_id": task.id}, organiser(world, nomination.contest_id), form={
        "title": "Стык трубы", "text": "Сварите стык.", "file": PDF, "releases_at": "2026-03-02 16:00:00",
        "closes_at": "2026-03-02 20:00:00"}, closed={"past": lambda: world.clock.move(hours=3)})


@entry("task_setup.report_paper")
def report_paper(world: World) -> Target:
    nomination, task, _person = given(world, True)
    world.clock.move(hours=5)
    return Target({"task_id": task.id}, organiser(world, nomination.contest_id),
                  closed={"running": lambda: world.clock.move(hours=-5)})
