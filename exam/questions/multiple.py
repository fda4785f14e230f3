"""Multiple choice. Body: {"options": [{"id", "text", "weight", "feedback"?}], "grading": "partial" | "all_or_nothing"}.

Weights in percent; the positive ones add up to 100 (a percent is allowed for thirds written as 33.3). Right options are
those with a positive weight. Partial: the sum of the chosen weights over the sum of the positive ones, not below
nothing.
Answer: {"choices": [ids]}, an empty list is a cleared answer.
"""

from decimal import Decimal
from fractions import Fraction
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
from exam.questions.weights import FULL, fraction, number_text, read_weight

GRADINGS = ("partial", "all_or_nothing")


def validate(body: Body) -> None:
    check_items(body.get("options"), "варианты ответа", 2)
    if body.get("grading") not in GRADINGS:
        raise QuestionInvalid(
            f"Неизвестный способ оценивания «{body.get('grading')}». Возможны: {', '.join(GRADINGS)}."
        )
    weights = [read_weight(item) for item in body["options"]]
    right = sum((weight for weight in weights if weight > 0), Decimal(0))
    if right == 0:
        raise QuestionInvalid("Нет ни одного верного варианта. Отметьте верный знаком «=» или укажите веса вида %50%.")
    if abs(right - FULL) > 1:
        raise QuestionInvalid(
            f"Положительные веса дают в сумме {number_text(right)} %, а должны давать 100 %. Исправьте веса вариантов."
        )


def public(body: Body, seed: str) -> dict[str, Any]:
    return {"options": shuffled(body["options"], seed)}


def parse_answer(body: Body, raw: object) -> Answer:
    if raw is None:
        return None
    chosen = fields_of(raw, "choices")
    if not isinstance(chosen, list):
        raise AnswerInvalid("bad_answer", "Ответ должен быть списком вариантов. Обновите страницу и ответьте ещё раз.")
    known = known_ids(body["options"])
    choices = {require_known(item, known) for item in chosen}
    return {"choices": [ident for ident in known if ident in choices]} if choices else None


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction:
    if answer is None:
        return Fraction(0)
    weights = {item["id"]: fraction(item["weight"]) for item in body["options"]}
    right = {ident for ident, weight in weights.items() if weight > 0}
    chosen = set(answer["choices"])
    if chosen == right:
        return Fraction(points)
    if body["grading"] == "all_or_nothing":
        return Fraction(0)
    earned = sum((weights[ident] for ident in chosen), Fraction(0))
    return max(earned, Fraction(0)) / sum(weights[ident] for ident in right) * Fraction(points)


def describe_answer(body: Body, answer: Answer) -> str:
    if answer is None:
        return NO_ANSWER
    known = known_ids(body["options"])
    return "; ".join(known[ident] for ident in answer["choices"])


def best_answer(body: Body) -> Answer:
    return {"choices": [item["id"] for item in body["options"] if read_weight(item) > 0]}


KIND = Kind(
    "multiple", "Несколько верных вариантов", validate, public, parse_answer, mark, describe_answer, best_answer
)
