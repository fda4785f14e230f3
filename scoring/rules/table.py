"""What the summary table is computed from: reading it from plain JSON, with one normal form."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import Refused
from scoring.aspects.base import MAX_POINTS
from scoring.rules import reading
from scoring.rules.canonical import canonical_bytes
from scoring.rules.marks import AGGREGATIONS, MISSING_LABELS, NOT_ASSESSED_LABELS, Marks, check_marks
from scoring.rules.ranking import DEFAULT_CHAIN, SHARED_LABELS, Resolution, check_chain, read_resolution
from scoring.rules.scheme import LESS, UNIT_WEIGHT, Scheme, read_scheme, validate_scheme
from scoring.rules.states import COUNTED_SHEETS, SHEET_LABELS

TOOK_PART = "took_part"
STATUSES = {TOOK_PART: "участвовал", "absent": "не явился", "removed": "снят", "withdrew": "отказался от участия"}
MAX_SECONDS = 30 * 24 * 3600

_LISTS = ("participants", "sheets", "resolutions")
_LEADING = ("code", "participant", "module", "expert")  # for the eye; what is left is settled by the bytes

DEFAULT_RULES: Mapping[str, Any] = {
    "aggregation": "mean",
    "missing_expert": "block",
    "min_experts": 1,
    "not_assessed": "others",
    "tie_break": list(DEFAULT_CHAIN),
    "shared_places": "skip",
    "theory_weight": UNIT_WEIGHT,
    "theory_threshold_hundredths": 0,
}


@dataclass(frozen=True)
class Rules:
    """The declared rules: theory_weight 100 is 1.00, 0 leaves theory out; threshold 0 is none."""

    aggregation: str
    missing_expert: str
    min_experts: int
    not_assessed: str
    tie_break: tuple[str, ...]
    shared_places: str
    theory_weight: int
    theory_threshold: int


@dataclass(frozen=True)
class Participant:
    """Theory in hundredths, time in seconds; None is «no result»."""

    code: str
    status: str
    reason: str
    theory: int | None
    seconds: int | None


@dataclass(frozen=True)
class Sheet:
    """One expert's marks of one participant for one module; marks are checked only where the sheet counts."""

    expert: str
    participant: str
    module: str
    state: str
    marks: Marks

    @property
    def counts(self) -> bool:
        """Signed and not annulled."""
        return self.state in COUNTED_SHEETS


@dataclass(frozen=True)
class Inputs:
    """All that the summary depends on, in its normal order."""

    scheme: Scheme
    rules: Rules
    participants: tuple[Participant, ...]
    sheets: tuple[Sheet, ...]
    resolutions: tuple[Resolution, ...]


def normal(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs in their one normal form: rules filled with the defaults, lists in a fixed order.

    The bytes, and so the SHA-256, do not depend on the order in which a database returned its rows.
    """
    where = "Исходные данные"
    reading.only(reading.mapping(inputs, where), ("scheme", "rules", "participants", "sheets", "resolutions"), where)
    given = {"rules": {}, "resolutions": [], **inputs}
    return {
        "scheme": given.get("scheme"),
        "rules": {**DEFAULT_RULES, **reading.mapping(given["rules"], where)},
        **{key: sorted(reading.items(given, key, where), key=_normal_place) for key in _LISTS},
    }


def read_inputs(inputs: Mapping[str, Any]) -> Inputs:
    """Read normal inputs; refuse (Refused, Russian) what does not fit together, before anything is computed."""
    scheme = read_scheme(inputs["scheme"])
    findings = validate_scheme(scheme)
    if findings:
        raise Refused("bad_scheme", f"Схема оценки: {findings[0].where}: {findings[0].text}")
    read = Inputs(
        scheme=scheme,
        rules=_read_rules(inputs["rules"], scheme),
        participants=tuple(_read_participant(row) for row in inputs["participants"]),
        sheets=tuple(_read_sheet(row, scheme) for row in inputs["sheets"]),
        resolutions=tuple(read_resolution(row) for row in inputs["resolutions"]),
    )
    codes = [one.code for one in read.participants]
    _unique(codes, "Код участника")
    _unique([(one.participant, one.module, one.expert) for one in read.sheets if one.counts], "Лист эксперта")
    strangers = sorted({sheet.participant for sheet in read.sheets} - set(codes))
    if strangers:
        raise Refused("unknown_participant", f"Есть лист участника «{strangers[0]}», которого нет в списке.")
    return read


def _normal_place(row: object) -> tuple[list[str], bytes]:
    fields = reading.mapping(row, "Исходные данные")
    return [str(fields.get(name)) for name in _LEADING], canonical_bytes(fields)


def _read_rules(data: Mapping[str, Any], scheme: Scheme) -> Rules:
    where = "Правила подсчёта"
    reading.only(data, tuple(DEFAULT_RULES), where)
    chain = reading.items(data, "tie_break", where)
    check_chain([str(name) for name in chain])
    weight = reading.integer(data, "theory_weight", where, 0, 100 * UNIT_WEIGHT)
    if scheme.direction == LESS and weight:
        text = "Когда меньше — лучше, баллы теории в итог не входят: задайте вес теории 0."
        raise Refused("theory_in_less_is_better", text)
    return Rules(
        aggregation=reading.choice(data, "aggregation", where, tuple(AGGREGATIONS)),
        missing_expert=reading.choice(data, "missing_expert", where, tuple(MISSING_LABELS)),
        min_experts=reading.integer(data, "min_experts", where, 1, 100),
        not_assessed=reading.choice(data, "not_assessed", where, tuple(NOT_ASSESSED_LABELS)),
        tie_break=tuple(chain),
        shared_places=reading.choice(data, "shared_places", where, tuple(SHARED_LABELS)),
        theory_weight=weight,
        theory_threshold=reading.integer(data, "theory_threshold_hundredths", where, 0, MAX_POINTS),
    )


def _read_participant(data: Mapping[str, Any]) -> Participant:
    where = "Участник"
    reading.only(data, ("code", "status", "reason", "theory_hundredths", "time_seconds"), where)
    return Participant(
        code=reading.text(data, "code", where),
        status=reading.choice(data, "status", where, tuple(STATUSES)),
        reason=reading.text(data, "reason", where, empty=True),
        theory=reading.optional_integer(data, "theory_hundredths", where, -MAX_POINTS, MAX_POINTS),
        seconds=reading.optional_integer(data, "time_seconds", where, 0, MAX_SECONDS),
    )


def _read_sheet(data: Mapping[str, Any], scheme: Scheme) -> Sheet:
    where = "Оценочный лист"
    reading.only(data, ("expert", "participant", "module", "state", "marks"), where)
    sheet = Sheet(
        expert=reading.text(data, "expert", where),
        participant=reading.text(data, "participant", where),
        module=reading.text(data, "module", where),
        state=reading.choice(data, "state", where, tuple(SHEET_LABELS)),
        marks=reading.mapping(data.get("marks"), where),
    )
    module = scheme.module(sheet.module)
    if sheet.counts:
        for mark in sheet.marks.values():
            reading.mapping(mark, where)
        check_marks(module, sheet.marks)
    return sheet


def _unique(keys: Sequence[object], what: str) -> None:
    repeated = [key for key, count in Counter(keys).items() if count > 1]
    if repeated:
        raise Refused("repeated", f"{what} повторяется: {repeated[0]}.")
