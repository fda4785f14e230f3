"""Sheets: assigned to every expert, filled as drafts, submitted blind, signed and locked. Experts know codes only."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from contest import people
from contest.models import BodyMember, Nomination, Participant
from contest.rules.roles import EXPERTS
from contest.scope import hold
from core.access import Me
from core.canonical import canonical
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from core.states import move
from scoring import conflicts, divergences, schemes
from scoring.models.sheets import Mark, Scheme, Sheet
from scoring.rules import states
from scoring.rules.canonical import sha256_hex
from scoring.rules.entry import Entry
from scoring.rules.marks import check_marks, sheet_total
from scoring.rules.numbers import round_half_up
from scoring.rules.scheme import Module
from scoring.rules.states import SHEET_LABELS, SHEET_STEPS
from scoring.rules.states import Sheet as State

WRITABLE = frozenset({State.ASSIGNED.value, State.IN_PROGRESS.value, State.REOPENED.value})
HANDED_IN = divergences.HANDED_IN
LOCKED_WORDS = {
    State.SIGNED.value: "Лист подписан и закрыт: оценки в нём больше не меняются.",
    State.INCLUDED.value: "Лист подписан и учтён в сводной ведомости: оценки в нём больше не меняются.",
    State.ANNULLED.value: "Этот лист аннулирован: вместо него заполняется новый.",
    State.RECUSED.value: "Вы заявили самоотвод или найден конфликт интересов: этот лист заполнять нельзя.",
    State.UNFINISHED.value: "Лист не завершён и закрыт: эксперт заменён или схема оценки изменилась.",
}
SUBMITTED_WORDS = "Лист уже сдан. Изменить оценку можно только при согласовании расхождения или после возврата листа."


@dataclass(frozen=True)
class Assigned:
    """What an assignment did: new sheets, pairs barred by a conflict, sheets ended with their experts."""

    made: int
    barred: int
    ended: int


def experts(nomination: Nomination, now: datetime) -> list[BodyMember]:
    """Those who mark at `now`: the whole expert group, its chair first."""
    group = people.body_of(nomination.contest_id, "expert_group", nomination.id)
    return people.members_at(group, now) if group else []


def markable(nomination_id: int) -> list[Participant]:
    """Participants to be marked: code drawn, not absent, not withdrawn; by code. No names are loaded."""
    return list(session.scalars(select(Participant).where(
        Participant.nomination_id == nomination_id, Participant.code.is_not(None), Participant.no_show == "",
        Participant.withdrawn_at.is_(None)).order_by(Participant.code)))


def assign(nomination: Nomination, *, by: Me, now: datetime) -> Assigned:
    """Give every expert of the group a sheet of every participant and module; what exists stays, so call it again.

    Unsigned sheets of experts who left the group become «не завершён». Pairs in conflict get no sheet. Refused
    without a frozen scheme, an expert group or codes.
    """
    hold(nomination, "settings_frozen_at")
    scheme, group, marked = _ready(nomination, now)
    ended = retire(nomination, now=now, by=by)
    barred = conflicts.find(nomination, {m.account_id for m in group}, marked, by=by, now=now)
    versions, live = _standing(scheme)
    made = 0
    for module in schemes.content(scheme).modules:
        for person in marked:
            for account_id in (m.account_id for m in group):
                key = (account_id, person.id, module.id)
                if key in live or (account_id, person.id) in barred:
                    continue
                session.add(Sheet(nomination_id=nomination.id, scheme_id=scheme.id, participant_id=person.id,
                                  expert_id=account_id, module=module.id, version=versions.get(key, 0) + 1,
                                  assigned_at=now))
                made += 1
    session.flush()
    record("sheets.assigned", nomination, by=by, now=now, made=made, barred=len(barred), ended=ended, scheme=scheme.id)
    return Assigned(made, len(barred), ended)


def _ready(nomination: Nomination, now: datetime) -> tuple[Scheme, list[BodyMember], list[Participant]]:
    scheme, group, marked = schemes.in_force(nomination.id), experts(nomination, now), markable(nomination.id)
    if scheme is None:
        raise Refused("no_scheme", "Схема оценки не закреплена. Загрузите и закрепите её, затем назначайте листы.")
    if not group:
        raise Refused("no_experts", "Экспертная группа не назначена. Внесите её состав, затем назначайте листы.")
    if not marked:
        raise Refused("no_codes", "Оценивать некого: кодов участников нет. Сначала проведите жеребьёвку.")
    return scheme, group, marked


def _standing(scheme: Scheme) -> tuple[dict[tuple[int, int, str], int], set[tuple[int, int, str]]]:
    versions: dict[tuple[int, int, str], int] = {}
    live: set[tuple[int, int, str]] = set()
    for sheet in session.scalars(select(Sheet).where(Sheet.scheme_id == scheme.id)):
        key = (sheet.expert_id, sheet.participant_id, sheet.module)
        versions[key] = max(versions.get(key, 0), sheet.version)
        if sheet.state not in states.OUT_OF_COUNT_SHEETS:
            live.add(key)
    return versions, live


def retire(nomination: Nomination, *, by: Me, now: datetime) -> int:
    """End the unsigned sheets of those no longer in the expert group; what they signed stands."""
    current = {member.account_id for member in experts(nomination, now)}
    rows = session.scalars(select(Sheet).options(joinedload(Sheet.scheme), joinedload(Sheet.nomination)).where(
        Sheet.nomination_id == nomination.id, Sheet.expert_id.not_in(current),
        Sheet.state.not_in({*states.COUNTED_SHEETS, *states.OUT_OF_COUNT_SHEETS}))).all()
    for sheet in rows:
        move(sheet, State.UNFINISHED.value, SHEET_STEPS, words=SHEET_LABELS)
        sheet.reason = "эксперт заменён"
        record("sheet.unfinished", sheet, by=by, now=now, expert=sheet.expert_id)
    for sheet in rows:
        divergences.look(sheet, by=by, now=now)
    return len(rows)


def load(sheet_id: int) -> Sheet | None:
    """A sheet with all that its page shows; nothing of the participant but the code is needed from it."""
    return session.scalar(_whole().where(Sheet.id == sheet_id))


def _whole() -> Any:
    return select(Sheet).options(
        joinedload(Sheet.scheme), joinedload(Sheet.nomination).joinedload(Nomination.contest),
        joinedload(Sheet.participant), joinedload(Sheet.expert), selectinload(Sheet.marks))


def own(me: Me, sheet_id: int) -> Sheet:
    """The person's own sheet while they are in the expert group of its nomination; otherwise NotVisible."""
    sheet = load(sheet_id)
    if sheet is None or sheet.expert_id != me.account_id or not me.has(*EXPERTS, nomination_id=sheet.nomination_id):
        raise NotVisible
    return sheet


