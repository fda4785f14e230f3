"""Matching. Body: {"left": [{"id", "text"}], "right": [{"id", "text"}], "key": {left id: right id}}.

The right column may hold distractors, and one right text may serve several left ones. Every right pair earns an equal
share.
Answer: {"pairs": {left id: right id}}, not necessarily for every left item; no pairs at all is a cleared answer.
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


def validate(body: Body) -> None:
    check_items(body.get("left"), "левые части соответствия", 2)
    check_items(body.get("right"), "правые части соответствия", 2)
    left, right, key = known_ids(body["left"]), known_ids(body["right"]), body.get("key")
    if not isinstance(key, dict) or set(key) != set(left) or not set(key.values()) <= set(right):
        raise QuestionInvalid("Запись вопроса повреждена: ключ соответствия не сходится с его частями.")


def public(body: Body, seed: str) -> dict[str, Any]:
    return {"left": shuffled(body["left"], seed, "left"), "right": shuffled(body["right"], seed, "right")}


def parse_answer(body: Body, raw: object) -> Answer:
    if raw is None:
        return None
    pairs = fields_of(raw, "pairs")
    if not isinstance(pairs, dict):
        raise AnswerInvalid("bad_answer", "Ответ должен быть набором пар. Обновите страницу и ответьте ещё раз.")
    left, right = known_ids(body["left"]), known_ids(body["right"])
    checked = {require_known(one, left): require_known(other, right) for one, other in pairs.items()}
    return {"pairs": dict(sorted(checked.items()))} if checked else None


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction:
    if answer is None:
        return Fraction(0)
    hits = sum(1 for left, right in answer["pairs"].items() if body["key"][left] == right)
    return Fraction(hits, len(body["key"])) * Fraction(points)


def describe_answer(body: Body, answer: Answer) -> str:
    if answer is None:
        return NO_ANSWER
    right, pairs = known_ids(body["right"]), answer["pairs"]
    return "; ".join(
        f"{item['text']} – {right[pairs[item['id']]] if item['id'] in pairs else 'не указано'}" for item in body["left"]
    )


def best_answer(body: Body) -> Answer:
    return {"pairs": dict(sorted(body["key"].items()))}


KIND = Kind("matching", "Соответствие", validate, public, parse_answer, mark, describe_answer, best_answer)
