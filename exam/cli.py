"""`flask bank …`: commands on question banks that need neither settings nor a database."""

import json

import click

from exam.bankcheck import as_json, as_text, check_file
from exam.formats.bankfile import Unreadable

UNREADABLE = 2


@click.group()
def bank() -> None:
    """Банки вопросов."""


@bank.command("check")
@click.argument("file")
@click.option("--json", "for_program", is_flag=True, help="Напечатать результат в JSON.")
def check(file: str, for_program: bool) -> None:
    """Прочитать файл с вопросами и сказать, что из него будет взято, а что отклонено и почему.

    Код 0 – файл прочитан, даже если часть записей отклонена; 2 – файл прочитать нельзя.
    """
    try:
        found = check_file(file)
    except Unreadable as error:
        click.echo(error.text.encode("utf-8", "backslashreplace"), err=True)
        raise SystemExit(UNREADABLE) from error
    # Bytes: the report must come out whole whatever the terminal's locale is.
    text = json.dumps(as_json(found), ensure_ascii=False, indent=2) if for_program else as_text(found)
    click.echo(text.encode())
