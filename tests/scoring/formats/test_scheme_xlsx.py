import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook

from core.errors import Refused
from demo import files_make
from scoring.formats import scheme_xlsx
from scoring.formats.scheme_xlsx import COLUMNS, read_scheme_xlsx, write_scheme_xlsx
from scoring.rules.scheme import Aspect, validate_scheme
from tests.scoring.aspects.samples import SAMPLES
from tests.scoring.schemes import PLACE, module, scheme

FILES = Path(files_make.__file__).parent / "files"
HEAD = [["Название", "Проба"], ["Итог", "больше — лучше"], ["Сумма баллов", 5], ["Модуль", "A", "Модуль A"]]
ROW = ["A", "1", "Критерий", "1.1", "Место", "да или нет", 5, 1, "", "нет"]


def book(head=HEAD, rows=(ROW,), columns=COLUMNS, names=("Схема", "Критерии")):
    """A workbook as a person makes it: numbers are numbers, what starts with = is a formula."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as made:
        for name, lines in zip(names, (head, [columns, *rows]), strict=True):
            page = made.add_worksheet(name)
            for number, line in enumerate(lines):
                page.write_row(number, 0, line)
    return target.getvalue()


def changed(column, value):
    return [value if number == column else cell for number, cell in enumerate(ROW)]


def refusal(data):
    with pytest.raises(Refused) as caught:
        read_scheme_xlsx(data)
    return caught.value


@pytest.mark.parametrize("name", files_make.SCHEMES)
def test_demo_workbook_is_the_scheme_of_sixty_points(name):
    read = read_scheme_xlsx((FILES / name).read_bytes())
    assert read == files_make.SCHEMES[name]()
    assert (read.max_hundredths, validate_scheme(read)) == (6000, [])
    assert [
        (aspect.safety, aspect.spec["each_hundredths"]) for aspect in read.aspects() if aspect.kind == "penalty"
    ] == [(True, 500)]


@pytest.mark.parametrize("name", files_make.SCHEMES)
def test_demo_workbook_is_what_the_generator_writes(name):
    assert (FILES / name).read_bytes() == write_scheme_xlsx(files_make.SCHEMES[name]())


def test_every_kind_survives_the_workbook():
    aspects = [
        Aspect(name, f"Показатель {name}", kind, spec, most, weight=125, safety=kind == "penalty")
        for name, (kind, spec, most, _) in SAMPLES.items()
    ]
    given = scheme(module(*aspects[:5]), module(*aspects[5:], module_id="Б", floor_zero=False), direction="less")
    assert read_scheme_xlsx(write_scheme_xlsx(given)) == given


def test_written_workbook_holds_no_formula():
    given = scheme(module(Aspect("1.1", "=1+1", "yes_no", {}, 500)))
    pages = load_workbook(io.BytesIO(write_scheme_xlsx(given)))
    assert {cell.data_type for page in pages for line in page for cell in line} == {"s", "n"}


def test_workbook_typed_by_a_person_is_read():
    read = read_scheme_xlsx(book())
    assert read == scheme(module(PLACE)).__class__("Проба", 500, read.modules)
    assert read.modules[0].criteria[0].aspects == (PLACE,)


def test_empty_rows_and_repeated_criterion_title_are_fine():
    second = ["A", "1", "Критерий", "1.2", "Ещё", "да или нет", "2,5", "", "", ""]
    third = ["A", "1", "", "1.3", "И ещё", "да или нет", 2.5, "", "", "нет"]
    read = read_scheme_xlsx(
        book(head=[*HEAD[:2], ["Сумма баллов", "10"], HEAD[3]], rows=[ROW, [""] * 10, second, third])
    )
    assert [aspect.max_hundredths for aspect in read.aspects()] == [500, 250, 250]


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        (changed(0, "Б"), "unknown_module", "модуля «Б» нет"),
        (changed(1, ""), "empty_cell", "столбец «Критерий» пуст"),
        (changed(3, ""), "empty_cell", "столбец «Показатель» пуст"),
        (changed(4, ""), "empty_cell", "столбец «Название показателя» пуст"),
        (changed(5, "на глаз"), "unknown_kind", "«на глаз» неизвестен"),
        (changed(6, "пять"), "not_a_number", "Макс. балл"),
        (changed(6, 5.125), "too_precise", "Макс. балл"),
        (changed(6, 6), "bad_scheme", "сумма максимальных баллов 6, а объявлено 5"),
        (changed(6, "=2+3"), "formula", "формулы не принимаются"),
        (changed(6, True), "bad_cell", "ожидается текст или число"),
        (changed(7, 0), "bad_scheme", "вес должен быть больше 0"),
        (changed(8, "чепуха"), "rule_unreadable", "пустая ячейка"),
        (changed(9, "может быть"), "bad_flag", "Охрана труда"),
        (changed(9, "да"), "bad_scheme", "только штраф"),
        (changed(4, "я" * 4001), "bad_cell", "длиннее"),
        ([*ROW, "лишнее"], "extra_column", "лишний столбец"),
    ],
)
def test_bad_row_is_refused_with_its_line_and_reason(row, code, words):
    refused = refusal(book(rows=[row]))
    assert refused.code == code
    assert words in refused.text
    assert "строка 2" in refused.text or code == "bad_scheme"


def test_two_titles_of_one_criterion_are_refused():
    other = ["A", "1", "Другое", "1.2", "Ещё", "да или нет", 5, 1, "", "нет"]
    assert refusal(book(rows=[ROW, other])).code == "two_titles"


@pytest.mark.parametrize("columns", [COLUMNS[::-1], ("Модуль",), [*COLUMNS[:9], "ОТ"]])
def test_wrong_columns_are_refused(columns):
    assert refusal(book(columns=columns)).code in {"bad_columns", "extra_column"}


@pytest.mark.parametrize(
    "head",
    [
        HEAD[1:],
        HEAD[:1],
        [*HEAD, ["Лишнее", "х"]],
        [HEAD[0], ["Итог", "лучше"], *HEAD[2:]],
        [*HEAD[:2], ["Сумма баллов", "х"]],
    ],
)
def test_bad_head_is_refused(head):
    assert "«Схема»" in refusal(book(head=head)).text


def test_missing_sheet_is_refused():
    assert refusal(book(names=("Лист1", "Критерии"))).code == "no_sheet"
    assert refusal(book(names=("Схема", "Лист2"))).code == "no_sheet"


def test_chart_in_place_of_a_sheet_is_refused():
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as made:
        page = made.add_worksheet("Схема")
        chart = made.add_chart({"type": "column"})
        chart.add_series({"values": "=Схема!$A$1:$A$2"})
        made.add_chartsheet("Критерии").set_chart(chart)
        page.write_row(0, 0, [1])
    assert refusal(target.getvalue()).code in {"no_sheet", "bad_head"}


def test_too_many_rows_are_refused():
    assert refusal(book(rows=[ROW] * 500)).code == "too_many_rows"


def repacked(data, edit):
    """The same package with each part passed through `edit(name, bytes)`."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, edit(part, old.read(part)))
    return target.getvalue()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"%PDF-1.7", b"a;b;c\n1;2;3", book()[:-400], b"\x00" * 1000])
