"""A line on every page of a PDF that says for whom and when it was made. Pure: bytes in, bytes out.

The same PDF and the same line give the same bytes. The line is text, not a picture: it can be found and copied. Streams
of the original are carried over as they are. As a program: PDF in on stdin, the line as argument, PDF (or nothing) out.
"""
import io
import sys
from functools import lru_cache
from pathlib import Path

import pikepdf
from fontTools import subset
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Pdf, Stream

FONT = Path("/usr/share/fonts/truetype/paratype/PTS55F.ttf")
SIZE, MARGIN = 8, 14
GREY = "0.25 0.3 0.4 rg"
LARGEST = 40 * 1024 * 1024
STAMP = Name("/ContestStamp")
# One subset of the font serves nearly every line, since making one takes 40 ms.
USUAL = frozenset("".join(map(chr, (*range(0x20, 0x7F), *range(0x410, 0x450)))) + "Ёё«»№–—·")


def stamped(pdf: bytes, line: str) -> bytes | None:
    """The PDF with `line` at the foot of each page; None for one that is encrypted, broken, huge or without pages."""
    if len(pdf) > LARGEST:
        return None
    try:
        with Pdf.open(io.BytesIO(pdf)) as document:
            if document.is_encrypted or not len(document.pages):
                return None
            form = _form(document, line)
            for page in document.pages:
                _put(document, page, form)
            made = io.BytesIO()
            document.save(made, deterministic_id=True, stream_decode_level=pikepdf.StreamDecodeLevel.none,
                          object_stream_mode=pikepdf.ObjectStreamMode.preserve)
            return made.getvalue()
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError, KeyError, AttributeError, RuntimeError):
        return None


def _put(document: Pdf, page: pikepdf.Page, form: Stream) -> None:
    """What the page draws is closed off first, so that whatever it left behind does not move the line."""
    name = page.add_resource(form, Name.XObject, STAMP)
    page.contents_add(Stream(document, b"q\n"), prepend=True)
    page.contents_add(Stream(document, f"\nQ q {_corner(page)} cm {name} Do Q\n".encode()))


def _corner(page: pikepdf.Page) -> str:
    """The matrix that leads to the lower left corner as the reader sees it, also on a turned page."""
    left, bottom, right, top = (float(side) for side in page.cropbox)
    left, right, bottom, top = min(left, right), max(left, right), min(bottom, top), max(bottom, top)
    turn = int(page.obj.get("/Rotate", 0) if "/Rotate" in page.obj else _inherited_turn(page)) % 360
    matrix = {0: (1, 0, 0, 1, left, bottom), 90: (0, 1, -1, 0, right, bottom), 180: (-1, 0, 0, -1, right, top),
              270: (0, -1, 1, 0, left, top)}[turn // 90 * 90]
    return " ".join(f"{value:g}" for value in matrix)


def _inherited_turn(page: pikepdf.Page) -> int:
    above = page.obj.get("/Parent")
    while above is not None:
        if "/Rotate" in above:
            return int(above.Rotate)
        above = above.get("/Parent")
    return 0


def _form(document: Pdf, line: str) -> Stream:
    data, glyphs, widths, box = _font(line)
    codes = "".join(f"{glyphs[sign]:04X}" for sign in line)
    long = sum(widths[glyphs[sign]] for sign in line) * SIZE / 1000
    drawn = f"BT {GREY} /F {SIZE} Tf {MARGIN} {MARGIN - SIZE} Td <{codes}> Tj ET".encode()
    form = Stream(document, drawn)
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox = Array([0, 0, round(long) + 2 * MARGIN, 2 * MARGIN])
    form.Resources = Dictionary(Font=Dictionary(F=_font_object(document, data, glyphs, widths, box)))
    return document.make_indirect(form)  # type: ignore[no-any-return]


def _font_object(document: Pdf, data: bytes, glyphs: dict[str, int], widths: list[int],
                 box: tuple[int, ...]) -> Dictionary:
    file = Stream(document, data)
    file.Length1 = len(data)
    name = Name("/STAMPS+PTSans-Regular")
    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=name, Flags=32, FontBBox=Array(box[:4]), ItalicAngle=0, Ascent=box[4],
        Descent=box[5], CapHeight=700, StemV=80, FontFile2=document.make_indirect(file))
    inner = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=name, CIDToGIDMap=Name.Identity,
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        FontDescriptor=document.make_indirect(descriptor), W=Array([0, Array(widths)]))
    return document.make_indirect(Dictionary(  # type: ignore[no-any-return]
        Type=Name.Font, Subtype=Name.Type0, BaseFont=name, Encoding=Name("/Identity-H"),
        DescendantFonts=Array([document.make_indirect(inner)]),
        ToUnicode=document.make_indirect(Stream(document, _unicode_map(glyphs)))))


def _unicode_map(glyphs: dict[str, int]) -> bytes:
    pairs = [f"<{glyph:04X}> <{sign.encode('utf-16-be').hex().upper()}>" for sign, glyph in sorted(glyphs.items())]
    blocks = [pairs[start:start + 100] for start in range(0, len(pairs), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return ("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CMapName /Stamp def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
            f"{body}\nendcmap CMapName currentdict /CMap defineresource pop end end\n").encode()


def _font(line: str) -> tuple[bytes, dict[str, int], list[int], tuple[int, ...]]:
    return _subset("".join(sorted(USUAL | set(line))))


@lru_cache(maxsize=16)
def _subset(signs: str) -> tuple[bytes, dict[str, int], list[int], tuple[int, ...]]:
    """PT Sans with these signs only: file, glyph of each sign, widths in thousandths, box with ascent and descent."""
    font = TTFont(FONT, recalcTimestamp=False)
    options = subset.Options(layout_features=[], name_IDs=[], notdef_outline=True, hinting=False)
    chosen = subset.Subsetter(options)
    chosen.populate(text=signs)
    chosen.subset(font)
    made = io.BytesIO()
    font.save(made)
    order, scale = font.getGlyphOrder(), 1000 / font["head"].unitsPerEm
    place = {name: number for number, name in enumerate(order)}
    known = font.getBestCmap()
    glyphs = {sign: place.get(known.get(ord(sign), ""), 0) for sign in signs}
    widths = [round(font["hmtx"][name][0] * scale) for name in order]
    head, high = font["head"], font["hhea"]
    box = (head.xMin, head.yMin, head.xMax, head.yMax, high.ascent, high.descent)
    return made.getvalue(), glyphs, widths, tuple(round(side * scale) for side in box)


if __name__ == "__main__":
    sys.stdout.buffer.write(stamped(sys.stdin.buffer.read(), sys.argv[1]) or b"")
