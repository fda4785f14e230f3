"""What every kind of aspect offers, and the pieces they share."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

from core.errors import Refused

Spec = Mapping[str, Any]
Mark = Mapping[str, Any]
Raw = Mapping[str, str]
Field = dict[str, Any]

MAX_POINTS = 1_000_000  # hundredths: ten thousand points for one aspect are enough for any contest
MAX_NOTE = 1000


class AspectInvalid(Refused):
    """A spec or a mark that does not fit its kind; the text is for the person who typed it."""


class AspectKind(Protocol):
    """One way of marking. A module of this package with these names is a kind."""

    NAME: str
    LABEL: str
    TAKES: bool  # takes points off instead of giving them
    COMPARE: str  # how experts are compared: "points", "levels" (marks carry "level") or "same"

    def validate(self, spec: Spec, max_hundredths: int) -> None:
        """Refuse (AspectInvalid) a spec that cannot be marked or can exceed `max_hundredths`."""

    def check_mark(self, spec: Spec, mark: Mark) -> None:
        """Refuse (AspectInvalid) a stored mark that does not fit the spec."""

    def parse_mark(self, spec: Spec, raw: Raw) -> dict[str, Any]:
        """Read form strings into a mark; refuse with AspectInvalid and a Russian sentence."""

    def raw(self, spec: Spec, mark: Mark) -> dict[str, str]:
        """Return the form strings from which `parse_mark` makes this mark again."""

    def points(self, spec: Spec, mark: Mark, max_hundredths: int) -> Fraction:
        """Return the exact points in hundredths; penalties are negative."""

    def describe(self, spec: Spec, mark: Mark) -> str:
        """Return the mark in Russian, for the sheet and its paper."""

    def counts_to_max(self, spec: Spec) -> bool:
        """Say whether the aspect has a maximum that the scheme sums."""

    def form(self, spec: Spec) -> dict[str, Any]:
        """Return {"kind", "hint", "fields"} for the template."""

    def from_text(self, text: str) -> dict[str, Any]:
        """Read the spec from the «Правило» cell of a scheme table."""

    def to_text(self, spec: Spec) -> str:
        """Write the spec as the «Правило» cell; `from_text` reads it back."""


def field(name: str, kind: str, label: str, **more: Any) -> Field:
    """Describe one input: type is number, count, time, choice or text; min, max, step are strings for the page."""
    return {"name": name, "type": kind, "label": label, "required": more.pop("required", True), **more}


def option(value: str, label: str) -> dict[str, str]:
    """Describe one choice of a field of type choice."""
    return {"value": value, "label": label}


def choose(raw: Raw, name: str, allowed: Sequence[str], empty: str) -> str:
    """Return the chosen value of a field, refusing nothing chosen and what was not offered."""
    value = raw.get(name, "").strip()
    if not value:
        raise AspectInvalid("empty", empty)
    if value not in allowed:
        raise AspectInvalid("unknown_choice", "Такого значения в списке нет. Обновите страницу и выберите снова.")
    return value


def only_keys(mark: Mark, *keys: str) -> None:
    """Refuse a stored mark whose fields are not exactly `keys`."""
    if set(mark) != set(keys):
        raise AspectInvalid("mark_invalid", "Запись оценки повреждена: состав полей не тот, что у способа оценки.")


def mark_integer(mark: Mark, key: str, low: int, high: int) -> int:
    """Return the integer `mark[key]` within [low, high] of a stored mark."""
    value = mark.get(key)
    if type(value) is not int or not low <= value <= high:
        raise AspectInvalid("mark_invalid", f"Запись оценки повреждена: «{key}» вне пределов от {low} до {high}.")
    return value


def lines(text: str) -> list[str]:
    """Split a rule into its parts: lines or pieces between semicolons, empty ones dropped."""
    return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]


def unreadable(text: str, example: str) -> AspectInvalid:
    """Return the refusal of a «Правило» cell, with an example that would be read."""
    return AspectInvalid("rule_unreadable", f"правило «{text.strip()[:80]}» не разобрано; пример: {example}")
