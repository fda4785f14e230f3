"""Write the demonstration schemes of marking as workbooks: python -m demo.files_make.

The workbooks are what the demo uploads; this file is where their content is kept readable.
"""

from pathlib import Path
from typing import Any

from scoring.formats.scheme_xlsx import write_scheme_xlsx
from scoring.rules.scheme import Aspect, Criterion, Module, Scheme

FOLDER = Path(__file__).parent / "files"


def _defects(*pairs: tuple[str, int]) -> dict[str, Any]:
    return {"defects": [{"title": title, "minus_hundredths": minus} for title, minus in pairs]}


def _steps(*pairs: tuple[str, int]) -> dict[str, Any]:
    return {"steps": [{"title": title, "points_hundredths": points} for title, points in pairs]}


def _tolerance(unit: str, low: int, high: int, loss: int, step: int) -> dict[str, Any]:
    return {"by": "tolerance", "unit": unit, "low": low, "high": high, "loss_hundredths": loss, "step": step}


def _time(norm_seconds: int) -> dict[str, Any]:
    return {"as": "points", "norm_seconds": norm_seconds, "loss_hundredths": 50, "minute": "full"}


def _safety(number: str) -> Criterion:
    aspect = Aspect(
        f"{number}.1",
        "Нарушение требований охраны труда",
        "penalty",
        {"each_hundredths": 500},
        0,
        safety=True,
    )
    return Criterion(number, "Охрана труда", (aspect,))


def _by_size(small: str, middle: str, large: str) -> dict[str, Any]:
    return _defects((small, 100), (middle, 200), (large, 300))


def welder() -> Scheme:
    """Return scheme A: pipe joint, 60 points."""
    preparation = (Aspect("1.1", "Рабочее место и СИЗ подготовлены по перечню", "yes_no", {}, 500),)
    gap = _tolerance("мм", 200, 300, 200, 50)
    assembly = (Aspect("2.1", "Зазор при сборке, три прихватки", "measurement", gap, 1000),)
    geometry = (
        Aspect("3.1", "Ширина шва", "measurement", _tolerance("мм", 1400, 1700, 100, 50), 500),
        Aspect("3.2", "Усиление шва", "measurement", _tolerance("мм", 100, 300, 100, 50), 500),
    )
    flaws = (
        Aspect("4.1", "Подрезы", "defects", _by_size("до 5 мм", "5–20 мм", "более 20 мм"), 800),
        Aspect("4.2", "Поры", "defects", _by_size("одиночная", "скопление", "цепочка"), 700),
        Aspect("4.3", "Непровар корня", "defects", _by_size("до 5 мм", "5–20 мм", "более 20 мм"), 1000),
    )
    look = {
        "levels": [
            "наплывы, рисунок не читается",
            "рисунок неровный, есть наплывы",
            "рисунок ровный, отдельные отклонения",
            "ровный мелкий рисунок, без наплывов",
        ]
    }
    criteria = (
        Criterion("1", "Подготовка рабочего места и СИЗ", preparation),
        Criterion("2", "Сборка, зазор, прихватки", assembly),
        Criterion("3", "Геометрия шва", geometry),
        Criterion("4", "Дефекты шва", flaws),
        Criterion("5", "Вид шва", (Aspect("5.1", "Чешуйчатость, вид шва", "judgement", look, 500),)),
        Criterion("6", "Время", (Aspect("6.1", "Норма времени 60 минут", "time", _time(3600), 300),)),
        Criterion("7", "Порядок", (Aspect("7.1", "Рабочее место убрано, баллон закрыт", "yes_no", {}, 200),)),
        _safety("8"),
    )
    return Scheme("Сварщик. Сварка стыка трубы", 6000, (Module("А", "Сварка стыка трубы", criteria),))


