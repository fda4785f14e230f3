"""Short answer. Body: {"answers": [{"text", "weight", "feedback"?}]}; `*` in a text stands for any characters, `\\*`
for a star.

Compared without regard to case, ё and е, spaces, kinds of dashes and quotes, and a full stop at the end. Of several
matching answers the best counts. Answer: {"text": "…"}.
"""

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import Any

from exam.questions.base import (
    MAX_OPTIONS,
    NO_ANSWER,
    Answer,
    Body,
    Kind,
    QuestionInvalid,
    fields_of,
    require_text,
)
from exam.questions.weights import FULL, fraction, read_weight, require_full_weight, share_of

MAX_LENGTH = 1000
_SAME = str.maketrans(dict.fromkeys("–—−‐‑", "-") | dict.fromkeys("«»“”„", '"') | {"ё": "е"})
_PIECES = re.compile(r"\\\*|\*|[^*\\]+|\\")
_SPACES = re.compile(r"\s+")


def validate(body: Body) -> None:
    answers = body.get("answers")
    if not isinstance(answers, list) or not all(
        isinstance(item, dict) and isinstance(item.get("text"), str) for item in answers
    ):
        raise QuestionInvalid("Запись вопроса повреждена: ответы записаны неверно.")
    if len(answers) > MAX_OPTIONS:
        raise QuestionInvalid(f"Слишком много ответов: {len(answers)}, можно не больше {MAX_OPTIONS}.")
    for item in answers:
        if not item["text"].strip():
            raise QuestionInvalid("Пустой текст ответа. Допишите ответ после знака «=» или уберите знак.")
        if read_weight(item) > 0 and not normal("".join(_literals(item["text"]))):
            raise QuestionInvalid(
                f"Ответ «{item['text']}» засчитал бы любой или пустой текст. Уточните его или дайте ему вес 0 %."
            )
    require_full_weight(answers)


def public(body: Body, seed: str) -> dict[str, Any]:
    return {}


def parse_answer(body: Body, raw: object) -> Answer:
    if raw is None:
        return None
    text = require_text(fields_of(raw, "text"), MAX_LENGTH)
    return {"text": text} if text else None


def mark(body: Body, answer: Answer, points: Decimal) -> Fraction:
    if answer is None:
        return Fraction(0)
    given = normal(answer["text"])
    hit = [fraction(item["weight"]) for item in body["answers"] if matches(item["text"], given)]
    return share_of(max(hit, default=Fraction(0))) * Fraction(points)


def describe_answer(body: Body, answer: Answer) -> str:
    return NO_ANSWER if answer is None else str(answer["text"])


def best_answer(body: Body) -> Answer:
    best = next(item for item in body["answers"] if read_weight(item) == FULL)
    return {"text": "".join(_literals(best["text"])).strip()}


def normal(text: str) -> str:
    """The form in which answers are compared."""
    return _end_trimmed(_folded(text).lstrip())


def matches(pattern: str, given: str) -> bool:
    """Whether a normal text fits a pattern with stars; at worst the time grows with the product of their lengths."""
    pieces = [_folded(piece) for piece in _literals(pattern)]
    pieces[0] = pieces[0].lstrip()
    pieces[-1] = _end_trimmed(pieces[-1])
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return first == given
    if len(given) < len(first) + len(last) or not given.startswith(first) or not given.endswith(last):
        return False
    at, end = len(first), len(given) - len(last)
    for piece in pieces[1:-1]:
        found = given.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _folded(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text).casefold().translate(_SAME))


def _end_trimmed(text: str) -> str:
    return text.rstrip(" .")


def _literals(pattern: str) -> list[str]:
    """What stands between the stars: one more text than stars."""
    parts = [""]
    for piece in _PIECES.findall(pattern):
        if piece == "*":
            parts.append("")
        else:
            parts[-1] += "*" if piece == "\\*" else piece
    return parts


KIND = Kind("short", "Краткий ответ", validate, public, parse_answer, mark, describe_answer, best_answer)
