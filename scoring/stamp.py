"""Visible stamp of a signature, after the pattern of ГОСТ Р 7.0.97-2016, in words that name the kind of signature.

It says «неквалифицированной» in its first line and carries no coat of arms: it must not look like a qualified one.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator, GlyphAccumulatorFactory
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import BaseStamp, BaseStampStyle

from core.documents.typography import in_zone, moment
from scoring.pki import owner, serial_text

FONTS = Path("/usr/share/fonts/truetype/paratype")
REGULAR, BOLD = FONTS / "PTS55F.ttf", FONTS / "PTS75F.ttf"
SIZES = (8.0, 7.6, 7.3, 7.0)  # points; never below 7
LEADING = 1.25
PADDING_X, PADDING_Y, RADIUS = 8.5, 4.0, 5.7
INK = b"0.071 0.247 0.525"
HEADING = ("Документ подписан усиленной неквалифицированной", "электронной подписью")


@dataclass(frozen=True)
class Stamp:
    """Lines of a stamp: heading (bold, centred), then body lines, broken at spaces where they are too long."""

    body: tuple[str, ...]
    heading: tuple[str, ...] = HEADING


def stamp_for(certificate: x509.Certificate, *, now: datetime, zone: str) -> Stamp:
    """Stamp of a certificate at the moment of signing; days and time in the zone (IANA name)."""
    first = in_zone(certificate.not_valid_before_utc, zone)
    last = in_zone(certificate.not_valid_after_utc, zone)
    return Stamp((f"Сертификат {serial_text(certificate)}", f"Владелец {owner(certificate)}",
                  f"Действителен с {first:%d.%m.%Y} по {last:%d.%m.%Y}", f"Подписано {moment(now, zone)}"))


@dataclass(frozen=True)
class StampStyle(BaseStampStyle):
    """pyHanko's style object around a Stamp."""

    stamp: Stamp = Stamp(())

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints,
                     text_params: dict[str, Any]) -> "StampContent":
        """Appearance for a box of the field's size; text_params are not used, the lines are ready."""
        return StampContent(writer, box, self)


class StampContent(BaseStamp):
    """Draws a white box with a rounded blue frame and the lines in an embedded subset of PT Sans."""

    def __init__(self, writer: BasePdfFileWriter, box: BoxConstraints, style: StampStyle) -> None:
        super().__init__(writer=writer, style=style, box=box)
        self._stamp = style.stamp
        self._bold = self._font(writer, "/Bold", BOLD)
        self._regular = self._font(writer, "/Regular", REGULAR)

    def render(self) -> bytes:
        """Graphics operators. Takes the largest size at which everything fits; ValueError if even 7 pt does not."""
        for size in SIZES:
            lines = [*((self._bold, text) for text in self._stamp.heading),
                     *((self._regular, text) for item in self._stamp.body for text in self._wrap(item, size))]
            if 2 * PADDING_Y + len(lines) * size * LEADING <= self.box.height:
                return self._draw(lines, size)
        raise ValueError("stamp text does not fit its box at 7 pt")

    def _draw(self, lines: list[tuple[GlyphAccumulator, str]], size: float) -> bytes:
        parts = [b"q 1 1 1 rg " + INK + b" RG 1 w", _rounded(self.box.width, self.box.height), b"B",
                 INK + b" rg"]
        top = (self.box.height + len(lines) * size * LEADING) / 2
        for number, (font, text) in enumerate(lines):
            shaped = font.shape(text)
            heading = font is self._bold
            left = (self.box.width - shaped.x_advance * size) / 2 if heading else PADDING_X
            baseline = top - number * size * LEADING - size
            name = b"/Bold" if heading else b"/Regular"
            parts.append(b"BT %s %.2f Tf %.2f %.2f Td %s ET" % (name, size, left, baseline, shaped.graphics_ops))
        return b" ".join([*parts, b"Q"])

    def _wrap(self, text: str, size: float) -> list[str]:
        lines = [""]
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and self._width(longer, size) > self.box.width - 2 * PADDING_X:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def _width(self, text: str, size: float) -> float:
        advance: float = self._regular.shape(text).x_advance
        return advance * size

    def _font(self, writer: BasePdfFileWriter, name: str, path: Path) -> GlyphAccumulator:
        engine = GlyphAccumulatorFactory(str(path), font_size=10).create_font_engine(writer)
        self.set_resource(ResourceType.FONT, pdf_name(name), engine.as_resource())
        return engine


def _rounded(width: float, height: float) -> bytes:
    near, far_x, far_y, bend = 0.5, width - 0.5, height - 0.5, RADIUS * 0.45
    return (b"%.2f %.2f m %.2f %.2f l %.2f %.2f %.2f %.2f %.2f %.2f c " % (
                near + RADIUS, near, far_x - RADIUS, near, far_x - bend, near, far_x, near + bend, far_x, near + RADIUS)
            + b"%.2f %.2f l %.2f %.2f %.2f %.2f %.2f %.2f c " % (
                far_x, far_y - RADIUS, far_x, far_y - bend, far_x - bend, far_y, far_x - RADIUS, far_y)
            + b"%.2f %.2f l %.2f %.2f %.2f %.2f %.2f %.2f c " % (
                near + RADIUS, far_y, near + bend, far_y, near, far_y - bend, near, far_y - RADIUS)
            + b"%.2f %.2f l %.2f %.2f %.2f %.2f %.2f %.2f c h" % (
                near, near + RADIUS, near, near + bend, near + bend, near, near + RADIUS, near))
