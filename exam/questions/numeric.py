"""Number. Body: {"answers": [{"value", "tolerance", "weight"} | {"low", "high", "weight"}, "feedback"?], "unit": str |
None}.

All numbers are decimal strings; a value is hit within ± tolerance, a range with both its ends. Of several hit answers
the best counts.
Answer: {"number": "0.5"}; a comma, spaces between thousands, a typographic minus and the question's own unit are
understood.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from exam.questions.base import (
    MAX_OPTIONS,
    NO_ANSWER,
    Answer,
    AnswerInvalid,
    Body,
    Kind,
    QuestionInvalid,
    fields_of,
    require_text,
)
from exam.questions.weights import FULL, fraction, number_text, read_number, read_weight, require_full_weight, share_of

MAX_LENGTH = 60
MAX_UNIT = 30


def validate(body: Body) -> None:
    answers = body.get("answers")
    if not isinstance(answers, list) or not all(isinstance(item, dict) for item in answers):
        raise QuestionInvalid("Запись вопроса повреждена: ответы записаны неверно.")
    if not 0 < len(answers) <= MAX_OPTIONS:
        raise QuestionInvalid(f"Нужен хотя бы один числовой ответ и не больше {MAX_OPTIONS}, а найдено {len(answers)}.")
    if not isinstance(body.get("unit"), str | None) or len(body["unit"] or "") > MAX_UNIT:
        raise QuestionInvalid(f"Единица измерения должна быть текстом не длиннее {MAX_UNIT} знаков, например мм.")
    for item in answers:
        _check_range(item)
    require_full_weight(answers)


def public(body: Body, seed: str) -> dict[str, Any]:
    return {"unit": body["unit"]}


def parse_answer(body: Body, raw: object) -> Answer:
    if raw is None:
        return None
    text = require_text(fields_of(raw, "number"), MAX_LENGTH)
    if not text:
        return None
    unit = (body["unit"] or "").casefold()
    if unit and text.casefold().endswith(unit):
        text = text[: len(text) - len(unit)]
    number = read_number("".join(text.replace("−", "-").replace("–", "-").split()))
    if number is None:
        raise AnswerInvalid("not_a_number", "Введите число цифрами, например 12 или 0,5.")
    return {"number": number_text(number)}


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction:
    if answer is None:
        return Fraction(0)
    number = fraction(answer["number"])
    hit = [fraction(item["weight"]) for item in body["answers"] if _low(item) <= number <= _high(item)]
    return share_of(max(hit, default=Fraction(0))) * Fraction(points)


def describe_answer(body: Body, answer: Answer) -> str:
    if answer is None:
        return NO_ANSWER
    return " ".join(filter(None, (answer["number"].replace(".", ","), body["unit"])))


def best_answer(body: Body) -> Answer:
    best = next(item for item in body["answers"] if read_weight(item) == FULL)
    return {"number": best["value"] if "value" in best else best["low"]}


def _check_range(item: Mapping[str, Any]) -> None:
    bounds = [item.get("value"), item.get("tolerance")] if "value" in item else [item.get("low"), item.get("high")]
    if not all(isinstance(bound, str) and read_number(bound) is not None for bound in bounds):
        raise QuestionInvalid(
            f"Числовой ответ записан неверно: «{bounds[0]}», «{bounds[1]}». Нужны числа, например 12 или 0,5."
        )
    if _low(item) > _high(item):
        raise QuestionInvalid("Допуск отрицательный или начало диапазона больше его конца. Исправьте границы ответа.")


def _low(item: Mapping[str, Any]) -> Fraction:
    return fraction(item["value"]) - fraction(item["tolerance"]) if "value" in item else fraction(item["low"])


def _high(item: Mapping[str, Any]) -> Fraction:
    return fraction(item["value"]) + fraction(item["tolerance"]) if "value" in item else fraction(item["high"])


KIND = Kind("numeric", "Число", validate, public, parse_answer, mark, describe_answer, best_answer)
