"""What a browser would send for a question, found by the words of its options."""

from typing import Any

from exam import attempts
from exam.models import Attempt, AttemptQuestion
from tests.factories.exam import ANSWERS


def lines(attempt: Attempt) -> dict[str, AttemptQuestion]:
    """Lines of the paper by kind; call inside a unit of work."""
    return {line.question.kind: line for line in attempts.paper(attempt.id)}


def value(line: AttemptQuestion, words: Any = None) -> Any:
    """The JSON of an answer given in words; the right one unless told."""
    body, kind = line.question.record["body"], line.question.kind
    words = ANSWERS[kind] if words is None else words
    lists = [body.get(name) for name in ("options", "items", "left", "right")]
    ids = {item["text"]: item["id"] for items in lists if isinstance(items, list) for item in items}
    made = {
        "single": lambda: {"choice": ids[words]},
        "multiple": lambda: {"choices": [ids[word] for word in words]},
        "yes_no": lambda: {"choice": "a1" if words else "a2"},
        "matching": lambda: {"pairs": {ids[left]: ids[right] for left, right in words.items()}},
        "ordering": lambda: {"order": [ids[word] for word in words]},
        "numeric": lambda: {"number": words},
        "short": lambda: {"text": words}}
    return made[kind]()


def sent(question: int, value: Any, seq: int = 1, client: str = "", **more: Any) -> dict[str, Any]:
    """One save."""
    return {"question": question, "seq": seq, "value": value, "client_id": client or f"c{question}-{seq}",
            "mono": None, "page_id": "p1"} | more
