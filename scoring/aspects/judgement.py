"""Judgement 0–3: every level is described, the points are the level's third of the maximum."""

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
    mark_integer,
    only_keys,
    option,
    unreadable,
)
from scoring.rules import reading

NAME = "judgement"
LABEL = "суждение 0–3"
TAKES = False
COMPARE = "levels"
LEVELS = 4
EXAMPLE = "0 — не выполнено; 1 — ниже обычного; 2 — обычно; 3 — отлично"


def validate(spec: Spec, max_hundredths: int) -> None:
    """A spec is {"levels": four descriptions, for 0 to 3}."""
    reading.only(spec, ("levels",), LABEL, AspectInvalid)
    levels = reading.items(spec, "levels", LABEL, AspectInvalid)
    if len(levels) != LEVELS or not all(isinstance(level, str) and level.strip() for level in levels):
        raise AspectInvalid("spec_invalid", "у суждения должны быть описаны все четыре уровня: 0, 1, 2 и 3.")


def check_mark(spec: Spec, mark: Mark) -> None:
    """A mark is {"level": 0..3}."""
    only_keys(mark, "level")
    mark_integer(mark, "level", 0, LEVELS - 1)


def parse_mark(spec: Spec, raw: Raw) -> dict[str, Any]:
    """Read the field «level»."""
    return {"level": int(choose(raw, "level", ("0", "1", "2", "3"), "Выберите уровень от 0 до 3."))}


def raw(spec: Spec, mark: Mark) -> dict[str, str]:
    """Return the form strings of the mark."""
    return {"level": str(mark["level"])}


def points(spec: Spec, mark: Mark, max_hundredths: int) -> Fraction:
    """Return level / 3 of the maximum, exact, in hundredths."""
    return Fraction(max_hundredths * int(mark["level"]), LEVELS - 1)


def describe(spec: Spec, mark: Mark) -> str:
    """Return the level and its description."""
    return f"{mark['level']} — {spec['levels'][mark['level']]}"


def counts_to_max(spec: Spec) -> bool:
    """Yes."""
    return True


def form(spec: Spec) -> dict[str, Any]:
    """Return one choice of four described levels."""
    choices = [option(str(level), f"{level} — {title}") for level, title in enumerate(spec["levels"])]
    return {"kind": NAME, "hint": "уровень от 0 до 3", "fields": [field("level", "choice", LABEL, options=choices)]}


def from_text(text: str) -> dict[str, Any]:
    """Read «0 — …; 1 — …; 2 — …; 3 — …»; a description may itself contain a semicolon."""
    parts = re.split(r"(?:^|[;\n])\s*([0-3])\s*[—–=-]\s*", text.strip())
    if parts[0].strip() or parts[1::2] != ["0", "1", "2", "3"]:
        raise unreadable(text, EXAMPLE)
    return {"levels": [part.strip() for part in parts[2::2]]}


def to_text(spec: Spec) -> str:
    """Write one level per line."""
    return "\n".join(f"{level} — {title}" for level, title in enumerate(spec["levels"]))
