"""From the application to the start: draft, review, draw, briefing, identity."""

from datetime import timedelta

from contest import applications, contests, participants
from contest.models import Application, Attachment, Nomination, Participant
from contest.models import Contest as ContestRow
from core import access, storage
from core.db import session
from tests.bad_input.entries.contest import organiser, staff
from tests.bad_input.entries.samples import PASSWORD, PDF, photo, stored, with_secret
from tests.bad_input.entry import Target, entry
from tests.bad_input.world import World
from tests.factories.contest import FIELDS

BY = access.Me(0, "тест")


def over(world: World, nomination: Nomination):
    """Applications are closed."""
    def close() -> None:
        contest = session.get_one(ContestRow, nomination.contest_id)
        contest.applications_open_at = world.clock.now - timedelta(days=2)
        contest.applications_close_at = world.clock.now - timedelta(seconds=1)
    return close


def sent(world: World, row: Application):
    """The application has been submitted."""
    return lambda: applications.submit(applications.load(row.id), by=world.make.me(row.account_id), now=world.clock.now)


def withdrawn(world: World, row: Application):
    return lambda: applications.withdraw(applications.load(row.id), by=BY, now=world.clock.now)


@entry("applications.start")
def start(world: World) -> Target:
    nomination = world.make.nomination()
    return Target({"nomination_id": nomination.id}, closed={"closed": over(world, nomination)},
                  form={"name": "Петров Пётр Петрович", "email": "petrov@example.org"})


@entry("applications.create")
def create(world: World) -> Target:
    nomination = world.make.nomination()
    return Target({"nomination_id": nomination.id}, world.make.account(), own=True,
                  closed={"closed": over(world, nomination)})


@entry("applications.edit")
def edit(world: World) -> Target:
    row = world.make.application()
    form = {name: "y" if value is True else value for name, value in FIELDS.items()} | {
        "municipality": "Томск", "education": "ТПУ", "organisation_inn": "7000000000", "grade": "5",
        "experience_total": "10", "experience_organisation": "3", "place_address": "Томск", "place_zone": "",
        "equipment": "Камера"}
    return Target({"application_id": row.id}, row.account_id, form=form, optional=True,
                  closed={"sent": sent(world, row)})


@entry("applications.attach")
def attach(world: World) -> Target:
    row = world.make.application()
    return Target({"application_id": row.id}, row.account_id, form={"kind": "qualification", "file": PDF},
                  closed={"sent": sent(world, row)})


@entry("applications.detach")
def detach(world: World) -> Target:
    row = world.make.application()
    blob = stored(world, PDF, storage.PDF)

    def add() -> int:
        made = Attachment(application_id=row.id, kind="other", blob_id=blob.id, name="a.pdf", added_at=world.clock.now)
        session.add(made)
        session.flush()
        return made.id

    return Target({"attachment_id": world.do(add)}, row.account_id, closed={"sent": sent(world, row)})


@entry("applications.consents")
def consents(world: World) -> Target:
    row = world.make.application()
    return Target({"application_id": row.id}, row.account_id, optional=True, closed={"sent": sent(world, row)},
                  form={"processing": "y", "video": "y", "publication": "y", "seen": world.do(lambda: (
                      applications.texts_mark(contests.consent_texts(row.nomination.contest_id))))})


@entry("applications.submission")
def submission(world: World) -> Target:
    row = world.make.application()
    return Target({"application_id": row.id}, row.account_id, closed={
        "sent": sent(world, row), "late": over(world, row.nomination)})


@entry("applications.withdrawal")
def withdrawal(world: World) -> Target:
    row = world.make.application(state="submitted")
    return Target({"application_id": row.id}, row.account_id, closed={"withdrawn": withdrawn(world, row)})


@entry("applications.registration")
def registration(world: World) -> Target:
    row = world.make.application(state="submitted")
    return Target({"application_id": row.id}, staff(world, "secretary", row.nomination.contest_id),
                  closed={"withdrawn": withdrawn(world, row)})


@entry("applications.returning")
def returning(world: World) -> Target:
    row = world.make.application(state="registered")
    return Target({"application_id": row.id}, staff(world, "secretary", row.nomination.contest_id),
                  form={"text": "Приложите копию удостоверения.", "due_at": "2026-03-10 10:00:00"},
                  closed={"withdrawn": withdrawn(world, row)})


@entry("applications.proposal")
def proposal(world: World) -> Target:
    row = world.make.application(state="registered")
    return Target({"application_id": row.id}, staff(world, "secretary", row.nomination.contest_id),
                  form={"proposal": "refuse", "reason_code": "experience", "reason": "Стаж два года."},
                  closed={"withdrawn": withdrawn(world, row)})


