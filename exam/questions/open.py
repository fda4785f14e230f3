"""Open answer, marked by people. Body: {}. Answer: {"text": "…"}. An empty answer earns nothing; any other waits for
its markers.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from exam.questions.base import NO_ANSWER, Answer, Body, Kind, QuestionInvalid, fields_of, require_text

MAX_LENGTH = 20_000


def validate(body: Body) -> None:
    if body:
        raise QuestionInvalid("Запись вопроса повреждена: у открытого вопроса нет вариантов.")


def public(body: Body, seed: str) -> dict[str, Any]:
    return {}


def parse_answer(body: Body, raw: object) -> Answer:
    if raw is None:
        return None
    text = require_text(fields_of(raw, "text"), MAX_LENGTH)
    return {"text": text} if text else None


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction | None:
    return Fraction(0) if answer is None else None


def describe_answer(body: Body, answer: Answer) -> str:
    return NO_ANSWER if answer is None else str(answer["text"])


def best_answer(body: Body) -> Answer:
    return None


KIND = Kind("open", "Открытый ответ", validate, public, parse_answer, mark, describe_answer, best_answer)
