"""Commands `flask backup …`, and those of `flask db` about the database's history."""
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from core import backup, checkpoint, clock, db, restoring, schema, words
from core.backup import Backup
from core.cli import db_group
from core.config import Settings
from core.errors import Refused

PATIENCE_S = 120.0  # the worker may be making one just now
backup_group = AppGroup("backup", help="Резервные копии.")


def _settings() -> Settings:
    found: Settings = current_app.config["core"]
    return found


def _in_words(call: Any, *args: Any, **kwargs: Any) -> Any:
    os.umask(0o077)
    try:
        return call(*args, **kwargs)
    except Refused as refusal:
        raise click.ClickException(refusal.text) from refusal


def _line(each: Backup) -> str:
    journal = each.heads["journal"][0]
    return f"{each.name}  {each.kind}  {words.size(each.size)}  журнал № {journal}  файлов {each.files}"


@backup_group.command("make")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Другая папка, например на внешнем диске.")
def make(to: Path | None) -> None:
    """Сделать копию сейчас; сервис при этом работает."""
    made = _in_words(backup.make, _settings(), now=clock.now(), to=to, patience=PATIENCE_S)
    click.echo(f"Копия сделана и проверена: {made.folder}\n{_line(made)}")
    if made.missing:
        click.echo(f"Внимание: {made.missing} сохранённых файлов нет на диске, в копии их тоже нет.", err=True)
    click.echo("Ключей в копии нет: папка keys и настройки хранятся отдельно (docs/operations.md).")


@backup_group.command("list")
def show() -> None:
    """Какие копии есть, новые внизу."""
    for each in backup.found(_settings().backup_dir):
        click.echo(_line(each))
    if failed := backup.failure(_settings()):
        raise click.ClickException(f"Копии не делаются с {_moment(failed['since'])}: {failed['text']}")


@backup_group.command("check")
@click.argument("given", metavar="КОПИЯ")
def check(given: str) -> None:
    """Проверить копию: суммы, базу, каждый файл. КОПИЯ – имя из списка или путь."""
    found = _in_words(backup.find, _settings(), given)
    _in_words(backup.check, found)
    click.echo(f"Копия цела: {_line(found)}")


@backup_group.command("restore")
@click.argument("given", metavar="КОПИЯ")
@click.option("--yes", is_flag=True, help="Заменить базу; прежняя останется рядом.")
@click.option("--other-keys", is_flag=True, help="Хотя ключей этой копии нет.")
def restore(given: str, yes: bool, other_keys: bool) -> None:
    """Вернуть базу и файлы из копии; сервис должен быть остановлен."""
    found = _in_words(backup.find, _settings(), given)
    if not yes:
        raise click.ClickException(f"База будет заменена копией {found.name}. Если это нужно, добавьте --yes.")
    done = _in_words(restoring.restore, _settings(), found, now=clock.now(), other_keys=other_keys)
    click.echo("\n".join(_told(done, clock.now())))


def _told(done: Any, now: datetime) -> list[str]:
    """What is older now, and what comes back by itself."""
    made, told = done.backup, []
    minutes = int((now - made.made_at).total_seconds() // 60)
    told.append(f"Возвращена копия {made.name} ({minutes} {words.plural(minutes, 'минуту', 'минуты', 'минут')} назад).")
    if done.replaced:
        told.append(f"Прежняя база сохранена: {done.replaced}")
    if done.files:
        told.append(f"Возвращено файлов: {done.files}")
    for growth in checkpoint.growths():
        here, there = made.heads.get(growth.table, [0])[0], (done.lost_heads or {}).get(growth.table, [0])[0]
        if there > here:
            told.append(f"Записей {growth.words} в копии {here}, в прежней базе {there}: "
                        f"{there - here} остались только в ней.")
    told.append("Подтверждённые ответы участников, которых нет в копии, их браузеры пришлют сами, когда страница "
                "экзамена открыта: не закрывайте её. Оценки, подписи, заявки и решения после времени копии нужно "
                "сделать заново. Входы остаются в силе.")
    told.append("Теперь запустите сервис. Журнал проверяется командой flask journal verify.")
    return told


@db_group.command("check")
def db_check() -> None:
    """Проверить базу: схема и та ли это база, что была; код 1, если нет."""
    settings = _settings()
    try:
        if schema.missing_revisions():
            raise click.ClickException("Схема базы не та, что нужна программе. Выполните: flask db upgrade")
        found = checkpoint.keep(settings, clock.now())
    except SQLAlchemyError as error:
        raise click.ClickException(f"База не отвечает: {type(error).__name__}. Проверьте DATABASE_URL.") from error
    if found:
        raise click.ClickException(f"{checkpoint.words(found)}\nОтмечено {_moment(found.noted_at)}, замечено "
                                   f"{_moment(found.at)}.\n{checkpoint.WHAT_TO_DO}")
    click.echo("База на месте, схема последняя, история продолжает отметку.")


@db_group.command("accept-restored")
def accept_restored() -> None:
    """Подтвердить, что базу вернули к прежней копии: дальше верна её история."""
    with db.transaction():
        accepted = checkpoint.accept(_settings(), by=None, now=clock.now())
    click.echo("Новая история подтверждена." if accepted else "Подтверждать нечего: история не прерывалась.")


def _moment(iso: str) -> str:
    return words.moment(datetime.fromisoformat(iso))
