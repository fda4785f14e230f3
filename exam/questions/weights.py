"""Numbers of a bank: decimal strings read strictly, weights in percent, shares of the points."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from exam.questions.base import QuestionInvalid

# 27 digits at most: within the 28 of the default decimal context, so that nothing here is ever rounded.
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,12}))?(?:[eE]([+-]?[0-9]{1,2}))?")
FULL = Decimal(100)


def read_number(text: str) -> Decimal | None:
    """A decimal with a point or a comma, optional sign and exponent; None when the text is no such number.

    Written out it has at most 15 digits before the point and 12 after it.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    sign, whole, part, exponent = found.groups()
    number = Decimal(f"{sign}{whole}.{part or '0'}E{exponent or '0'}")
    return number if _NUMBER.fullmatch(number_text(number)) else None


def number_text(number: Decimal) -> str:
    """The one spelling of a number: no exponent, no trailing zeros, no minus zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def fraction(text: str) -> Fraction:
    """A decimal string of a body as an exact fraction."""
    return Fraction(Decimal(text))


def read_weight(item: Mapping[str, Any]) -> Decimal:
    """The weight of an option in percent, -100…100. Raises QuestionInvalid."""
    value = item.get("weight")
    weight = read_number(value) if isinstance(value, str) else None
    if weight is None or abs(weight) > FULL:
        raise QuestionInvalid(f"Вес варианта должен быть числом от -100 до 100, а записан «{value}».")
    return weight


def require_full_weight(items: Iterable[Mapping[str, Any]]) -> None:
    """At least one option earns all the points. Raises QuestionInvalid."""
    if max((read_weight(item) for item in items), default=Decimal(0)) < FULL:
        raise QuestionInvalid("Ни один ответ не даёт полного балла. Отметьте верный ответ знаком «=».")


def share_of(weight: Fraction) -> Fraction:
    """A weight in percent as a share of the points: not below nothing, not above everything."""
    return min(max(weight / 100, Fraction(0)), Fraction(1))
