"""The contests of the seed: announced, with nominations, bodies and people."""
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contest import contests, people
from contest.models import Body, Contest, Nomination
from contest.sample_texts import sample_consents
from core import access, logins
from core.access import Me
from core.db import session
from demo import cast
from demo.cast import Person
from demo.story import Story

ZONE = "Asia/Tomsk"
CLAUSES = {"who_admits": "2.6", "quorum": "5.3", "casting_vote": "5.4", "aggregation": "4.2", "tie_break": "4.7",
           "signing_experts": "4.9", "signing_commission": "5.8", "appeal_days": "6.1", "min_time_share": "3.5"}
CONDITIONS = """Гражданин Российской Федерации, который работает в организации на территории области.
Стаж по профессии номинации не менее трёх лет, для водителя автобуса не менее одного года.
Нет действующих дисциплинарных взысканий.
Есть место, где можно работать по требованиям охраны труда, камера и связь от 1 Мбит/с.
Денежное поощрение в каждой номинации: первое место 50 000 ₽, второе 30 000 ₽, третье 15 000 ₽."""


def local(story: Story, days: float, hour: str, zone: str = ZONE) -> datetime:
    """`days` from today (negative: before) at a local hour «10:00»."""
    where = ZoneInfo(zone)
    day = (story.now.astimezone(where) + timedelta(days=days)).date()
    hours, minutes = (int(part) for part in hour.split(":"))
    return datetime(day.year, day.month, day.day, hours, minutes, tzinfo=where).astimezone(ZoneInfo("UTC"))


def known(story: Story, person: Person, *, by: Me | None, now: datetime) -> int:
    """The account of somebody of the cast, made with the printed password when it is not there."""
    if person.key not in story.cast:
        account = logins.create_account(person.name, email=person.email, by=by, now=now)
        logins.set_password(account, story.cast["password_hash"], by=by, now=now)
        story.cast[person.key] = account.id
    return int(story.cast[person.key])


def staff(story: Story) -> None:
    """Administrator, auditor and the organiser of the installation."""
    def make(now: datetime) -> None:
        for person, role in ((cast.ADMIN, "admin"), (cast.AUDITOR, "auditor"), (cast.ORGANISER, "organiser")):
            access.grant_role(known(story, person, by=None, now=now), role, now=now, basis="демонстрация")
    story.at(story.ago(days=70), make)


def contest(story: Story, key: str, *, at: datetime, announced: bool = True, **facts: object) -> None:
    """A contest with its texts, its commission and its people of the day."""
    def make(now: datetime) -> None:
        by = story.person(cast.ORGANISER.key)
        row = contests.create_contest(by=by, now=now, year=story.now.year, operator_address="634041, г. Томск, ул. Киевская, 76",
                                      operator_inn="7017069406", contact_phone="8 3822 00-00-01", conditions=CONDITIONS,
                                      contact_email="konkurs@demo.example", **facts)
        row.demo = True
        story.cast[key] = row.id
        if announced:
            contests.set_consent_texts(row, sample_consents(row), by=by, now=now)
            _bodies(story, row, by=by, now=now)
    story.at(at, make)


def _bodies(story: Story, row: Contest, *, by: Me, now: datetime) -> None:
    body = people.make_body(row, kind="commission", title="Региональная конкурсная комиссия", nomination_id=None,
                            order_ref="приказ № 61", by=by, now=now)
    _members(story, body, cast.COMMISSION, by=by, now=now)
    for person, role in ((cast.SECRETARY, "secretary"), (cast.PROCTOR, "proctor"), (cast.SITE, "site")):
        known(story, person, by=by, now=now)
        people.appoint(row, name=person.name, email=person.email, role=role, by=by, now=now)


def _members(story: Story, body: Body, group: tuple[Person, ...], *, by: Me, now: datetime) -> None:
    for number, person in enumerate(group):
        known(story, person, by=by, now=now)
        people.add_member(body, name=person.name, email=person.email, duty="member" if number else "chair",
                          position=person.work, order_ref="", by=by, now=now)


def nomination(story: Story, contest_key: str, key: str, *, at: datetime, title: str, profession: str,
               experts: tuple[Person, ...], years: int = 3) -> None:
    """A nomination with frozen rules and its expert group."""
    def make(now: datetime) -> None:
        by = story.person(cast.ORGANISER.key)
        owner = session.get_one(Contest, story.cast[contest_key])
        row = contests.add_nomination(owner, title=title, profession=profession, prize_places=3, by=by, now=now,
                                      requirements={"min_experience_years": years, "min_age": 18, "no_penalties": True,
                                                    "citizenship": "Российская Федерация", "required_attachments": []})
        story.cast[key] = row.id
        values = {name: {**rule, "clause": f"п. {CLAUSES[name]}" if name in CLAUSES else ""}
                  for name, rule in row.settings.items()}
        contests.set_settings(row, values, by=by, now=now)
        contests.freeze_settings(row, by=by, now=now)
        if experts:
            body = people.make_body(owner, kind="expert_group", title=f"Экспертная группа «{title}»",
                                    nomination_id=row.id, order_ref="приказ № 62", by=by, now=now)
            _members(story, body, experts, by=by, now=now)
    story.at(at, make)


def announce(story: Story, key: str, *, at: datetime) -> None:
    """The contest becomes public."""
    story.at(at, lambda now: contests.announce(session.get_one(Contest, story.cast[key]),
                                               by=story.person(cast.ORGANISER.key), now=now))


def event(story: Story, nomination_key: str, key: str, *, at: datetime, kind: str, starts_at: datetime,
          lasts: timedelta, title: str = "", place: str = "") -> None:
    """A line of the timetable, entered at `at`."""
    def make(now: datetime) -> None:
        row = contests.add_event(session.get_one(Nomination, story.cast[nomination_key]), kind=kind, title=title,
                                 starts_at=starts_at, ends_at=starts_at + lasts, place=place,
                                 by=story.person(cast.ORGANISER.key), now=now)
        story.cast[key] = row.id
    story.at(at, make)
