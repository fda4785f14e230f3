"""What a file is, by its bytes."""
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core import content
from tests.core import files

KINDS = {
    "image/jpeg": files.picture("JPEG"), "image/png": files.picture("PNG"), "image/webp": files.picture("WEBP"),
    "application/pdf": files.pdf(), "video/mp4": files.video(b"isom"), "video/quicktime": files.video(b"qt  "),
    "video/webm": files.matroska(b"webm"), "video/x-matroska": files.matroska(b"matroska"),
    content.DOCX: files.office("word/document.xml"), content.XLSX: files.office("xl/workbook.xml"),
}


def kind(tmp_path, data):
    place = tmp_path / "file"
    place.write_bytes(data)
    return content.kind_of(place)


@pytest.mark.parametrize("mime", KINDS)
def test_kind_is_found_by_content(tmp_path, mime):
    assert kind(tmp_path, KINDS[mime]) == mime


@pytest.mark.parametrize("data", [
    "::Вопрос:: Сталь {=да ~нет}".encode(), "::Вопрос:: Сталь {=да ~нет}".encode("cp1251"),
    b"\xef\xbb\xbfabc\r\n", "а".encode() * 70_000, b"x" + "я".encode() * 70_000,
])
def test_text_in_both_charsets_is_text(tmp_path, data):
    assert kind(tmp_path, data) == "text/plain"


@pytest.mark.parametrize("data", [
    b"MZ\x90\x00\x03\x00\x00\x00", b"\x7fELF\x02\x01\x01\x00", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00",
    b"GIF89a\x01\x00\x01\x00\x00", files.video(b"heic"), files.video(b"M4A "), files.office("other.xml"),
    files.office("word/document.xml", "word/vbaProject.bin"), files.matroska(b"other"), b"\x98\x98", b"a\x00b",
], ids=["exe", "elf", "doc", "gif", "heic", "m4a", "zip", "macros", "ebml", "not cp1251", "nul"])
def test_other_kinds_are_unknown(tmp_path, data):
    assert kind(tmp_path, data) is None


@pytest.mark.parametrize("data", [
    files.picture("JPEG")[:-200], files.picture("PNG")[:-30], files.picture("WEBP")[:-30], b"\xff\xd8\xff\xe0 not one",
    files.pdf()[:-6], files.video(b"isom")[:-1], files.video(b"isom", files.box(b"mdat", b"y" * 9)),
    files.office("word/document.xml")[:-10], b"PK\x03\x04 nothing",
], ids=["jpeg", "png", "webp", "no jpeg", "pdf", "mp4 cut", "mp4 without moov", "docx cut", "no zip"])
def test_cut_files_are_broken(tmp_path, data):
    with pytest.raises(content.Broken):
        kind(tmp_path, data)


@pytest.mark.parametrize("size", [(40_000, 10), (10_000, 9_000), (40_000, 40_000)])
def test_picture_beyond_the_size_is_broken_before_it_is_decoded(tmp_path, size):
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", b"x"), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks)
    with pytest.raises(content.Broken, match="слишком велик"):
        kind(tmp_path, data)


@given(some.sampled_from(sorted(KINDS)), some.data())
def test_any_damage_gives_an_answer_not_a_fault(tmp_path_factory, mime, data):
    whole = KINDS[mime]
    cut = data.draw(some.integers(1, len(whole)))
    at = data.draw(some.integers(0, cut - 1))
    spoilt = bytearray(whole[:cut])
    spoilt[at] ^= data.draw(some.integers(1, 255))
    try:
        found = kind(tmp_path_factory.getbasetemp(), bytes(spoilt))
    except content.Broken:
        found = None
    assert found is None or found in content.WORDS


def test_words_keep_their_order():
    assert content.words_of(content.PDF | content.IMAGES) == "JPEG, PNG, WebP, PDF"
