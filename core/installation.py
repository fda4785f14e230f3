"""What administrators see of the safety of the data: the history of the database, and its backups."""
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, url_for

from core import backup, checkpoint, web
from core.access import allow, me
from core.registry import Step
from core.routes import bp

SHOWN = 20
ACTION_WORDS = {"service.restored": "База возвращена к прежней копии",
                "service.restored_accepted": "Новая история базы подтверждена"}


@bp.get("/installation")
@allow("admin")
def installation() -> Any:
    settings = web.settings()
    found = checkpoint.found(settings)
    backups = backup.found(settings.backup_dir)[-SHOWN:][::-1]
    return render_template(
        "core/installation.html", found=found, words=checkpoint.words(found) if found else "",
        noted_at=datetime.fromisoformat(found.noted_at) if found else None, todo=checkpoint.WHAT_TO_DO,
        backups=backups, every=settings.BACKUP_EVERY_MINUTES, folder=settings.backup_dir,
        failure=backup.failure(settings))


@bp.post("/installation/acceptance")
@allow("admin")
def installation_acceptance() -> Any:
    """The older copy in place of the database is accepted: its history goes on from here."""
    if checkpoint.accept(web.settings(), by=me, now=g.now):
        flash("Новая история базы подтверждена.", "ok")
    else:
        flash("Подтверждать нечего: история базы не прерывалась.", "info")
    return redirect(url_for("core.installation"))


def next_steps(person: Any, now: datetime) -> Iterable[Step]:
    """What an administrator has to do about the data, before anything else."""
    if not person.has("admin"):
        return
    settings = web.settings()
    if found := checkpoint.found(settings):
        yield Step("Сервис работает с другой копией базы", url_for("core.installation"), button="Что делать",
                   hint=checkpoint.words(found), lead=True, weight=0)
    if failed := backup.failure(settings):
        yield Step("Резервные копии не делаются", url_for("core.installation"), hint=failed["text"], weight=1)
