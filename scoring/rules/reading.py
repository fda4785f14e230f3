"""Typed reading of plain JSON objects: what does not fit is refused in Russian, never a KeyError."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import Refused

Json = Mapping[str, Any]


def mapping(value: object, where: str, error: type[Refused] = Refused) -> Json:
    """Return `value` if it is a JSON object."""
    if not isinstance(value, Mapping):
        raise error("bad_data", f"{where}: ожидается объект с полями.")
    return value


def items(obj: Json, key: str, where: str, error: type[Refused] = Refused) -> Sequence[Any]:
    """Return the list `obj[key]`."""
    value = obj.get(key)
    if not isinstance(value, list | tuple):
        raise error("bad_data", f"{where}: поле «{key}» должно быть списком.")
    return value


def text(obj: Json, key: str, where: str, error: type[Refused] = Refused, *, empty: bool = False) -> str:
    """Return the string `obj[key]`; an empty one is refused unless `empty`."""
    value = obj.get(key, "" if empty else None)
    if not isinstance(value, str) or not (empty or value.strip()):
        raise error("bad_data", f"{where}: поле «{key}» должно быть непустой строкой.")
    return value


def choice(obj: Json, key: str, where: str, allowed: Sequence[str], error: type[Refused] = Refused) -> str:
    """Return the string `obj[key]`, one of `allowed`."""
    value = text(obj, key, where, error)
    if value not in allowed:
        raise error("bad_data", f"{where}: поле «{key}» имеет неизвестное значение «{value}».")
    return value


def integer(obj: Json, key: str, where: str, low: int, high: int, error: type[Refused] = Refused) -> int:
    """Return the integer `obj[key]` within [low, high]; a bool or a float is refused."""
    value = obj.get(key)
    if type(value) is not int or not low <= value <= high:
        raise error("bad_data", f"{where}: поле «{key}» должно быть целым числом от {low} до {high}.")
    return value


def optional_integer(
    obj: Json, key: str, where: str, low: int, high: int, error: type[Refused] = Refused
) -> int | None:
    """Like `integer`, but a missing or null field is None."""
    return None if obj.get(key) is None else integer(obj, key, where, low, high, error)


def flag(obj: Json, key: str, where: str, default: bool, error: type[Refused] = Refused) -> bool:
    """Return the boolean `obj[key]`, `default` when it is missing."""
    value = obj.get(key, default)
    if not isinstance(value, bool):
        raise error("bad_data", f"{where}: поле «{key}» должно быть true или false.")
    return value


def only(obj: Json, keys: Sequence[str], where: str, error: type[Refused] = Refused) -> None:
    """Refuse an object with a field nobody knows: it would be hashed but not obeyed."""
    extra = sorted(str(key) for key in obj if key not in keys)
    if extra:
        raise error("bad_data", f"{where}: неизвестное поле «{extra[0]}».")
