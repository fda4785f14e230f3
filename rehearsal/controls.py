"""Answers in words, as the controls of the exam page send them."""

from typing import Any

from bs4 import Tag

from rehearsal import questions
from rehearsal.client import piece, words
from rehearsal.errors import expect


def title(section: Tag) -> str:
    """The question."""
    return words(piece(section, ".question"))


def value(section: Tag, answer: Any) -> dict[str, Any]:
    """What is sent for an answer."""
    kind = str(section["data-kind"])
    if kind in ("single", "yes_no"):
        return {"choice": _inputs(section)[answer]}
    if kind == "multiple":
        return {"choices": [_inputs(section)[one] for one in answer]}
    if kind == "matching":
        return {"pairs": _pairs(section, answer)}
    if kind == "ordering":
        items = {words(piece(node, ".grow")): str(node["data-item"]) for node in section.select("[data-item]")}
        return {"order": [items[one] for one in answer]}
    return {"number" if kind == "numeric" else "text": answer}


def _inputs(section: Tag) -> dict[str, str]:
    labels = section.select("label.choice")
    return {words(piece(label, ".pre")): str(piece(label, "input")["value"]) for label in labels}


def _pairs(section: Tag, answer: dict[str, str]) -> dict[str, str]:
    pairs = {}
    for pair in section.select(".pair"):
        select = piece(pair, "select")
        rights = {words(node): str(node["value"]) for node in select.select("option") if node.get("value")}
        expect(questions.DISTRACTOR in rights, f"{title(section)}: в правом столбце нет лишней строки")
        pairs[str(select["data-left"])] = rights[answer[words(piece(pair, "label"))]]
    return pairs
