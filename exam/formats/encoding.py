"""Bytes of a text file as text with `\\n` line ends and no control characters but tab and newline."""

import codecs

from exam.formats.bankfile import Unreadable

MAX_BYTES = 20_000_000
_BINARY_STARTS = (
    b"PK\x03\x04",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!\x1a",
    b"\xd0\xcf\x11\xe0",
)
_CONTROLS = {code: " " for code in [*range(32), 127] if chr(code) not in "\n\t"}
_CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ«»–—…№„“”°±·\xa0’‘•§")


def decode_text(data: bytes) -> str:
    """UTF-8 (with or without BOM), UTF-16 with BOM, else Windows-1251. Raises Unreadable for anything that is no such
    text.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"Файл больше {MAX_BYTES // 1_000_000} МБ. Разделите его на части.")
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_CONTROLS)


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(data, "utf-16")
    if b"\0" in data or data.startswith(_BINARY_STARTS):
        raise Unreadable("Это не текстовый файл. Сохраните вопросы как текст GIFT в кодировке UTF-8 и загрузите его.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse_damaged_utf8(data, error)
    return _cyrillic(_strict(data, "cp1251"))


def _strict(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("Не удалось определить кодировку файла. Сохраните его в UTF-8 и загрузите снова.") from error
    if "\0" in text:
        raise Unreadable("В файле есть нулевые знаки, это не текст. Сохраните вопросы как текст в кодировке UTF-8.")
    return text


def _refuse_damaged_utf8(data: bytes, error: UnicodeDecodeError) -> None:
    """UTF-8 with a few broken bytes would become unreadable letters in Windows-1251: say where it is broken."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) > 2 * broken:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"Файл в кодировке UTF-8 повреждён в строке {line}. Исправьте её и сохраните файл снова.")


def _cyrillic(text: str) -> str:
    """Windows-1251 gives some text for almost any bytes: believe it only when it looks written by a person."""
    high = [char for char in text if char > "\x7f"]
    controls = sum(char < " " and char not in "\n\r\t\f\x1a" for char in text)
    if controls or sum(char in _CYRILLIC for char in high) * 2 < len(high):
        raise Unreadable("Не удалось определить кодировку файла. Сохраните его в UTF-8 и загрузите снова.")
    return text
