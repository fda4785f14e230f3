"""Canonical JSON: one text for one set of facts, so that its SHA-256 can be printed, signed and computed again."""

import hashlib
import json
from typing import Any


class NotCanonical(ValueError):
    """The value holds something that has no single spelling; the message names the place."""


def canonical(value: Any) -> bytes:
    """UTF-8 bytes with sorted keys, no spaces, integers only.

    Accepts None, bool, int, str, list, tuple and dict with str keys; raises NotCanonical for floats (also nested), for
    other types and for lone surrogates.
    """
    _check(value, "$")
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, 64 lower-case hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: Any, place: str) -> None:
    if value is None or isinstance(value, bool | int):
        return
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{place}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"{place}: key {key!r} is not a string")
            _check_text(key, place)
            _check(item, f"{place}.{key}")
    else:
        raise NotCanonical(f"{place}: {type(value).__name__} has no canonical form")


def _check_text(text: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical(f"{place}: text is not valid Unicode") from None