def visible(me: Me, sheet_id: int) -> Sheet:
    """An own sheet; somebody else's only after one's own of the same participant is submitted, and theirs too."""
    sheet = load(sheet_id)
    if sheet is None or not me.has(*EXPERTS, nomination_id=sheet.nomination_id):
        raise NotVisible
    if sheet.expert_id != me.account_id and not (sheet.state in HANDED_IN and sees_others(me, sheet)):
        raise NotVisible
    return sheet


def sees_others(me: Me, sheet: Sheet) -> bool:
    """Whether the person has handed in every own sheet of this participant and module, and has at least one."""
    mine = session.scalars(select(Sheet.state).where(
        Sheet.scheme_id == sheet.scheme_id, Sheet.participant_id == sheet.participant_id, Sheet.module == sheet.module,
        Sheet.expert_id == me.account_id, Sheet.state.not_in(states.OUT_OF_COUNT_SHEETS))).all()
    return bool(mine) and all(state in HANDED_IN for state in mine)


def others(sheet: Sheet) -> list[Sheet]:
    """Handed-in sheets of the other experts for the same participant and module. Ask `sees_others` first."""
    return list(session.scalars(_whole().where(
        Sheet.scheme_id == sheet.scheme_id, Sheet.participant_id == sheet.participant_id, Sheet.module == sheet.module,
        Sheet.expert_id != sheet.expert_id, Sheet.state.in_(HANDED_IN)).order_by(Sheet.expert_id)))


def module_of(sheet: Sheet) -> Module:
    """The module of the scheme this sheet covers."""
    return schemes.content(sheet.scheme).module(sheet.module)


def entries(sheet: Sheet) -> dict[str, Entry]:
    """What the sheet says, by aspect; an aspect never touched is missing. A bare note is kept with an empty value."""
    return {mark.aspect_id: Entry(mark.value or None, mark.note) for mark in sheet.marks}


