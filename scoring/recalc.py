"""The summary table as a pure function, and a command that recomputes it without the service.

    python -m scoring.recalc FILE.json      exit 0 equal byte for byte, 1 different, 2 cannot be read

The file is the JSON attached to a protocol: {"schema": 1, "inputs": …, "summary": …}; points are in hundredths. What
the protocol says besides the table stands beside them under "protocol" and is not recomputed.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from core.errors import Refused
from scoring.rules.canonical import canonical_bytes, parse, sha256_hex
from scoring.rules.marks import SheetTotal, aggregate, missing_expert_problem, module_totals
from scoring.rules.numbers import round_half_up, show
from scoring.rules.ranking import Place, Standing, rank, unresolved_ties
from scoring.rules.scheme import UNIT_WEIGHT
from scoring.rules.states import OUT_OF_COUNT_SHEETS
from scoring.rules.table import TOOK_PART, Inputs, Participant, Rules, normal, read_inputs
from scoring.rules.wording import problem_text, row_note

SCHEMA = 1
WORDS = "protocol"
MAX_FILE = 20 * 1024 * 1024
EQUAL, DIFFERENT, UNREADABLE = 0, 1, 2
NO_TIE: dict[str, Any] = {"rules": [], "unresolved": False, "shared": False, "basis": ""}

Problem = dict[str, str]


@dataclass
class _Practice:
    """Exact hundredths of one participant over all modules."""

    experts: dict[str, list[SheetTotal]]
    mean: Fraction = Fraction(0)
    total: Fraction = Fraction(0)
    safety: Fraction = Fraction(0)


def summary(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary table of the inputs: plain JSON, the same bytes for the same facts in any order.

    Refuses (Refused, Russian) inputs that do not fit together. Facts that are still missing do not refuse: they are
    listed in "problems", their participants have no place, and a protocol must not be frozen while there are any.
    """
    full = normal(inputs)
    read = read_inputs(full)
    problems: list[Problem] = []
    rows = [_row(participant, read, problems) for participant in read.participants]
    standings = [_standing(row) for row in rows if row["status"] == "ranked"]
    places = rank(
        standings,
        direction=read.scheme.direction,
        chain=read.rules.tie_break,
        resolutions=read.resolutions,
        shared=read.rules.shared_places,
    )
    return {
        "schema": SCHEMA,
        "inputs_sha256": sha256_hex(full),
        "scheme_sha256": sha256_hex(full["scheme"]),
        "direction": read.scheme.direction,
        "practice_max_hundredths": read.scheme.max_hundredths,
        "experts": sorted({sheet.expert for sheet in read.sheets if sheet.counts}),
        "rows": _ordered(rows, places),
        "ties": unresolved_ties(places),
        "problems": problems,
    }


