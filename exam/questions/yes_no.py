"""True or false. Body: {"right": "a1" | "a2", "feedback_right"?, "feedback_wrong"?}; a1 is «Верно», a2 «Неверно», never
shuffled.

Answer: {"choice": "a1"}.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from exam.questions.base import NO_ANSWER, Answer, Body, Kind, QuestionInvalid, fields_of, require_known

TRUE, FALSE = "a1", "a2"
OPTIONS = {TRUE: "Верно", FALSE: "Неверно"}


def validate(body: Body) -> None:
    if body.get("right") not in OPTIONS:
        raise QuestionInvalid("Не указано, верно утверждение или нет. Поставьте {T} или {F}.")


def public(body: Body, seed: str) -> dict[str, Any]:
    return {"options": [{"id": ident, "text": text} for ident, text in OPTIONS.items()]}


def parse_answer(body: Body, raw: object) -> Answer:
    return None if raw is None else {"choice": require_known(fields_of(raw, "choice"), OPTIONS)}


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction:
    right = answer is not None and answer["choice"] == body["right"]
    return Fraction(points) if right else Fraction(0)


def describe_answer(body: Body, answer: Answer) -> str:
    return NO_ANSWER if answer is None else OPTIONS[answer["choice"]]


def best_answer(body: Body) -> Answer:
    return {"choice": body["right"]}


KIND = Kind("yes_no", "Верно или неверно", validate, public, parse_answer, mark, describe_answer, best_answer)