def test_what_is_not_a_workbook_is_refused(data):
    assert refusal(data).code == "not_xlsx"


@pytest.mark.parametrize(
    "piece",
    [
        b"<worksheet><sheetData>",
        b"",
        b"<a/>",
        b"<worksheet xmlns='x'><sheetData><row r='z'><c r='1'/></row></sheetData></worksheet>",
    ],
)
def test_broken_sheet_is_refused(piece):
    broken = repacked(book(), lambda name, data: piece if name.endswith("sheet2.xml") else data)
    assert refusal(broken).code in {"not_xlsx", "bad_columns"}


def test_entities_are_refused():
    doctype = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>'
    assert refusal(repacked(book(), lambda name, data: doctype + data if "sheet2" in name else data)).code == "not_xlsx"


def test_other_encodings_are_refused():
    wide = repacked(book(), lambda name, data: data.decode().encode("utf-16") if "sheet2" in name else data)
    assert refusal(wide).code == "not_xlsx"


def test_large_file_is_refused():
    assert refusal(b"PK" + b"0" * scheme_xlsx.MAX_BYTES).code == "too_large"


def test_bomb_is_refused():
    bomb = repacked(book(), lambda name, data: data + b" " * (41 * 1024 * 1024) if "sheet2" in name else data)
    assert len(bomb) < scheme_xlsx.MAX_BYTES
    assert refusal(bomb).code == "too_large"


def test_bomb_that_lies_about_its_size_is_refused():
    bomb = repacked(book(), lambda name, data: data + b" " * (41 * 1024 * 1024) if "sheet2" in name else data)
    with zipfile.ZipFile(io.BytesIO(bomb)) as package:
        true_size = max(part.file_size for part in package.infolist()).to_bytes(4, "little")
    assert refusal(bomb.replace(true_size, (9).to_bytes(4, "little"))).code in {"too_large", "not_xlsx"}


def test_package_of_many_parts_is_refused():
    target = io.BytesIO(book())
    with zipfile.ZipFile(target, "a") as package:
        for number in range(scheme_xlsx.MAX_PARTS):
            package.writestr(f"x/{number}", b"")
    assert refusal(target.getvalue()).code == "too_large"
