"""Single choice. Body: {"options": [{"id", "text", "weight", "feedback"?}]}; weight in percent, "100" for a right
option.

Answer: {"choice": id}. A weight below 100 earns its share, a negative one earns nothing.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from exam.questions.base import (
    NO_ANSWER,
    Answer,
    Body,
    Kind,
    check_items,
    fields_of,
    known_ids,
    require_known,
    shuffled,
)
from exam.questions.weights import FULL, fraction, read_weight, require_full_weight, share_of


def validate(body: Body) -> None:
    check_items(body.get("options"), "варианты ответа", 2)
    require_full_weight(body["options"])


def public(body: Body, seed: str) -> dict[str, Any]:
    return {"options": shuffled(body["options"], seed)}


def parse_answer(body: Body, raw: object) -> Answer:
    if raw is None:
        return None
    return {"choice": require_known(fields_of(raw, "choice"), known_ids(body["options"]))}


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction:
    if answer is None:
        return Fraction(0)
    weights = {item["id"]: fraction(item["weight"]) for item in body["options"]}
    return share_of(weights[answer["choice"]]) * Fraction(points)


def describe_answer(body: Body, answer: Answer) -> str:
    return NO_ANSWER if answer is None else known_ids(body["options"])[answer["choice"]]


def best_answer(body: Body) -> Answer:
    return {"choice": next(item["id"] for item in body["options"] if read_weight(item) == FULL)}


KIND = Kind("single", "Один верный вариант", validate, public, parse_answer, mark, describe_answer, best_answer)
