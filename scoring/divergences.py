"""Experts far apart: an alert when all sheets are in, each keeps or changes with a reason, the chair closes."""
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from contest import contests
from contest.models import Nomination, Participant
from contest.scope import hold
from core.access import Me
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from core.states import move
from scoring import schemes
from scoring.models.sheets import Divergence, Mark, Sheet, Stance
from scoring.rules import marks as rules
from scoring.rules import states
from scoring.rules.scheme import Aspect
from scoring.rules.states import SHEET_LABELS, SHEET_STEPS
from scoring.rules.states import Sheet as State

HANDED_IN = frozenset({State.SUBMITTED.value, State.ALERT.value, State.RECONCILING.value, *states.COUNTED_SHEETS})
OUTCOMES = {"keep": "оставил оценку", "change": "изменил оценку"}


def look(sheet: Sheet, *, by: Me, now: datetime) -> list[Divergence]:
    """Compare the sheets of the participant and module of `sheet` once all of them are handed in; open alerts."""
    hold(session.get_one(Participant, sheet.participant_id), "code")
    rows = list(session.scalars(select(Sheet).options(selectinload(Sheet.marks)).where(
        Sheet.scheme_id == sheet.scheme_id, Sheet.participant_id == sheet.participant_id, Sheet.module == sheet.module,
        Sheet.state.not_in(states.OUT_OF_COUNT_SHEETS)).order_by(Sheet.id)))
    if len(rows) < 2 or any(row.state not in HANDED_IN for row in rows):
        return []
    nomination = session.get_one(Nomination, sheet.nomination_id)
    by_id = {str(row.id): row for row in rows}
    found = rules.divergences(
        schemes.content(schemes.load(sheet.scheme_id)).module(sheet.module),
        {key: {mark.aspect_id: mark.value for mark in row.marks if mark.value} for key, row in by_id.items()},
        levels=int(contests.setting(nomination, "spread_judgement")),
        percent=int(contests.setting(nomination, "spread_points")))
    opened = [_open(sheet, one, [by_id[key] for key in one.experts], by=by, now=now) for one in found]
    return [one for one in opened if one is not None]


def _open(sheet: Sheet, found: rules.Divergence, rows: list[Sheet], *, by: Me, now: datetime) -> Divergence | None:
    marks = {row.id: next(m.value for m in row.marks if m.aspect_id == found.aspect_id) for row in rows}
    before = session.scalars(select(Divergence).options(selectinload(Divergence.stances)).where(
        Divergence.scheme_id == sheet.scheme_id, Divergence.participant_id == sheet.participant_id,
        Divergence.aspect_id == found.aspect_id).order_by(Divergence.id.desc()).limit(1)).first()
    if before is not None and before.closed_at and {s.sheet_id: s.after or s.before for s in before.stances} == marks:
        return None
    row = before if before is not None and before.closed_at is None else Divergence(
        nomination_id=sheet.nomination_id, scheme_id=sheet.scheme_id, participant_id=sheet.participant_id,
        module=sheet.module, aspect_id=found.aspect_id, text=found.text[:500], opened_at=now)
    known = {stance.sheet_id for stance in row.stances} if row is before else set()
    session.add(row)
    session.flush()
    session.add_all(Stance(divergence_id=row.id, sheet_id=key, before=mark) for key, mark in marks.items()
                    if key not in known)
    for one in rows:
        if one.state == State.SUBMITTED:
            move(one, State.ALERT.value, SHEET_STEPS, words=SHEET_LABELS)
    session.flush()
    session.expire(row, ["stances"])
    if row is not before:
        record("divergence.opened", row, by=by, now=now, aspect=found.aspect_id, sheets=sorted(marks))
    return row


def of_nomination(nomination_id: int, *, only_open: bool = False) -> list[Divergence]:
    """Divergences of a nomination with the experts' words, the open ones first."""
    query = select(Divergence).options(
        joinedload(Divergence.participant),
        selectinload(Divergence.stances).joinedload(Stance.sheet).joinedload(Sheet.expert)).where(
        Divergence.nomination_id == nomination_id)
    if only_open:
        query = query.where(Divergence.closed_at.is_(None))
    return sorted(session.scalars(query), key=lambda row: (row.closed_at is not None, row.id))


def of_sheet(sheet_id: int) -> list[tuple[Stance, Divergence]]:
    """The divergences a sheet takes part in."""
    rows = session.execute(select(Stance, Divergence).join(Divergence, Divergence.id == Stance.divergence_id).where(
        Stance.sheet_id == sheet_id).order_by(Divergence.id))
    return [(stance, divergence) for stance, divergence in rows]


