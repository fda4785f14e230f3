"""Checking a bank's file without a database: what would be taken from it, and what is refused and why."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from exam.formats.bankfile import BankFile, Unreadable
from exam.formats.encoding import MAX_BYTES
from exam.formats.registry import read_bank
from exam.questions.registry import KINDS
from exam.questions.weights import number_text


def check_file(path: str) -> BankFile:
    """Read the file at `path`. Raises Unreadable when there is no such file, or it cannot be read as a bank."""
    file = Path(path)
    try:
        if file.is_dir():
            raise Unreadable(f"«{path}» – папка. Укажите файл с вопросами.")
        if not file.is_file():
            raise Unreadable(f"Файла «{path}» нет. Проверьте имя.")
        if file.stat().st_size > MAX_BYTES:
            raise Unreadable(f"Файл больше {MAX_BYTES // 1_000_000} МБ. Разделите его на части.")
        return read_bank(file.name, file.read_bytes())
    except (OSError, ValueError) as error:
        raise Unreadable(f"Файл «{path}» не открывается. Проверьте имя и права на чтение.") from error


def as_json(bank: BankFile) -> dict[str, Any]:
    """The result for programs. Points are JSON numbers, lines are 1-based."""
    return {
        "questions": [
            {
                "name": question.name,
                "kind": question.kind,
                "points": _json_number(question.points),
                "text": question.text,
                "line": question.line,
            }
            for question in bank.questions
        ],
        "refused": [{"line": refusal.line, "reason": refusal.reason} for refusal in bank.refused],
    }


def as_text(bank: BankFile) -> str:
    """The result for people, in Russian."""
    counts = Counter(question.kind for question in bank.questions)
    points = sum((question.points for question in bank.questions), Decimal(0))
    lines = [f"Вопросов: {len(bank.questions)}, баллов: {number_text(points).replace('.', ',')}."]
    lines += [f"  {kind.title.lower()}: {counts[name]}" for name, kind in KINDS.items() if counts[name]]
    for question in bank.questions:
        key = KINDS[question.kind].describe_key(question.body)
        name = " ".join(question.name.split())
        lines.append(
            f"Строка {question.line}: {name} [{KINDS[question.kind].title.lower()}]" + (f", ключ: {key}" if key else "")
        )
    lines.append(f"Отклонено: {len(bank.refused)}." if bank.refused else "Отклонённых записей нет.")
    lines += [f"Строка {refusal.line}: {refusal.reason}" for refusal in bank.refused]
    return "\n".join(lines)


def _json_number(points: Decimal) -> int | float:
    """Only the spelling of JSON: at most two decimals, never counted with."""
    return int(points) if points == points.to_integral_value() else float(points)
