"""Hundredths in and out of text, and the one rounding of points."""

import re
from decimal import Decimal
from fractions import Fraction

from core.errors import Refused

MINUSES = str.maketrans({"−": "-", "–": "-", "‒": "-", "\u00a0": "", "\u202f": "", " ": ""})
NUMBER = re.compile(r"[+-]?[0-9]{1,7}([.,][0-9]{1,9})?")


def to_hundredths(raw: str, what: str = "Значение", error: type[Refused] = Refused) -> int:
    """Read «12,5», «12.50» or «−3» as an integer number of hundredths (1250, 1250, −300).

    Refuses what is not a number and what has more than two decimals: nothing is rounded silently.
    """
    cleaned = raw.translate(MINUSES).strip()
    if not cleaned:
        raise error("empty", f"{what}: введите число.")
    if not NUMBER.fullmatch(cleaned):
        raise error("not_a_number", f"{what}: «{raw.strip()[:40]}» не число. Введите число, например 12,5.")
    value = Decimal(cleaned.replace(",", ".")) * 100
    if value != value.to_integral_value():
        raise error("too_precise", f"{what}: не более двух знаков после запятой.")
    return int(value)


def to_count(raw: str, what: str, error: type[Refused] = Refused, *, high: int = 999) -> int:
    """Read a whole number from 0 to `high`."""
    cleaned = raw.strip()
    if not cleaned:
        raise error("empty", f"{what}: введите целое число, 0, если таких нет.")
    if not re.fullmatch(r"[0-9]{1,6}", cleaned) or int(cleaned) > high:
        raise error("not_a_count", f"{what}: введите целое число от 0 до {high}.")
    return int(cleaned)


def to_seconds(raw: str, what: str = "Время", error: type[Refused] = Refused) -> int:
    """Read «57:12» (minutes, seconds) or «1:02:03» as whole seconds."""
    cleaned = raw.strip()
    if not cleaned:
        raise error("empty", f"{what}: введите время в виде мм:сс, например 57:12.")
    found = re.fullmatch(r"(?:([0-9]{1,2}):)?([0-9]{1,3}):([0-9]{2})", cleaned)
    if not found or int(found[3]) > 59 or (found[1] is not None and int(found[2]) > 59):
        raise error("not_a_time", f"{what}: введите время в виде мм:сс или ч:мм:сс, например 57:12.")
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3])


def show(hundredths: int) -> str:
    """Return 1250 as «12,5», 1200 as «12», −305 as «−3,05»."""
    whole, rest = divmod(abs(hundredths), 100)
    tail = f",{rest:02d}".rstrip("0") if rest else ""
    return ("−" if hundredths < 0 else "") + f"{whole}{tail}"


def show_seconds(seconds: int) -> str:
    """Return 3432 as «57:12», 3723 as «1:02:03»."""
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def round_half_up(hundredths: Fraction) -> int:
    """Round an exact number of hundredths to whole hundredths, a half away from zero (as ROUND_HALF_UP)."""
    magnitude = (abs(hundredths) + Fraction(1, 2)) // 1
    return int(magnitude) if hundredths >= 0 else -int(magnitude)