def asked(account_id: int) -> set[int]:
    """Ids of an expert's sheets whose open divergence waits for the expert's word."""
    return set(session.scalars(select(Stance.sheet_id).join(Divergence).join(Sheet, Sheet.id == Stance.sheet_id).where(
        Sheet.expert_id == account_id, Divergence.closed_at.is_(None), Stance.outcome.is_(None),
        Sheet.state.not_in(states.OUT_OF_COUNT_SHEETS))))


def load(divergence_id: int) -> Divergence:
    """A divergence with its stances and sheets; NotVisible when there is none."""
    found = session.scalar(select(Divergence).options(
        selectinload(Divergence.stances).joinedload(Stance.sheet)).where(Divergence.id == divergence_id))
    if found is None:
        raise NotVisible
    return found


def open_stance(sheet: Sheet, aspect_id: str) -> tuple[Stance, Divergence]:
    """The sheet's part in the open divergence on this aspect; Refused when there is none (any more)."""
    for stance, divergence in of_sheet(sheet.id):
        if divergence.aspect_id == aspect_id and divergence.closed_at is None:
            return stance, divergence
    raise Refused("no_divergence", "По этому показателю открытого расхождения нет. Обновите страницу.")


def stand(sheet: Sheet, aspect: Aspect, *, outcome: str, reason: str, mark: Mapping[str, Any] | None, by: Me,
          now: datetime) -> None:
    """The expert's word on a divergence: keep the mark, or change it to `mark`; always with a reason.

    Refused when it is closed, when a signed sheet would change, and when nothing would change by a change.
    """
    hold(sheet, "state")
    stance, divergence = open_stance(sheet, aspect.id)
    if outcome not in OUTCOMES:
        raise Refused("outcome", "Отметьте, оставляете вы оценку или меняете.", field="outcome")
    if not reason.strip():
        raise Refused("reason", "Напишите причину: её увидят эксперты и председатель.", field="reason")
    if outcome == "change":
        _change(sheet, aspect, mark, now)
    stance.outcome, stance.reason, stance.at = outcome, reason.strip()[:1000], now
    stance.after = dict(mark) if outcome == "change" and mark else dict(stance.after or stance.before)
    if sheet.state == State.ALERT:
        move(sheet, State.RECONCILING.value, SHEET_STEPS, words=SHEET_LABELS)
    session.flush()
    record("divergence.answered", divergence, by=by, now=now, sheet=sheet.id, outcome=outcome)


def _change(sheet: Sheet, aspect: Aspect, mark: Mapping[str, Any] | None, now: datetime) -> None:
    if sheet.state not in (State.ALERT, State.RECONCILING):
        raise Refused("locked", "Лист подписан: оценку можно только оставить. Чтобы изменить её, председатель "
                                "возвращает лист.", field="outcome")
    row = session.scalars(select(Mark).where(Mark.sheet_id == sheet.id, Mark.aspect_id == aspect.id)).one()
    if not mark or row.value == dict(mark):
        raise Refused("same", "Новая оценка такая же. Введите другую или выберите «Оставить».", field="outcome")
    row.value, row.at = dict(mark), now


def close(divergence: Divergence, *, resolution: str, by: Me, now: datetime) -> None:
    """The chair closes: every expert concerned has kept or changed. Their sheets may be signed then."""
    hold(divergence, "closed_at")
    if divergence.closed_at is not None:
        raise Refused("closed", "Это расхождение уже закрыто.")
    if not resolution.strip():
        raise Refused("resolution", "Напишите, к чему пришли эксперты.", field="resolution")
    waiting = [s for s in divergence.stances if s.outcome is None and s.sheet.state not in states.OUT_OF_COUNT_SHEETS]
    if waiting:
        raise Refused("waiting", f"Ответили не все эксперты: ждём ответов – {len(waiting)}. Закрыть можно после них.")
    divergence.closed_at, divergence.closed_by_id = now, by.account_id
    divergence.resolution = resolution.strip()[:1000]
    session.flush()
    for stance in divergence.stances:
        still = any(other.closed_at is None for _, other in of_sheet(stance.sheet_id))
        if stance.sheet.state == State.RECONCILING and not still:
            move(stance.sheet, State.SUBMITTED.value, SHEET_STEPS, words=SHEET_LABELS)
    session.flush()
    record("divergence.closed", divergence, by=by, now=now)


def forget(old: Sheet, fresh: Sheet) -> None:
    """A reopened sheet is compared again when it is handed in: open divergences wait for the new version."""
    for stance, divergence in of_sheet(old.id):
        if divergence.closed_at is None:
            stance.sheet_id, stance.outcome, stance.at, stance.reason = fresh.id, None, None, ""
    session.flush()
