"""More time for an attempt, and answers of the late box."""

from datetime import timedelta

from contest.models import Nomination
from core.db import session
from exam import attempts, grants, latebox
from exam.models import Attempt, LateSave, TimeProposal
from tests.bad_input.entries.exam import begun, finished
from tests.bad_input.entry import Target, entry
from tests.bad_input.world import World

MORE = {"span": "5 мин", "reason": "отключали свет"}


def running(world: World):
    """An attempt under way, its participant, the chair of its experts and the proctor of its contest."""
    attempt, person, _body = begun(world)
    nomination = world.do(lambda: session.get_one(Nomination, locked(attempt).sitting.nomination_id))
    return (attempt, person, world.make.member(nomination, duty="chair"),
            world.make.staff(nomination.contest, "proctor"), nomination)


def locked(attempt) -> Attempt:
    return session.get_one(Attempt, attempt.id)


def over(world: World, attempt, person) -> dict:
    """Nothing can be added any more: the participant has finished, or half an hour has passed since the end."""
    return {"finished": finished(world, attempt, person), "too late": lambda: world.clock.move(minutes=71)}


@entry("times.propose")
def propose(world: World) -> Target:
    attempt, person, _chair, proctor, _nomination = running(world)
    return Target({"attempt_id": attempt.id}, proctor, form=MORE, keeps=frozenset({"attempt"}),
                  closed=over(world, attempt, person))


@entry("times.grant")
def grant(world: World) -> Target:
    attempt, person, chair, _proctor, _nomination = running(world)
    return Target({"attempt_id": attempt.id}, chair, form=MORE, keeps=frozenset({"attempt"}),
                  closed=over(world, attempt, person))


@entry("times.compensate")
def compensate(world: World) -> Target:
    attempt, person, _chair, proctor, _nomination = running(world)
    began = world.clock.now
    world.clock.move(minutes=3)

    def proposed() -> None:
        grants.propose(locked(attempt), span=timedelta(minutes=3), reason="нет связи", offline=(began, world.clock.now),
                       by=world.make.me(proctor), now=world.clock.now)

    return Target({"attempt_id": attempt.id}, proctor, form={"start": began.isoformat()}, keeps=frozenset({"attempt"}),
                  closed={"proposed": proposed, "finished": finished(world, attempt, person)})


@entry("times.decision")
def decision(world: World) -> Target:
    attempt, _person, chair, proctor, _nomination = running(world)
    asked = world.do(lambda: grants.propose(locked(attempt), span=timedelta(minutes=5), reason="отключали свет",
                                            by=world.make.me(proctor), now=world.clock.now))

    def decided() -> None:
        grants.refuse(locked(attempt), session.get_one(TimeProposal, asked.id), reason="связь была",
                      by=world.make.me(chair), now=world.clock.now)

    return Target({"proposal_id": asked.id}, chair, form=MORE | {"outcome": "grant"}, closed={
        "decided": decided, "too late": lambda: world.clock.move(minutes=71)})


@entry("times.admission")
def admission(world: World) -> Target:
    attempt, _person, _chair, _proctor, nomination = running(world)
    head = world.make.member(nomination, "commission", "chair")
    line = world.do(lambda: attempts.paper(attempt.id)[0].id)
    world.clock.move(minutes=41)
    world.do(lambda: attempts.close_if_due(locked(attempt), now=world.clock.now))

    def keep() -> LateSave:
        row = LateSave(attempt_id=attempt.id, question_id=line, seq=5, value="null", client_id="late",
                       received_at=world.clock.now)
        session.add(row)
        session.flush()
        return row

    late = world.do(keep)

    def admitted() -> None:
        latebox.admit(session.get_one(LateSave, late.id), locked(attempt), reason="сбой", by=world.make.me(head),
                      now=world.clock.now)

    def reopened() -> None:
        grants.grant(locked(attempt), span=timedelta(minutes=5), reason="сбой", by=world.make.me(head),
                     now=world.clock.now)

    return Target({"late_id": late.id}, head, form={"reason": "сбой связи у организатора"},
                  closed={"admitted": admitted, "running": reopened})
