"""«Что дальше» of this package: the scheme, sheets to fill and sign, divergences, the summary."""
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from contest import contests, scope
from contest.models import Nomination, Participant
from contest.rules.roles import EXPERT_CHAIR, EXPERTS, ORGANISER
from core.access import Me
from core.db import session
from core.registry import Step
from core.words import plural
from scoring import divergences, sheets
from scoring.models.sheets import Divergence, Scheme, Sheet
from scoring.rules.states import COUNTED_SHEETS, OUT_OF_COUNT_SHEETS
from scoring.rules.states import Sheet as State


def next_steps(me: Me, now: datetime) -> Iterator[Step]:
    """Everything this part has for the person to do."""
    if me.roles & EXPERTS:
        yield from _own_sheets(me)
    if EXPERT_CHAIR in me.roles:
        yield from _chair(me)
    if me.roles & {ORGANISER, EXPERT_CHAIR}:
        yield from _preparation(me)


def _own_sheets(me: Me) -> Iterator[Step]:
    found: dict[Nomination, Counter[str]] = {}
    asked = divergences.asked(me.account_id)
    for sheet in sheets.mine(me):
        found.setdefault(sheet.nomination, Counter()).update([sheet.state, *(["asked"] if sheet.id in asked else [])])
    for nomination, count in found.items():
        opened = sum(count[state] for state in sheets.WRITABLE)
        hint, due = nomination.title, _meeting(nomination.id)
        if count["asked"]:
            yield Step(f"Ответьте на расхождения оценок: {count['asked']}", "/sheets", "Открыть листы", hint,
                       due=due, lead=True, weight=5)
        if opened:
            yield Step(f"Заполните {_sheets(opened)}", "/sheets", "Открыть листы", hint, due=due, lead=True, weight=10)
        if count[State.SUBMITTED.value]:
            yield Step(f"Подпишите {_sheets(count[State.SUBMITTED.value])}", "/sheets", "Открыть листы", hint, due=due,
                       lead=not opened, weight=15)
        signed = sum(count[state] for state in COUNTED_SHEETS)
        if signed and not opened:
            yield Step(f"Подписано листов: {signed}", "/sheets", hint=hint, done=True)


def _sheets(count: int) -> str:
    return f"{count} {plural(count, 'оценочный лист', 'оценочных листа', 'оценочных листов')}"


def _meeting(nomination_id: int) -> datetime | None:
    found = contests.events(nomination_id, "experts_meeting")
    return found[0].starts_at if found else None


def _chair(me: Me) -> Iterator[Step]:
    rows = session.execute(select(Nomination.id, Nomination.title, func.count()).join(
        Divergence, Divergence.nomination_id == Nomination.id).where(
        scope.nominations_of(me, EXPERT_CHAIR), Divergence.closed_at.is_(None)).group_by(
        Nomination.id, Nomination.title))
    waiting = {nomination_id: (title, count) for nomination_id, title, count in rows}
    for nomination_id, (title, count) in waiting.items():
        yield Step(f"Закройте расхождения оценок: {count}", f"/nominations/{nomination_id}/sheets", "Открыть", title,
                   weight=20)
    for nomination_id, title in _all_signed(me):
        if nomination_id not in waiting:
            yield Step("Все листы подписаны: составьте протокол", f"/nominations/{nomination_id}/summary",
                       "Открыть ведомость", title, lead=True, weight=25)


def _all_signed(me: Me) -> Iterator[tuple[int, str]]:
    """Nominations of the chair where every sheet that counts is signed and none is in a summary yet."""
    found: dict[tuple[int, str], Counter[str]] = {}
    rows = session.execute(select(Nomination.id, Nomination.title, Sheet.state, func.count()).join(
        Sheet, Sheet.nomination_id == Nomination.id).join(Scheme, Scheme.id == Sheet.scheme_id).join(
        Participant, Participant.id == Sheet.participant_id).where(
        scope.nominations_of(me, EXPERT_CHAIR), Scheme.state == "frozen", Participant.no_show == "",
        Participant.withdrawn_at.is_(None), Sheet.state.not_in(OUT_OF_COUNT_SHEETS)).group_by(
        Nomination.id, Nomination.title, Sheet.state))
    for nomination_id, title, state, count in rows:
        found.setdefault((nomination_id, title), Counter())[state] += count
    for key, states in found.items():
        if set(states) <= COUNTED_SHEETS and states[State.SIGNED.value]:
            yield key


def _preparation(me: Me) -> Iterator[Step]:
    """A scheme to freeze, sheets to assign, once codes are drawn."""
    drawn = select(Participant.nomination_id).where(Participant.code.is_not(None))
    rows = session.scalars(select(Nomination).options(joinedload(Nomination.contest)).where(
        scope.nominations_of(me, ORGANISER, EXPERT_CHAIR), Nomination.id.in_(drawn)).order_by(Nomination.id)).all()
    ids = [row.id for row in rows]
    frozen = set(session.scalars(select(Scheme.nomination_id).where(
        Scheme.nomination_id.in_(ids), Scheme.state == "frozen")))
    assigned = set(session.scalars(select(Sheet.nomination_id).where(Sheet.nomination_id.in_(ids)).distinct()))
    for row in rows:
        if row.id not in frozen:
            yield Step(f"Закрепите схему оценки: {row.title}", f"/nominations/{row.id}/scheme", weight=45)
        elif row.id not in assigned:
            yield Step(f"Назначьте оценочные листы: {row.title}", f"/nominations/{row.id}/sheets", weight=46)
