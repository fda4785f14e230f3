"""What every kind of question has in common: the record, its two errors, identifiers and shuffling.

A question's `body` is a JSON-ready dict; its shape is described at the top of the kind's file. Weights, numbers and
points in it
are decimal strings, never floats: bodies are hashed, and marks are counted from them exactly.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from core.errors import Refused

Body: TypeAlias = Mapping[str, Any]
# A parsed answer is JSON-ready and canonical: parsing it again gives the same. None is a cleared answer.
Answer: TypeAlias = dict[str, Any] | None

NO_ANSWER = "нет ответа"
MAX_OPTIONS = 100


class QuestionInvalid(ValueError):
    """The question cannot be used; `text` says in Russian what is wrong and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class AnswerInvalid(Refused):
    """The browser sent something that is no answer to this question."""

    status = 422


@dataclass(frozen=True)
class Question:
    """One question of a bank. `text` is plain text for people; `source` in `format` is what the author wrote.

    points: the maximum, in points with at most two decimals. line: 1-based place in the file it came from, 0 elsewhere.
    """

    kind: str
    name: str
    text: str
    body: Body
    points: Decimal = Decimal(1)
    line: int = field(default=0, compare=False)
    source: str = ""
    format: str = "plain"
    ident: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    feedback: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of question as the functions the service asks of it.

    validate(body): raises QuestionInvalid.
    public(body, seed): what the participant's page gets; holds no key, and no order or identifier that tells it.
    parse_answer(body, raw): the browser's JSON as an Answer; raises AnswerInvalid.
    mark(body, answer, points): exact points between 0 and `points`; None when only people can mark it.
    describe_answer(body, answer): the answer in words, for protocols.
    best_answer(body): an answer that earns all the points; None where there is none.
    """

    name: str
    title: str
    validate: Callable[[Body], None]
    public: Callable[[Body, str], dict[str, Any]]
    parse_answer: Callable[[Body, object], Answer]
    mark: Callable[[Body, Answer, Decimal], Fraction | None]
    describe_answer: Callable[[Body, Answer], str]
    best_answer: Callable[[Body], Answer]
    scored: bool = True

    def describe_key(self, body: Body) -> str:
        """The right answer in words; an empty string where no key exists."""
        best = self.best_answer(body)
        return self.describe_answer(body, best) if best is not None else ""


def body_to_json(body: Body) -> str:
    """The canonical form: sorted keys, no spaces, characters as they are. Equal bodies give equal strings."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def body_from_json(text: str) -> dict[str, Any]:
    """The body that `body_to_json` wrote. Raises QuestionInvalid when the text is not a JSON object."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise QuestionInvalid("Запись вопроса повреждена: это не JSON.") from error
    if not isinstance(body, dict):
        raise QuestionInvalid("Запись вопроса повреждена: ожидался объект JSON.")
    return body


def labelled(texts: Sequence[str], prefix: str) -> list[dict[str, str]]:
    """Texts with identifiers prefix1…prefixN in the given order of texts.

    Identifiers go to the browser, so they must not tell the order of the file (many banks put the right option first,
    and the items
    of an ordering are written in their right order): numbers follow the hash of the text.
    """
    by_hash = sorted(range(len(texts)), key=lambda at: (_hash(texts[at]), at))
    number = {at: rank for rank, at in enumerate(by_hash, start=1)}
    return [{"id": f"{prefix}{number[at]}", "text": text} for at, text in enumerate(texts)]


def shuffled(items: Iterable[Mapping[str, Any]], seed: str, salt: str = "") -> list[dict[str, str]]:
    """Public copies (id and text) in an order that depends only on the seed and the identifiers, on every machine
    alike.
    """
    ordered = sorted(items, key=lambda item: _hash(f"{seed}\x1f{salt}\x1f{item['id']}"))
    return [{"id": str(item["id"]), "text": str(item["text"])} for item in ordered]


def fields_of(raw: object, name: str) -> object:
    """The only field of a browser's answer. Raises AnswerInvalid when the answer is no object with exactly this field.
    """
    if not isinstance(raw, dict) or set(raw) != {name}:
        raise AnswerInvalid("bad_answer", "Ответ не подходит к этому вопросу. Обновите страницу и ответьте ещё раз.")
    return raw[name]


def known_ids(items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Text by identifier."""
    return {str(item["id"]): str(item["text"]) for item in items}


def require_known(value: object, known: Mapping[str, str]) -> str:
    """An identifier of this question. Raises AnswerInvalid for anything else."""
    if not isinstance(value, str) or value not in known:
        raise AnswerInvalid(
            "unknown_option", "Такого варианта в этом вопросе нет. Обновите страницу и ответьте ещё раз."
        )
    return value


def require_text(value: object, limit: int) -> str:
    """A participant's text, stripped, at most `limit` characters. Raises AnswerInvalid."""
    if not isinstance(value, str):
        raise AnswerInvalid("bad_answer", "Ответ должен быть текстом.")
    text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > limit:
        raise AnswerInvalid("too_long", f"Ответ длиннее {limit} знаков. Сократите его.")
    if any(_unstorable(char) for char in text):
        raise AnswerInvalid("bad_text", "В ответе есть недопустимые знаки. Наберите ответ с клавиатуры.")
    return text


def check_items(items: object, what: str, least: int) -> None:
    """A list of {id, text}: at least `least`, different identifiers and texts, no empty text. Raises QuestionInvalid.
    """
    if not isinstance(items, list) or not all(_is_item(item) for item in items):
        raise QuestionInvalid(f"Запись вопроса повреждена: {what} записаны неверно.")
    if len(items) < least:
        raise QuestionInvalid(f"Слишком мало: {what}, найдено {len(items)}, нужно не меньше {least}.")
    if len(items) > MAX_OPTIONS:
        raise QuestionInvalid(f"Слишком много: {what}, найдено {len(items)}, можно не больше {MAX_OPTIONS}.")
    texts = [item["text"] for item in items]
    if not all(text.strip() for text in texts):
        raise QuestionInvalid(f"Пустой текст среди данных: {what}. Допишите текст или уберите лишний знак.")
    if len(set(texts)) < len(texts) or len({item["id"] for item in items}) < len(items):
        raise QuestionInvalid(
            f"Повтор среди данных: {what}. Участник не отличит одинаковые тексты, измените один из них."
        )


def _is_item(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("id"), str) and isinstance(item.get("text"), str)


def _unstorable(char: str) -> bool:
    return (char < " " and char not in "\n\t") or "\ud800" <= char <= "\udfff"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
