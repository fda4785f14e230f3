"""Applications of the seed, brought to the state each is to show; then the draw, the briefing, identity."""
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from contest import applications, participants
from contest.models import Application, Nomination, Participant
from core import logins, passwords, storage
from core.db import session
from demo import cast, pictures
from demo.beginnings import known, organiser
from demo.cast import Crew, Person
from demo.story import Story

BRIEFING = """Перед началом осмотрите рабочее место, средства защиты и инструмент. Неисправным не пользуйтесь.
Камера показывает место работы целиком. Посторонних в помещении нет.
О неисправности, травме или потере связи сразу сообщите по телефону или ответственному за площадку.
Задание выполняется самостоятельно. Время считает сервер; при обрыве связи работу не прекращайте.
После окончания уберите рабочее место и предъявите результат в камеру."""
FIELDS = {"birth_date": "1988-04-12", "citizenship": "Российская Федерация", "document": "паспорт (демонстрация)",
          "phone": "+7 900 000-00-00", "grade": "5 разряд", "experience_total": "12", "no_penalties": True,
          "place_kind": "workplace", "place_address": "ул. Пушкина, 61"}


def application(story: Story, nomination_key: str, person: Person, *, at: datetime, town: str = "г. Томск",
                experience: str = "7", sent: bool = True) -> None:
    """One application: filled in at `at` and, unless it is to stay a draft, sent twenty minutes later."""
    story.at(at, partial(_fill, story, nomination_key, person, town, experience))
    if sent:
        _on(story, person, at + timedelta(minutes=20), person, applications.submit)


def _fill(story: Story, nomination_key: str, person: Person, town: str, experience: str, now: datetime) -> None:
    account = known(story, person, by=None, now=now)
    nomination = session.get_one(Nomination, story.cast[nomination_key])
    row = applications.open_application(nomination, account_id=account, now=now)
    story.cast[f"application:{person.key}"] = row.id
    last, first, middle = person.name.split()
    me = story.person(person.key)
    applications.save_draft(row, {
        **FIELDS, "last_name": last, "first_name": first, "middle_name": middle, "municipality": town,
        "organisation": person.work, "position": nomination.profession, "experience_profession": experience},
        by=me, now=now)
    session.flush()
    applications.give_consents(_loaded(story, person), {"processing", "video", "publication"}, address="", by=me,
                               now=now)


def _loaded(story: Story, person: Person) -> Application:
    found = applications.load(story.cast[f"application:{person.key}"])
    assert found is not None
    return found


def _on(story: Story, person: Person, at: datetime, actor: Person, operation: Callable[..., object],
        **facts: object) -> None:
    """Plan an operation of `actor` on the application of `person`."""
    story.at(at, lambda now: operation(_loaded(story, person), by=story.person(actor.key), now=now, **facts))


def register(story: Story, person: Person, crew: Crew, *, at: datetime) -> None:
    """The secretary enters the application in the register."""
    _on(story, person, at, crew.secretary, applications.register)


def send_back(story: Story, person: Person, crew: Crew, *, at: datetime) -> None:
    """The secretary returns it with a remark and a term."""
    _on(story, person, at, crew.secretary, applications.return_for_correction, due_at=story.day(5, "18:00"),
        text="Укажите разряд и приложите документ о квалификации.")


def propose(story: Story, person: Person, crew: Crew, *, at: datetime, refusal: str = "") -> None:
    """The secretary proposes to admit, or to refuse for lack of experience."""
    _on(story, person, at, crew.secretary, applications.propose, proposal="refuse" if refusal else "admit",
        reason_code="experience" if refusal else "", reason=refusal)


def decide(story: Story, person: Person, crew: Crew, *, at: datetime, refusal: str = "") -> None:
    """The chair of the commission decides."""
    _on(story, person, at, crew.commission[0], applications.decide, outcome="refuse" if refusal else "admit",
        reason_code="experience" if refusal else "", reason=refusal)


