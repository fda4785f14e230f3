"""Penalty: points for each breach, up to a cap. Without a note or a moment of the recording it is refused."""

import re
from fractions import Fraction
from typing import Any

from scoring.aspects.base import (
    MAX_NOTE,
    MAX_POINTS,
    AspectInvalid,
    Mark,
    Raw,
    Spec,
    field,
    lines,
    mark_integer,
    only_keys,
    unreadable,
)
from scoring.rules import reading
from scoring.rules.numbers import show, show_seconds, to_count, to_hundredths, to_seconds

NAME = "penalty"
LABEL = "штраф"
TAKES = True
COMPARE = "same"
MAX_COUNT = 99
MAX_MOMENT = 48 * 3600
EXAMPLE = "−5 за нарушение; не более 20"


def validate(spec: Spec, max_hundredths: int) -> None:
    """A spec is {"each_hundredths", "cap_hundredths"?}; a penalty adds nothing to the maxima, so its maximum is 0."""
    reading.only(spec, ("each_hundredths", "cap_hundredths"), LABEL, AspectInvalid)
    each = reading.integer(spec, "each_hundredths", LABEL, 1, MAX_POINTS, AspectInvalid)
    reading.optional_integer(spec, "cap_hundredths", LABEL, each, MAX_POINTS * MAX_COUNT, AspectInvalid)
    if max_hundredths:
        raise AspectInvalid("spec_invalid", "у штрафа максимальный балл должен быть 0: он не входит в сумму.")


def check_mark(spec: Spec, mark: Mark) -> None:
    """A mark is {"count", "note", "moment_seconds": of the recording or null}."""
    only_keys(mark, "count", "note", "moment_seconds")
    count = mark_integer(mark, "count", 0, MAX_COUNT)
    if not isinstance(mark["note"], str) or len(mark["note"]) > MAX_NOTE:
        raise AspectInvalid("mark_invalid", f"Пояснение к штрафу должно быть текстом до {MAX_NOTE} знаков.")
    if mark["moment_seconds"] is not None:
        mark_integer(mark, "moment_seconds", 0, MAX_MOMENT)
    if count and not mark["note"].strip() and mark["moment_seconds"] is None:
        raise AspectInvalid("evidence_missing", "Штраф нужно подтвердить: опишите нарушение или укажите момент записи.")


def parse_mark(spec: Spec, raw: Raw) -> dict[str, Any]:
    """Read «count» (empty is 0), «note», «moment» (мм:сс of the recording)."""
    moment = raw.get("moment", "").strip()
    mark = {
        "count": to_count(raw.get("count", "").strip() or "0", "Число нарушений", AspectInvalid, high=MAX_COUNT),
        "note": raw.get("note", "").strip(),
        "moment_seconds": to_seconds(moment, "Момент записи", AspectInvalid) if moment else None,
    }
    check_mark(spec, mark)
    return mark


def raw(spec: Spec, mark: Mark) -> dict[str, str]:
    """Return the form strings of the mark."""
    moment = mark["moment_seconds"]
    return {"count": str(mark["count"]), "note": mark["note"], "moment": "" if moment is None else show_seconds(moment)}


def points(spec: Spec, mark: Mark, max_hundredths: int) -> Fraction:
    """Return minus the penalty, capped, in hundredths."""
    taken = mark["count"] * spec["each_hundredths"]
    cap = spec.get("cap_hundredths")
    return Fraction(-(taken if cap is None else min(taken, cap)))


def describe(spec: Spec, mark: Mark) -> str:
    """Return the count, the price and the evidence."""
    if not mark["count"]:
        return "нарушений нет"
    moment = mark["moment_seconds"]
    parts = [f"{mark['count']} × −{show(spec['each_hundredths'])}", mark["note"]]
    parts.append("" if moment is None else f"запись {show_seconds(moment)}")
    return "; ".join(part for part in parts if part)


def counts_to_max(spec: Spec) -> bool:
    """A penalty is outside the sum of maxima."""
    return False


def form(spec: Spec) -> dict[str, Any]:
    """Return count, note and moment."""
    fields = [
        field("count", "count", "Число нарушений", min="0", max=str(MAX_COUNT), step="1", required=False),
        field("note", "text", "Что нарушено", required=False, max=str(MAX_NOTE)),
        field("moment", "time", "Момент записи, мм:сс", required=False),
    ]
    return {"kind": NAME, "hint": to_text(spec), "fields": fields}


def from_text(text: str) -> dict[str, Any]:
    """Read «−5 за нарушение», optionally with «не более 20»."""
    parts = lines(text)
    each = re.fullmatch(r"[-−–]\s*([0-9.,]+)\s+за\s+\S.*", parts[0]) if parts else None
    cap = re.fullmatch(r"не более\s+([0-9.,]+)", parts[1]) if len(parts) == 2 else None
    if not each or len(parts) > 2 or (len(parts) == 2 and not cap):
        raise unreadable(text, EXAMPLE)
    spec = {"each_hundredths": to_hundredths(each[1], LABEL, AspectInvalid)}
    return spec | ({"cap_hundredths": to_hundredths(cap[1], LABEL, AspectInvalid)} if cap else {})


def to_text(spec: Spec) -> str:
    """Write the price and the cap."""
    cap = spec.get("cap_hundredths")
    return f"−{show(spec['each_hundredths'])} за нарушение" + ("" if cap is None else f"; не более {show(cap)}")
