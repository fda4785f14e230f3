"""The contests of the seed: announced, with nominations, bodies and people; and the signing keys of those who sign."""
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from contest import contests, people
from contest.models import Body, Contest, Nomination
from contest.sample_texts import sample_consents
from core import db, logins
from core.access import Me
from core.db import session
from demo import cast
from demo.cast import Crew, Person
from demo.story import Story
from scoring import keys

CLAUSES = {"who_admits": "2.6", "quorum": "5.3", "casting_vote": "5.4", "aggregation": "4.2", "tie_break": "4.7",
           "signing_experts": "4.9", "signing_commission": "5.8", "appeal_days": "6.1", "min_time_share": "3.5"}
CONDITIONS = """Гражданин Российской Федерации, который работает в организации на территории области.
Стаж по профессии номинации не менее трёх лет, для водителя автобуса не менее одного года.
Нет действующих дисциплинарных взысканий.
Есть место, где можно работать по требованиям охраны труда, камера и связь от 1 Мбит/с.
Денежное поощрение в каждой номинации: первое место 50 000 ₽, второе 30 000 ₽, третье 15 000 ₽."""


def organiser(story: Story) -> Me:
    """The organiser of every contest of the seed."""
    return story.person(cast.ORGANISER.key)


def known(story: Story, person: Person, *, by: Me | None, now: datetime) -> int:
    """The account of somebody of the cast, made with the printed password when it is not there."""
    if person.key not in story.cast:
        account = logins.create_account(person.name, email=person.email, by=by, now=now)
        logins.set_password(account, story.cast["password_hash"], by=by, now=now)
        story.cast[person.key] = account.id
    return int(story.cast[person.key])


def staff(story: Story, *, at: datetime) -> None:
    """Administrator, auditor and the organiser of the installation."""
    def make(now: datetime) -> None:
        for person, role in ((cast.ADMIN, "admin"), (cast.AUDITOR, "auditor"), (cast.ORGANISER, "organiser")):
            known(story, person, by=None, now=now)
            account = session.get_one(logins.Account, story.cast[person.key])
            logins.give_role(account, role, by=None, now=now)
    story.at(at, make)


def contest(story: Story, key: str, *, at: datetime, crew: Crew | None, **facts: Any) -> None:
    """A contest marked as demonstration data; with a crew it gets its texts, its commission and its people."""
    def make(now: datetime) -> None:
        by = organiser(story)
        row = contests.create_contest(by=by, now=now, demo=True, year=story.now.year, conditions=CONDITIONS,
                                      contact_email="konkurs@demo.example", **facts)
        story.cast[key] = row.id
        if crew is not None:
            contests.set_consent_texts(row, sample_consents(row), by=by, now=now)
            _crew(story, row, crew, by=by, now=now)
    story.at(at, make)


def _crew(story: Story, row: Contest, crew: Crew, *, by: Me, now: datetime) -> None:
    body = people.make_body(row, kind="commission", title="Региональная конкурсная комиссия", nomination_id=None,
                            order_ref="приказ № 61", by=by, now=now)
    _members(story, body, crew.commission, by=by, now=now)
    _member(story, body, crew.secretary, "secretary", by=by, now=now)
    for person, role in crew.others:
        known(story, person, by=by, now=now)
        people.appoint(row, name=person.name, email=person.email, role=role, by=by, now=now)


def _members(story: Story, body: Body, group: tuple[Person, ...], *, by: Me, now: datetime) -> None:
    for number, person in enumerate(group):
        _member(story, body, person, "member" if number else "chair", by=by, now=now)


def _member(story: Story, body: Body, person: Person, duty: str, *, by: Me, now: datetime) -> None:
    known(story, person, by=by, now=now)
    people.add_member(body, name=person.name, email=person.email, duty=duty, position=person.work, order_ref="", by=by,
                      now=now)


def nomination(story: Story, contest_key: str, key: str, *, at: datetime, title: str, profession: str,
               experts: tuple[Person, ...], years: int = 3) -> None:
    """A nomination with frozen rules and its expert group."""
    def make(now: datetime) -> None:
        by = organiser(story)
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
    story.at(at, lambda now: contests.announce(session.get_one(Contest, story.cast[key]), by=organiser(story), now=now))


def event(story: Story, nomination_key: str, kind: str, *, at: datetime, starts_at: datetime, lasts: timedelta,
          place: str = "дистанционно") -> None:
    """A line of the timetable, entered at `at`; known later as «<nomination>:<kind>»."""
    def make(now: datetime) -> None:
        row = contests.add_event(session.get_one(Nomination, story.cast[nomination_key]), kind=kind, title="",
                                 starts_at=starts_at, ends_at=starts_at + lasts, place=place, by=organiser(story),
                                 now=now)
        story.cast[f"{nomination_key}:{kind}"] = row.id
    story.at(at, make)


def signing_keys(story: Story, group: Iterable[Person], *, at: datetime) -> None:
    """Everybody of the group accepts the agreement and gets a certificate, five minutes apart."""
    for number, person in enumerate(group):
        story.at(at + timedelta(minutes=5 * number), partial(_key, story, person), slow=True)


def _key(story: Story, person: Person, now: datetime) -> None:
    me = story.person(person.key)
    with db.reading():
        made = keys.make_key(me.account_id, cast.SIGNING, now=now)
    with db.transaction():
        keys.issue(made, address="", by=me, now=now)
