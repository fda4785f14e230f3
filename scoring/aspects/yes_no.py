"""Yes or no: all points or none."""

from fractions import Fraction
from typing import Any

from scoring.aspects.base import AspectInvalid, Mark, Raw, Spec, choose, field, only_keys, option, unreadable

NAME = "yes_no"
LABEL = "да или нет"
TAKES = False
COMPARE = "points"


def validate(spec: Spec, max_hundredths: int) -> None:
    """Refuse any setting: there is nothing to set."""
    if spec:
        raise AspectInvalid("spec_invalid", "у способа «да или нет» настроек нет.")


def check_mark(spec: Spec, mark: Mark) -> None:
    """A mark is {"yes": bool}."""
    only_keys(mark, "yes")
    if not isinstance(mark["yes"], bool):
        raise AspectInvalid("mark_invalid", "Запись оценки повреждена: ожидается да или нет.")


def parse_mark(spec: Spec, raw: Raw) -> dict[str, Any]:
    """Read the field «answer»: yes or no."""
    return {"yes": choose(raw, "answer", ("yes", "no"), "Отметьте «да» или «нет».") == "yes"}


def raw(spec: Spec, mark: Mark) -> dict[str, str]:
    """Return the form strings of the mark."""
    return {"answer": "yes" if mark["yes"] else "no"}


def points(spec: Spec, mark: Mark, max_hundredths: int) -> Fraction:
    """Return the maximum or nothing, in hundredths."""
    return Fraction(max_hundredths if mark["yes"] else 0)


def describe(spec: Spec, mark: Mark) -> str:
    """Return «да» or «нет»."""
    return "да" if mark["yes"] else "нет"


def counts_to_max(spec: Spec) -> bool:
    """Yes."""
    return True


def form(spec: Spec) -> dict[str, Any]:
    """Return one choice."""
    answer = field("answer", "choice", LABEL, options=[option("yes", "да"), option("no", "нет")])
    return {"kind": NAME, "hint": "да — все баллы, нет — 0", "fields": [answer]}


def from_text(text: str) -> dict[str, Any]:
    """The «Правило» cell stays empty."""
    if text.strip():
        raise unreadable(text, "пустая ячейка")
    return {}


def to_text(spec: Spec) -> str:
    """Write nothing."""
    return ""
