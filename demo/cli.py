"""Commands of the demonstration: `flask demo seed`, `flask demo logins`."""
import time

import click
from flask.cli import AppGroup

from core import clock, db, web
from core.documents import papers
from core.errors import Refused
from demo import logins

demo_group = AppGroup("demo", help="Демонстрационные данные.")


@demo_group.command("seed")
def seed() -> None:
    """Заполнить пустую установку: небольшой конкурс во всех состояниях."""
    from demo import seed as seeding  # imports WeasyPrint, which no web or worker process needs

    if web.settings().ENVIRONMENT == "production":
        raise click.ClickException("Пароли демонстрации известны всем: в рабочей установке она не создаётся.")
    started = time.monotonic()
    try:
        done = seeding.seed(clock.now(), click.echo)
    except Refused as refusal:
        raise click.ClickException(refusal.text) from refusal
    finally:
        papers.process().close()
    if done:
        click.echo(f"Демонстрационные данные готовы за {time.monotonic() - started:.0f} с.")
        return
    with db.reading():
        at = seeding.seeded_at()
    click.echo(f"Демонстрационные данные уже есть, они созданы {at:%d.%m.%Y}. Начать заново: FRESH=1")


@demo_group.command("logins")
def show_logins() -> None:
    """Показать, под кем войти и что посмотреть."""
    with db.reading():
        for line in logins.table(web.settings().public_url):
            click.echo(line)
