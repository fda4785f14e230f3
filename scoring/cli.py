"""`flask ca init`: make the internal authority before anybody needs it, and say where its root key lies."""
import click
from flask import current_app
from flask.cli import AppGroup

from core import clock
from core.config import Settings
from scoring import keys

ca_group = AppGroup("ca", help="Внутренний удостоверяющий центр.")


@ca_group.command("init")
def init() -> None:
    """Создать удостоверяющий центр, если его ещё нет."""
    settings: Settings = current_app.config["core"]
    held = keys.authority(settings, now=clock.now())
    place = keys.folder(settings)
    click.echo(f"Удостоверяющий центр: {place}")
    click.echo(f"Корневой сертификат действует до {held.root.not_valid_after_utc:%d.%m.%Y}.")
    click.echo(f"Ключ корня: {place / 'root.key.pem'}, фраза: {place.parent / 'root_passphrase'}. "
               "Уберите оба с сервера в сейф: работающему сервису они не нужны.")
