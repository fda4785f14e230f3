"""The scheme of marking as a workbook: read what an organiser uploads, write what can be read back.

Two sheets. «Схема»: title, direction, declared sum, modules. «Критерии»: one aspect per row. Upload is hostile until
proven otherwise: sizes are limited before anything is unpacked, formulas and entities are refused.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.errors import Refused
from scoring.aspects.registry import KINDS
from scoring.rules.numbers import show, to_hundredths
from scoring.rules.scheme import DIRECTIONS, Aspect, Criterion, Module, Scheme, validate_scheme

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED = 40 * 1024 * 1024
MAX_PARTS = 200
MAX_ROWS = 500
MAX_TEXT = 4000

HEAD_SHEET, BODY_SHEET = "Схема", "Критерии"
TITLE, DIRECTION, SUM, MODULE, NEGATIVE = "Название", "Итог", "Сумма баллов", "Модуль", "Итог модуля ниже нуля"
COLUMNS = (
    "Модуль",
    "Критерий",
    "Название критерия",
    "Показатель",
    "Название показателя",
    "Способ оценки",
    "Макс. балл",
    "Вес",
    "Правило",
    "Охрана труда",
)
YES, NO = "да", "нет"
_FIXED_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # the time of writing would change the bytes
# What openpyxl lets through when a book is broken: whatever it met at that place; XML errors are SyntaxErrors.
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)

Row = tuple[int, list[str]]  # line of the workbook from 1, cells as text


def read_scheme_xlsx(data: bytes) -> Scheme:
    """Read and check a scheme; refuse with the sheet, the row and a Russian reason."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException
    _check_package(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    except (*_BROKEN, InvalidFileException) as error:
        raise Refused("not_xlsx", "Книга XLSX не открывается. Сохраните её заново в формате .xlsx.") from error
    try:
        head, body = (list(_rows(book, name, width)) for name, width in ((HEAD_SHEET, 3), (BODY_SHEET, len(COLUMNS))))
    finally:
        book.close()
    scheme = _scheme(head, body)
    findings = validate_scheme(scheme)
    if findings:
        lines = {f"показатель {cells[3]}": line for line, cells in body}
        first = findings[0]
        where = f"«{BODY_SHEET}», строка {lines[first.where]}" if first.where in lines else first.where
        raise Refused("bad_scheme", f"{where}: {first.text}")
    return scheme


def write_scheme_xlsx(scheme: Scheme) -> bytes:
    """Write the scheme; the same scheme gives the same bytes, and `read_scheme_xlsx` gives the same scheme."""
    import xlsxwriter
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"title": scheme.title, "created": _FIXED_DATE})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows, widths in (
            (HEAD_SHEET, _head_rows(scheme), (26, 14, 60)),
            (BODY_SHEET, [list(COLUMNS), *_body_rows(scheme)], (9, 9, 30, 11, 44, 20, 11, 8, 60, 10)),
        ):
            page = book.add_worksheet(name)
            for column, width in enumerate(widths):
                page.set_column(column, column, width)
            for line, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    page.write_string(line, column, cell, bold if line == 0 and name == BODY_SHEET else plain)
    return target.getvalue()


