"""What the exam page sends, read strictly: every wrong type is a refusal in words, never a fault."""
import json
import re
from typing import Any

from core.errors import Refused
from exam.saves import Sent

MAX_BYTES = 200_000
LARGEST = 2_000_000_000
FIELDS = frozenset({"question", "seq", "value", "client_id", "mono", "page_id"})
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_save(raw: bytes) -> Sent:
    """One save: question and seq are whole numbers from 1, mono milliseconds or null, ids of up to 64 letters."""
    body = _object(raw)
    if unknown := set(body) - FIELDS:
        raise _wrong(f"лишнее поле «{sorted(unknown)[0][:40]}»")
    if "value" not in body:
        raise _wrong("нет поля «value»")
    return Sent(question=_whole(body, "question", 1), seq=_whole(body, "seq", 1), value=body["value"],
                client_id=_name(body, "client_id"), mono=_mono(body.get("mono")),
                page_id="" if body.get("page_id") is None else _name(body, "page_id"))


def read_flag(raw: bytes) -> tuple[int, bool]:
    """(question, flagged)."""
    body = _object(raw)
    if not isinstance(body.get("flagged"), bool):
        raise _wrong("поле «flagged» должно быть true или false")
    return _whole(body, "question", 1), body["flagged"]


def refuse_long(size: int) -> None:
    """Refused `too_large` for more than MAX_BYTES."""
    if size > MAX_BYTES:
        raise Refused("too_large", "Ответ слишком длинный. Сократите его.", status=413)


def _object(raw: bytes) -> dict[str, Any]:
    refuse_long(len(raw))
    try:
        body = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _wrong("это не JSON") from None
    if not isinstance(body, dict):
        raise _wrong("ожидался объект")
    return body


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _whole(body: dict[str, Any], name: str, least: int) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST:
        raise _wrong(f"поле «{name}» должно быть целым числом")
    return value


def _mono(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        raise _wrong("поле «mono» должно быть числом миллисекунд")
    return int(value)


def _name(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _wrong(f"поле «{name}» должно быть строкой до 64 латинских букв и цифр")
    return value


def _wrong(what: str) -> Refused:
    return Refused("bad_payload", f"Сервер не понял ответ: {what}. Обновите страницу и ответьте ещё раз.", status=422)
