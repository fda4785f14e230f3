"""The scheme of a nomination: uploaded as a draft, looked at, frozen; superseded with a reason, never edited."""
import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from contest import contests
from contest.models import Nomination
from contest.scope import hold
from core import storage
from core.access import Me
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from core.states import move
from scoring.models.sheets import Scheme, Sheet
from scoring.rules import scheme as rules
from scoring.rules import states
from scoring.rules.numbers import show

MAX_ID = 60
TOUCHED = frozenset({*states.COUNTED_SHEETS, states.Sheet.ANNULLED.value})


def upload(nomination: Nomination, scheme: rules.Scheme, received: storage.Received | None, *, name: str, by: Me,
           now: datetime) -> Scheme:
    """Keep a scheme that was read from a workbook as the draft of the nomination; an earlier draft is replaced.

    Nothing is in force until `freeze`. Refused when a mark of the scheme in force is already signed.
    """
    if received is None:
        raise Refused("no_file", "Выберите файл XLSX.", field="file")
    refuse_long(scheme)
    _refuse_signed(nomination.id)
    draft = of_state(nomination.id, "draft") or Scheme(nomination_id=nomination.id,
                                                       version=_next_version(nomination.id))
    draft.title, draft.payload, draft.sha256 = scheme.title, scheme.canonical().decode(), scheme.sha256()
    draft.source_id, draft.source_name = storage.keep(received, now=now).id, name[:200]
    draft.uploaded_at, draft.uploaded_by_id = now, by.account_id
    session.add(draft)
    session.flush()
    record("scheme.uploaded", draft, by=by, now=now, version=draft.version, sha256=draft.sha256)
    return draft


def refuse_long(scheme: rules.Scheme) -> None:
    """Refuse designations and titles that no page could show."""
    for key in (*(module.id for module in scheme.modules), *(aspect.id for aspect in scheme.aspects())):
        if len(key) > MAX_ID:
            words = f"Обозначение «{key[:MAX_ID]}…» длиннее {MAX_ID} знаков. Сократите его в книге."
            raise Refused("long_id", words, field="file")
    if len(scheme.title) > 300:
        raise Refused("long_title", "Название схемы длиннее 300 знаков. Сократите его в книге.", field="file")


def _refuse_signed(nomination_id: int) -> None:
    signed = session.scalar(select(func.count()).select_from(Sheet).where(
        Sheet.nomination_id == nomination_id, Sheet.state.in_(TOUCHED)))
    if signed:
        raise Refused("signed", f"По действующей схеме уже подписано листов: {signed}. Схему больше не меняют.")


def freeze(draft: Scheme, *, reason: str = "", by: Me, now: datetime) -> None:
    """Put the draft in force for good: version, canonical JSON and SHA-256 are fixed.

    A scheme in force before it is superseded (the reason is required) and its unfinished sheets end. Refused when the
    scheme is not a draft, or a sheet of the old one is signed.
    """
    hold(session.get_one(Nomination, draft.nomination_id), "settings_frozen_at")
    hold(draft, "state")
    if draft.state != "draft":
        raise Refused("frozen", "Эта схема уже закреплена. Чтобы заменить её, загрузите новую редакцию.")
    _refuse_signed(draft.nomination_id)
    before = in_force(draft.nomination_id)
    if before is not None:
        _supersede(before, draft, reason=reason.strip(), by=by, now=now)
    draft.state, draft.frozen_at, draft.frozen_by_id, draft.reason = "frozen", now, by.account_id, reason.strip()[:500]
    session.flush()
    record("scheme.frozen", draft, by=by, now=now, version=draft.version, sha256=draft.sha256)


def _supersede(before: Scheme, draft: Scheme, *, reason: str, by: Me, now: datetime) -> None:
    if not reason:
        raise Refused("reason", "Напишите, почему схема заменяется: это будет видно в документах.", field="reason")
    before.state, before.superseded_at = "superseded", now
    for sheet in session.scalars(select(Sheet).where(Sheet.scheme_id == before.id)):
        if states.Sheet.UNFINISHED.value in states.SHEET_STEPS[sheet.state]:
            move(sheet, states.Sheet.UNFINISHED.value, states.SHEET_STEPS, words=states.SHEET_LABELS)
            sheet.reason = "схема оценки заменена"
    record("scheme.superseded", before, by=by, now=now, by_scheme=draft.id, reason=reason)


def _next_version(nomination_id: int) -> int:
    return (session.scalar(select(func.max(Scheme.version)).where(Scheme.nomination_id == nomination_id)) or 0) + 1


def of_state(nomination_id: int, state: str) -> Scheme | None:
    """The newest scheme of the nomination in this state."""
    return session.scalar(select(Scheme).where(Scheme.nomination_id == nomination_id, Scheme.state == state).order_by(
        Scheme.version.desc()).limit(1))


def in_force(nomination_id: int) -> Scheme | None:
    """The frozen scheme all marks are given by."""
    return of_state(nomination_id, "frozen")


def versions(nomination_id: int) -> list[Scheme]:
    """All schemes of the nomination, the newest first."""
    return list(session.scalars(select(Scheme).options(joinedload(Scheme.source)).where(
        Scheme.nomination_id == nomination_id).order_by(Scheme.version.desc())))


def load(scheme_id: int) -> Scheme:
    """A scheme with its workbook; NotVisible when there is none."""
    found = session.scalar(select(Scheme).options(joinedload(Scheme.source)).where(Scheme.id == scheme_id))
    if found is None:
        raise NotVisible
    return found


def content(row: Scheme) -> rules.Scheme:
    """The scheme as the rules know it."""
    return rules.read_scheme(json.loads(row.payload))


def warnings(nomination: Nomination, scheme: rules.Scheme) -> Iterator[str]:
    """What does not forbid freezing but must be seen: points that disagree with the rules of the nomination."""
    declared = contests.setting(nomination, "practice_max")
    if scheme.direction == rules.MORE and scheme.max_hundredths != declared:
        yield (f"В правилах номинации за практику {show(declared)}, а в схеме {show(scheme.max_hundredths)}. "
               "Проверьте, что это не ошибка.")