@entry("applications.decision")
def decision(world: World) -> Target:
    row = world.make.application(state="proposed")
    chair = world.make.member(row.nomination, "commission", "chair")
    return Target({"application_id": row.id}, chair, closed={"withdrawn": withdrawn(world, row)},
                  form={"outcome": "refuse", "reason_code": "experience", "reason": "Стаж два года."})


@entry("participants.draw")
def draw(world: World) -> Target:
    nomination = world.make.nomination()
    world.make.participant(nomination)
    world.make.participant(nomination)
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id),
                  form={"seed": "Протокол № 5", "called_numbers": "3 17"}, closed={
        "drawn": lambda: participants.hold_draw(session.get_one(Nomination, nomination.id), seed="x",
                                                called_numbers="1", by=world.make.organiser(), now=world.clock.now)})


@entry("participants.briefing_text")
def briefing_text(world: World) -> Target:
    nomination = world.make.nomination()
    return Target({"nomination_id": nomination.id}, organiser(world, nomination.contest_id),
                  form={"title": "Инструктаж", "text": "Работать в исправных средствах защиты."})


@entry("participants.briefing")
def briefing(world: World) -> Target:
    nomination = world.make.nomination()
    person = world.make.participant(nomination)
    author = world.make.account("Осипова Марина Петровна")
    world.do(lambda: participants.set_briefing(
        session.get_one(Nomination, nomination.id), title="Инструктаж", text="Работать в исправных средствах защиты.",
        by=world.make.me(author), now=world.clock.now))
    return Target({"participant_id": person.id}, with_secret(world, person.account_id),
                  form={"agree": "y", "secret": PASSWORD, "version": "1"})


def shown(world: World, person: Participant):
    """Face and document have been shown."""
    def show() -> int:
        kept = storage.receive(photo().content, allowed=storage.IMAGES, max_bytes=10**7)
        return participants.show_identity(session.get_one(Participant, person.id), kept, kept, by=BY,
                                          now=world.clock.now).id
    return show


@entry("participants.identity")
def identity(world: World) -> Target:
    person = world.make.participant()
    return Target({"participant_id": person.id}, person.account_id, form={"face": photo(), "document": photo("д.jpg")},
                  closed={"shown": shown(world, person)})


@entry("participants.identity_decision")
def identity_decision(world: World) -> Target:
    person = world.make.participant()
    key = world.do(shown(world, person))
    contest = world.do(lambda: participants.contest_of(person))
    proctor = staff(world, "proctor", contest.id)

    def decided() -> None:
        participants.decide_identity(session.get_one(participants.Identity, key), outcome="approve", reason="",
                                     by=world.make.me(proctor), now=world.clock.now)

    return Target({"identity_id": key}, proctor, form={"outcome": "refuse", "reason": "Лицо в тени."},
                  closed={"decided": decided})


@entry("participants.identity_site")
def identity_site(world: World) -> Target:
    person = world.make.participant()
    contest = world.do(lambda: participants.contest_of(person))
    return Target({"participant_id": person.id}, staff(world, "site", contest.id), form={"note": "паспорт"},
                  closed={"shown": shown(world, person)})


@entry("participants.absence")
def absence(world: World) -> Target:
    person = world.make.participant()
    contest = world.do(lambda: participants.contest_of(person))

    def absent() -> None:
        session.get_one(Participant, person.id).no_show = "болен"

    return Target({"participant_id": person.id}, staff(world, "secretary", contest.id), form={"reason": "болен"},
                  closed={"marked": absent})




@entry("applications.review")
def review(world: World) -> Target:
    row = world.make.application(state="proposed")
    return Target({"application_id": row.id}, world.make.member(row.nomination, "commission", "chair"),
                  closed={"withdrawn": withdrawn(world, row)})


@entry("participants.briefing_paper")
def briefing_paper(world: World) -> Target:
    nomination = world.make.nomination()
    author = world.make.me(world.make.account("Осипова Марина Петровна"))
    person = world.make.participant(nomination)
    world.do(lambda: participants.set_briefing(
        session.get_one(Nomination, nomination.id), title="Инструктаж", text="Работать в исправных средствах защиты.",
        by=author, now=world.clock.now))
    world.do(lambda: participants.sign_briefing(session.get_one(Participant, person.id), address="",
                                                by=world.make.me(person.account_id), now=world.clock.now))
    return Target({"nomination_id": nomination.id}, staff(world, "secretary", nomination.contest_id))
