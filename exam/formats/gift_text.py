"""GIFT on the level of characters: escapes, text formats, weights.

While a block is read, escaped characters are hidden behind control characters, which `decode_text` has removed from the
file: what is left of `~ = # { } :` is control. `-\\>` is our own addition: an arrow that does not part a pair.
"""

import re
from decimal import Decimal

from exam.formats.plaintext import FORMATS, plain_text
from exam.questions.base import QuestionInvalid
from exam.questions.weights import FULL, read_number

_HIDDEN = {"\\": "\x01", "~": "\x02", "=": "\x03", "#": "\x04", "{": "\x05", "}": "\x06", ":": "\x07", "n": "\x08"}
_ARROW = "\x0e"
_SHOWN = {ord(code): ("\n" if char == "n" else char) for char, code in _HIDDEN.items()} | {ord(_ARROW): "->"}
_ESCAPE = re.compile(r"\\([\\~=#{}:n])|-\\>")
_WEIGHT = re.compile(r"%([+-]?[0-9]{1,6}(?:[.,][0-9]{1,12})?)%")
_SPECIAL = re.compile(r"[\\~=#{}:]")


def hide(text: str) -> str:
    """Escapes replaced by characters that mean nothing."""
    return _ESCAPE.sub(lambda found: _HIDDEN[found[1]] if found[1] else _ARROW, text)


def show(text: str) -> str:
    """The text the author meant, without space at its ends."""
    return text.translate(_SHOWN).strip()


def escape(text: str) -> str:
    """The inverse of `show(hide(…))` for a text on one line of a file."""
    return _SPECIAL.sub(lambda found: "\\" + found[0], text).replace("->", "-\\>").replace("\n", "\\n")


def split_format(hidden: str, default: str) -> tuple[str, str]:
    """(format, rest) of a text that may begin with `[html]` and the like."""
    text = hidden.strip()
    for name in FORMATS if text.startswith("[") else ():
        if text[: len(name) + 2].lower() == f"[{name}]":
            return name, text[len(name) + 2 :].strip()
    return default, text


def split_weight(hidden: str) -> tuple[Decimal | None, str]:
    """(weight in percent or None, rest) of an answer that may begin with `%50%`. Raises QuestionInvalid beyond ±100."""
    text = hidden.strip()
    found = _WEIGHT.match(text)
    if found is None:
        return None, text
    weight = read_number(found[1])
    if weight is None or abs(weight) > FULL:
        raise QuestionInvalid(f"Вес ответа %{found[1]}% вне пределов от -100 до 100. Исправьте вес.")
    return weight, text[found.end() :].strip()


def item_text(hidden: str, format: str) -> str:
    """Plain text of an option: its lines joined, escapes shown, markup removed."""
    own_format, text = split_format(joined(hidden), format)
    return plain_text(show(text), own_format)


def joined(hidden: str) -> str:
    """An answer written over several lines of the file is one text; only `\\n` makes a new line in it."""
    return " ".join(filter(None, (line.strip() for line in hidden.split("\n"))))


def item_source(text: str, format: str) -> str:
    """An option's plain text as GIFT that `item_text` reads back under the question's format."""
    marked = text.startswith(("[", "//", "%")) or plain_text(text, format) != text
    return ("[plain]" if marked else "") + escape(text)
