"""Conflict of interest: an expert's own declaration or a shared organisation bars assignment and writing."""
import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from contest.models import Nomination, Participant
from core.access import Me
from core.db import session
from core.errors import Refused
from core.journal import record
from core.states import move
from scoring import divergences
from scoring.models.sheets import Conflict, Interest, Sheet
from scoring.rules import states

GROUND_WORDS = {"declared": "самоотвод", "organisation": "одна организация с участником", "self": "сам участвует"}


def declare_interests(nomination: Nomination, text: str, *, by: Me, now: datetime) -> int:
    """Keep the INN of every organisation the expert works or worked for; own sheets of its people end at once.

    Returns how many participants are barred in all. Refused when something in `text` is not an INN.
    """
    wanted = re.findall(r"[^\s,;]+", text)
    bad = [word for word in wanted if not (word.isdigit() and word.isascii() and len(word) in (10, 12))]
    if bad or not wanted:
        raise Refused("inn", f"«{bad[0][:40]}» не ИНН. Введите ИНН из 10 или 12 цифр, несколько – через запятую." if bad
                      else "Введите ИНН организации: 10 или 12 цифр, несколько – через запятую.", field="inn")
    known = set(own_interests(by.account_id, [nomination.id]).get(nomination.id, ()))
    fresh = [inn for inn in dict.fromkeys(wanted) if inn not in known]
    session.add_all(Interest(nomination_id=nomination.id, account_id=by.account_id, inn=inn, at=now) for inn in fresh)
    session.flush()
    record("interest.declared", nomination, by=by, now=now, organisations=len(fresh))
    marked = list(session.scalars(select(Participant).where(Participant.nomination_id == nomination.id)))
    barred = find(nomination, {by.account_id}, marked, by=by, now=now)
    for account_id, participant_id in barred:
        _end_sheets(account_id, participant_id, reason="конфликт интересов", by=by, now=now)
    return len(barred)


def own_interests(account_id: int, nomination_ids: list[int]) -> dict[int, list[str]]:
    """The INNs an expert declared, by nomination."""
    found: dict[int, list[str]] = {}
    for nomination_id, inn in session.execute(select(Interest.nomination_id, Interest.inn).where(
            Interest.nomination_id.in_(nomination_ids), Interest.account_id == account_id).order_by(Interest.inn)):
        found.setdefault(nomination_id, []).append(inn)
    return found


def find(nomination: Nomination, accounts: set[int], people: list[Participant], *, by: Me,
         now: datetime) -> set[tuple[int, int]]:
    """All pairs (expert's account, participant) in conflict, new ones by organisation or person written down."""
    ids = [person.id for person in people]
    found = set(session.execute(select(Conflict.account_id, Conflict.participant_id).where(
        Conflict.account_id.in_(accounts), Conflict.participant_id.in_(ids))).tuples())
    employers: dict[int, set[str]] = {}
    for account_id, inn in session.execute(select(Interest.account_id, Interest.inn).where(
            Interest.nomination_id == nomination.id, Interest.account_id.in_(accounts))):
        employers.setdefault(account_id, set()).add(inn)
    loaded = session.scalars(select(Participant).options(joinedload(Participant.application)).where(
        Participant.id.in_(ids)))
    for person in loaded:
        inn = str(person.application.fields.get("organisation_inn") or "")
        for account_id in accounts:
            ground = "self" if account_id == person.account_id else (
                "organisation" if inn and inn in employers.get(account_id, ()) else "")
            if ground and (account_id, person.id) not in found:
                _add(account_id, person.id, ground, GROUND_WORDS[ground], by=by, now=now)
                found.add((account_id, person.id))
    return found


def declare(sheet: Sheet, *, reason: str, by: Me, now: datetime) -> None:
    """The expert's own word that they must not mark this participant."""
    if (sheet.expert_id, sheet.participant_id) not in pairs(sheet.nomination_id):
        _add(sheet.expert_id, sheet.participant_id, "declared", reason, by=by, now=now)
    _end_sheets(sheet.expert_id, sheet.participant_id, reason=reason, by=by, now=now)


def _add(account_id: int, participant_id: int, ground: str, reason: str, *, by: Me, now: datetime) -> None:
    row = Conflict(account_id=account_id, participant_id=participant_id, ground=ground, reason=reason, at=now,
                   by_id=by.account_id or None)
    session.add(row)
    session.flush()
    record("conflict.found", row, by=by, now=now, expert=account_id, participant=participant_id, ground=ground)


def _end_sheets(account_id: int, participant_id: int, *, reason: str, by: Me, now: datetime) -> None:
    rows = session.scalars(select(Sheet).options(joinedload(Sheet.scheme), joinedload(Sheet.nomination)).where(
        Sheet.expert_id == account_id, Sheet.participant_id == participant_id)).all()
    for sheet in rows:
        if states.Sheet.RECUSED.value in states.SHEET_STEPS[sheet.state]:
            move(sheet, states.Sheet.RECUSED.value, states.SHEET_STEPS, words=states.SHEET_LABELS)
            sheet.reason = reason
            record("sheet.recused", sheet, by=by, now=now)
            divergences.look(sheet, by=by, now=now)


def pairs(nomination_id: int) -> set[tuple[int, int]]:
    """All pairs (expert's account, participant) in conflict in a nomination."""
    return set(session.execute(select(Conflict.account_id, Conflict.participant_id).join(
        Participant, Participant.id == Conflict.participant_id).where(
        Participant.nomination_id == nomination_id)).tuples())


def refuse(sheet: Sheet) -> None:
    """Refuse writing into a sheet whose expert is in conflict with its participant."""
    found = session.scalar(select(Conflict.ground).where(
        Conflict.account_id == sheet.expert_id, Conflict.participant_id == sheet.participant_id))
    if found:
        raise Refused("conflict", "Найден конфликт интересов: оценивать этого участника вам нельзя.")
