"""«Что дальше» of this package: set-up, applications, admission, the draw, the briefing, identity."""
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from contest import applications, participants, scope
from contest.models import Application, Contest, Event, Identity, Nomination, Participant
from contest.rules import events, states
from contest.rules.roles import IDENTIFIERS, MEMBER_CHAIR, ORGANISER, PARTICIPANT, STAFF
from core.access import Me
from core.db import session
from core.registry import Step

REVIEWED = ("registered", "on_review")


def next_steps(me: Me, now: datetime) -> Iterator[Step]:
    """Everything this package has for the person to do, open or just done; a fixed number of queries."""
    yield from _own_applications(me, now)
    if PARTICIPANT in me.roles:
        yield from _own_participation(me)
    if me.roles & STAFF:
        yield from _staff(me)
    if me.roles & {ORGANISER, MEMBER_CHAIR}:
        yield from _decisions(me)
    if me.roles & IDENTIFIERS:
        yield from _identities(me)


def _own_applications(me: Me, now: datetime) -> Iterator[Step]:
    rows = session.scalars(select(Application).options(
        joinedload(Application.nomination).joinedload(Nomination.contest), selectinload(Application.remarks)).where(
        Application.account_id == me.account_id).order_by(Application.id))
    for row in rows:
        closes, url = row.nomination.contest.applications_close_at, f"/applications/{row.id}"
        if row.state == "draft" and (closes is None or now <= closes):
            yield Step(f"Заполните и подайте заявку: {row.nomination.title}", url, "Открыть заявку", due=closes,
                       lead=True)
        elif row.state == "returned":
            due = row.remarks[-1].due_at if row.remarks else None
            yield Step(f"Исправьте заявку {row.number}", url, "Исправить", "Секретарь вернул её с замечанием", due=due,
                       lead=True)
        elif row.state in ("submitted", *REVIEWED, "proposed"):
            yield Step(f"Заявка {row.number}", url, "Открыть", states.APPLICATION_WORDS[row.state], done=True)


def _own_participation(me: Me) -> Iterator[Step]:
    people = [person for person in participants.of_person(me.account_id) if not person.no_show]
    ready = participants.readiness_of(people)
    starts = _firsts({person.nomination_id for person in people}, events.THEORY)
    for person in people:
        due, state = starts.get(person.nomination_id), ready[person.id]
        if state.briefing:
            yield Step("Инструктаж подписан", f"/participants/{person.id}/briefing", done=True)
        elif participants.newest_briefing(person.nomination_id) is not None:
            yield Step("Прочитайте и подпишите инструктаж", f"/participants/{person.id}/briefing", "Открыть инструктаж",
                       "Без подписи к заданиям не допускают", due=due, lead=True, weight=10)
        yield _identity_step(person, state.identity, due)


def _identity_step(person: Participant, approved: bool, due: datetime | None) -> Step:
    url = f"/participants/{person.id}/identity"
    if approved:
        return Step("Личность установлена", url, done=True)
    newest = participants.newest_identity(person.id)
    if newest is not None and newest.state == "waiting":
        return Step("Снимки на проверке", url, hint="Личность устанавливает человек: дождитесь решения", done=True)
    hint = f"Снимки не приняты: {newest.reason}" if newest else "Личность устанавливает человек"
    return Step("Покажите лицо и документ", url, "Сделать снимки", hint, due=due, lead=True, weight=20)


def _firsts(nomination_ids: set[int], kind: str) -> dict[int, datetime]:
    rows = session.execute(select(Event.nomination_id, func.min(Event.starts_at)).where(
        Event.nomination_id.in_(nomination_ids), Event.kind == kind).group_by(Event.nomination_id))
    return dict(rows.tuples().all())


def _staff(me: Me) -> Iterator[Step]:
    rows = session.scalars(select(Contest).where(
        scope.contests_of(me, *STAFF), Contest.state != "archived").order_by(Contest.id)).all()
    counts = _counts({row.id for row in rows})
    for contest in rows:
        if contest.state == "draft" and me.has(ORGANISER, contest_id=contest.id):
            yield Step(f"Подготовьте и объявите: {contest.title}", f"/contests/{contest.id}/setup", "Продолжить",
                       lead=True)
        register = f"/contests/{contest.id}/applications"
        if waiting := counts.get((contest.id, "submitted"), 0):
            yield Step(f"Зарегистрируйте заявки: {waiting}", f"{register}?state=submitted", hint=contest.title,
                       weight=20)
        if review := sum(counts.get((contest.id, state), 0) for state in REVIEWED):
            yield Step(f"Рассмотрите заявки: {review}", f"{register}?state=review", hint=contest.title, weight=30)
    if ORGANISER in me.roles:
        yield from _draws(me)


def _counts(contest_ids: set[int]) -> dict[tuple[int, str], int]:
    rows = session.execute(select(Nomination.contest_id, Application.state, func.count()).join(
        Nomination, Nomination.id == Application.nomination_id).where(
        Nomination.contest_id.in_(contest_ids)).group_by(Nomination.contest_id, Application.state))
    return {(contest_id, state): count for contest_id, state, count in rows}


def _draws(me: Me) -> Iterator[Step]:
    undrawn = session.execute(select(Nomination.id, Nomination.title, func.count()).join(
        Participant, Participant.nomination_id == Nomination.id).where(
        scope.nominations_of(me, ORGANISER), Participant.code.is_(None), Participant.withdrawn_at.is_(None)).group_by(
        Nomination.id, Nomination.title).order_by(Nomination.id)).all()
    due = _firsts({row.id for row in undrawn}, "draw")
    for nomination_id, title, count in undrawn:
        yield Step(f"Проведите жеребьёвку: {title}", f"/nominations/{nomination_id}/draw", hint=f"участников: {count}",
                   due=due.get(nomination_id), weight=40)


def _decisions(me: Me) -> Iterator[Step]:
    rows = session.scalars(select(Application).options(joinedload(Application.nomination)).join(Nomination).where(
        Application.state == "proposed", scope.nominations_of(me, ORGANISER, MEMBER_CHAIR)).order_by(Application.id))
    by_nomination: dict[int, list[Application]] = {}
    for row in rows:
        by_nomination.setdefault(row.nomination_id, []).append(row)
    for found in by_nomination.values():
        nomination = found[0].nomination
        contest_id = nomination.contest_id
        if not me.has(*applications.deciders(nomination), contest_id=contest_id, nomination_id=nomination.id):
            continue
        one = len(found) == 1
        url = f"/applications/{found[0].id}" if one else f"/contests/{contest_id}/applications?state=proposed"
        yield Step(f"Примите решение о допуске: {found[0].number if one else len(found)}", url, "Решить",
                   nomination.title, lead=True, weight=10)


def _identities(me: Me) -> Iterator[Step]:
    rows = session.execute(select(Nomination.id, Nomination.title, func.count()).join(
        Participant, Participant.nomination_id == Nomination.id).join(
        Identity, Identity.participant_id == Participant.id).where(
        Identity.state == "waiting", Participant.withdrawn_at.is_(None),
        scope.nominations_of(me, *IDENTIFIERS)).group_by(Nomination.id, Nomination.title).order_by(Nomination.id))
    for nomination_id, title, count in rows:
        yield Step(f"Установите личность: {count}", f"/nominations/{nomination_id}/identities", "Проверить",
                   title, lead=True, weight=5)
