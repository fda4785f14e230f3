"""Canonical JSON of what people hand in: strict plain JSON with refusals in Russian, on `core.canonical`."""

import hashlib
import json
from typing import Any, NoReturn

from core.canonical import NotCanonical, canonical
from core.errors import Refused

MAX_DEPTH = 40


def canonical_bytes(value: object) -> bytes:
    """Return the canonical bytes of a plain JSON value; refuse floats, odd types and lone surrogates."""
    _check(value, 0)
    try:
        return canonical(value)
    except NotCanonical:
        raise Refused("not_canonical", "Текст содержит недопустимые символы (половина суррогатной пары).") from None


def sha256_hex(value: object) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical bytes of `value`."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def parse(data: bytes) -> Any:
    """Read strict JSON: integers only, no repeated keys, no NaN; refuse everything else."""
    try:
        return json.loads(
            data.decode("utf-8"), parse_float=_refuse_number, parse_constant=_refuse_number, object_pairs_hook=_unique
        )
    except UnicodeDecodeError:
        raise Refused("not_json", "Файл не в кодировке UTF-8.") from None
    except RecursionError:
        raise Refused("not_json", "Файл вложен слишком глубоко.") from None
    except ValueError as error:
        raise Refused("not_json", f"Файл не является документом JSON: {error}.") from None


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Refused("not_canonical", "Данные вложены слишком глубоко.")
    if value is None or isinstance(value, bool | str) or type(value) is int:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise Refused("not_canonical", "Имя поля должно быть строкой.")
            _check(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner, depth + 1)
    else:
        name = type(value).__name__
        raise Refused("not_canonical", f"Значение типа {name} не допускается: баллы пишутся целыми числами.")


def _refuse_number(literal: str) -> NoReturn:
    raise Refused("not_json", f"Число {literal} не целое: баллы пишутся целыми числами, в сотых долях.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("not_json", "В документе есть повторяющееся имя поля.")
    return found
