"""What a file is, judged by its bytes: names and the browser's word count for nothing. No database, no Flask."""
import codecs
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IMAGES = frozenset({JPEG, PNG, WEBP})
PDF = frozenset({"application/pdf"})
VIDEO = frozenset({"video/mp4", "video/quicktime", "video/webm", "video/x-matroska"})
OFFICE = frozenset({DOCX, XLSX})
TEXT = frozenset({"text/plain"})
ZIP = frozenset({"application/zip"})

WORDS = {
    JPEG: "JPEG", PNG: "PNG", WEBP: "WebP", "application/pdf": "PDF", "video/mp4": "MP4", "video/quicktime": "MOV",
    "video/webm": "WebM", "video/x-matroska": "MKV", DOCX: "DOCX", XLSX: "XLSX", "text/plain": "текст (TXT, GIFT)",
    "application/zip": "ZIP",
}
SUFFIXES = {
    JPEG: ".jpg", PNG: ".png", WEBP: ".webp", "application/pdf": ".pdf", "video/mp4": ".mp4",
    "video/quicktime": ".mov", "video/webm": ".webm", "video/x-matroska": ".mkv", DOCX: ".docx", XLSX: ".xlsx",
    "text/plain": ".txt", "application/zip": ".zip",
}
MAX_PIXELS = 89_000_000  # below the size at which Pillow warns
MAX_SIDE = 30_000
MAX_UNPACKED = 500 * 1024 * 1024
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1", b"avif", b"avis"})
QUIET_CONTROLS = frozenset(b"\t\n\r\f\x1b")


class Broken(Exception):
    """It is of a known kind by its beginning, but not whole. The text is a Russian clause that says what is wrong."""


def kind_of(path: Path) -> str | None:
    """MIME type of the file, None when it is of no kind the service knows; Broken when it is damaged or cut."""
    with path.open("rb") as file:
        head = file.read(4096)
    for begins, look in LOOKS:
        if begins(head):
            return look(path, head)
    return _text(path)


def charset_of(data: bytes) -> str:
    """`utf-8` or `windows-1251`, for a text that `kind_of` has taken."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1251"
    return "utf-8"


def words_of(allowed: frozenset[str]) -> str:
    """«JPEG, PDF, PNG»: kinds as people call them, in a fixed order."""
    return ", ".join(word for mime, word in WORDS.items() if mime in allowed)


def _picture(path: Path, head: bytes) -> str:
    try:
        with Image.open(path, formats=["JPEG", "PNG", "WEBP"]) as picture:
            width, height = picture.size
            if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
                raise Broken(f"размер изображения {width} × {height} точек слишком велик")
            _decode(picture, path, head)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Broken("размер изображения слишком велик") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Broken("изображение повреждено или загружено не до конца") from error
    return JPEG if head.startswith(b"\xff\xd8") else PNG if head.startswith(b"\x89PNG") else WEBP


def _decode(picture: Image.Image, path: Path, head: bytes) -> None:
    """Read as much as shows that the end is there: a JPEG at an eighth of its size, a PNG by its checksums."""
    if head.startswith(b"RIFF"):
        if int.from_bytes(head[4:8], "little") + 8 > path.stat().st_size:
            raise OSError("cut")
    elif head.startswith(b"\x89PNG"):
        picture.verify()
    else:
        _jpeg_end(path)
        picture.draft("RGB", (max(1, picture.width // 8), max(1, picture.height // 8)))
        picture.load()


def _jpeg_end(path: Path) -> None:
    """The end marker must be near the end: whether Pillow minds a cut picture is a switch any library may turn."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65536))
        if b"\xff\xd9" not in file.read():
            raise OSError("cut")


def _pdf(path: Path, head: bytes) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2048))
        if b"%%EOF" not in file.read():
            raise Broken("файл PDF повреждён или загружен не до конца: у него нет окончания")
    return "application/pdf"


def _mp4(path: Path, head: bytes) -> str | None:
    brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
    if brand in HEIC_BRANDS or brand.startswith(b"M4A"):
        return None
    with path.open("rb") as file:
        if not _boxes(file, path.stat().st_size) & {b"moov", b"moof"}:
            raise Broken("видео повреждено или загружено не до конца: в нём нет оглавления")
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


def _boxes(file: BinaryIO, size: int) -> set[bytes]:
    """Names of the top-level boxes; Broken when one reaches past the end of the file."""
    names: set[bytes] = set()
    at = 0
    while at + 8 <= size and len(names) < 10_000:
        file.seek(at)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8 or at + length > size:
            raise Broken("видео повреждено или загружено не до конца")
        names.add(header[4:8])
        at += length
    return names


def _matroska(path: Path, head: bytes) -> str | None:
    if b"webm" in head[:64]:
        return "video/webm"
    return "video/x-matroska" if b"matroska" in head[:64] else None


def _office(path: Path, head: bytes) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise Broken("в файле слишком много содержимого")
            if "[Content_Types].xml" not in names:
                return "application/zip"
            if any(name.endswith("vbaProject.bin") for name in names):
                return None
            kind = DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None
            if kind and archive.testzip() is not None:
                raise Broken("файл повреждён")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise Broken("файл повреждён или загружен не до конца") from error
    return kind


def _text(path: Path) -> str | None:
    return "text/plain" if any(_reads_as(path, charset) for charset in ("utf-8", "cp1251")) else None


def _reads_as(path: Path, charset: str) -> bool:
    decoder = codecs.getincrementaldecoder(charset)()
    with path.open("rb") as file:
        while True:
            part = file.read(1 << 16)
            if any(byte < 32 and byte not in QUIET_CONTROLS for byte in part):
                return False
            try:
                decoder.decode(part, final=not part)
            except UnicodeDecodeError:
                return False
            if not part:
                return True


Look = Callable[[Path, bytes], str | None]
LOOKS: tuple[tuple[Callable[[bytes], bool], Look], ...] = (
    (lambda head: head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")), _picture),
    (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", _picture),
    (lambda head: b"%PDF-" in head[:1024], _pdf),
    (lambda head: head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"), _mp4),
    (lambda head: head.startswith(b"\x1a\x45\xdf\xa3"), _matroska),
    (lambda head: head.startswith(b"PK\x03\x04"), _office),
)
