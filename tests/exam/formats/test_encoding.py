import pytest

from exam.formats.bankfile import Unreadable
from exam.formats.encoding import MAX_BYTES, decode_text
from exam.formats.registry import read_bank

TEXT = "Шов №1 «прямой» – это…{T}\nДа"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("cp1251"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode("cp1251"),
        TEXT.replace("\n", "\r").encode(),
    ],
)
def test_text_in_every_usual_encoding(data):
    assert decode_text(data) == TEXT


def test_control_characters_become_spaces():
    assert decode_text("а\x01б\x0bв\x1aг\x7f".encode()) == "а б в г "


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"q{T}\0", "не текстовый файл"),
        (b"PK\x03\x04rest", "не текстовый файл"),
        (b"%PDF-1.7", "не текстовый файл"),
        (b"\x89PNG\r\n", "не текстовый файл"),
        ("Шов".encode("utf-16") + b"\0", "определить кодировку"),
        ("а\0".encode("utf-16"), "нулевые знаки"),
        ("Шов\n".encode() * 20 + b"\xd0(\n", "повреждён в строке 21"),
        (b"\x98\xe0", "определить кодировку"),
        (bytes(range(1, 256)), "определить кодировку"),
        ("Шов".encode("cp1251") + b"\x01", "определить кодировку"),
        (b"\x81\x83\x90\x9d\xa2", "определить кодировку"),
        (b"a" * (MAX_BYTES + 1), "больше 20 МБ"),
    ],
)
def test_what_is_no_text_is_refused(data, word):
    with pytest.raises(Unreadable) as refusal:
        decode_text(data)
    assert word in refusal.value.text


@pytest.mark.parametrize("name", ["bank.gift", "BANK.GIFT", "bank.gift.txt", "bank.txt", "bank", "bank.v2"])
def test_gift_is_read_under_any_of_its_names(name):
    assert len(read_bank(name, b"q{T}").questions) == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bank.gift", b"<?xml version='1.0'?><quiz/>"),
        ("bank.txt", b"\xef\xbb\xbf <quiz/>"),
        ("bank.txt", b"{\\rtf1 q}"),
        ("bank.xml", b"q{T}"),
        ("bank.xlsx", b""),
    ],
)
def test_other_formats_are_refused(name, data):
    with pytest.raises(Unreadable, match="не поддерживается"):
        read_bank(name, data)
