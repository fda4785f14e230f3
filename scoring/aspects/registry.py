"""The table of kinds, and the one door to them: «не оценивалось» is known here and nowhere else."""

from fractions import Fraction
from typing import Any

from scoring.aspects import defects, judgement, measurement, penalty, steps, time, yes_no
from scoring.aspects.base import MAX_NOTE, AspectInvalid, AspectKind, Mark, Raw, Spec

KINDS: dict[str, AspectKind] = {
    kind.NAME: kind
    for kind in (measurement, yes_no, judgement, steps, defects, time, penalty)  # type: ignore[misc]
}
NOT_ASSESSED = "not_assessed"


def kind_of(name: str) -> AspectKind:
    """Return the kind by its name or refuse."""
    if name not in KINDS:
        raise AspectInvalid("unknown_kind", f"неизвестный способ оценки «{name[:40]}».")
    return KINDS[name]


def is_assessed(mark: Mark) -> bool:
    """Say whether the mark carries a result, not «не оценивалось»."""
    return NOT_ASSESSED not in mark


def check_mark(name: str, spec: Spec, mark: Mark) -> None:
    """Refuse a stored mark that does not fit; «не оценивалось» is {"not_assessed": reason} for every kind."""
    if is_assessed(mark):
        kind_of(name).check_mark(spec, mark)
        return
    reason = mark[NOT_ASSESSED]
    if set(mark) != {NOT_ASSESSED} or not isinstance(reason, str) or not 0 < len(reason.strip()) <= MAX_NOTE:
        raise AspectInvalid("mark_invalid", f"«Не оценивалось» пишется с причиной до {MAX_NOTE} знаков.")


def parse_mark(name: str, spec: Spec, raw: Raw) -> dict[str, Any]:
    """Read form strings into a mark: the kind's fields, or «not_assessed_on» with the reason in «not_assessed».

    Filled «not_assessed» alone is enough; the checkbox without a reason is refused.
    """
    reason = raw.get(NOT_ASSESSED, "").strip()
    if not reason and not raw.get("not_assessed_on", "").strip():
        return kind_of(name).parse_mark(spec, raw)
    if not reason:
        raise AspectInvalid("reason_missing", "Напишите, почему показатель не оценивался.")
    mark = {NOT_ASSESSED: reason}
    check_mark(name, spec, mark)
    return mark


def raw_of(name: str, spec: Spec, mark: Mark) -> dict[str, str]:
    """Return the form strings from which `parse_mark` makes this mark again."""
    if is_assessed(mark):
        return kind_of(name).raw(spec, mark)
    return {NOT_ASSESSED: mark[NOT_ASSESSED], "not_assessed_on": "on"}


def points(name: str, spec: Spec, mark: Mark, max_hundredths: int) -> Fraction | None:
    """Return the exact points in hundredths (penalties negative), None when not assessed."""
    return kind_of(name).points(spec, mark, max_hundredths) if is_assessed(mark) else None


def describe(name: str, spec: Spec, mark: Mark) -> str:
    """Return the mark in Russian."""
    return kind_of(name).describe(spec, mark) if is_assessed(mark) else f"не оценивалось: {mark[NOT_ASSESSED]}"
