"""Points by step: one of several named results, each with its points."""

import re
from fractions import Fraction
from typing import Any

from scoring.aspects.base import (
    AspectInvalid,
    Mark,
    Raw,
    Spec,
    choose,
    field,
    lines,
    mark_integer,
    only_keys,
    option,
    unreadable,
)
from scoring.rules import reading
from scoring.rules.numbers import show, to_hundredths

NAME = "steps"
LABEL = "баллы по ступеням"
TAKES = False
COMPARE = "points"
EXAMPLE = "с первой попытки = 10; со второй = 5; не работает = 0"


def validate(spec: Spec, max_hundredths: int) -> None:
    """A spec is {"steps": [{"title", "points_hundredths"}]}: at least two, the best worth the maximum."""
    reading.only(spec, ("steps",), LABEL, AspectInvalid)
    steps = reading.items(spec, "steps", LABEL, AspectInvalid)
    if not 2 <= len(steps) <= 20:
        raise AspectInvalid("spec_invalid", "ступеней должно быть от 2 до 20.")
    for step in steps:
        reading.only(reading.mapping(step, LABEL, AspectInvalid), ("title", "points_hundredths"), LABEL, AspectInvalid)
        reading.text(step, "title", LABEL, AspectInvalid)
        reading.integer(step, "points_hundredths", LABEL, 0, max_hundredths, AspectInvalid)
    if max(step["points_hundredths"] for step in steps) != max_hundredths:
        raise AspectInvalid("spec_invalid", "лучшая ступень должна давать максимальный балл.")


def check_mark(spec: Spec, mark: Mark) -> None:
    """A mark is {"step": index of the step}."""
    only_keys(mark, "step")
    mark_integer(mark, "step", 0, len(spec["steps"]) - 1)


def parse_mark(spec: Spec, raw: Raw) -> dict[str, Any]:
    """Read the field «step»: the index of the step."""
    allowed = [str(index) for index in range(len(spec["steps"]))]
    return {"step": int(choose(raw, "step", allowed, "Выберите ступень."))}


def raw(spec: Spec, mark: Mark) -> dict[str, str]:
    """Return the form strings of the mark."""
    return {"step": str(mark["step"])}


def points(spec: Spec, mark: Mark, max_hundredths: int) -> Fraction:
    """Return the points of the step, in hundredths."""
    return Fraction(spec["steps"][mark["step"]]["points_hundredths"])


def describe(spec: Spec, mark: Mark) -> str:
    """Return the step's title."""
    return str(spec["steps"][mark["step"]]["title"])


def counts_to_max(spec: Spec) -> bool:
    """Yes."""
    return True


def form(spec: Spec) -> dict[str, Any]:
    """Return one choice."""
    choices = [option(str(index), _line(step)) for index, step in enumerate(spec["steps"])]
    return {"kind": NAME, "hint": "одна ступень из списка", "fields": [field("step", "choice", LABEL, options=choices)]}


def from_text(text: str) -> dict[str, Any]:
    """Read «название = баллы» per line or between semicolons."""
    found = [re.fullmatch(r"(.*\S)\s*=\s*(\S+)", part) for part in lines(text)]
    if not found or None in found:
        raise unreadable(text, EXAMPLE)
    pairs = [(part[1], to_hundredths(part[2], part[1], AspectInvalid)) for part in found if part]
    return {"steps": [{"title": title, "points_hundredths": given} for title, given in pairs]}


def to_text(spec: Spec) -> str:
    """Write one step per line."""
    return "\n".join(_line(step) for step in spec["steps"])


def _line(step: dict[str, Any]) -> str:
    return f"{step['title']} = {show(step['points_hundredths'])}"
