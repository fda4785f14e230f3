"""Count of defects: each named defect takes its points off the maximum, never below zero."""

import re
from fractions import Fraction
from typing import Any

from scoring.aspects.base import AspectInvalid, Mark, Raw, Spec, field, lines, only_keys, unreadable
from scoring.rules import reading
from scoring.rules.numbers import show, to_count, to_hundredths

NAME = "defects"
LABEL = "число дефектов"
TAKES = False
COMPARE = "points"
MAX_COUNT = 999
EXAMPLE = "мелкий = −1; средний = −2; крупный = −3"


def validate(spec: Spec, max_hundredths: int) -> None:
    """A spec is {"defects": [{"title", "minus_hundredths"}]}, minus from 0.01 up to the maximum."""
    reading.only(spec, ("defects",), LABEL, AspectInvalid)
    defects = reading.items(spec, "defects", LABEL, AspectInvalid)
    if not 1 <= len(defects) <= 20:
        raise AspectInvalid("spec_invalid", "видов дефектов должно быть от 1 до 20.")
    for defect in defects:
        reading.only(reading.mapping(defect, LABEL, AspectInvalid), ("title", "minus_hundredths"), LABEL, AspectInvalid)
        reading.text(defect, "title", LABEL, AspectInvalid)
        reading.integer(defect, "minus_hundredths", LABEL, 1, max(max_hundredths, 1), AspectInvalid)


def check_mark(spec: Spec, mark: Mark) -> None:
    """A mark is {"counts": one number per named defect}."""
    only_keys(mark, "counts")
    counts = mark["counts"]
    if not isinstance(counts, list) or len(counts) != len(spec["defects"]):
        raise AspectInvalid("mark_invalid", "Запись оценки повреждена: число видов дефектов не то, что в схеме.")
    if any(type(count) is not int or not 0 <= count <= MAX_COUNT for count in counts):
        raise AspectInvalid("mark_invalid", "Запись оценки повреждена: число дефектов вне пределов.")


def parse_mark(spec: Spec, raw: Raw) -> dict[str, Any]:
    """Read the fields «count_0», «count_1»…, all of them required: 0 is said, not assumed."""
    return {
        "counts": [
            to_count(raw.get(f"count_{index}", ""), f"Дефект «{defect['title']}»", AspectInvalid, high=MAX_COUNT)
            for index, defect in enumerate(spec["defects"])
        ]
    }


def raw(spec: Spec, mark: Mark) -> dict[str, str]:
    """Return the form strings of the mark."""
    return {f"count_{index}": str(count) for index, count in enumerate(mark["counts"])}


def points(spec: Spec, mark: Mark, max_hundredths: int) -> Fraction:
    """Return the maximum less the defects, at least 0, in hundredths."""
    pairs = zip(mark["counts"], spec["defects"], strict=True)
    lost = sum(count * defect["minus_hundredths"] for count, defect in pairs)
    return Fraction(max(0, max_hundredths - lost))


def describe(spec: Spec, mark: Mark) -> str:
    """Return the counted defects, or «нет»."""
    pairs = zip(spec["defects"], mark["counts"], strict=True)
    return ", ".join(f"{defect['title']}: {count}" for defect, count in pairs if count) or "дефектов нет"


def counts_to_max(spec: Spec) -> bool:
    """Yes."""
    return True


def form(spec: Spec) -> dict[str, Any]:
    """Return one count per named defect."""
    fields = [
        field(f"count_{index}", "count", _line(defect), min="0", max=str(MAX_COUNT), step="1")
        for index, defect in enumerate(spec["defects"])
    ]
    return {"kind": NAME, "hint": to_text(spec).replace("\n", "; "), "fields": fields}


def from_text(text: str) -> dict[str, Any]:
    """Read «название = −баллы» per line or between semicolons."""
    found = [re.fullmatch(r"(.*\S)\s*=\s*[-−–]\s*([0-9.,]+)", part) for part in lines(text)]
    if not found or None in found:
        raise unreadable(text, EXAMPLE)
    pairs = [(part[1], to_hundredths(part[2], part[1], AspectInvalid)) for part in found if part]
    return {"defects": [{"title": title, "minus_hundredths": minus} for title, minus in pairs]}


def to_text(spec: Spec) -> str:
    """Write one defect per line."""
    return "\n".join(_line(defect) for defect in spec["defects"])


def _line(defect: dict[str, Any]) -> str:
    return f"{defect['title']} = −{show(defect['minus_hundredths'])}"
