"""Setting up a contest: the contest, its nominations, timetable, rules, bodies and people."""

from datetime import timedelta

from sqlalchemy import select

from contest import contests, people
from contest.models import Body, BodyMember, Event, Nomination
from contest.models import Contest as ContestRow
from contest.rules import settings as rules
from core import access
from core.accounts import Account, RoleGrant
from core.db import session
from tests.bad_input.entry import Target, entry
from tests.bad_input.world import World
from tests.factories.contest import CONSENTS

BY = access.Me(0, "тест")
CONTEST = {
    "title": "Лучший по профессии", "region": "Томская область", "year": "2026", "zone": "Asia/Tomsk",
    "operator_name": "Департамент труда", "operator_address": "Томск", "operator_inn": "7000000000",
    "order_ref": "№ 61", "contact_phone": "+7 3822 00-00-00", "contact_email": "konkurs@example.org", "about": "О нём",
    "conditions": "Условия", "applications_open_at": "2026-06-01 10:00:00",
    "applications_close_at": "2026-06-09 10:00:00",
}
NOMINATION = {"title": "Лучший электромонтёр", "profession": "электромонтёр", "prize_places": "3",
              "min_experience_years": "3", "min_age": "18", "citizenship": "y", "no_penalties": "y",
              "required_attachments": "y"}
EVENT = {"kind": "practice", "title": "Практика", "starts_at": "2026-06-10 10:00:00",
         "ends_at": "2026-06-10 12:00:00", "place": "Томск"}
PERSON = {"name": "Белова Анна Павловна", "email": "belova@example.org"}


def staff(world: World, role: str, contest_id: int) -> Account:
    """Somebody with a role in the whole contest."""
    return world.make.account(roles=[(role, "contest", contest_id)])


def organiser(world: World, contest_id: int) -> Account:
    return staff(world, "organiser", contest_id)


def frozen(world: World, nomination: Nomination):
    """Brings the nomination's rules into force."""
    return lambda: contests.freeze_settings(session.get_one(Nomination, nomination.id), by=BY, now=world.clock.now)


@entry("contests.new")
def new_contest(world: World) -> Target:
    return Target({}, world.make.account(roles=["organiser"]), form=dict(CONTEST))


@entry("contests.edit")
def edit_contest(world: World) -> Target:
    contest = world.make.contest()
    return Target({"contest_id": contest.id}, organiser(world, contest.id), form=dict(CONTEST))


@entry("contests.announce")
def announce(world: World) -> Target:
    contest = world.make.contest(announced=False)
    world.make.nomination(contest)
    world.do(lambda: people.make_body(
        session.get_one(ContestRow, contest.id), kind="commission", title="Комиссия", order_ref="", nomination_id=None,
        by=BY, now=world.clock.now))
    return Target({"contest_id": contest.id}, organiser(world, contest.id), closed={
        "announced": lambda: contests.announce(session.get_one(ContestRow, contest.id), by=BY, now=world.clock.now)})


@entry("contests.new_nomination")
def new_nomination(world: World) -> Target:
    contest = world.make.contest()
    return Target({"contest_id": contest.id}, organiser(world, contest.id), form=dict(NOMINATION), closed={
        "the same title": lambda: world.make.nomination(contest, title=NOMINATION["title"])})


@entry("contests.consents")
def consents(world: World) -> Target:
    contest = world.make.contest()
    return Target({"contest_id": contest.id}, organiser(world, contest.id),
                  form={kind: text + " Новое." for kind, text in CONSENTS.items()})


@entry("nominations.edit")
def edit_nomination(world: World) -> Target:
    nomination = world.make.nomination()
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id), form=dict(NOMINATION))


@entry("nominations.settings")
def settings(world: World) -> Target:
    nomination = world.make.nomination()
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id), optional=True,
                  form=rules.form_values(nomination.settings), closed={"frozen": frozen(world, nomination)})


@entry("nominations.freeze")
def freeze(world: World) -> Target:
    nomination = world.make.nomination()
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id),
                  closed={"frozen": frozen(world, nomination)})


