"""Reader of GIFT, Moodle's text format of questions. The dialect, with our additions, is described in
docs/formats/gift.md.

Every block of the file comes out as a question or as a refusal with its line; a block is never dropped and never joined
to another.
Comments of ours directly above a question: `// points: 2`, `// unit: мм`, `// grading: all_or_nothing | partial |
position | relative`. Reading takes time linear in the size of the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exam.formats.bankfile import BankFile, Refusal
from exam.formats.encoding import decode_text
from exam.formats.gift_answers import read_answers
from exam.formats.gift_blocks import Block, split_blocks
from exam.formats.gift_text import hide, joined, show, split_format
from exam.formats.plaintext import plain_text
from exam.questions.base import Question, QuestionInvalid
from exam.questions.registry import KINDS, MAX_TEXT, validate_question
from exam.questions.weights import read_number

MAX_NAME = 255
_DEFAULT_NAME = 80
_DIRECTIVE = re.compile(r"(points|баллы|grading|unit|единица)\s*:\s*(.+)")
_DIRECTIVE_NAMES = {"баллы": "points", "единица": "unit"}
_IDENT = re.compile(r"\[id:((?:\\\]|[^\][]){0,200})\]")
_TAG = re.compile(r"\[tag:((?:\\\]|[^\][]){0,200})\]")


@dataclass(frozen=True)
class _Notes:
    """What the comments of a block say about it."""

    directives: Mapping[str, str]
    ident: str
    tags: tuple[str, ...]


def read_gift(data: bytes) -> BankFile:
    """The questions and the refusals of a GIFT file. Raises Unreadable when the bytes are no text."""
    questions: list[Question] = []
    refused: list[Refusal] = []
    for block in split_blocks(decode_text(data)):
        notes = _notes(block)
        try:
            if block.content:
                questions.append(_question(block, notes))
            elif "points" in notes.directives:
                raise QuestionInvalid(
                    "Эта строка ни к чему не относится. Поставьте её прямо над вопросом, без пустой строки между ними."
                )
        except QuestionInvalid as error:
            refused.append(Refusal(block.line, error.text))
    return BankFile(tuple(questions), tuple(refused))


def _notes(block: Block) -> _Notes:
    directives: dict[str, str] = {}
    idents: list[str] = []
    tags: list[str] = []
    for _, comment in block.comments:
        found = _DIRECTIVE.fullmatch(comment)
        if found is not None:
            directives[_DIRECTIVE_NAMES.get(found[1], found[1])] = found[2].strip()
        idents += _IDENT.findall(comment)
        tags += _TAG.findall(comment)
    clean = [tag.replace("\\]", "]").strip() for tag in tags]
    return _Notes(directives, idents[-1].replace("\\]", "]").strip() if idents else "", tuple(filter(None, clean)))


def _question(block: Block, notes: _Notes) -> Question:
    if len(block.content) > MAX_TEXT:
        raise QuestionInvalid(f"Вопрос длиннее {MAX_TEXT} знаков. Проверьте, закрыта ли скобка, или разделите вопрос.")
    name, rest = _name(hide(block.content))
    before, answers, after = _parted(rest)
    feedback = ""
    if answers is not None:
        answers, _, feedback = answers.partition("####")
    format, hidden = split_format(before + (f"_____{after}" if after.strip() else ""), "moodle")
    kind, body = ("description", {}) if answers is None else read_answers(answers.strip(), format)
    source = show(hidden)
    text = plain_text(source, format)
    question = Question(
        kind=kind,
        name=name or _short(text),
        text=text,
        body=_directed(body, notes.directives),
        points=_points(kind, notes.directives),
        line=block.line,
        source=source,
        format=format,
        ident=notes.ident,
        tags=notes.tags,
        category=block.category,
        feedback=show(joined(feedback)),
    )
    validate_question(question)
    return question


def _name(hidden: str) -> tuple[str, str]:
    if not hidden.startswith("::"):
        return "", hidden
    name, closed, rest = hidden[2:].partition("::")
    if not closed or "{" in name or "}" in name:
        raise QuestionInvalid("Название вопроса начато знаками «::» и не закончено ими. Запишите «::название::текст».")
    return " ".join(show(name).split())[:MAX_NAME].strip(), rest


def _parted(hidden: str) -> tuple[str, str | None, str]:
    """(text before the answers, answers or None, text after them)."""
    opened, closed = hidden.count("{"), hidden.count("}")
    if not opened and not closed:
        if hidden.lstrip().startswith(("=", "~")):
            raise QuestionInvalid("Здесь ответы без вопроса. Уберите пустую строку между текстом вопроса и ответами.")
        return hidden, None, ""
    if not closed:
        raise QuestionInvalid(
            "Нет закрывающей скобки «}». Закройте ответы; внутри вопроса не должно быть пустых строк."
        )
    if not opened or hidden.index("}") < hidden.index("{"):
        raise QuestionInvalid("Скобка «}» без открывающей «{». Проверьте, нет ли выше пустой строки внутри вопроса.")
    if opened > 1 or closed > 1:
        raise QuestionInvalid(
            "В вопросе больше одной пары фигурных скобок. Разделите вопросы пустой строкой, "
            "а скобки в тексте запишите как \\{ и \\}."
        )
    before, _, rest = hidden.partition("{")
    answers, _, after = rest.partition("}")
    return before, answers, after


def _points(kind: str, directives: Mapping[str, str]) -> Decimal:
    """The points of a comment, 1 without it; a text between questions has none."""
    written = directives.get("points")
    if written is None:
        return Decimal(1 if KINDS[kind].scored else 0)
    points = read_number(written)
    if points is None:
        raise QuestionInvalid(f"«{written[:60]}» не число баллов. Запишите, например, // points: 2.")
    return points


def _directed(body: dict[str, Any], directives: Mapping[str, str]) -> dict[str, Any]:
    """The body with what the comments add to it. Where the kind has no place for a word, the comment is mere prose."""
    return body | {name: value for name, value in directives.items() if name in body}


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _DEFAULT_NAME else words[: _DEFAULT_NAME - 1].rstrip() + "…"
