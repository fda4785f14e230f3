"""The summary table from the rows of the database: inputs as plain JSON, table by scoring.recalc, kept revisions."""
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from contest import contests
from contest.models import Nomination, Participant
from contest.scope import hold
from core.access import Me
from core.db import session
from core.errors import Refused
from core.journal import record
from core.states import move
from exam.models import Attempt, Sitting
from scoring import conflicts, divergences, recalc, schemes, sheets
from scoring.models.sheets import Scheme, Sheet, Summary
from scoring.rules import states
from scoring.rules.canonical import canonical_bytes, sha256_hex
from scoring.rules.numbers import round_half_up
from scoring.rules.scheme import LESS, UNIT_WEIGHT
from scoring.rules.table import TOOK_PART, normal
from scoring.rules.wording import problem_text

SAID_BY_NAME = frozenset({"unfinished_sheets", "too_few_sheets"})


@dataclass(frozen=True)
class Computed:
    """The table as it stands now. `missing`: sentences that keep a protocol from being drafted.

    `table` is None where there is no scheme, or the facts do not fit together.
    """

    scheme: Scheme | None
    inputs: dict[str, Any] | None = None
    table: dict[str, Any] | None = None
    missing: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether a protocol may be drafted from it."""
        return self.table is not None and not self.missing

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical table, empty while there is none."""
        return sha256_hex(self.table) if self.table is not None else ""


def compute(nomination: Nomination, now: datetime) -> Computed:
    """The summary of a nomination from its rows. Reads only; what is missing is told in words, never guessed."""
    scheme = schemes.in_force(nomination.id)
    if scheme is None:
        return Computed(None, missing=["Схема оценки не закреплена."])
    people = _people(nomination.id)
    if not people:
        return Computed(scheme, missing=["Кодов участников нет: жеребьёвка не проведена."])
    rows = sheets.of_nomination(nomination.id, scheme.id)
    current = {member.account_id for member in sheets.experts(nomination, now)}
    try:
        inputs = _inputs(nomination, scheme, people, rows, current)
        table = recalc.summary(inputs)
        if contests.setting(nomination, "unresolved_tie") == "shared" and table["ties"]:
            inputs["resolutions"] = [_shared(tie, nomination) for tie in table["ties"]]
            table = recalc.summary(inputs)
    except Refused as refusal:
        return Computed(scheme, missing=[refusal.text])
    told = _missing_sheets(nomination, scheme, rows, people, current)
    silent = SAID_BY_NAME if told else frozenset()
    missing = [problem_text(one) for one in table["problems"] if one["code"] not in silent]
    return Computed(scheme, normal(inputs), table, [*missing, *told, *_open_divergences(nomination.id)])


def _people(nomination_id: int) -> list[Participant]:
    return list(session.scalars(select(Participant).where(
        Participant.nomination_id == nomination_id, Participant.code.is_not(None))))


def _inputs(nomination: Nomination, scheme: Scheme, people: list[Participant], rows: list[Sheet],
            current: set[int]) -> dict[str, Any]:
    content = json.loads(scheme.payload)
    less = content["direction"] == LESS
    theory_max = 0 if less else int(contests.setting(nomination, "theory_max"))
    theory, removed = _theory([person.id for person in people], theory_max)
    labels = _labels(rows)
    codes = {person.id: str(person.code) for person in people}
    return {
        "scheme": content,
        "rules": _rules(nomination, theory_max),
        "participants": [_participant(person, theory.get(person.id), removed) for person in people],
        "sheets": [_sheet(row, labels[row.expert_id], codes[row.participant_id], current) for row in rows],
        "resolutions": [],
    }


def _sheet(row: Sheet, expert: str, code: str, current: set[int]) -> dict[str, Any]:
    return {"expert": expert, "participant": code, "module": row.module, "state": _state(row, current),
            "marks": sheets.values(row) if _counts(row) else {}}


def _rules(nomination: Nomination, theory_max: int) -> dict[str, Any]:
    share = int(contests.setting(nomination, "theory_threshold"))
    given = {key: contests.setting(nomination, key) for key in
             ("aggregation", "missing_expert", "min_experts", "not_assessed", "shared_places")}
    return {**given, "tie_break": list(contests.setting(nomination, "tie_break")),
            "theory_weight": UNIT_WEIGHT if theory_max else 0,
            "theory_threshold_hundredths": ceil(Fraction(theory_max * share, 100))}


def _theory(ids: list[int], theory_max: int) -> tuple[dict[int, int | None], set[int]]:
    """Points of theory in hundredths, brought to the maximum of the rules; who was removed from a sitting."""
    found: dict[int, int | None] = {}
    removed = set()
    for attempt in session.scalars(select(Attempt).join(Sitting).where(Attempt.participant_id.in_(ids)).order_by(
            Sitting.opens_at, Attempt.id)):
        found[attempt.participant_id] = _scaled(attempt, theory_max)
        if attempt.finish_reason == "removal":
            removed.add(attempt.participant_id)
    return found, removed


def _scaled(attempt: Attempt, theory_max: int) -> int | None:
    if attempt.points is None:
        return None
    if not theory_max or not attempt.max_points:
        return attempt.points
    return round_half_up(Fraction(attempt.points * theory_max, attempt.max_points))


def _labels(rows: list[Sheet]) -> dict[int, str]:
    """What experts are called in the table: the name, with a number where two have the same one."""
    names = {row.expert_id: row.expert.name for row in rows}
    repeated = {name for name, count in Counter(names.values()).items() if count > 1}
    return {key: f"{name} (№ {key})" if name in repeated else name for key, name in names.items()}