def electrician() -> Scheme:
    """Return scheme B: assembling a control circuit, 60 points."""
    reading = _steps(("без ошибок", 800), ("одна ошибка", 500), ("две ошибки", 200), ("три ошибки и больше", 0))
    look = {
        "levels": [
            "маркировки нет, провода не уложены",
            "маркировка неполная, укладка небрежная",
            "маркировка полная, отдельные отклонения в укладке",
            "маркировка полная, провода уложены аккуратно",
        ]
    }
    running = _steps(("с первой попытки", 1000), ("со второй попытки", 500), ("не работает", 0))
    wiring = _defects(("отступление от схемы", 200), ("провод не того сечения или цвета", 100))
    joints = _defects(("слабый контакт, повреждённая изоляция, лишняя зачистка", 100))
    criteria = (
        Criterion("1", "Чтение схемы", (Aspect("1.1", "Чтение схемы, выбор аппаратов", "steps", reading, 800),)),
        Criterion("2", "Монтаж", (Aspect("2.1", "Монтаж по схеме", "defects", wiring, 1200),)),
        Criterion("3", "Соединения", (Aspect("3.1", "Качество соединений", "defects", joints, 1000),)),
        Criterion("4", "Вид", (Aspect("4.1", "Маркировка, аккуратность", "judgement", look, 500),)),
        Criterion("5", "Проверка", (Aspect("5.1", "Проверено до подачи напряжения, КЗ нет", "yes_no", {}, 1000),)),
        Criterion("6", "Работа схемы", (Aspect("6.1", "Работоспособность", "steps", running, 1000),)),
        Criterion("7", "Время", (Aspect("7.1", "Норма времени 90 минут", "time", _time(5400), 500),)),
        _safety("8"),
    )
    module = Module("А", "Сборка схемы управления двигателем", criteria)
    return Scheme("Электромонтёр. Сборка схемы управления", 6000, (module,))


def mason() -> Scheme:
    """Return scheme D: brickwork with tolerances, 60 points."""
    laid = _steps(("норма выполнена полностью", 600), ("выполнено не менее 90 % нормы", 300), ("меньше 90 % нормы", 0))
    bond = _defects(("нарушена перевязка в ряду", 200))
    look = {
        "levels": [
            "швы не заполнены, кладка загрязнена",
            "швы неровные, кладка загрязнена местами",
            "швы заполнены, отдельные отклонения",
            "швы ровные и полные, кладка чистая",
        ]
    }
    sizes = (
        ("3.1", "Отклонение толщины кладки", 500, 800),
        ("4.1", "Отклонение от вертикали на 0,6 м", 300, 1000),
        ("5.1", "Отклонение рядов от горизонтали", 300, 800),
        ("6.1", "Неровность под правилом", 300, 700),
    )
    measured = tuple(
        Criterion(number[0], title, (Aspect(number, title, "measurement", _tolerance("мм", 0, high, 200, 100), most),))
        for number, title, high, most in sizes
    )
    criteria = (
        Criterion("1", "Место", (Aspect("1.1", "Рабочее место организовано", "yes_no", {}, 500),)),
        Criterion("2", "Перевязка", (Aspect("2.1", "Перевязка швов", "defects", bond, 1000),)),
        *measured,
        Criterion("7", "Швы", (Aspect("7.1", "Заполнение швов, чистота кладки", "judgement", look, 600),)),
        Criterion("8", "Норма", (Aspect("8.1", "Норма выработки: 48 кирпичей", "steps", laid, 600),)),
        _safety("9"),
    )
    return Scheme("Каменщик. Кладка стены", 6000, (Module("А", "Кладка стены с проёмом", criteria),))


SCHEMES = {"welder_scheme.xlsx": welder, "electrician_scheme.xlsx": electrician, "mason_scheme.xlsx": mason}


def main() -> None:
    """Write both workbooks."""
    for name, scheme in SCHEMES.items():
        (FOLDER / name).write_bytes(write_scheme_xlsx(scheme()))


if __name__ == "__main__":
    main()
