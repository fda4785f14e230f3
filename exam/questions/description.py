"""A text between questions: nothing to answer, no points. Body: {}."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from exam.questions.base import Answer, AnswerInvalid, Body, Kind, QuestionInvalid


def validate(body: Body) -> None:
    if body:
        raise QuestionInvalid("Запись повреждена: у пояснения нет вариантов.")


def public(body: Body, seed: str) -> dict[str, Any]:
    return {}


def parse_answer(body: Body, raw: object) -> Answer:
    if raw is None:
        return None
    raise AnswerInvalid(
        "nothing_to_answer", "Это пояснение, отвечать на него не нужно. Перейдите к следующему вопросу."
    )


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction:
    return Fraction(0)


def describe_answer(body: Body, answer: Answer) -> str:
    return "ответ не требуется"


def best_answer(body: Body) -> Answer:
    return None


KIND = Kind(
    "description", "Пояснение", validate, public, parse_answer, mark, describe_answer, best_answer, scored=False
)
