"""Writer of GIFT: what `read_gift` reads back as the same questions (lines of the file apart). Moodle reads it too."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from exam.formats.gift_text import escape, item_source
from exam.questions.base import Body, Question
from exam.questions.registry import KINDS
from exam.questions.weights import number_text
from exam.questions.yes_no import TRUE


def write_gift(questions: Iterable[Question]) -> str:
    """The questions as one GIFT text, category lines included. Raises ValueError for a kind GIFT has no form for."""
    parts: list[str] = []
    category = ""
    for question in questions:
        if question.category != category:
            category = question.category
            parts.append(f"$CATEGORY: {category}\n")
        parts.append(_block(question))
    return "\n".join(parts)


def _block(question: Question) -> str:
    if question.kind not in _ANSWERS:
        raise ValueError(f"GIFT has no form for questions of the kind {question.kind}")
    head = f"::{escape(question.name)}::[{question.format}]{escape(question.source)}"
    answers = _ANSWERS[question.kind](question.body, question.format)
    if answers is None:
        return "".join(_notes(question)) + head + "\n"
    feedback = f"\t####{escape(question.feedback)}\n" if question.feedback else ""
    return "".join(_notes(question)) + head + "{" + answers + feedback + "}\n"


def _notes(question: Question) -> Iterable[str]:
    marks = [f"[id:{_bracketed(question.ident)}]"] if question.ident else []
    marks += [f"[tag:{_bracketed(tag)}]" for tag in question.tags]
    if marks:
        yield f"// {' '.join(marks)}\n"
    if KINDS[question.kind].scored and question.points != 1:
        yield f"// points: {number_text(question.points)}\n"
    if question.body.get("unit"):
        yield f"// unit: {question.body['unit']}\n"
    if question.kind == "multiple" and question.body["grading"] != "partial":
        yield f"// grading: {question.body['grading']}\n"


def _bracketed(text: str) -> str:
    return text.replace("]", "\\]")


def _choice(body: Body, format: str) -> str:
    return "\n" + "".join(_option("=" if item["weight"] == "100" else "~", item, format) for item in body["options"])


def _several(body: Body, format: str) -> str:
    return "\n" + "".join(_option("~", item, format) for item in body["options"])


def _short(body: Body, format: str) -> str:
    return "\n" + "".join(_option("=", item, format) for item in body["answers"])


def _option(sign: str, item: Mapping[str, Any], format: str) -> str:
    plain = "100" if sign == "=" else "0"
    weight = "" if item["weight"] == plain else f"%{item['weight']}%"
    return f"\t{sign}{weight}{item_source(item['text'], format)}{_feedback(item)}\n"


def _feedback(item: Mapping[str, Any]) -> str:
    return f"#{escape(item['feedback'])}" if item.get("feedback") else ""


def _yes_no(body: Body, format: str) -> str:
    wrong, right = body.get("feedback_wrong", ""), body.get("feedback_right", "")
    feedback = f"#{escape(wrong)}#{escape(right)}" if wrong or right else ""
    return ("T" if body["right"] == TRUE else "F") + feedback


def _matching(body: Body, format: str) -> str:
    right = {item["id"]: item["text"] for item in body["right"]}
    pairs = [(item_source(item["text"], format), right[body["key"][item["id"]]]) for item in body["left"]]
    used = set(body["key"].values())
    pairs += [("", item["text"]) for item in body["right"] if item["id"] not in used]
    return "\n" + "".join(f"\t={left} -> {escape(text)}\n" for left, text in pairs)


def _numeric(body: Body, format: str) -> str:
    lines = []
    for item in body["answers"]:
        weight = "" if item["weight"] == "100" else f"%{item['weight']}%"
        value = f"{item['value']}:{item['tolerance']}" if "value" in item else f"{item['low']}..{item['high']}"
        lines.append(f"\t={weight}{value}{_feedback(item)}\n")
    return "#\n" + "".join(lines)


def _ordering(body: Body, format: str) -> str:
    grading = {"position": "ABSOLUTE_POSITION", "relative": "RELATIVE_NEXT_EXCLUDE_LAST"}.get(
        body["grading"], "ALL_OR_NOTHING"
    )
    items = "".join(f"{item_source(item['text'], format)}\n" for item in body["items"])
    return f">{len(body['items'])} ALL VERTICAL {grading} SHOW\n{items}"


_ANSWERS: dict[str, Callable[[Body, str], str | None]] = {
    "single": _choice,
    "multiple": _several,
    "yes_no": _yes_no,
    "matching": _matching,
    "ordering": _ordering,
    "numeric": _numeric,
    "short": _short,
    "open": lambda body, format: "",
    "description": lambda body, format: None,
}
