"""Ordering. Body: {"items": [{"id", "text"}] in their right order, "grading": one of GRADINGS}.

all_or_nothing: the whole order or nothing. position: the share of items standing at their places. relative: the share
of neighbours (first and second, second and third, …) that stand right after one another. Answer: {"order": [every id
once]}.
"""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from exam.questions.base import (
    NO_ANSWER,
    Answer,
    AnswerInvalid,
    Body,
    Kind,
    QuestionInvalid,
    check_items,
    fields_of,
    known_ids,
    require_known,
    shuffled,
)

GRADINGS = ("all_or_nothing", "position", "relative")


def validate(body: Body) -> None:
    check_items(body.get("items"), "элементы последовательности", 2)
    if body.get("grading") not in GRADINGS:
        raise QuestionInvalid(
            f"Неизвестный способ оценивания «{body.get('grading')}». Возможны: {', '.join(GRADINGS)}."
        )


def public(body: Body, seed: str) -> dict[str, Any]:
    """The items, never in their right order: an untouched list must not look like a right answer."""
    items = shuffled(body["items"], seed)
    if [item["id"] for item in items] == _key(body):
        items = items[1:] + items[:1]
    return {"items": items}


def parse_answer(body: Body, raw: object) -> Answer:
    if raw is None:
        return None
    order = fields_of(raw, "order")
    known = known_ids(body["items"])
    if not isinstance(order, list) or len(order) != len(known):
        raise AnswerInvalid("incomplete_order", "Расставьте все элементы последовательности.")
    checked = [require_known(item, known) for item in order]
    if len(set(checked)) < len(checked):
        raise AnswerInvalid(
            "repeated_item", "Один элемент стоит в последовательности дважды. Расставьте каждый один раз."
        )
    return {"order": checked}


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction:
    if answer is None:
        return Fraction(0)
    key, order = _key(body), answer["order"]
    if body["grading"] == "all_or_nothing":
        share = Fraction(int(order == key))
    elif body["grading"] == "position":
        share = Fraction(sum(one == other for one, other in zip(key, order, strict=True)), len(key))
    else:
        share = Fraction(len(set(pairwise(key)) & set(pairwise(order))), len(key) - 1)
    return share * Fraction(points)


def describe_answer(body: Body, answer: Answer) -> str:
    if answer is None:
        return NO_ANSWER
    known = known_ids(body["items"])
    return " → ".join(known[ident] for ident in answer["order"])


def best_answer(body: Body) -> Answer:
    return {"order": _key(body)}


def _key(body: Body) -> list[str]:
    return [str(item["id"]) for item in body["items"]]


KIND = Kind("ordering", "Последовательность", validate, public, parse_answer, mark, describe_answer, best_answer)
