"""Commands of an installation: `flask db`, `flask admin`, `flask journal`."""
import os

import click
from flask.cli import AppGroup
from sqlalchemy import select

from core import clock, db, journal, logins, schema
from core.accounts import Account
from core.errors import Refused

db_group = AppGroup("db", help="База данных.")
admin_group = AppGroup("admin", help="Администраторы.")
journal_group = AppGroup("journal", help="Журнал.")


@db_group.command("upgrade")
def upgrade() -> None:
    """Довести схему базы до последней."""
    os.umask(0o077)
    schema.upgrade()


@db_group.command("revision")
@click.argument("message")
@click.option("--rev", default=None, help="Номер, например 0002.")
def revision(message: str, rev: str | None) -> None:
    """Начать миграцию по разнице моделей и базы (для разработчиков)."""
    schema.revise(message, rev)


@admin_group.command("first")
@click.option("--email", default="admin@localhost", show_default=True)
def first(email: str) -> None:
    """Завести первого администратора и один раз показать его пароль."""
    with db.transaction():
        password = logins.first_admin(email, now=clock.now())
    if password is None:
        click.echo("Администратор уже есть. Забытый пароль: flask admin password АДРЕС")
        return
    _show(email, password)


@admin_group.command("password")
@click.argument("email")
def password(email: str) -> None:
    """Дать одноразовый пароль тому, кто забыл свой."""
    with db.transaction() as unit:
        account = unit.scalar(select(Account).where(Account.email == logins.normal_email(email)))
        if account is None:
            raise click.ClickException(f"Учётной записи с адресом {email} нет.")
        try:
            fresh = logins.one_time_password(account, now=clock.now())
        except Refused as refusal:
            raise click.ClickException(refusal.text) from refusal
    _show(email, fresh)


def _show(email: str, password: str) -> None:
    click.echo(f"Адрес: {email}\nОдноразовый пароль: {password}\nПри первом входе сервис попросит придумать свой.")


@journal_group.command("verify")
def verify() -> None:
    """Прочитать весь журнал и проверить цепочку; код 1, если она нарушена."""
    with db.reading() as unit:
        found = journal.verify(unit)
    if found.bad_seq:
        raise click.ClickException(f"Цепочка нарушена на записи {found.bad_seq}; до неё верны {found.rows - 1}.")
    click.echo(f"Записей {found.rows}, цепочка цела. Последний отпечаток: {found.head}")
