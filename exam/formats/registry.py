"""The formats of question banks: how each is recognised and read."""

from collections.abc import Callable
from dataclasses import dataclass

from exam.formats.bankfile import BankFile, Unreadable
from exam.formats.gift import read_gift


@dataclass(frozen=True)
class Format:
    """A format of bank files. read(data): every block as a question or a refusal; raises Unreadable."""

    name: str
    title: str
    endings: tuple[str, ...]
    read: Callable[[bytes], BankFile]


FORMATS: dict[str, Format] = {
    "gift": Format("gift", "GIFT", (".gift", ".gift.txt", ".txt"), read_gift),
}

# Text files of other kinds, which GIFT would read as long descriptions.
_OTHER_STARTS = (b"<?xml", b"<quiz", b"<!doctype", b"<html", b"{\\rtf")
_OTHER_ENDINGS = (".xml", ".xlsx", ".xls", ".csv", ".docx", ".doc", ".rtf", ".zip", ".html", ".htm", ".json", ".pdf")


def read_bank(name: str, data: bytes) -> BankFile:
    """Read a bank's file by its content and the ending of its name; a strange ending is tried as GIFT.

    Raises Unreadable when the format is not supported or the bytes are no text.
    """
    low = name.lower()
    start = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start.startswith(_OTHER_STARTS):
        for format in FORMATS.values():
            if low.endswith(format.endings):
                return format.read(data)
        if not low.endswith(_OTHER_ENDINGS):
            return FORMATS["gift"].read(data)
    known = ", ".join(format.title for format in FORMATS.values())
    raise Unreadable(f"Этот формат файла не поддерживается. Сохраните вопросы в формате {known}.")
