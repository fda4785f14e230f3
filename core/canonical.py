"""Canonical JSON: one text for one set of facts, so that its SHA-256 can be printed, signed and computed again.

UTF-8, sorted keys, no spaces, integers only. Instants become ISO text in UTC, days ISO days.
"""
import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any


class NotCanonical(ValueError):
    """The value holds something that has no single spelling; the message names the place."""


def canonical(value: Any) -> bytes:
    """The one byte string for `value`; NotCanonical for floats (also nested), other types and lone surrogates."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, 64 lower-case hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def plain(value: Any, place: str = "$") -> Any:
    """JSON-ready copy of `value`; `place` is where it stands, for the message."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {_key(key, place): plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    raise NotCanonical(f"{place}: {type(value).__name__} has no canonical form")


def _key(key: Any, place: str) -> str:
    if not isinstance(key, str):
        raise NotCanonical(f"{place}: key {key!r} is not a string")
    return _text(key, place)


def _text(text: str, place: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical(f"{place}: text is not valid Unicode") from None
    return text
