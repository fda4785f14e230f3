"""Contests and the people in them, made through the operations, in the state a test needs."""

from datetime import timedelta
from typing import Any

from contest import applications, contests, participants, people
from contest.models import Application, Briefing, Contest, Event, Nomination, Participant
from contest.rules import roles
from core import access
from core.accounts import Account
from core.db import session

CONSENTS = {kind: f"Текст согласия вида {kind}: достаточно длинный, чтобы его можно было утвердить." for kind in
            ("processing", "video", "publication")}
FIELDS = {"last_name": "Зайцев", "first_name": "Роман", "middle_name": "Игоревич", "birth_date": "1988-04-12",
          "citizenship": "Российская Федерация", "document": "паспорт 6900 123456", "phone": "+7 900 000-00-00",
          "organisation": "ООО «Промсварка»", "position": "электрогазосварщик", "experience_profession": "8",
          "no_penalties": True, "place_kind": "workplace"}


def organiser(make: Any) -> access.Me:
    """Somebody who may make contests."""
    return make.person("Осипова Марина Петровна", roles=["organiser"])


def contest(make: Any, *, by: access.Me | None = None, announced: bool = True, zone: str = "Asia/Tomsk",
            **facts: Any) -> Contest:
    """A contest whose applications are open now; announced when asked, with a nomination-free look at its texts."""
    by = by or make.organiser()
    given = {"title": "«Лучший по профессии» в Томской области", "region": "Томская область", "year": 2026,
             "zone": zone, "operator_name": "Департамент труда", "applications_open_at": make.now - timedelta(days=1),
             "applications_close_at": make.now + timedelta(days=20)} | facts
    made = contests.create_contest(by=by, now=make.now, **given)
    contests.set_consent_texts(made, CONSENTS, by=by, now=make.now)
    if announced:
        made.state, made.announced_at = "announced", make.now
    session.flush()
    return made


def nomination(make: Any, contest: Contest | None = None, *, title: str = "", **settings: Any) -> Nomination:
    """A nomination for welders; `settings` replace default rules."""
    contest = session.get_one(Contest, (contest or make.contest()).id)
    by = access.Me(0, "тест")
    made = contests.add_nomination(contest, title=title or f"Лучший сварщик {make.number()}", profession="сварщик",
                                   prize_places=3, requirements={"min_experience_years": 3, "min_age": 18,
                                                                 "required_attachments": []}, by=by, now=make.now)
    for key, value in settings.items():
        made.settings = {**made.settings, key: {"value": value, "clause": ""}}
    session.flush()
    return made


def event(make: Any, nomination: Nomination, kind: str, *, after: timedelta = timedelta(hours=1),
          lasts: timedelta = timedelta(hours=2)) -> Event:
    """A line of the timetable."""
    starts = make.now + after
    nomination = session.get_one(Nomination, nomination.id)
    return contests.add_event(nomination, kind=kind, title="", starts_at=starts, ends_at=starts + lasts, place="",
                              by=access.Me(0, "тест"), now=make.now)


def staff(make: Any, contest: Contest, role: str, name: str = "") -> Account:
    """Somebody with a role for the whole contest."""
    return make.account(name, roles=[(role, "contest", contest.id)])


def member(make: Any, nomination: Nomination, kind: str = "expert_group", duty: str = "member",
           name: str = "") -> Account:
    """A member of the expert group of the nomination or of the commission of its contest."""
    scope_id = nomination.id if kind == "expert_group" else None
    owner = session.get_one(Contest, nomination.contest_id)
    body = people.body_of(owner.id, kind, scope_id) or people.make_body(
        owner, kind=kind, title=kind, order_ref="№ 61", nomination_id=scope_id, by=access.Me(0, "тест"), now=make.now)
    account = make.account(name)
    people.add_member(body, name=account.name, email=account.email, duty=duty, position="", order_ref="",
                      by=access.Me(0, "тест"), now=make.now)
    session.expire(body)
    return account


def application(make: Any, nomination: Nomination | None = None, *, account: Account | None = None,
                state: str = "draft", **fields: Any) -> Application:
    """An application filled in completely, brought to `state` by the operations."""
    nomination = session.get_one(Nomination, (nomination or make.nomination()).id)
    account = account or make.account(f"Зайцев Роман {make.number()}")
    made = applications.open_application(nomination, account_id=account.id, now=make.now)
    me = make.me(account)
    applications.save_draft(made, FIELDS | fields, by=me, now=make.now)
    loaded = _loaded(made)
    applications.give_consents(loaded, {"processing", "video", "publication"}, address="", by=me, now=make.now)
    _advance(make, loaded, state, me)
    return _loaded(made)


def _loaded(row: Application) -> Application:
    session.flush()
    session.expire(session.get_one(Application, row.id))
    found = applications.load(row.id)
    assert found is not None
    return found


def _advance(make: Any, row: Application, state: str, me: access.Me) -> None:
    contest_id = row.nomination.contest_id
    chair = access.Me(me.account_id, "председатель", (access.Grant(roles.MEMBER_CHAIR, "contest", contest_id),
                                                      access.Grant(roles.ORGANISER, "contest", contest_id)))
    steps = [("submitted", lambda r: applications.submit(r, by=me, now=make.now)),
             ("registered", lambda r: applications.register(r, by=chair, now=make.now)),
             ("proposed", lambda r: applications.propose(r, proposal="admit", reason_code="", reason="", by=chair,
                                                         now=make.now)),
             ("admitted", lambda r: applications.decide(r, outcome="admit", reason_code="", reason="", by=chair,
                                                        now=make.now))]
    for reached, step in steps:
        if row.state == state:
            return
        step(_loaded(row))
        assert row.state == reached


def participant(make: Any, nomination: Nomination | None = None, *, ready: bool = False,
                code: str = "") -> Participant:
    """Somebody admitted; `ready` = code drawn, briefing signed, identity approved."""
    row = make.application(nomination, state="admitted")
    made = participants.of_person(row.account_id, row.nomination_id)[0]
    if ready or code:
        made.code, made.order_no = code or f"У-{make.number():04d}", make.number()
    if ready:
        make.briefing(row.nomination)
        participants.sign_briefing(made, address="", by=make.me(made.account_id), now=make.now)
        participants.vouch_identity(made, note="паспорт", by=make.organiser(), now=make.now)
    session.flush()
    return made


def briefing(make: Any, nomination: Nomination) -> Briefing:
    """The text of the briefing, the same each time."""
    return participants.set_briefing(nomination, title="Инструктаж по охране труда",
                                     text="Работать в исправных средствах защиты. Сообщать о неисправностях.",
                                     by=make.organiser(), now=make.now)
