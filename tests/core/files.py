"""Small real files of every kind for tests of storage."""
import io
import struct
import zipfile

from PIL import Image


def picture(kind: str, colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture Pillow wrote: JPEG, PNG or WEBP."""
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, kind)
    return out.getvalue()


def pdf(word: str = "один") -> bytes:
    return b"%PDF-1.7\n%" + word.encode() + b"\n1 0 obj <<>> endobj\ntrailer <<>>\nstartxref\n0\n%%EOF\n"


def box(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def video(brand: bytes, *boxes: bytes) -> bytes:
    return box(b"ftyp", brand + bytes(4)) + b"".join(boxes or (box(b"moov", b"x" * 30), box(b"mdat", b"y" * 50)))


def matroska(kind: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3\x8f\x42\x82" + bytes([0x80 + len(kind)]) + kind + bytes(100)


def office(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, f"<x>{name}</x>" * 20)
    return out.getvalue()
