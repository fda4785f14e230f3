"""What stands between the braces of a GIFT question, as a kind and a body."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from exam.formats.gift_text import item_text, joined, show, split_weight
from exam.questions.base import MAX_OPTIONS, QuestionInvalid, labelled
from exam.questions.weights import number_text, read_number
from exam.questions.yes_no import FALSE, TRUE

_SIGNS = re.compile(r"([~=])")
_TRUTHS = {"T": TRUE, "TRUE": TRUE, "F": FALSE, "FALSE": FALSE}
_NUMERIC_NOTHING = "После «#» нет числа. Запишите ответ, например {#12} или {#12:0,5}."

_GRADINGS = {
    "ALL_OR_NOTHING": "all_or_nothing",
    "ABSOLUTE_POSITION": "position",
    "ABSOLUTE": "position",
    "ABS": "position",
}
# The header of the ordering dialect: each word may be missing, but the order of the words is fixed.
_HEADER = (
    ("select", frozenset({"ALL", "EXACT", "RANDOM", "REL", "CONTIGUOUS", "CONTIG"})),
    ("layout", frozenset({"HORIZONTAL", "HORI", "H", "1", "VERTICAL", "VERT", "V", "0"})),
    ("grading", None),
    ("show", frozenset({"SHOW", "TRUE", "YES", "1", "HIDE", "FALSE", "NO", "0"})),
    ("numbering", frozenset({"NONE", "123", "ABC", "ABCD", "III", "IIII"})),
)


def read_answers(hidden: str, format: str) -> tuple[str, dict[str, Any]]:
    """(kind, body). hidden: the text between the braces without general feedback, escapes hidden, stripped.

    format: that of the question's text, which its options share. Raises QuestionInvalid.
    """
    if not hidden:
        return "open", {}
    if hidden.startswith(">"):
        return "ordering", _ordering(hidden[1:], format)
    if hidden.startswith("#"):
        return "numeric", _numeric(hidden[1:])
    truth = _TRUTHS.get(hidden.partition("#")[0].strip().upper())
    if truth is not None:
        return "yes_no", _yes_no(truth, hidden)
    parts = _parts(hidden)
    if any(sign == "~" for sign, _ in parts):
        return _choice(parts, format)
    if any("->" in chunk for _, chunk in parts):
        return "matching", _matching([chunk for _, chunk in parts], format)
    return "short", {"answers": [_weighted(sign, chunk, format) for sign, chunk in parts]}


def _parts(hidden: str) -> list[tuple[str, str]]:
    """(sign, text behind it) of every answer."""
    first, *rest = _SIGNS.split(hidden)
    if first.strip() or not rest:
        raise QuestionInvalid(
            "Ответы в фигурных скобках не разобрать: каждый начинается с «=» (верный) или «~» (неверный). "
            "Если скобки – часть текста, запишите их как \\{ и \\}."
        )
    if len(rest) > 2 * MAX_OPTIONS:
        raise QuestionInvalid(
            f"Ответов больше {MAX_OPTIONS}. Проверьте, закрыта ли скобка и экранированы ли знаки «=» и «~»."
        )
    return list(zip(rest[::2], rest[1::2], strict=True))


def _choice(parts: Sequence[tuple[str, str]], format: str) -> tuple[str, dict[str, Any]]:
    """With a «=» it is one choice; with «~» alone, weights decide and several may be chosen (Moodle's rule)."""
    options = [_weighted(sign, chunk, format) for sign, chunk in parts]
    labels = labelled([option["text"] for option in options], "a")
    options = [{"id": label["id"], **option} for label, option in zip(labels, options, strict=True)]
    if any(sign == "=" for sign, _ in parts):
        return "single", {"options": options}
    return "multiple", {"options": options, "grading": "partial"}


def _weighted(sign: str, chunk: str, format: str) -> dict[str, str]:
    weight, rest = split_weight(chunk)
    if weight is None:
        weight = Decimal(100 if sign == "=" else 0)
    text, _, feedback = rest.partition("#")
    return _with_feedback({"text": item_text(text, format), "weight": number_text(weight)}, feedback)


def _with_feedback(item: dict[str, str], hidden: str) -> dict[str, str]:
    feedback = show(joined(hidden))
    return {**item, "feedback": feedback} if feedback else item


def _matching(chunks: Sequence[str], format: str) -> dict[str, Any]:
    lefts: list[str] = []
    keys: list[str] = []
    distractors: list[str] = []
    for chunk in chunks:
        left, arrow, right = chunk.partition("->")
        if not arrow:
            raise QuestionInvalid(
                f"В паре «{show(chunk)[:60]}» нет «->». Запишите её как «= левая часть -> правая часть»."
            )
        right_text = show(joined(right))
        if not right_text:
            raise QuestionInvalid("После «->» нет правой части пары. Допишите её.")
        if left.strip():
            lefts.append(item_text(left, format))
            keys.append(right_text)
        else:
            distractors.append(right_text)
    left_items, right_items = labelled(lefts, "l"), labelled(list(dict.fromkeys(keys + distractors)), "r")
    ident = {item["text"]: item["id"] for item in right_items}
    key = {item["id"]: ident[text] for item, text in zip(left_items, keys, strict=True)}
    return {"left": left_items, "right": right_items, "key": key}


def _yes_no(truth: str, hidden: str) -> dict[str, Any]:
    """Moodle's order: the first feedback is for the wrong choice, the second for the right one."""
    _, *feedbacks = hidden.split("#", 2)
    named = zip(("feedback_wrong", "feedback_right"), (show(joined(text)) for text in feedbacks), strict=False)
    return {"right": truth, **{name: text for name, text in named if text}}


def _numeric(hidden: str) -> dict[str, Any]:
    # A sign inside the feedback of a lone answer parts nothing.
    signed = _SIGNS.search(hidden.partition("#")[0])
    parts = _parts(hidden) if signed else [("=", hidden)]
    answers = [_range(sign, chunk) for sign, chunk in parts if not _mere_comment(sign, chunk)]
    if not answers:
        raise QuestionInvalid(_NUMERIC_NOTHING)
    return {"answers": answers, "unit": None}


def _mere_comment(sign: str, chunk: str) -> bool:
    """An answer for «anything else» (`~#feedback`, `=%0%*`) earns nothing, so it says nothing about marking."""
    weight, rest = split_weight(chunk)
    value = rest.partition("#")[0].strip()
    return (sign == "~" and not value) or (value == "*" and weight == 0)


def _range(sign: str, chunk: str) -> dict[str, str]:
    weight, rest = split_weight(chunk)
    if weight is None:
        weight = Decimal(100 if sign == "=" else 0)
    value, _, feedback = rest.partition("#")
    value = show(value)
    if ".." in value:
        low, _, high = value.partition("..")
        bounds = {"low": _number(low), "high": _number(high)}
    else:
        number, _, tolerance = value.partition(":")
        bounds = {"value": _number(number), "tolerance": _number(tolerance) if tolerance.strip() else "0"}
    return _with_feedback({**bounds, "weight": number_text(weight)}, feedback)


def _number(text: str) -> str:
    number = read_number(text.strip())
    if not text.strip():
        raise QuestionInvalid(_NUMERIC_NOTHING)
    if number is None:
        raise QuestionInvalid(f"«{text.strip()[:60]}» не число. Запишите числовой ответ цифрами, например 12 или 0,5.")
    return number_text(number)


def _ordering(hidden: str, format: str) -> dict[str, Any]:
    """Every item is shown to everybody: the count in the header is read and not used (equal papers for all)."""
    first, *lines = hidden.split("\n")
    grading, rest = _header(first)
    texts = [item_text(line, format) for line in [rest, *lines] if line.strip()]
    if len(texts) > MAX_OPTIONS:
        raise QuestionInvalid(f"Элементов последовательности больше {MAX_OPTIONS}. Проверьте, закрыта ли скобка.")
    return {"items": labelled(texts, "a"), "grading": grading}


def _header(line: str) -> tuple[str, str]:
    """(grading, what is left of the line). Moodle's own default grading is by position."""
    words, grading = line.split(), "position"
    if words and words[0].isdecimal():
        words.pop(0)
    for name, known in _HEADER:
        word = words[0].upper() if words else ""
        if name == "grading" and (word in _GRADINGS or word.startswith(("RELATIVE", "LONGEST_"))):
            grading = _GRADINGS.get(word, "relative")
            words.pop(0)
        elif known is not None and word in known:
            words.pop(0)
    return grading, " ".join(words)
