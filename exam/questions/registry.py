"""The kinds of questions by name, and questions as JSON."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exam.questions import description, matching, multiple, numeric, open, ordering, short, single, yes_no
from exam.questions.base import Kind, Question, QuestionInvalid
from exam.questions.weights import number_text, read_number

KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (single, multiple, yes_no, matching, ordering, numeric, short, open, description)
}

MAX_POINTS = Decimal(1000)
MAX_TEXT = 100_000
_CENT = Decimal("0.01")


def validate_question(question: Question) -> None:
    """The question as a whole can be used in a paper. Raises QuestionInvalid with a Russian reason."""
    kind = KINDS.get(question.kind)
    if kind is None:
        raise QuestionInvalid(f"Неизвестный вид вопроса «{question.kind}».")
    if not question.text.strip():
        raise QuestionInvalid("У вопроса нет текста. Напишите его перед ответами.")
    if len(question.source) > MAX_TEXT or len(question.text) > MAX_TEXT:
        raise QuestionInvalid(f"Текст вопроса длиннее {MAX_TEXT} знаков. Разделите его.")
    _validate_points(question.points, kind)
    kind.validate(question.body)


def question_to_json(question: Question) -> dict[str, Any]:
    """A JSON-ready dict; points as a decimal string."""
    return {
        "kind": question.kind,
        "name": question.name,
        "text": question.text,
        "body": dict(question.body),
        "points": number_text(question.points),
        "line": question.line,
        "source": question.source,
        "format": question.format,
        "ident": question.ident,
        "tags": list(question.tags),
        "category": question.category,
        "feedback": question.feedback,
    }


def question_from_json(record: Mapping[str, Any]) -> Question:
    """The question that `question_to_json` wrote, checked anew. Raises QuestionInvalid."""
    points = read_number(str(record.get("points")))
    if points is None or not isinstance(record.get("body"), dict):
        raise QuestionInvalid("Запись вопроса повреждена: нет баллов или содержания.")
    words = {
        name: str(record.get(name, ""))
        for name in ("kind", "name", "text", "source", "format", "ident", "category", "feedback")
    }
    question = Question(
        **words, body=record["body"], points=points, line=int(record.get("line", 0)), tags=tuple(record.get("tags", ()))
    )
    validate_question(question)
    return question


def _validate_points(points: Decimal, kind: Kind) -> None:
    if not kind.scored:
        if points:
            raise QuestionInvalid("Пояснение не оценивается. Уберите баллы или добавьте ответы в фигурных скобках.")
    elif not 0 < points <= MAX_POINTS:
        raise QuestionInvalid(f"Баллы за вопрос должны быть больше 0 и не больше {MAX_POINTS}.")
    elif points % _CENT:
        raise QuestionInvalid("Баллы за вопрос записывают не точнее сотых, например 1 или 0,25.")