def _check_package(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise Refused("too_large", f"Файл больше {MAX_BYTES // 1024 // 1024} МБ. Оставьте в книге только схему оценки.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise Refused("too_large", "Книга слишком велика после распаковки. Оставьте в ней только схему оценки.")
            for part in parts:
                _check_part(package, part)
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, zlib.error):
        raise Refused("not_xlsx", "Файл не является книгой XLSX. Сохраните его в формате .xlsx.") from None


def _check_part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack by pieces: the sizes a package declares are the attacker's, what comes out is the truth."""
    out = 0
    with package.open(part) as stream:
        while piece := stream.read(256 * 1024):
            if out == 0 and part.filename.endswith((".xml", ".rels")) and (b"\0" in piece or b"<!DOCTYPE" in piece):
                raise Refused("not_xlsx", "В книге есть недопустимая разметка. Сохраните файл заново в формате .xlsx.")
            out += len(piece)
            if out > MAX_UNPACKED:
                raise Refused("too_large", "Книга слишком велика после распаковки.")


def _rows(book: Any, name: str, width: int) -> Iterator[Row]:
    if name not in book.sheetnames:
        raise Refused("no_sheet", f"В книге нет листа «{name}». Возьмите образец и заполните его.")
    page = book[name]
    if not hasattr(page, "reset_dimensions"):
        raise Refused("no_sheet", f"Лист «{name}» должен быть таблицей, а не диаграммой.")
    page.reset_dimensions()  # the declared size may be a lie
    try:
        for line, cells in enumerate(page.iter_rows(max_col=width + 1, max_row=MAX_ROWS + 1), 1):
            texts = [_text(cell, name, line) for cell in cells]
            if not any(texts):
                continue
            if line > MAX_ROWS:
                raise Refused("too_many_rows", f"На листе «{name}» больше {MAX_ROWS} строк.")
            if len(texts) > width and texts[width]:
                raise Refused("extra_column", f"«{name}», строка {line}: лишний столбец, «{texts[width][:40]}».")
            yield line, (texts + [""] * width)[:width]
    except _BROKEN as error:
        raise Refused("not_xlsx", f"Лист «{name}» повреждён. Сохраните файл заново в формате .xlsx.") from error


def _text(cell: Any, name: str, line: int) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f" or (isinstance(value, str) and value.startswith("=")):
        raise Refused("formula", f"«{name}», строка {line}: формулы не принимаются. Вставьте значение.")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused("bad_cell", f"«{name}», строка {line}: ожидается текст или число, а не дата или формат «да/нет».")
    # repr of what Excel stored is the number the person typed; from here on it is text, then hundredths.
    text = value if isinstance(value, str) else format(Decimal(repr(value)).normalize(), "f")
    if len(text) > MAX_TEXT:
        raise Refused("bad_cell", f"«{name}», строка {line}: текст длиннее {MAX_TEXT} знаков.")
    return text.replace("\r\n", "\n").strip()


def _scheme(head: Sequence[Row], body: Sequence[Row]) -> Scheme:
    facts = _head(head)
    if not body or body[0][1] != list(COLUMNS):
        raise Refused("bad_columns", f"«{BODY_SHEET}», строка 1: столбцы должны называться так: {', '.join(COLUMNS)}.")
    known = {module_id for module_id, _, _ in facts["modules"]}
    for line, cells in body[1:]:
        if cells[0] not in known:
            text = f"модуля «{cells[0][:40]}» нет на листе «{HEAD_SHEET}»."
            raise Refused("unknown_module", f"«{BODY_SHEET}», строка {line}: {text}")
    return Scheme(
        title=facts["title"],
        max_hundredths=facts["max_hundredths"],
        modules=tuple(
            Module(module_id, title, _criteria([row for row in body[1:] if row[1][0] == module_id]), floor_zero)
            for module_id, title, floor_zero in facts["modules"]
        ),
        direction=facts["direction"],
    )


def _head(rows: Iterable[Row]) -> dict[str, Any]:
    facts: dict[str, Any] = {"modules": []}
    below_zero: set[str] = set()
    for line, (key, first, second) in rows:
        where = f"«{HEAD_SHEET}», строка {line}"
        if key == MODULE:
            facts["modules"].append((first, second))
        elif key == NEGATIVE:
            below_zero.add(first)
        elif key == TITLE:
            facts["title"] = first
        elif key == SUM:
            facts["max_hundredths"] = _located(where, to_hundredths, first, SUM)
        elif key == DIRECTION and first in DIRECTIONS.values():
            facts["direction"] = next(name for name, label in DIRECTIONS.items() if label == first)
        else:
            raise Refused("bad_head", f"{where}: строка «{key[:40]}» со значением «{first[:40]}» не разобрана.")
    for name, key in ((TITLE, "title"), (SUM, "max_hundredths"), (DIRECTION, "direction")):
        if key not in facts:
            raise Refused("bad_head", f"На листе «{HEAD_SHEET}» нет строки «{name}».")
    facts["modules"] = [(one, title, one not in below_zero) for one, title in facts["modules"]]
    return facts


def _criteria(rows: Sequence[Row]) -> tuple[Criterion, ...]:
    """Group rows by the criterion; its title stands on its first row and may be repeated."""
    found: dict[str, tuple[str, list[Aspect]]] = {}
    for line, cells in rows:
        title, aspects = found.setdefault(cells[1], (cells[2], []))
        if cells[2] not in ("", title):
            raise Refused("two_titles", f"«{BODY_SHEET}», строка {line}: у критерия «{cells[1]}» другое название.")
        aspects.append(_aspect(line, cells))
    return tuple(Criterion(one, title, tuple(aspects)) for one, (title, aspects) in found.items())


def _aspect(line: int, cells: Sequence[str]) -> Aspect:
    where = f"«{BODY_SHEET}», строка {line}"
    _, criterion, _, aspect_id, title, label, most, weight, rule, safety = cells
    for name, value in (("Критерий", criterion), ("Показатель", aspect_id), ("Название показателя", title)):
        if not value:
            raise Refused("empty_cell", f"{where}: столбец «{name}» пуст.")
    kinds = {kind.LABEL: kind for kind in KINDS.values()}
    if label not in kinds:
        raise Refused("unknown_kind", f"{where}: способ оценки «{label[:40]}» неизвестен. Есть: {', '.join(kinds)}.")
    if safety not in ("", YES, NO):
        raise Refused("bad_flag", f"{where}: в столбце «Охрана труда» пишут «да» или «нет».")
    return Aspect(
        id=aspect_id,
        title=title,
        kind=kinds[label].NAME,
        spec=_located(where, kinds[label].from_text, rule),
        max_hundredths=_located(where, to_hundredths, most or "0", "Макс. балл"),
        weight=_located(where, to_hundredths, weight or "1", "Вес"),
        safety=safety == YES,
    )


def _located(where: str, read: Any, *arguments: str) -> Any:
    try:
        return read(*arguments)
    except Refused as refusal:
        raise Refused(refusal.code, f"{where}: {refusal.text}") from None


def _head_rows(scheme: Scheme) -> list[list[str]]:
    rows = [[TITLE, scheme.title], [DIRECTION, DIRECTIONS[scheme.direction]], [SUM, show(scheme.max_hundredths)]]
    rows += [[MODULE, module.id, module.title] for module in scheme.modules]
    return rows + [[NEGATIVE, module.id] for module in scheme.modules if not module.floor_zero]


def _body_rows(scheme: Scheme) -> Iterator[list[str]]:
    for module in scheme.modules:
        for criterion in module.criteria:
            for aspect in criterion.aspects:
                kind = KINDS[aspect.kind]
                yield [
                    module.id,
                    criterion.id,
                    criterion.title,
                    aspect.id,
                    aspect.title,
                    kind.LABEL,
                    show(aspect.max_hundredths),
                    show(aspect.weight),
                    kind.to_text(aspect.spec),
                    YES if aspect.safety else NO,
                ]
