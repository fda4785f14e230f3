"""«Протокол доступа к заданию»: who received which version of the task and when, as a frozen paper. Codes, no names of
participants: experts read it."""
from datetime import datetime
from typing import Any

from sqlalchemy import select

from contest.models import Nomination
from core import web
from core.access import Me
from core.canonical import plain
from core.db import session
from core.documents import papers
from core.documents.papers import Document, Form
from core.errors import Refused
from exam import accesses, task_versions
from exam.models import StaffView, Task

FORM = Form("task_accesses", "Протокол доступа к заданию", "exam/documents/task_accesses.html")


def ended(task: Task, now: datetime) -> bool:
    """Nobody begins any more: results are no longer taken, or the version was withdrawn."""
    return now > task.closes_at or task.withdrawn_at is not None


def freeze(task: Task, nomination: Nomination, *, by: Me, now: datetime) -> Document:
    """The report as it stands. Refused before the end; made anew it is a further document, the earlier one stays."""
    if not ended(task, now):
        raise Refused("running", "Задание ещё выполняют. Протокол составляется после окончания приёма результатов.")
    contest = nomination.contest
    return papers.freeze(FORM.key, task, facts(task, nomination), title=FORM.title, number="", zone=contest.zone,
                         public_url=web.settings().public_url, by=by, now=now, letterhead=contest.operator_name,
                         demo=contest.demo)


def made_for(nomination_id: int) -> list[dict[str, Any]]:
    """The newest protocol of each version of the nomination's tasks, for those who list it among their annexes."""
    rows = session.scalars(select(Task).where(Task.nomination_id == nomination_id).order_by(Task.id))
    found = [(task, papers.of(task, FORM.key)) for task in rows]
    return [{"title": task.title, "version": task.version, "facts_sha256": paper.facts_sha256}
            for task, paper in found if paper is not None]


def facts(task: Task, nomination: Nomination) -> dict[str, Any]:
    """Everything the paper says, as JSON values."""
    found = {
        "contest": nomination.contest.title, "nomination": nomination.title, "title": task.title,
        "version": task.version, "sha256": task.sha256, "released_at": task.releases_at, "closes_at": task.closes_at,
        "withdrawn_at": task.withdrawn_at, "reason": task.withdraw_reason,
        "files": [{"name": file.name, "sha256": file.blob.sha256} for file in task.files],
        "versions": [{"version": row.version, "sha256": row.sha256, "released_at": row.releases_at,
                      "withdrawn_at": row.withdrawn_at, "reason": row.withdraw_reason}
                     for row in task_versions.of_event(task.event_id) if row.id != task.id],
        "rows": [_row(line) for line in accesses.report(task)],
        "views": [_view(view, name) for view, name in accesses.staff_views(task.id)]}
    return dict(plain(found))


def _row(line: accesses.AccessLine) -> dict[str, Any]:
    first, delivered = line.first, line.delivered
    return {"code": line.participant.code or "без кода", "later": line.later,
            "delivered_at": delivered.delivered_at if delivered else None, "at": first.at if first else None,
            "sealed": bool(first and first.sealed), "sent_at": first.sent_at if first else None,
            "opened_at": first.opened_at if first else None, "device": first.device[:16] if first else "",
            "sha256": first.version_sha256 if first else ""}


def _view(view: StaffView, name: str) -> dict[str, Any]:
    return {"name": name, "at": view.at, "before_hour": view.before_hour}
