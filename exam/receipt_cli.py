"""`flask exam receipt FILE`: whether a final receipt somebody brings is genuine."""
import json
from pathlib import Path

import click
from flask.cli import with_appcontext

from core import db
from exam import final_receipt
from exam.receipt_check import Line, Unreadable

NOT_GENUINE, UNREADABLE = 1, 2


@click.group()
def exam() -> None:
    """Теория: расписки участников."""


@exam.command("receipt")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def receipt(file: Path) -> None:
    """Проверить расписку о сохранённых ответах, которую участник скачал после завершения.

    Код 0 – расписка подлинная и есть в базе данных; 1 – нет; 2 – файл прочитать нельзя.
    """
    try:
        lines = _checked(file)
    except Unreadable as error:
        click.echo(str(error).encode(), err=True)
        raise SystemExit(UNREADABLE) from error
    for line in lines:
        click.echo(f"{'верно' if line.holds else 'НЕВЕРНО'}: {line.text}".encode())
    if not all(line.holds for line in lines):
        raise SystemExit(NOT_GENUINE)


def _checked(file: Path) -> list[Line]:
    try:
        kept = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise Unreadable("Файл не читается: это не JSON.") from error
    with db.reading():
        return final_receipt.check(kept)
