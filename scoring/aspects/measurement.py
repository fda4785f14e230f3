"""Measurement: a value turned into points by a tolerance or by a table of ranges."""

import re
from fractions import Fraction
from typing import Any

from scoring.aspects.base import (
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
from scoring.rules.numbers import show, to_hundredths

NAME = "measurement"
LABEL = "измерение"
TAKES = False
COMPARE = "points"
LIMIT = 1_000_000_000  # hundredths of the unit
EXAMPLE = "допуск 2–3 мм; −2 за каждые 0,5 — или: таблица мм; 2–3 = 10; 3,01–4 = 5"
NUM = r"([-−]?[0-9.,]+)"
RANGE = NUM + r"\s*(?:–|—|-|\.\.)\s*" + NUM


def validate(spec: Spec, max_hundredths: int) -> None:
    """A spec is {"by": "tolerance", "unit", "low", "high", "loss_hundredths", "step"} or {"by": "table", unit, rows}.

    low, high, step are hundredths of the unit; loss_hundredths 0 means that nothing is given outside the tolerance.
    """
    reading.text(spec, "unit", LABEL, AspectInvalid)
    if reading.choice(spec, "by", LABEL, ("tolerance", "table"), AspectInvalid) == "table":
        _validate_table(spec, max_hundredths)
        return
    reading.only(spec, ("by", "unit", "low", "high", "loss_hundredths", "step"), LABEL, AspectInvalid)
    low = reading.integer(spec, "low", LABEL, -LIMIT, LIMIT, AspectInvalid)
    reading.integer(spec, "high", LABEL, low, LIMIT, AspectInvalid)
    reading.integer(spec, "loss_hundredths", LABEL, 0, MAX_POINTS, AspectInvalid)
    reading.integer(spec, "step", LABEL, 1, LIMIT, AspectInvalid)


def check_mark(spec: Spec, mark: Mark) -> None:
    """A mark is {"value": hundredths of the unit}."""
    only_keys(mark, "value")
    mark_integer(mark, "value", -LIMIT, LIMIT)


def parse_mark(spec: Spec, raw: Raw) -> dict[str, Any]:
    """Read the field «value», such as «12,5»."""
    return {"value": to_hundredths(raw.get("value", ""), f"Измерение, {spec['unit']}", AspectInvalid)}


def raw(spec: Spec, mark: Mark) -> dict[str, str]:
    """Return the form strings of the mark."""
    return {"value": show(mark["value"])}


def points(spec: Spec, mark: Mark, max_hundredths: int) -> Fraction:
    """Return the points of the value, from 0 to the maximum, in hundredths."""
    value = mark["value"]
    if spec["by"] == "table":
        given = [row["points_hundredths"] for row in spec["rows"] if row["low"] <= value <= row["high"]]
        return Fraction(given[0] if given else 0)
    off = max(spec["low"] - value, value - spec["high"], 0)
    if off and not spec["loss_hundredths"]:
        return Fraction(0)
    return Fraction(max(0, max_hundredths - -(-off // spec["step"]) * spec["loss_hundredths"]))


def describe(spec: Spec, mark: Mark) -> str:
    """Return the value with its unit."""
    return f"{show(mark['value'])} {spec['unit']}"


def counts_to_max(spec: Spec) -> bool:
    """Yes."""
    return True


def form(spec: Spec) -> dict[str, Any]:
    """Return one number in the unit of the measurement."""
    hint = to_text(spec).replace("\n", "; ")
    return {"kind": NAME, "hint": hint, "fields": [field("value", "number", f"Измерено, {spec['unit']}", step="0.01")]}


def from_text(text: str) -> dict[str, Any]:
    """Read «допуск 2–3 мм», with «−2 за каждые 0,5» or without, or «таблица мм; 2–3 = 10; …»."""
    parts = lines(text)
    table = re.fullmatch(r"таблица\s+(\S.*)", parts[0]) if parts else None
    if table:
        return {"by": "table", "unit": table[1], "rows": [_row(part, text) for part in parts[1:]]}
    found = re.fullmatch(r"допуск\s+" + RANGE + r"\s+(\S.*)", parts[0]) if parts else None
    loss = re.fullmatch(r"[-−–]\s*([0-9.,]+)\s+за\s+каждые\s+([0-9.,]+).*", parts[1]) if len(parts) == 2 else None
    if not found or len(parts) > 2 or (len(parts) == 2 and not loss):
        raise unreadable(text, EXAMPLE)
    low, high = (to_hundredths(found[index], "Допуск", AspectInvalid) for index in (1, 2))
    lost, step = (to_hundredths(loss[index], "Потеря", AspectInvalid) for index in (1, 2)) if loss else (0, 100)
    return {"by": "tolerance", "unit": found[3], "low": low, "high": high, "loss_hundredths": lost, "step": step}


def to_text(spec: Spec) -> str:
    """Write the tolerance on one line or the table row by row."""
    if spec["by"] == "table":
        rows = [f"{show(row['low'])}–{show(row['high'])} = {show(row['points_hundredths'])}" for row in spec["rows"]]
        return "\n".join([f"таблица {spec['unit']}", *rows])
    tolerance = f"допуск {show(spec['low'])}–{show(spec['high'])} {spec['unit']}"
    if not spec["loss_hundredths"]:
        return tolerance
    return f"{tolerance}; −{show(spec['loss_hundredths'])} за каждые {show(spec['step'])}"


def _validate_table(spec: Spec, max_hundredths: int) -> None:
    reading.only(spec, ("by", "unit", "rows"), LABEL, AspectInvalid)
    rows = reading.items(spec, "rows", LABEL, AspectInvalid)
    if not 1 <= len(rows) <= 100:
        raise AspectInvalid("spec_invalid", "в таблице измерения должно быть от 1 до 100 строк.")
    last = -LIMIT - 1
    for row in rows:
        reading.mapping(row, LABEL, AspectInvalid)
        reading.only(row, ("low", "high", "points_hundredths"), LABEL, AspectInvalid)
        low = reading.integer(row, "low", LABEL, -LIMIT, LIMIT, AspectInvalid)
        if low <= last:
            raise AspectInvalid("spec_invalid", "строки таблицы должны идти по возрастанию и не пересекаться.")
        last = reading.integer(row, "high", LABEL, low, LIMIT, AspectInvalid)
        reading.integer(row, "points_hundredths", LABEL, 0, max_hundredths, AspectInvalid)
    if max(row["points_hundredths"] for row in rows) != max_hundredths:
        raise AspectInvalid("spec_invalid", "лучшая строка таблицы должна давать максимальный балл.")


def _row(part: str, text: str) -> dict[str, int]:
    found = re.fullmatch(RANGE + r"\s*=\s*([0-9.,]+)", part)
    if not found:
        raise unreadable(text, EXAMPLE)
    low, high, given = (to_hundredths(found[index], "Таблица", AspectInvalid) for index in (1, 2, 3))
    return {"low": low, "high": high, "points_hundredths": given}
