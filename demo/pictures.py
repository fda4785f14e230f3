"""Pictures and sheets made for the seed: nobody's face, nobody's document, nothing from the network."""
import io
import random
from html import escape

from PIL import Image, ImageDraw
from weasyprint import HTML

QUALITY = 82
SKIN, COAT, WALL, PAPER, INK, STEEL, SEAM = "#d9b08c", "#3f5068", "#c9d0d6", "#efe6dc", "#6b5a50", "#8d949b", "#5d6369"


def _jpeg(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()


def face() -> bytes:
    """A drawn head and shoulders, 640 × 480."""
    image = Image.new("RGB", (640, 480), WALL)
    pen = ImageDraw.Draw(image)
    pen.ellipse((170, 330, 470, 640), fill=COAT)
    pen.ellipse((230, 90, 410, 330), fill=SKIN)
    pen.pieslice((220, 70, 420, 270), 180, 360, fill=INK)
    for left in (275, 345):
        pen.ellipse((left, 195, left + 22, 209), fill="#ffffff")
        pen.ellipse((left + 7, 197, left + 16, 208), fill=INK)
    pen.arc((285, 235, 355, 285), 20, 160, fill=INK, width=4)
    return _jpeg(image)


def document(name: str) -> bytes:
    """A drawn page of an identity document with grey bars for its lines, 640 × 480; different for every name."""
    image = Image.new("RGB", (640, 480), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 20, 620, 460), outline=INK, width=3)
    portrait = Image.open(io.BytesIO(face())).resize((170, 220))
    image.paste(portrait, (50, 90))
    lengths = random.Random(name)
    for line in range(9):
        pen.rectangle((260, 95 + 34 * line, 260 + lengths.randint(120, 320), 110 + 34 * line), fill=INK)
    pen.rectangle((50, 400, 590, 412), fill=INK)
    pen.rectangle((50, 425, 590, 437), fill=INK)
    return _jpeg(image)


def work(name: str) -> bytes:
    """A drawn result of work, 960 × 640: a seam on steel, of an evenness of its own for every name."""
    image = Image.new("RGB", (960, 640), STEEL)
    pen = ImageDraw.Draw(image)
    wobble = random.Random(name)
    pen.rectangle((0, 0, 960, 60), fill="#a9afb5")
    pen.rectangle((0, 580, 960, 640), fill="#a9afb5")
    for step in range(30, 930, 18):
        height = wobble.randint(34, 46)
        pen.ellipse((step, 320 - height, step + 46, 320 + height), fill=SEAM, outline="#474c51", width=3)
    return _jpeg(image)


def sheet(title: str, lines: tuple[str, ...]) -> bytes:
    """One page of PDF: a heading and numbered lines."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    page = (f"<html lang='ru'><head><title>{escape(title)}</title></head><body><p>Демонстрационные данные</p>"
            f"<h1>{escape(title)}</h1><ol>{items}</ol></body></html>")
    made: bytes = HTML(string=page).write_pdf()
    return made
