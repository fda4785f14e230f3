"""Time: points lost for every minute over the norm, or the seconds themselves where less is better."""

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
from scoring.rules.numbers import show, show_seconds, to_hundredths, to_seconds

NAME = "time"
LABEL = "время"
TAKES = False
COMPARE = "points"
MAX_SECONDS = 48 * 3600
MINUTE = 60
EXAMPLE = "норма 60:00; −0,5 за полную минуту"


def validate(spec: Spec, max_hundredths: int) -> None:
    """A spec is {"as": "points", "norm_seconds", "loss_hundredths", "minute": full | started} or {"as": "seconds"}."""
    if reading.choice(spec, "as", LABEL, ("points", "seconds"), AspectInvalid) == "seconds":
        reading.only(spec, ("as",), LABEL, AspectInvalid)
        if max_hundredths:
            raise AspectInvalid("spec_invalid", "у времени в секундах максимальный балл 0: оно не входит в сумму.")
        return
    reading.only(spec, ("as", "norm_seconds", "loss_hundredths", "minute"), LABEL, AspectInvalid)
    reading.integer(spec, "norm_seconds", LABEL, 1, MAX_SECONDS, AspectInvalid)
    reading.integer(spec, "loss_hundredths", LABEL, 1, MAX_POINTS, AspectInvalid)
    reading.choice(spec, "minute", LABEL, ("full", "started"), AspectInvalid)


def check_mark(spec: Spec, mark: Mark) -> None:
    """A mark is {"seconds"}: the time without the stops given back."""
    only_keys(mark, "seconds")
    mark_integer(mark, "seconds", 0, MAX_SECONDS)


def parse_mark(spec: Spec, raw: Raw) -> dict[str, Any]:
    """Read the field «time»: мм:сс or ч:мм:сс."""
    seconds = to_seconds(raw.get("time", ""), "Время", AspectInvalid)
    if seconds > MAX_SECONDS:
        raise AspectInvalid("too_long", "Время: не больше 48 часов.")
    return {"seconds": seconds}


def raw(spec: Spec, mark: Mark) -> dict[str, str]:
    """Return the form strings of the mark."""
    return {"time": show_seconds(mark["seconds"])}


def points(spec: Spec, mark: Mark, max_hundredths: int) -> Fraction:
    """Return the maximum less the loss, at least 0, in hundredths; as seconds, one point is one second."""
    if spec["as"] == "seconds":
        return Fraction(mark["seconds"] * 100)
    over = max(0, mark["seconds"] - spec["norm_seconds"])
    minutes = over // MINUTE if spec["minute"] == "full" else -(-over // MINUTE)
    return Fraction(max(0, max_hundredths - minutes * spec["loss_hundredths"]))


def describe(spec: Spec, mark: Mark) -> str:
    """Return the time and how far over the norm it is."""
    over = mark["seconds"] - spec.get("norm_seconds", mark["seconds"])
    return show_seconds(mark["seconds"]) + (f", сверх нормы {show_seconds(over)}" if over > 0 else "")


def counts_to_max(spec: Spec) -> bool:
    """Only points have a maximum, seconds have none."""
    return bool(spec["as"] == "points")


def form(spec: Spec) -> dict[str, Any]:
    """Return one time."""
    return {"kind": NAME, "hint": to_text(spec), "fields": [field("time", "time", "Время, мм:сс")]}


def from_text(text: str) -> dict[str, Any]:
    """Read «в секундах», or «норма 60:00; −0,5 за полную минуту» (or «за начатую минуту»)."""
    parts = lines(text)
    if [part.lower() for part in parts] == ["в секундах"]:
        return {"as": "seconds"}
    norm = re.fullmatch(r"норма\s+([0-9:]+)", parts[0]) if len(parts) == 2 else None
    loss = re.fullmatch(r"[-−–]\s*([0-9.,]+)\s+за\s+(полную|начатую)\s+минуту", parts[1]) if len(parts) == 2 else None
    if not norm or not loss:
        raise unreadable(text, EXAMPLE)
    return {
        "as": "points",
        "norm_seconds": to_seconds(norm[1], "Норма", AspectInvalid),
        "loss_hundredths": to_hundredths(loss[1], LABEL, AspectInvalid),
        "minute": "full" if loss[2] == "полную" else "started",
    }


def to_text(spec: Spec) -> str:
    """Write the norm and the loss."""
    if spec["as"] == "seconds":
        return "в секундах"
    minute = "полную" if spec["minute"] == "full" else "начатую"
    return f"норма {show_seconds(spec['norm_seconds'])}; −{show(spec['loss_hundredths'])} за {minute} минуту"
