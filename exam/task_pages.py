"""What the pages of practice tasks show, and who may see which of them."""
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Response, render_template

from contest import scope
from contest.models import Nomination, Participant
from contest.rules.roles import EXPERTS, SITE, STAFF, TECHNICAL_EXPERT
from core import clock, storage
from core.access import Me
from core.db import session
from core.errors import NotVisible
from exam import attempt_pages, tasks
from exam.models import FirstAccess, Task

READERS = (*STAFF, *EXPERTS, SITE, TECHNICAL_EXPERT)
REPORTED = (*STAFF, *EXPERTS)


def nomination_of(task: Task) -> Nomination:
    """The nomination of a task, with its contest."""
    return session.get_one(Nomination, task.nomination_id)


def for_roles(me: Me, task_id: int, *wanted: str) -> tuple[Task, Nomination]:
    """A task for those who hold one of the roles over its nomination."""
    task = tasks.load(task_id)
    return task, scope.nomination_for(me, task.nomination_id, *wanted)


def own(me: Me, task_id: int) -> tuple[Task, Participant]:
    """A task for a participant of its nomination."""
    task = tasks.load(task_id)
    return task, tasks.participation(me, task)


def opened(me: Me, task_id: int) -> tuple[Task, Participant, FirstAccess]:
    """The same once it has been opened; NotVisible before that."""
    task, participant = own(me, task_id)
    access = tasks.first_access(task, participant)
    if access is None:
        raise NotVisible("Задание ещё не открыто. Откройте его на странице задания.")
    return task, participant, access


def gate(task: Task, participant: Participant, *, now: datetime) -> dict[str, Any]:
    """The page before the first access: when, what is missing."""
    return {"task": task, "participant": participant, "nomination": nomination_of(task), "now": now,
            "needs": attempt_pages.needs(participant), "released": now >= task.releases_at}


def text(task: Task, participant: Participant, access: FirstAccess, **forms: Any) -> Response:
    """The text, sent as one piece; when the server has handed over all of it, that moment is kept once."""
    body = render_template("exam/task_text.html", task=task, participant=participant, access=access,
                           nomination=nomination_of(task), results=tasks.results(task.id, participant.id),
                           **forms).encode()
    answer = Response(_told(body, access), mimetype="text/html")
    answer.content_length = len(body)
    return answer


def _told(body: bytes, access: FirstAccess) -> Iterator[bytes]:
    """A reader that goes away before the end never lets the line after `yield` run."""
    yield body
    if access.sent_at is None:
        tasks.note_sent(access.id, now=clock.now())


def result_file(me: Me, result_id: int) -> Response:
    """The bytes for their owner, for staff, and for experts under a name that tells only the code."""
    row, participant = tasks.result(result_id)
    if participant.account_id == me.account_id:
        return storage.send(row.blob, row.name)
    nomination = scope.nomination_for(me, participant.nomination_id, *REPORTED)
    named = me.has(*STAFF, contest_id=nomination.contest_id)
    return storage.send(row.blob, row.name if named else f"{participant.code or 'результат'}-{row.id}")


def results(task: Task, nomination: Nomination, me: Me) -> dict[str, Any]:
    """Results of everybody: by code for experts, with names for staff."""
    return {"task": task, "nomination": nomination, "names": _named(me, nomination),
            "lines": tasks.report(task), "results": tasks.results_by_participant(task.id)}


def report(task: Task, nomination: Nomination, me: Me) -> dict[str, Any]:
    """The access report; names, addresses and devices only for staff."""
    return {"task": task, "nomination": nomination, "names": _named(me, nomination), "lines": tasks.report(task),
            "views": tasks.staff_views(task.id)}


def _named(me: Me, nomination: Nomination) -> bool:
    return me.has(*STAFF, contest_id=nomination.contest_id)
