"""Applications of the seed, brought to the state each is to show; then the draw, the briefing, identity."""
from datetime import datetime, timedelta
from functools import partial

from contest import applications, participants
from contest.models import Application, Nomination, Participant
from core.db import session
from demo import cast
from demo.beginnings import known
from demo.cast import Person
from demo.story import Story

ROAD = ("draft", "submitted", "registered", "proposed", "admitted")
BRIEFING = """Перед началом осмотрите рабочее место, средства защиты и инструмент. Неисправным не пользуйтесь.
Камера показывает место работы целиком. Посторонних в помещении нет.
О неисправности, травме или потере связи сразу сообщите по телефону или ответственному за площадку.
Задание выполняется самостоятельно. Время считает сервер; при обрыве связи работу не прекращайте.
После окончания уберите рабочее место и предъявите результат в камеру."""


def application(story: Story, nomination_key: str, person: Person, *, at: datetime, state: str = "admitted",
                reviewed: datetime | None = None, experience: str = "7") -> None:
    """One application: filled in and sent at `at`, reviewed and decided from `reviewed` on."""
    key = f"application:{person.key}"

    def fill(now: datetime) -> None:
        account = known(story, person, by=None, now=now)
        row = applications.open_application(session.get_one(Nomination, story.cast[nomination_key]), account_id=account,
                                            now=now)
        story.cast[key] = row.id
        last, first, middle = person.name.split()
        me = story.person(person.key)
        applications.save_draft(row, {
            "last_name": last, "first_name": first, "middle_name": middle, "birth_date": "1988-04-12",
            "citizenship": "Российская Федерация", "document": "паспорт (демонстрация)", "phone": "+7 900 000-00-00",
            "municipality": "г. Томск", "organisation": person.work, "position": row.nomination.profession,
            "grade": "5 разряд", "experience_total": "12", "experience_profession": experience, "no_penalties": True,
            "place_kind": "workplace", "place_address": "г. Томск, ул. Пушкина, 61"}, by=me, now=now)
        applications.give_consents(_loaded(story, key), {"processing", "video", "publication"}, address="", by=me, now=now)

    story.at(at, fill)
    if state != "draft":
        story.at(at + timedelta(minutes=20), lambda now: applications.submit(
            _loaded(story, key), by=story.person(person.key), now=now))
    if reviewed is not None:
        _review(story, key, person, state, reviewed)


def _loaded(story: Story, key: str) -> Application:
    session.flush()
    session.expire_all()
    found = applications.load(story.cast[key])
    assert found is not None
    return found


def _review(story: Story, key: str, person: Person, state: str, at: datetime) -> None:
    secretary, chair = cast.SECRETARY.key, cast.COMMISSION[0].key
    story.at(at, lambda now: applications.register(_loaded(story, key), by=story.person(secretary), now=now))
    if state == "returned":
        story.at(at + timedelta(minutes=5), lambda now: applications.return_for_correction(
            _loaded(story, key), text="Укажите разряд и приложите документ о квалификации.",
            due_at=story.now + timedelta(days=5), by=story.person(secretary), now=now))
    if state in ("proposed", "admitted", "rejected"):
        refuse = state == "rejected"
        facts = {"reason_code": "experience" if refuse else "", "reason": "Стаж по профессии два года." if refuse else ""}
        story.at(at + timedelta(minutes=5), lambda now: applications.propose(
            _loaded(story, key), proposal="refuse" if refuse else "admit", by=story.person(secretary), now=now, **facts))
        if state != "proposed":
            story.at(at + timedelta(hours=20), lambda now: applications.decide(
                _loaded(story, key), outcome="refuse" if refuse else "admit", by=story.person(chair), now=now, **facts))
    if state == "withdrawn":
        story.at(at + timedelta(hours=2), lambda now: applications.withdraw(
            _loaded(story, key), by=story.person(person.key), now=now))


def participant(story: Story, person: Person) -> Participant:
    """The participation of somebody of the cast."""
    return participants.of_person(story.cast[person.key])[0]


def draw(story: Story, nomination_key: str, *, at: datetime, numbers: str) -> None:
    """The draw of a nomination."""
    story.at(at, lambda now: participants.hold_draw(
        session.get_one(Nomination, story.cast[nomination_key]), seed=f"протокол жеребьёвки от {at:%d.%m.%Y}",
        called_numbers=numbers, by=story.person(cast.ORGANISER.key), now=now))


def briefing(story: Story, nomination_key: str, signers: tuple[Person, ...], *, at: datetime, title: str) -> None:
    """The text of the briefing, and the signatures under it, ten minutes apart."""
    story.at(at, lambda now: participants.set_briefing(
        session.get_one(Nomination, story.cast[nomination_key]), title=title, text=BRIEFING,
        by=story.person(cast.ORGANISER.key), now=now))
    for number, person in enumerate(signers, start=1):
        story.at(at + timedelta(days=1, minutes=10 * number), partial(_sign, story, person))


def _sign(story: Story, person: Person, now: datetime) -> None:
    participants.sign_briefing(participant(story, person), address="", by=story.person(person.key), now=now)


def vouch(story: Story, people: tuple[Person, ...], *, at: datetime) -> None:
    """The site's responsible person has checked the documents in person."""
    def check(person: Person, now: datetime) -> None:
        participants.vouch_identity(participant(story, person), note="паспорт", by=story.person(cast.SITE.key), now=now)
    for number, person in enumerate(people):
        story.at(at + timedelta(minutes=3 * number), partial(check, person))