@entry("nominations.new_event")
def new_event(world: World) -> Target:
    nomination = world.make.nomination()
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id), form=dict(EVENT))


@entry("nominations.edit_event")
def edit_event(world: World) -> Target:
    nomination = world.make.nomination()
    event = world.make.event(nomination, "practice")
    return Target({"event_id": event.id}, organiser(world, nomination.contest_id), form=dict(EVENT))


@entry("nominations.remove_event")
def remove_event(world: World) -> Target:
    nomination = world.make.nomination()
    event = world.make.event(nomination, "practice")

    def begun() -> None:
        session.get_one(Event, event.id).starts_at = world.clock.now - timedelta(hours=1)

    return Target({"event_id": event.id}, organiser(world, nomination.contest_id), closed={"begun": begun})


@entry("people.new_body")
def new_body(world: World) -> Target:
    contest = world.make.contest()
    return Target({"contest_id": contest.id}, organiser(world, contest.id), form={
        "kind": "appeals", "nomination_id": "0", "title": "Апелляционная комиссия", "order_ref": "№ 62"},
        closed={"there already": lambda: people.make_body(
            session.get_one(ContestRow, contest.id), kind="appeals", title="Она", order_ref="", nomination_id=None,
            by=BY, now=world.clock.now)})


@entry("people.new_member")
def new_member(world: World) -> Target:
    nomination = world.make.nomination()
    world.make.member(nomination, "commission", "member")
    body = world.do(lambda: session.scalar(select(Body.id)))
    return Target({"body_id": body}, organiser(world, nomination.contest_id), form=PERSON | {
        "duty": "chair", "position": "директор", "order_ref": "№ 61"}, closed={
        "duty taken": lambda: world.make.member(nomination, "commission", "chair")})


@entry("people.replacement")
def replacement(world: World) -> Target:
    nomination = world.make.nomination()
    world.make.member(nomination, "commission", "chair")
    member = world.do(lambda: session.scalar(select(BodyMember.id)))

    def replaced() -> None:
        session.get_one(BodyMember, member).until = world.clock.now

    return Target({"member_id": member}, organiser(world, nomination.contest_id), form=PERSON | {
        "position": "директор", "order_ref": "№ 62"}, closed={"replaced": replaced})


@entry("people.appointments")
def appointments(world: World) -> Target:
    contest = world.make.contest()
    return Target({"contest_id": contest.id}, organiser(world, contest.id), form=PERSON | {"role": "proctor"})


def begun(world: World, nomination: Nomination):
    """The contest is being held."""
    return lambda: contests.begin(session.get_one(ContestRow, nomination.contest_id), by=BY, now=world.clock.now)


@entry("contests.begin")
def begin(world: World) -> Target:
    nomination = world.make.nomination()
    world.do(frozen(world, nomination))
    return Target({"contest_id": nomination.contest_id}, organiser(world, nomination.contest_id), closed={
        "begun": begun(world, nomination)})


@entry("contests.finish")
def finish(world: World) -> Target:
    nomination = world.make.nomination()
    world.do(frozen(world, nomination))
    world.do(begun(world, nomination))
    return Target({"contest_id": nomination.contest_id}, organiser(world, nomination.contest_id), closed={
        "an event is ahead": lambda: world.make.event(nomination, "theory")})


@entry("people.dismissal")
def dismissal(world: World) -> Target:
    contest = world.make.contest()

    def appoint() -> int:
        made = people.appoint(session.get_one(ContestRow, contest.id), role="proctor", by=BY, now=world.clock.now,
                              pin=None, **PERSON)
        return session.scalar(select(RoleGrant.id).where(RoleGrant.account_id == made.account.id))

    grant = world.do(appoint)

    def ended() -> None:
        session.get_one(RoleGrant, grant).ended_at = world.clock.now

    return Target({"contest_id": contest.id, "grant_id": grant}, organiser(world, contest.id), closed={"ended": ended})