def values(sheet: Sheet) -> dict[str, dict[str, Any]]:
    """The marks of the sheet as the rules take them."""
    return {mark.aspect_id: mark.value for mark in sheet.marks if mark.value}


def refuse_locked(sheet: Sheet) -> None:
    """Refuse any writing into a sheet that is not its expert's draft, in words of its state."""
    if sheet.state not in WRITABLE:
        raise Refused("locked", LOCKED_WORDS.get(sheet.state, SUBMITTED_WORDS))


def save(sheet: Sheet, given: Mapping[str, Entry], *, by: Me, now: datetime) -> None:
    """Keep a draft at any completeness. Refused when submitted, signed or ended, and in a conflict of interest."""
    hold(sheet, "state")
    refuse_locked(sheet)
    conflicts.refuse(sheet)
    changed = _write(sheet, given, now)
    if sheet.state != State.IN_PROGRESS:
        move(sheet, State.IN_PROGRESS.value, SHEET_STEPS, words=SHEET_LABELS)
    sheet.saved_at = now
    session.flush()
    record("sheet.saved", sheet, by=by, now=now, changed=changed)


def _write(sheet: Sheet, given: Mapping[str, Entry], now: datetime) -> list[str]:
    rows, changed = {mark.aspect_id: mark for mark in sheet.marks}, []
    for aspect_id, entry in sorted(given.items()):
        row, value = rows.get(aspect_id), entry.mark or {}
        if row is None and (value or entry.note):
            sheet.marks.append(Mark(aspect_id=aspect_id, value=value, note=entry.note, at=now))
        elif row is not None and (row.value, row.note) != (value, entry.note):
            row.value, row.note, row.at = value, entry.note, now
        else:
            continue
        changed.append(aspect_id)
    return changed


def submit(sheet: Sheet, *, by: Me, now: datetime) -> None:
    """Hand the sheet in: every aspect has a mark or «не оценивалось» with a reason. Others' marks open after it.

    When it was the last of its participant and module, experts far apart get an alert.
    """
    hold(sheet, "state")
    refuse_locked(sheet)
    conflicts.refuse(sheet)
    check_marks(module_of(sheet), values(sheet))
    if sheet.state != State.IN_PROGRESS:
        move(sheet, State.IN_PROGRESS.value, SHEET_STEPS, words=SHEET_LABELS)
    sheet.submitted_at = now
    move(sheet, State.SUBMITTED.value, SHEET_STEPS, words=SHEET_LABELS)
    session.flush()
    record("sheet.submitted", sheet, by=by, now=now, version=sheet.version)
    divergences.look(sheet, by=by, now=now)


def sign(sheet: Sheet, *, basis: str, by: Me, now: datetime) -> None:
    """Sign by the re-entered secret (checked before): canonical JSON and SHA-256 are fixed, the sheet is locked.

    Refused before submission, while a divergence of it is open, a second time, and without the basis.
    """
    hold(sheet, "state")
    if sheet.state in (State.ALERT, State.RECONCILING):
        raise Refused("divergence", "По листу открыто расхождение. Оставьте или измените оценку с причиной и "
                                    "дождитесь, пока председатель его закроет.")
    if sheet.state in WRITABLE:
        raise Refused("not_submitted", "Сначала сдайте лист: подписывают сданный.")
    if sheet.state != State.SUBMITTED:
        raise Refused("locked", LOCKED_WORDS[sheet.state])
    conflicts.refuse(sheet)
    if not basis.strip():
        raise Refused("basis", "Укажите, по чему оценивали: трансляция, запись, файлы результата, протокол измерений.",
                      field="basis")
    sheet.basis = basis.strip()[:300]
    facts = _facts(sheet, now)
    sheet.payload, sheet.sha256, sheet.signed_at = canonical(facts).decode(), sha256_hex(facts), now
    move(sheet, State.SIGNED.value, SHEET_STEPS, words=SHEET_LABELS)
    session.flush()
    record("sheet.signed", sheet, by=by, now=now, sha256=sheet.sha256, version=sheet.version)


