"""The reader's line on each page of a PDF: there, readable, in its place, the same bytes each time; or none at all."""

import io

import pikepdf
import pytest
from pypdf import PdfReader

from exam import stamps

LINE = "У-0417, выдано 2 марта 2026 г., 13:00:00 «№ 5»"


def pdf(*, turn: int = 0, pages: int = 2, inherited: bool = False, **saved) -> bytes:
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=(595, 842))
            if turn and not inherited:
                document.pages[-1].obj.Rotate = turn
        if inherited:
            document.Root.Pages.Rotate = turn
            document.Root.Pages.Resources = pikepdf.Dictionary()
        made = io.BytesIO()
        document.save(made, **saved)
    return made.getvalue()


@pytest.mark.parametrize(("turn", "place"), [
    (0, "1 0 0 1 0 0"), (90, "0 1 -1 0 595 0"), (180, "-1 0 0 -1 595 842"), (270, "0 -1 1 0 0 842")])
@pytest.mark.parametrize("inherited", [False, True])
def test_each_page_bears_the_line_at_its_foot_as_it_is_seen(turn, place, inherited):
    made = stamps.stamped(pdf(turn=turn, inherited=inherited), LINE)
    assert [page.extract_text().strip() for page in PdfReader(io.BytesIO(made)).pages] == [LINE, LINE]
    with pikepdf.open(io.BytesIO(made)) as document:
        drawn = [b"".join(part.read_bytes() for part in page.obj.Contents).decode() for page in document.pages]
    assert [f"q {place} cm /ContestStamp Do Q" in text for text in drawn] == [True, True]


def test_the_same_reader_gets_the_same_bytes_and_another_one_others():
    original = pdf()
    assert stamps.stamped(original, LINE) == stamps.stamped(original, LINE)
    assert stamps.stamped(original, LINE) != stamps.stamped(original, LINE.replace("0417", "0418"))


def test_what_the_page_leaves_behind_does_not_move_the_line():
    with pikepdf.new() as document:
        document.add_blank_page()
        document.pages[0].contents_add(pikepdf.Stream(document, b"q 2 0 0 2 50 50 cm"))
        made = io.BytesIO()
        document.save(made)
    with pikepdf.open(io.BytesIO(stamps.stamped(made.getvalue(), LINE))) as document:
        parts = [part.read_bytes() for part in document.pages[0].obj.Contents]
    assert (parts[0], parts[-1][:4]) == (b"q\n", b"\nQ q")


@pytest.mark.parametrize("broken", [
    b"", b"no PDF", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n", pdf(pages=0),
    pdf(encryption=pikepdf.Encryption(owner="a", user="")), pdf(encryption=pikepdf.Encryption(owner="a", user="b"))])
def test_a_pdf_that_cannot_be_stamped_gives_none(broken):
    assert stamps.stamped(broken, LINE) is None


def test_a_sign_the_font_lacks_is_left_blank_and_the_rest_stays():
    made = stamps.stamped(pdf(pages=1), "У-0417 \U0001f600 да")
    assert "У-0417" in PdfReader(io.BytesIO(made)).pages[0].extract_text()
