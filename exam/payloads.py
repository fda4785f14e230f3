"""What the exam page sends, read strictly: every wrong type is a refusal in words, never a fault."""
import json
import re
from dataclasses import dataclass
from typing import Any

from core.errors import Refused
from exam.incoming import Sent

MAX_BYTES = 200_000
LARGEST = 2_000_000_000
FIELDS = frozenset({"question", "seq", "value", "client_id", "mono", "page_id", "prev"})
MOST = 50
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Wrong:
    """A save of a batch that cannot be read; `client_id` is empty when that cannot be read either."""

    client_id: str
    refusal: Refused


def read_saves(raw: bytes) -> Sent | list[Sent | Wrong]:
    """One save, or the 1 to MOST of `{"saves": […]}`, of which each is refused by itself."""
    body = read_object(raw)
    if "saves" not in body:
        return read_one(body)
    saves = body["saves"]
    if len(body) > 1 or not isinstance(saves, list) or not 1 <= len(saves) <= MOST:
        raise wrong(f"в поле «saves» должно быть от 1 до {MOST} ответов")
    return [_read_of_many(save) for save in saves]


def _read_of_many(body: object) -> Sent | Wrong:
    try:
        if not isinstance(body, dict):
            raise wrong("ожидался объект")
        return read_one(body)
    except Refused as refusal:
        name = body.get("client_id") if isinstance(body, dict) else None
        return Wrong(name if isinstance(name, str) and _NAME.fullmatch(name) else "", refusal)


def read_one(body: dict[str, Any]) -> Sent:
    """One save: question and seq are whole numbers from 1, mono milliseconds or null, ids of up to 64 letters."""
    if unknown := set(body) - FIELDS:
        raise wrong(f"лишнее поле «{sorted(unknown)[0][:40]}»")
    if "value" not in body:
        raise wrong("нет поля «value»")
    return Sent(question=_whole(body, "question", 1), seq=_whole(body, "seq", 1), value=body["value"],
                client_id=_name(body, "client_id"), mono=_mono(body.get("mono")),
                page_id="" if body.get("page_id") is None else _name(body, "page_id"), prev=_prev(body.get("prev")))


def read_nothing(raw: bytes) -> None:
    """A heartbeat has nothing to say: an empty object."""
    if read_object(raw):
        raise wrong("ожидался пустой объект")


def read_flag(raw: bytes) -> tuple[int, bool]:
    """(question, flagged)."""
    body = read_object(raw)
    if not isinstance(body.get("flagged"), bool):
        raise wrong("поле «flagged» должно быть true или false")
    return _whole(body, "question", 1), body["flagged"]


def refuse_long(size: int, most: int = MAX_BYTES) -> None:
    """Refused `too_large` for more than `most` bytes."""
    if size > most:
        raise Refused("too_large", "Ответ слишком длинный. Сократите его.", status=413)


def read_object(raw: bytes, *, most: int = MAX_BYTES) -> dict[str, Any]:
    """A JSON object of at most `most` bytes. Refused for anything else."""
    refuse_long(len(raw), most)
    try:
        body = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise wrong("это не JSON") from None
    if not isinstance(body, dict):
        raise wrong("ожидался объект")
    return body


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _whole(body: dict[str, Any], name: str, least: int) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST:
        raise wrong(f"поле «{name}» должно быть целым числом")
    return value


def _mono(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        raise wrong("поле «mono» должно быть числом миллисекунд")
    return int(value)


def _name(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise wrong(f"поле «{name}» должно быть строкой до 64 латинских букв и цифр")
    return value


def _prev(value: object) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise wrong("поле «prev» должно быть отпечатком из 64 знаков")
    return value


def wrong(what: str) -> Refused:
    """Refused `bad_payload`: what of it cannot be understood."""
    return Refused("bad_payload", f"Сервер не понял ответ: {what}. Обновите страницу и ответьте ещё раз.", status=422)