def _participant(person: Participant, theory: int | None, removed: set[int]) -> dict[str, Any]:
    status, reason = TOOK_PART, ""
    if person.withdrawn_at is not None:
        status = "withdrew"
    elif person.no_show:
        status, reason = "absent", person.no_show
    elif person.id in removed:
        status = "removed"
    return {"code": str(person.code), "status": status, "reason": reason,
            "theory_hundredths": theory if status == TOOK_PART else None, "time_seconds": None}


def _counts(row: Sheet) -> bool:
    return row.state in states.COUNTED_SHEETS


def _state(row: Sheet, current: set[int]) -> str:
    """Inclusion in a summary is not a fact of the sheet: the same sheets give the same bytes before and after it."""
    if _counts(row):
        return states.Sheet.SIGNED.value
    gone = row.expert_id not in current and row.state not in states.OUT_OF_COUNT_SHEETS
    return states.Sheet.UNFINISHED.value if gone else row.state


def _shared(codes: list[str], nomination: Nomination) -> dict[str, Any]:
    return {"kind": "shared", "codes": list(codes), "basis": f"правила номинации «{nomination.title}»"[:200]}


def _missing_sheets(nomination: Nomination, scheme: Scheme, rows: list[Sheet], people: list[Participant],
                    current: set[int]) -> list[str]:
    """Sheets not signed, by expert, and pairs that have no sheet at all; only where the rule waits for all of them."""
    if contests.setting(nomination, "missing_expert") != "block":
        return []
    active = {p.id: str(p.code) for p in people if not p.no_show and p.withdrawn_at is None}
    standing = [row for row in sheets.live(rows, current) if row.participant_id in active]
    waiting: dict[str, set[str]] = {}
    for row in standing:
        if not _counts(row):
            waiting.setdefault(row.expert.name, set()).add(active[row.participant_id])
    told = [f"{name}: не подписаны листы {', '.join(sorted(codes))}." for name, codes in sorted(waiting.items())]
    barred = conflicts.pairs(nomination.id)
    cells = Counter((row.participant_id, row.module) for row in standing)
    modules = [module.id for module in schemes.content(scheme).modules]
    short = sorted({code for key, code in active.items() for module in modules
                    if cells[key, module] < sum((one, key) not in barred for one in current)})
    return told + ([f"Назначены не все листы: {', '.join(short)}. Нажмите «Назначить листы» ещё раз."] if short else [])


def _open_divergences(nomination_id: int) -> list[str]:
    return [f"{row.participant.code}: расхождение не закрыто. {row.text}"
            for row in divergences.of_nomination(nomination_id, only_open=True)]


def keep(nomination: Nomination, *, by: Me, now: datetime) -> Summary:
    """Keep the complete table as the next revision, for a protocol; its sheets become «учтён в ведомости».

    The same facts give the same revision. Refused, in words, while anything is missing.
    """
    hold(nomination, "settings_frozen_at")
    found = compute(nomination, now)
    if found.scheme is None or found.table is None or found.inputs is None or found.missing:
        raise Refused("incomplete", "Сводная ведомость не готова. " + " ".join(found.missing[:5]))
    newest = latest(nomination.id)
    inputs = canonical_bytes(found.inputs).decode()
    if newest is not None and (newest.inputs, newest.sha256) == (inputs, found.sha256):
        return newest
    row = Summary(nomination_id=nomination.id, scheme_id=found.scheme.id, revision=_next_revision(nomination.id),
                  inputs=inputs, result=canonical_bytes(found.table).decode(), sha256=found.sha256, at=now,
                  by_id=by.account_id)
    session.add(row)
    _include(nomination.id, found.scheme.id)
    session.flush()
    record("summary.kept", row, by=by, now=now, revision=row.revision, sha256=row.sha256,
           inputs_sha256=found.table["inputs_sha256"])
    return row


def _include(nomination_id: int, scheme_id: int) -> None:
    for sheet in session.scalars(select(Sheet).where(
            Sheet.nomination_id == nomination_id, Sheet.scheme_id == scheme_id,
            Sheet.state == states.Sheet.SIGNED.value)):
        move(sheet, states.Sheet.INCLUDED.value, states.SHEET_STEPS, words=states.SHEET_LABELS)


def _next_revision(nomination_id: int) -> int:
    return (session.scalar(select(func.max(Summary.revision)).where(Summary.nomination_id == nomination_id)) or 0) + 1


def latest(nomination_id: int) -> Summary | None:
    """The newest kept summary of a nomination."""
    return session.scalar(select(Summary).where(Summary.nomination_id == nomination_id).order_by(
        Summary.revision.desc()).limit(1))


def document(row: Summary) -> bytes:
    """The canonical bytes attached to a protocol: what `python -m scoring.recalc` checks."""
    return recalc.document_bytes(json.loads(row.inputs))


def table(row: Summary) -> dict[str, Any]:
    """The kept table as plain JSON."""
    found: dict[str, Any] = json.loads(row.result)
    return found


def signed_sheets(nomination_id: int) -> list[Sheet]:
    """The sheets a protocol stands on, by code and expert: annex 2."""
    rows = session.scalars(select(Sheet).options(joinedload(Sheet.participant), joinedload(Sheet.expert)).where(
        Sheet.nomination_id == nomination_id, Sheet.state.in_(states.COUNTED_SHEETS)))
    return sorted(rows, key=lambda row: (str(row.participant.code), row.expert.name, row.module))
