"""Theory and practice: bank, sitting, attempt, answers, tasks, results."""

from core import access, storage
from core.db import session
from exam import attempts, bank, sittings, tasks
from exam.models import Task
from tests.bad_input.entries.contest import organiser
from tests.bad_input.entries.samples import PDF
from tests.bad_input.entry import File, Target, entry
from tests.bad_input.world import World
from tests.exam import answering
from tests.factories.exam import GIFT

BY = access.Me(0, "тест")
BANK = File("сварщик.gift", GIFT.encode())


@entry("bank.check")
def check(world: World) -> Target:
    nomination = world.make.nomination()
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id),
                  form={"title": "Сварщик", "mode": "all", "file": BANK})


@entry("bank.create")
def create(world: World) -> Target:
    nomination = world.make.nomination()
    ticket = world.do(lambda: bank.keep_file(
        storage.receive(BANK.content, allowed=storage.TEXT, max_bytes=10**6), nomination, name=BANK.name,
        now=world.clock.now))
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id),
                  form={"ticket": ticket, "title": "Сварщик", "mode": "all"})


@entry("sittings.setting")
def setting(world: World) -> Target:
    nomination = world.make.nomination()
    made = world.make.bank(nomination)
    event = world.make.event(nomination, "theory")
    return Target({"event_id": event.id}, organiser(world, nomination.contest_id),
                  form={"bank_id": str(made.id), "limit": "00:40:00", "question_count": "5"})


def ready(world: World):
    """A sitting that is open, and somebody who may begin."""
    sitting = world.make.sitting()
    nomination = world.do(lambda: session.get_one(sittings.Nomination, sitting.nomination_id))
    return sitting, world.make.participant(nomination, ready=True)


@entry("sittings.start")
def start(world: World) -> Target:
    sitting, person = ready(world)
    return Target({"sitting_id": sitting.id}, person.account_id, optional=True, form={"request_key": "a1b2"},
                  closed={"over": lambda: world.clock.move(hours=5)})


def begun(world: World):
    """An attempt, whose it is, and what the page sends."""
    sitting, person = ready(world)
    attempt = world.make.attempt(sitting, person)

    def look() -> dict:
        line = answering.lines(attempt)["single"]
        return answering.sent(line.id, answering.value(line)) | {"mono": 1200}

    return attempt, person, world.do(look)


def finished(world: World, attempt, person):
    return lambda: attempts.finish(attempts.own(world.make.me(person.account_id), attempt.id),
                                   by=world.make.me(person.account_id), now=world.clock.now)


@entry("attempts.answer")
def answer(world: World) -> Target:
    attempt, person, body = begun(world)
    return Target({"attempt_id": attempt.id}, person.account_id, json=body, keeps=frozenset({"late_save", "attempt"}),
                  closed={"finished": finished(world, attempt, person),
                          "too late": lambda: world.clock.move(minutes=41)})


@entry("attempts.flag")
def flag(world: World) -> Target:
    attempt, person, body = begun(world)
    return Target({"attempt_id": attempt.id}, person.account_id, json={"question": body["question"], "flagged": True},
                  closed={"finished": finished(world, attempt, person)})


@entry("attempts.closing", "attempts.finish")
def closing(world: World) -> Target:
    attempt, person, _body = begun(world)
    return Target({"attempt_id": attempt.id}, person.account_id)


@entry("tasks.new")
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
        world.do(lambda: tasks.open_task(session.get_one(Task, task.id), person, address="", agent="",
                                         by=world.make.me(person.account_id), now=world.clock.now))
    return nomination, task, person


@entry("tasks.hour")
def hour(world: World) -> Target:
    nomination = world.make.nomination()
    task = world.make.task(nomination)
    person = world.make.participant(nomination, ready=True)

    def opened() -> None:
        world.clock.move(hours=1, seconds=1)
        tasks.open_task(session.get_one(Task, task.id), person, address="", agent="", by=BY, now=world.clock.now)

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
