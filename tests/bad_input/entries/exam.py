"""Theory: bank, sitting, attempt, answers."""

from core import access, storage
from core.db import session
from exam import attempts, bank, sittings
from tests.bad_input.entries.contest import organiser
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
    return Target({"attempt_id": attempt.id}, person.account_id, json=body,
                  keeps=frozenset({"late_save", "attempt", "contact"}),
                  closed={"finished": finished(world, attempt, person),
                          "too late": lambda: world.clock.move(minutes=41)})


@entry("attempts.heartbeat")
def heartbeat(world: World) -> Target:
    attempt, person, _body = begun(world)
    return Target({"attempt_id": attempt.id}, person.account_id, json={})


@entry("attempts.flag")
def flag(world: World) -> Target:
    attempt, person, body = begun(world)
    return Target({"attempt_id": attempt.id}, person.account_id, json={"question": body["question"], "flagged": True},
                  closed={"finished": finished(world, attempt, person)})


@entry("attempts.closing", "attempts.finish")
def closing(world: World) -> Target:
    attempt, person, _body = begun(world)
    return Target({"attempt_id": attempt.id}, person.account_id)