def withdraw(story: Story, person: Person, *, at: datetime) -> None:
    """The applicant takes it back."""
    _on(story, person, at, person, applications.withdraw)


def admitted(story: Story, nomination_key: str, people: tuple[Person, ...], crew: Crew, *, sent: datetime,
             reviewed: datetime) -> None:
    """Applications that went the whole way: sent three hours apart, admitted a day after the review began."""
    for number, person in enumerate(people):
        application(story, nomination_key, person, at=sent + timedelta(hours=3 * number))
        review = reviewed + timedelta(minutes=15 * number)
        register(story, person, crew, at=review)
        propose(story, person, crew, at=review + timedelta(minutes=5))
        decide(story, person, crew, at=review + timedelta(hours=24))


def participant(story: Story, person: Person) -> Participant:
    """The participation of somebody of the cast."""
    return participants.of_person(story.cast[person.key])[0]


def draw(story: Story, nomination_key: str, *, at: datetime, numbers: str) -> None:
    """The draw of a nomination."""
    story.at(at, lambda now: participants.hold_draw(
        session.get_one(Nomination, story.cast[nomination_key]), seed=f"протокол жеребьёвки от {at:%d.%m.%Y}",
        called_numbers=numbers, by=organiser(story), now=now))


def briefing(story: Story, nomination_key: str, signers: tuple[Person, ...], *, at: datetime, signed: datetime,
             title: str) -> None:
    """The text of the briefing, and the signatures under it, ten minutes apart."""
    story.at(at, lambda now: participants.set_briefing(
        session.get_one(Nomination, story.cast[nomination_key]), title=title, text=BRIEFING, by=organiser(story),
        now=now))
    for number, person in enumerate(signers):
        story.at(signed + timedelta(minutes=10 * number), partial(_sign, story, person))


def _sign(story: Story, person: Person, now: datetime) -> None:
    participants.sign_briefing(participant(story, person), address="", by=story.person(person.key), now=now)


def vouch(story: Story, people: tuple[Person, ...], *, at: datetime) -> None:
    """The site's responsible person has checked the documents in person."""
    def check(person: Person, now: datetime) -> None:
        participants.vouch_identity(participant(story, person), note="паспорт", by=story.person(cast.SITE.key), now=now)
    for number, person in enumerate(people):
        story.at(at + timedelta(minutes=3 * number), partial(check, person))


def show(story: Story, person: Person, *, at: datetime) -> None:
    """The participant shows face and document by camera and waits."""
    def shown(now: datetime) -> None:
        face, document = (storage.receive(picture, allowed=storage.IMAGES, max_bytes=storage.MB)
                          for picture in (pictures.face(), pictures.document(person.name)))
        participants.show_identity(participant(story, person), face, document, by=story.person(person.key), now=now)
    story.at(at, shown)


def approve(story: Story, person: Person, *, at: datetime) -> None:
    """The observer compares and approves what was shown by camera."""
    def decided(now: datetime) -> None:
        newest = participants.newest_identity(participant(story, person).id)
        assert newest is not None
        participants.decide_identity(newest, outcome="approve", reason="", by=story.person(cast.PROCTOR.key), now=now)
    story.at(at, decided)


def absent(story: Story, person: Person, *, at: datetime, reason: str) -> None:
    """«Не явился»."""
    story.at(at, lambda now: participants.mark_absent(participant(story, person), reason=reason, by=organiser(story),
                                                      now=now))


def card(story: Story, person: Person, *, at: datetime) -> None:
    """The secretary prints a card (code and the printed PIN) for somebody who logs in without e-mail."""
    def issue(now: datetime) -> None:
        account = session.get_one(logins.Account, story.cast[person.key])
        logins.issue_card(account, by=story.person(cast.SECRETARY.key), now=now, pin=cast.PIN,
                          pin_hash=passwords.hash_secret(cast.PIN))
    story.at(at, issue)
