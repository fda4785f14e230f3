"""What a delivery holds, read strictly: every wrong type is a refusal in words, never a fault."""
import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.errors import Refused
from exam import payloads
from exam.incoming import Proven, Sent

MAX_BYTES = 1_000_000
MOST = 100
ACK_FIELDS = frozenset({"t", "number", "hash", "prev", "seal", "late"})
_HASH, _SEAL = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Item:
    """What lay in a sealed item: a save, and the acknowledgement it once got."""

    sent: Sent
    proven: Proven | None


def read_body(raw: bytes) -> tuple[str, list[str]]:
    """(pass, sealed items as sent), from 1 to MOST of them. Refused for anything else."""
    if len(raw) > MAX_BYTES:
        raise Refused("too_large", "Слишком много ответов сразу. Отправьте их по частям.", status=413)
    body = _object(raw)
    text, items = body.get("pass"), body.get("items")
    if set(body) != {"pass", "items"} or not isinstance(text, str):
        raise _wrong("ожидались поля «pass» и «items»")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST or not all(isinstance(one, str) for one in items):
        raise _wrong(f"в поле «items» должно быть от 1 до {MOST} строк")
    return text, items


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise _wrong("ожидался объект JSON")
    return body


def bytes_of(text: str) -> bytes | None:
    """The bytes of base64url, padded or not; None for anything else."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare.encode("ascii") + b"=" * (-len(bare) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def read_item(body: dict[str, Any]) -> Item:
    """The save and the acknowledgement of an opened item. Refused for anything else."""
    if set(body) != {"proof", "save", "ack"} or not isinstance(body["save"], dict):
        raise _wrong("ожидались поля «proof», «save» и «ack»")
    return Item(payloads.read_one(body["save"]), None if body["ack"] is None else _proven(body["ack"]))


def _proven(ack: object) -> Proven:
    if not isinstance(ack, dict) or set(ack) != ACK_FIELDS:
        raise _wrong("поле «ack» должно быть распиской")
    number, late = ack["number"], ack["late"]
    if type(number) is not int or not 1 <= number <= payloads.LARGEST or not isinstance(late, bool):
        raise _wrong("в расписке нет номера")
    return Proven(_moment(ack["t"]), number, _figures(ack["prev"], _HASH), _figures(ack["hash"], _HASH),
                  _figures(ack["seal"], _SEAL), late)


def _moment(text: object) -> datetime:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _wrong("в расписке нет времени")


def _figures(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _wrong("в расписке неверный отпечаток")
    return value


def _wrong(what: str) -> Refused:
    return Refused("bad_payload", f"Сервер не понял отправленные ответы: {what}. Обновите страницу и повторите.",
                   status=422)
