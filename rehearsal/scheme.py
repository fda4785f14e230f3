"""The rehearsal's own scheme of marking: the workbook that is uploaded, marks that experts give, points they earn."""

import io
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import xlsxwriter

Mark = dict[str, str]  # form fields by their letter: m value, n note, x reason of «не оценивалось»
COLUMNS = ("Модуль", "Критерий", "Название критерия", "Показатель", "Название показателя", "Способ оценки",
           "Макс. балл", "Вес", "Правило", "Охрана труда")
MODULES = {"A": "Сборка", "B": "Сварка"}


@dataclass(frozen=True)
class Aspect:
    """One line of the scheme. `maximum` in points; `bands` of a measurement: value as typed → points."""

    module: str
    ident: str
    title: str
    kind: str
    maximum: int
    rule: str = ""
    bands: Mapping[str, Fraction] = field(default_factory=dict)

    def points(self, mark: Mark) -> Fraction | None:
        """Exact points of a mark, penalties negative; None for «не оценивалось»."""
        if mark.get("x"):
            return None
        value = mark["m"]
        if self.kind == "да или нет":
            return Fraction(self.maximum if value == "yes" else 0)
        if self.kind == "суждение 0–3":
            return Fraction(self.maximum * int(value), 3)
        if self.kind == "штраф":
            return -Fraction(min(5 * int(value or 0), 15))
        return self.bands[value]

    def marks(self, dice: random.Random, experts: int) -> list[Mark]:
        """Marks of all experts for one participant: no farther apart than the rules allow."""
        if self.kind == "да или нет":
            return [{"m": dice.choice(["yes", "yes", "no"])}] * experts
        if self.kind == "суждение 0–3":
            low = dice.randint(0, 2)
            return [{"m": str(low + dice.randint(0, 1))} for _ in range(experts)]
        if self.kind == "штраф":
            count = dice.choice([0, 0, 0, 1, 2])
            note = {"n": "Щиток поднят при горящей дуге"} if count else {}
            return [{"m": str(count), **note} for _ in range(experts)]
        start = dice.randrange(len(self.bands) - 1)
        near = list(self.bands)[start:start + 2]
        return [{"m": dice.choice(near)} for _ in range(experts)]

    def other(self, mark: Mark) -> Mark:
        """A mark that gives other points: what is sent when the oracle is to be deceived."""
        if self.kind == "суждение 0–3":
            return {"m": "0" if mark.get("m") != "0" else "1"}
        raise ValueError(self.kind)


_GAP = {"2,5": Fraction(12), "3": Fraction(12), "3,2": Fraction(10), "3,9": Fraction(8), "4,4": Fraction(6)}
_LEG = {"6": Fraction(10), "6,9": Fraction(10), "7,5": Fraction(8), "8,5": Fraction(6)}

ASPECTS = (
    Aspect("A", "A1.1", "Прихватки стоят по чертежу", "да или нет", 10),
    Aspect("A", "A1.2", "Зазор между кромками", "измерение", 12, "допуск 2–3 мм; −2 за каждые 0,5", _GAP),
    Aspect("B", "B1.1", "Внешний вид шва", "суждение 0–3", 18,
           "0 — дефекты на всём шве; 1 — несколько дефектов; 2 — один дефект; 3 — дефектов нет"),
    Aspect("B", "B1.2", "Катет шва", "измерение", 10, "таблица мм; 5–7 = 10; 7,01–8 = 8; 8,01–9 = 6", _LEG),
    Aspect("B", "B2.1", "Порядок на рабочем месте", "суждение 0–3", 10,
           "0 — не убрано; 1 — убрано отчасти; 2 — убрано; 3 — образцовый порядок"),
    Aspect("B", "B2.2", "Нарушение требований охраны труда", "штраф", 0, "−5 за нарушение; не более 15"),
)
MAXIMUM = sum(aspect.maximum for aspect in ASPECTS)


def of_module(module: str) -> Iterator[Aspect]:
    """Lines of one module."""
    return (aspect for aspect in ASPECTS if aspect.module == module)


def workbook() -> bytes:
    """The scheme as an XLSX file in the form the service asks for."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        head, body = book.add_worksheet("Схема"), book.add_worksheet("Критерии")
        rows: list[list[Any]] = [["Название", "Репетиция: сварщик"], ["Итог", "больше — лучше"],
                                 ["Сумма баллов", MAXIMUM], *(["Модуль", key, name] for key, name in MODULES.items())]
        for line, cells in enumerate(rows):
            head.write_row(line, 0, cells)
        body.write_row(0, 0, COLUMNS)
        for line, one in enumerate(ASPECTS, 1):
            criterion = one.ident.split(".")[0]
            body.write_row(line, 0, [one.module, criterion, f"Критерий {criterion}", one.ident, one.title, one.kind,
                                     one.maximum, 1, one.rule, "да" if one.kind == "штраф" else "нет"])
    return target.getvalue()