def _facts(sheet: Sheet, now: datetime) -> dict[str, Any]:
    """What is signed: the sheet in plain JSON, the participant by code."""
    scheme, marks = schemes.content(sheet.scheme), values(sheet)
    total = sheet_total(scheme, scheme.module(sheet.module), marks)
    return {"schema": 1, "sheet": sheet.id, "version": sheet.version, "nomination": sheet.nomination.title,
            "scheme_sha256": sheet.scheme.sha256, "participant": sheet.participant.code, "module": sheet.module,
            "expert": sheet.expert.name, "expert_account": sheet.expert_id, "basis": sheet.basis,
            "marks": {mark.aspect_id: {"value": mark.value, "note": mark.note} for mark in sheet.marks if mark.value},
            "total_hundredths": round_half_up(total.total), "submitted_at": _iso(sheet.submitted_at),
            "signed_at": _iso(now)}


def _iso(instant: datetime | None) -> str:
    return instant.isoformat() if instant else ""


def recuse(sheet: Sheet, *, reason: str, by: Me, now: datetime) -> None:
    """The expert steps back from this participant: all own open sheets of the participant end, none is given again."""
    hold(sheet, "state")
    if sheet.state in states.COUNTED_SHEETS or sheet.state in states.OUT_OF_COUNT_SHEETS:
        raise Refused("locked", LOCKED_WORDS[sheet.state])
    if not reason.strip():
        raise Refused("reason", "Напишите причину самоотвода: она попадёт в протокол.", field="reason")
    conflicts.declare(sheet, reason=reason.strip()[:500], by=by, now=now)


def reopen(sheet: Sheet, *, reason: str, by: Me, now: datetime) -> Sheet:
    """The chair annuls a signed sheet and gives its expert a new version with the same marks to correct.

    The old sheet stays readable as «аннулирован». Refused when it is not signed or already in a summary.
    """
    hold(sheet, "state")
    if sheet.state != State.SIGNED:
        raise Refused("not_signed", "Вернуть можно только подписанный лист, ещё не вошедший в протокол.")
    if not reason.strip():
        raise Refused("reason", "Напишите, почему лист возвращается эксперту.", field="reason")
    move(sheet, State.ANNULLED.value, SHEET_STEPS, words=SHEET_LABELS)
    fresh = Sheet(nomination_id=sheet.nomination_id, scheme_id=sheet.scheme_id, participant_id=sheet.participant_id,
                  expert_id=sheet.expert_id, module=sheet.module, version=sheet.version + 1, state=State.REOPENED.value,
                  reason=reason.strip()[:500], replaces_id=sheet.id, assigned_at=now)
    session.add(fresh)
    session.flush()
    session.add_all(Mark(sheet_id=fresh.id, aspect_id=m.aspect_id, value=m.value, note=m.note, at=m.at)
                    for m in sheet.marks)
    session.flush()
    divergences.forget(sheet, fresh)
    record("sheet.reopened", fresh, by=by, now=now, annulled=sheet.id, reason=reason.strip()[:500])
    return fresh


def mine(me: Me) -> list[Sheet]:
    """The person's sheets that are not over, in nominations where they still are an expert: by nomination and code."""
    return list(session.scalars(select(Sheet).options(
        joinedload(Sheet.nomination).joinedload(Nomination.contest), joinedload(Sheet.participant),
        joinedload(Sheet.scheme), selectinload(Sheet.marks)).join(Participant).where(
        Sheet.expert_id == me.account_id, Sheet.nomination_id.in_(me.ids("nomination", EXPERTS)),
        Sheet.state.not_in({State.UNFINISHED.value, State.ANNULLED.value}), Participant.no_show == "",
        Participant.withdrawn_at.is_(None)).order_by(Sheet.nomination_id, Participant.code, Sheet.module)))


def of_nomination(nomination_id: int, scheme_id: int | None) -> list[Sheet]:
    """All sheets by the scheme in force with participant, expert and marks: for the matrix and the summary."""
    return list(session.scalars(select(Sheet).options(
        joinedload(Sheet.participant), joinedload(Sheet.expert), selectinload(Sheet.marks)).where(
        Sheet.nomination_id == nomination_id, Sheet.scheme_id == scheme_id).order_by(Sheet.id)))


def live(rows: Iterable[Sheet], current: set[int]) -> list[Sheet]:
    """Sheets that count or may yet count: not ended, and of somebody still in the group unless signed."""
    return [row for row in rows if row.state not in states.OUT_OF_COUNT_SHEETS and (
        row.expert_id in current or row.state in states.COUNTED_SHEETS)]
