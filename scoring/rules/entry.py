"""The fields of a sheet's page and what they say: names, reading into marks, writing back.

Of the aspect «1.2»: `m-1.2` is its value (`m-1.2-<name>` each, where a kind asks several), `n-1.2` the note, `t-1.2`
the moment of the recording, `x-1.2` why it was not assessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Refused
from scoring.aspects.base import MAX_NOTE
from scoring.aspects.registry import NOT_ASSESSED, is_assessed, kind_of, parse_mark, raw_of
from scoring.rules.scheme import Aspect, Module

_OWN = {"note": "n", "moment": "t"}  # fields of a kind that have a letter of their own
_EMPTY_NUMBERS = {"count": "0"}  # a penalty not touched is said as 0, on the page and in what it sends


@dataclass(frozen=True)
class Entry:
    """What stands in the fields of one aspect: `mark` is None where nothing was said yet."""

    mark: dict[str, Any] | None
    note: str


@dataclass(frozen=True)
class Wrong:
    """A field that could not be read, and the sentence beside it."""

    aspect_id: str
    field: str
    text: str


def field_name(aspect: Aspect, name: str) -> str:
    """Return the form's name of one field of the aspect's kind."""
    if name in _OWN:
        return f"{_OWN[name]}-{aspect.id}"
    main = [field["name"] for field in kind_of(aspect.kind).form(aspect.spec)["fields"] if field["name"] not in _OWN]
    return f"m-{aspect.id}" if len(main) == 1 else f"m-{aspect.id}-{name}"


def field_names(aspect: Aspect) -> dict[str, str]:
    """Return the kind's own names of the aspect's fields → the form's names."""
    return {
        field["name"]: field_name(aspect, field["name"]) for field in kind_of(aspect.kind).form(aspect.spec)["fields"]
    }


def shown(module: Module, entries: Mapping[str, Entry]) -> dict[str, str]:
    """Return the texts of all fields of the page for the stored entries (aspect id → Entry)."""
    texts: dict[str, str] = {}
    for aspect in module.aspects():
        entry = entries.get(aspect.id, Entry(None, ""))
        raw = raw_of(aspect.kind, aspect.spec, entry.mark) if entry.mark is not None else _untouched(aspect)
        texts |= {name: raw.get(own, "") for own, name in field_names(aspect).items()}
        texts[f"x-{aspect.id}"] = raw.get(NOT_ASSESSED, "")
        if not texts.get(f"n-{aspect.id}"):
            texts[f"n-{aspect.id}"] = entry.note
    return texts


def read(module: Module, sent: Mapping[str, str], kept: Mapping[str, Entry]) -> tuple[dict[str, Entry], list[Wrong]]:
    """Read what a page sent into entries by aspect id; an aspect of which nothing was sent keeps what it had.

    A draft may be incomplete: all fields empty is no mark. What cannot be read is told by field, the rest is read.
    """
    entries: dict[str, Entry] = {}
    wrong: list[Wrong] = []
    for aspect in module.aspects():
        names = [*field_names(aspect).values(), f"n-{aspect.id}", f"x-{aspect.id}"]
        before = kept.get(aspect.id, Entry(None, ""))
        if not any(name in sent for name in names):
            entries[aspect.id] = before
            continue
        try:
            entries[aspect.id] = read_one(aspect, sent)
        except Refused as refusal:
            wrong.append(Wrong(aspect.id, _guilty(aspect, refusal), refusal.text))
            entries[aspect.id] = before
    return entries, wrong


def read_one(aspect: Aspect, sent: Mapping[str, str]) -> Entry:
    """Read the fields of one aspect; refuse (AspectInvalid) what its kind cannot read."""
    note = sent.get(f"n-{aspect.id}", "").strip()
    if len(note) > MAX_NOTE:
        raise Refused("long_note", f"Замечание не длиннее {MAX_NOTE} знаков. Сократите его.", field="note")
    raw = {own: sent.get(name, "") for own, name in field_names(aspect).items()}
    reason = sent.get(f"x-{aspect.id}", "").strip()
    if not reason and not any(raw[own].strip() for own in raw if own not in _OWN):
        if raw.get("moment", "").strip():
            raise Refused("no_value", "Введите оценку, к которой относится момент записи.")
        return Entry(None, note)
    return Entry(parse_mark(aspect.kind, aspect.spec, raw | {NOT_ASSESSED: reason}), note)


def not_assessed(mark: Mapping[str, Any] | None) -> bool:
    """Say whether the mark is «не оценивалось»."""
    return mark is not None and not is_assessed(mark)


def _untouched(aspect: Aspect) -> dict[str, str]:
    return dict(_EMPTY_NUMBERS) if kind_of(aspect.kind).TAKES else {}


def _guilty(aspect: Aspect, refusal: Refused) -> str:
    """Return the form's field the refusal is about: the note of a penalty without proof, the value otherwise."""
    if refusal.code in ("evidence_missing", "long_note"):
        return f"n-{aspect.id}"
    if refusal.code == "mark_invalid":
        return f"x-{aspect.id}"
    return next(iter(field_names(aspect).values()))