def document(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document attached to the protocol: {"schema", "inputs" in normal form, "summary"}."""
    return {"schema": SCHEMA, "inputs": normal(inputs), "summary": summary(inputs)}


def document_bytes(inputs: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of `document`, the same for the same facts."""
    return canonical_bytes(document(inputs))


def check_document(data: bytes) -> list[str]:
    """Recompute the table of an attached document; return the differences in Russian, empty when equal byte for byte.

    Refuses what is not such a document or cannot be computed.
    """
    found = parse(data)
    fits = isinstance(found, dict) and set(found) - {WORDS} == {"schema", "inputs", "summary"}
    if not fits or canonical_bytes(found["schema"]) != canonical_bytes(SCHEMA):
        raise Refused("not_a_document", f"Файл не является приложением к протоколу (schema {SCHEMA}, inputs, summary).")
    computed = summary(found["inputs"])
    if canonical_bytes(computed) == canonical_bytes(found["summary"]):
        return []
    return _differences(computed, found["summary"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; print what was found in Russian and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 1:
        print("Укажите один файл: python -m scoring.recalc ФАЙЛ.json", file=sys.stderr)
        return UNREADABLE
    try:
        data = _read_file(Path(given[0]))
        differences = check_document(data)
    except (OSError, Refused) as error:
        reason = error.text if isinstance(error, Refused) else error.strerror
        print(f"Проверить нельзя: {reason}", file=sys.stderr)
        return UNREADABLE
    found = parse(data)
    if differences:
        print("Таблица НЕ совпадает с исходными данными:", *differences, sep="\n  ")
        return DIFFERENT
    print(*_printed(found["summary"]), sep="\n")
    print(f"Таблица совпадает байт в байт. SHA-256 таблицы: {sha256_hex(found['summary'])}")
    if data != canonical_bytes(found):
        print("Файл переформатирован: данные те же, но отпечаток самого файла другой.")
    return EQUAL


def _row(participant: Participant, read: Inputs, problems: list[Problem]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "code": participant.code,
        "status": participant.status,
        "reason": participant.reason,
        "theory_hundredths": participant.theory,
        "time_seconds": participant.seconds,
        "experts": [],
        "practice_mean_hundredths": None,
        "penalty_hundredths": None,
        "safety_hundredths": None,
        "practice_hundredths": None,
        "total_hundredths": None,
        "place": None,
        "tie": NO_TIE,
    }
    if participant.status != TOOK_PART:
        return row
    practice = _practice(participant.code, read, problems)
    if participant.theory is None and _theory_counts(read.rules):
        problems.append({"code": "no_theory", "participant": participant.code, "module": ""})
        practice = None
    if practice is None:
        return row | {"status": "incomplete"}
    return row | _figures(participant, practice, read.rules)


def _figures(participant: Participant, practice: _Practice, rules: Rules) -> dict[str, Any]:
    mean, total = round_half_up(practice.mean), round_half_up(practice.total)
    theory = participant.theory or 0
    below = _theory_counts(rules) and theory < rules.theory_threshold
    return {
        "status": "below_threshold" if below else "ranked",
        "experts": [_expert(name, practice.experts[name]) for name in sorted(practice.experts)],
        "practice_mean_hundredths": mean,
        # What the penalties changed in the printed figures, so that mean ∓ penalty = practice adds up on paper.
        "penalty_hundredths": abs(mean - total),
        "safety_hundredths": round_half_up(practice.safety),
        "practice_hundredths": total,
        "total_hundredths": round_half_up(Fraction(theory * rules.theory_weight, UNIT_WEIGHT) + practice.total),
    }


def _theory_counts(rules: Rules) -> bool:
    return bool(rules.theory_weight or rules.theory_threshold)


def _practice(code: str, read: Inputs, problems: list[Problem]) -> _Practice | None:
    """Join the experts module by module; None, with the problems told, when something is missing."""
    practice = _Practice({})
    before = len(problems)
    for module in read.scheme.modules:
        mine = [sheet for sheet in read.sheets if (sheet.participant, sheet.module) == (code, module.id)]
        counted = [sheet for sheet in mine if sheet.counts]
        unfinished = sum(not sheet.counts and sheet.state not in OUT_OF_COUNT_SHEETS for sheet in mine)
        trouble = missing_expert_problem(read.rules.missing_expert, read.rules.min_experts, len(counted), unfinished)
        if trouble:
            problems.append({"code": trouble, "participant": code, "module": module.id})
            continue
        totals = module_totals(read.scheme, module, [sheet.marks for sheet in counted], read.rules.not_assessed)
        for sheet, total in zip(counted, totals, strict=True):
            practice.experts.setdefault(sheet.expert, []).append(total)
        try:
            _add(practice, totals, read.rules.aggregation)
        except Refused as refusal:
            problems.append({"code": refusal.code, "participant": code, "module": module.id})
    return practice if len(problems) == before else None


def _add(practice: _Practice, totals: Sequence[SheetTotal], aggregation: str) -> None:
    practice.mean += aggregate(aggregation, [total.points for total in totals])
    practice.total += aggregate(aggregation, [total.total for total in totals])
    practice.safety += aggregate(aggregation, [total.safety for total in totals])


def _expert(name: str, totals: Sequence[SheetTotal]) -> dict[str, Any]:
    return {
        "expert": name,
        "points_hundredths": round_half_up(sum((total.points for total in totals), Fraction(0))),
        "penalty_hundredths": round_half_up(sum((total.penalty for total in totals), Fraction(0))),
        "total_hundredths": round_half_up(sum((total.total for total in totals), Fraction(0))),
    }


def _standing(row: Mapping[str, Any]) -> Standing:
    return Standing(
        code=row["code"],
        total=row["total_hundredths"],
        practice=row["practice_hundredths"],
        safety=row["safety_hundredths"],
        theory=row["theory_hundredths"],
        seconds=row["time_seconds"],
    )


def _ordered(rows: list[dict[str, Any]], places: Sequence[Place]) -> list[dict[str, Any]]:
    """Number the rows: by place, then those without one by code."""
    by_code = {row["code"]: row for row in rows}
    ranked = [by_code.pop(place.code) | {"place": place.place, "tie": _tie(place)} for place in places]
    listed = ranked + [by_code[code] for code in sorted(by_code)]
    return [{"number": number, **row} for number, row in enumerate(listed, 1)]


def _tie(place: Place) -> dict[str, Any]:
    return {
        "rules": list(place.rules),
        "unresolved": place.unresolved,
        "shared": place.shared,
        "basis": place.basis,
    }


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise Refused("too_large", f"Файл больше {MAX_FILE // 1024 // 1024} МБ.")
    return data


def _differences(computed: Mapping[str, Any], given: object) -> list[str]:
    if not isinstance(given, dict):
        return ["вместо таблицы записано другое"]
    told = [f"поле «{key}»" for key in sorted({*computed, *given}) if key != "rows" and _differ(computed, given, key)]
    rows = given.get("rows")
    if not isinstance(rows, list) or len(rows) != len(computed["rows"]):
        return [*told, "число строк"]
    for mine, theirs in zip(computed["rows"], rows, strict=True):
        if not isinstance(theirs, dict):
            told.append(f"строка {mine['number']}")
            continue
        keys = [key for key in sorted({*mine, *theirs}) if _differ(mine, theirs, key)]
        where = f"строка {mine['number']}"
        told += [f"{where}, {key}: вычислено {mine.get(key)}, записано {theirs.get(key)}" for key in keys]
    return told


def _differ(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> bool:
    return canonical_bytes([one.get(key), key in one]) != canonical_bytes([other.get(key), key in other])


def _printed(table: Mapping[str, Any]) -> list[str]:
    lines = []
    for row in table["rows"]:
        place = "—" if row["place"] is None else row["place"]
        total = "—" if row["total_hundredths"] is None else show(row["total_hundredths"])
        lines.append(f"{place}\t{row['code']}\t{total}\t{row_note(row)}".rstrip())
    return lines + [f"Не хватает: {problem_text(problem)}" for problem in table["problems"]]


if __name__ == "__main__":
    sys.exit(main())
