"""Checking a final receipt again, by whoever holds it: docs/receipts.md. Needs neither database nor service."""
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.canonical import NotCanonical
from exam import receipts

FORM = "exam-receipt-1"
SAVE_KEYS = ("number", "question", "seq", "value", "mono", "page", "client", "at", "hash")


@dataclass(frozen=True)
class Line:
    """One thing that was checked: whether it holds, and a Russian sentence about it."""

    holds: bool
    text: str


class Unreadable(Exception):
    """The file is no final receipt; the message is a Russian sentence."""


def facts(document: dict[str, Any]) -> dict[str, Any]:
    """What the service's seal of the whole receipt covers: everything but the saves, which its head hash covers."""
    return {name: value for name, value in document.items() if name not in ("saves", "final_seal")}


def chain(document: Any) -> list[Line]:
    """Compute the chain of a receipt anew. Unreadable for anything that is not one."""
    saves = _saves(document)
    prev = receipts.genesis(document["attempt"])
    for number, save in enumerate(saves, start=1):
        prev = _link(prev, document["attempt"], save)
        if (save["number"], save["hash"]) != (number, prev):
            return [Line(False, f"Сохранение {number}: отпечаток не сходится. С этого места ответы изменены.")]
    return list(_ends(document, len(saves), prev))


def _saves(document: Any) -> list[dict[str, Any]]:
    """The saves of a document whose own facts are of the right types."""
    if not isinstance(document, dict) or document.get("form") != FORM:
        raise Unreadable("Это не расписка о сохранённых ответах.")
    saves = document.get("saves")
    if type(document.get("attempt")) is not int or not isinstance(saves, list):
        raise Unreadable("В расписке нет номера выполнения или списка сохранений.")
    if not all(isinstance(save, dict) and all(key in save for key in SAVE_KEYS) for save in saves):
        raise Unreadable("В расписке есть сохранение без обязательных полей.")
    return saves


def _link(prev: str, attempt: int, save: dict[str, Any]) -> str:
    try:
        return receipts.link(prev, attempt=attempt, question=save["question"], seq=save["seq"], value=save["value"],
                             mono=save["mono"], page=save["page"], client=save["client"],
                             at=datetime.fromisoformat(save["at"]))
    except (TypeError, ValueError, OverflowError, NotCanonical):
        raise Unreadable("В расписке есть поле неверного вида.") from None


def _ends(document: dict[str, Any], count: int, head: str) -> Iterator[Line]:
    same = document.get("count") == count and document.get("head") == head
    yield Line(same, f"Цепочка сохранений пересчитана: {count}, последний отпечаток сходится." if same else
               "Последний отпечаток или число сохранений не сходятся с цепочкой.")
