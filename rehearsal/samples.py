"""Small real files: a PDF, a JPEG, made in memory."""

import io

from PIL import Image, ImageDraw
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject


def pdf(title: str) -> bytes:
    """A PDF of one page; the title stands in its properties."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=595, height=842)
    stream = DecodedStreamObject()
    stream.set_data(b"0.2 0.4 0.8 rg 72 600 200 100 re f")
    page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": title})
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def jpeg(seed: int, size: int = 320) -> bytes:
    """A picture of its own for every seed."""
    picture = Image.new("RGB", (size, size * 3 // 4), ((seed * 37) % 256, (seed * 91) % 256, 140))
    ImageDraw.Draw(picture).ellipse((size // 4, size // 8, size * 3 // 4, size * 5 // 8), fill=(240, 220, 200))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=80)
    return target.getvalue()
