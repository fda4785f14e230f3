"""«Что дальше» of this package: applications, admission, the draw, the briefing, identity."""
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from contest import applications, contests, participants, scope
from contest.models import Application, Contest, Identity, Nomination, Participant
from contest.rules import events, states
from contest.rules.roles import IDENTIFIERS, MEMBER_CHAIR, ORGANISER, PARTICIPANT, STAFF
from core.access import Me
from core.db import session
from core.registry import Step


def next_steps(me: Me, now: datetime) -> Iterator[Step]:
    """Everything this package has for the person to do, open or just done."""
    yield from _own_applications(me)
    if PARTICIPANT in me.roles:
        yield from _own_participation(me)
    if me.roles & STAFF:
        yield from _staff(me)
    if me.roles & {ORGANISER, MEMBER_CHAIR}:
        yield from _decisions(me)
    if me.roles & IDENTIFIERS:
        yield from _identities(me)


def _own_applications(me: Me) -> Iterator[Step]:
    rows = session.scalars(select(Application).options(
        joinedload(Application.nomination).joinedload(Nomination.contest)).where(Application.account_id == me.account_id))
    for row in rows:
        closes = row.nomination.contest.applications_close_at
        url = f"/applications/{row.id}"
        if row.state == "draft":
            yield Step(f"Заполните и подайте заявку: {row.nomination.title}", url, "Открыть заявку", due=closes, lead=True)
        elif row.state == "returned":
            yield Step(f"Исправьте заявку {row.number}", url, "Исправить", "Секретарь вернул её с замечанием", lead=True)
        elif row.state in ("submitted", "registered", "on_review", "proposed"):
            yield Step(f"Заявка {row.number}", url, "Открыть", states.APPLICATION_WORDS[row.state], done=True)


def _own_participation(me: Me) -> Iterator[Step]:
    for person in participants.of_person(me.account_id):
        ready = participants.readiness(person)
        starts = _first(person.nomination_id, events.THEORY)
        briefing = participants.newest_briefing(person.nomination_id)
        if not ready.briefing and briefing is not None:
            yield Step("Прочитайте и подпишите инструктаж", f"/participants/{person.id}/briefing", "Открыть инструктаж",
                       "Без подписи к заданиям не допускают", due=starts, lead=True, weight=10)
        if not ready.identity:
            newest = participants.newest_identity(person.id)
            waits = newest is not None and newest.state == "waiting"
            yield Step("Ждём проверки документа" if waits else "Покажите лицо и документ",
                       f"/participants/{person.id}/identity", "Открыть" if waits else "Сделать снимки",
                       "Личность устанавливает человек", due=starts, lead=not waits, weight=20, done=waits)
        if ready.briefing:
            yield Step("Инструктаж подписан", f"/participants/{person.id}/briefing", done=True)
        if ready.identity:
            yield Step("Личность установлена", f"/participants/{person.id}/identity", done=True)


def _first(nomination_id: int, kind: str) -> datetime | None:
    found = contests.events(nomination_id, kind)
    return found[0].starts_at if found else None


def _staff(me: Me) -> Iterator[Step]:
    for contest in session.scalars(select(Contest).where(scope.contests_of(me, *STAFF)).order_by(Contest.id)):
        if contest.state == "draft":
            yield Step(f"Подготовьте и объявите: {contest.title}", f"/contests/{contest.id}/setup", "Продолжить",
                       lead=True)
        waiting = _count(contest.id, "submitted")
        if waiting:
            yield Step(f"Зарегистрируйте заявки: {waiting}", f"/contests/{contest.id}/applications?state=submitted",
                       hint=contest.title, weight=20)
        review = _count(contest.id, "registered", "on_review")
        if review:
            yield Step(f"Рассмотрите заявки: {review}", f"/contests/{contest.id}/applications?state=registered",
                       hint=contest.title, weight=30)
    if ORGANISER in me.roles:
        yield from _draws(me)


def _count(contest_id: int, *wanted: str) -> int:
    return session.scalar(select(func.count()).select_from(Application).join(Nomination).where(
        Nomination.contest_id == contest_id, Application.state.in_(wanted))) or 0


def _draws(me: Me) -> Iterator[Step]:
    undrawn = select(Nomination.id, Nomination.title, func.count()).join(
        Participant, Participant.nomination_id == Nomination.id).where(
        scope.nominations_of(me, ORGANISER), Participant.code.is_(None), Participant.withdrawn_at.is_(None)).group_by(
        Nomination.id, Nomination.title)
    for nomination_id, title, count in session.execute(undrawn):
        due = _first(nomination_id, "draw")
        yield Step(f"Проведите жеребьёвку: {title}", f"/nominations/{nomination_id}/draw", hint=f"участников: {count}",
                   due=due, weight=40)


def _decisions(me: Me) -> Iterator[Step]:
    rows = session.scalars(select(Application).options(joinedload(Application.nomination)).join(Nomination).where(
        Application.state == "proposed", scope.nominations_of(me, ORGANISER, MEMBER_CHAIR)))
    for row in rows:
        nomination = row.nomination
        if me.has(*applications.deciders(nomination), contest_id=nomination.contest_id, nomination_id=nomination.id):
            yield Step(f"Примите решение о допуске: {row.number}", f"/applications/{row.id}", "Решить",
                       nomination.title, lead=True, weight=10)


def _identities(me: Me) -> Iterator[Step]:
    rows = session.execute(select(Nomination.id, Nomination.title, func.count()).join(
        Participant, Participant.nomination_id == Nomination.id).join(
        Identity, Identity.participant_id == Participant.id).where(
        Identity.state == "waiting", scope.nominations_of(me, *IDENTIFIERS)).group_by(Nomination.id, Nomination.title))
    for nomination_id, title, count in rows:
        yield Step(f"Установите личность: {count}", f"/nominations/{nomination_id}/identities", "Проверить",
                   title, lead=True, weight=5)
