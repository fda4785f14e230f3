"""What the pages of practice tasks show, and who may see which of them."""
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from flask import Response, jsonify, render_template, request, send_file

from contest import participants, scope
from contest.models import Nomination, Participant
from contest.rules.roles import EXPERTS, SITE, STAFF, TECHNICAL_EXPERT
from core import clock, storage, words
from core.access import Me, current
from core.db import session
from core.documents import papers
from core.errors import NotVisible
from exam import accesses, attempt_pages, devices, key_release, sealed_tasks, task_versions, tasks
from exam.accesses import Visit
from exam.documents import task_accesses
from exam.key_release import Released
from exam.models import FirstAccess, Task, TaskFile

READERS = (*STAFF, *EXPERTS, SITE, TECHNICAL_EXPERT)
REPORTED = (*STAFF, *EXPERTS)
PIECE = 64 * 1024
NO_BODY = 1000  # bytes: whoever asks for a key says nothing beside the address
# What fetches a page for its own sake and shows it to nobody: previews of messengers, searchers, checkers of links.
ROBOTS = re.compile(r"^whatsapp/|(google|bing|yandex|apple|telegram|twitter|slack|discord|linkedin|mail\.ru_)bot"
                    r"|facebookexternalhit|vkshare|skypeuripreview|crawler|spider|safelinks|mimecast|barracuda",
                    re.IGNORECASE)


class Note(Protocol):
    """Keeps that what belongs to an access has left completely."""

    def __call__(self, access_id: int, *, now: datetime) -> None: ...


def visit() -> Visit:
    """Where the running request comes from."""
    return Visit(request.remote_addr or "", request.user_agent.string, devices.current())


def looks_ahead() -> bool:
    """HEAD, a browser that fetches in advance and a robot are no access: nothing is given and nothing is written."""
    purpose = " ".join(request.headers.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"))
    return (request.method == "HEAD" or any(word in purpose for word in ("prefetch", "preview", "prerender"))
            or ROBOTS.search(request.user_agent.string) is not None)


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
    access = accesses.first_access(task, participant)
    if access is None:
        raise NotVisible("Задание ещё не открыто. Откройте его на странице задания.")
    return task, participant, access


def gate(task: Task, participant: Participant, *, now: datetime) -> dict[str, Any]:
    """The page before the first access: when, what is missing; and after a version was withdrawn."""
    ready = participants.readiness(participant)
    return {"task": task, "participant": participant, "nomination": nomination_of(task), "now": now,
            "needs": attempt_pages.needs(participant, ready), "released": now >= task.releases_at,
            "ready": ready.complete,
            "before": [row for row in task_versions.of_event(task.event_id) if row.version < task.version]}


def state(task: Task, *, now: datetime) -> dict[str, Any]:
    """What an open page asks again and again."""
    after = task_versions.next_of(task)
    return {"now": now.isoformat(), "releases_at": task.releases_at.isoformat(),
            "withdrawn": task.withdrawn_at is not None, "next": after.id if after else None}


def text(task: Task, participant: Participant, access: FirstAccess, **forms: Any) -> Response:
    """The text, sent as one piece; when the server has handed over all of it, that moment is kept once."""
    body = render_template("exam/task_text.html", task=task, participant=participant, access=access,
                           nomination=nomination_of(task), results=tasks.results(task.id, participant.id),
                           **forms).encode()
    return _sent(body, "text/html", access, accesses.note_sent)


def key(released: Released) -> Response:
    """The key of the sealed package; its 32 bytes leave after the first access is committed, as the text does."""
    body = jsonify(key=sealed_tasks.key_text(released.task_id, released.sha256, released.participant_id),
                   at=released.at.isoformat(), moment=words.moment(released.at, released.zone)).get_data()
    return _sent(body, "application/json", released, key_release.note_sent)


def _sent(body: bytes, mimetype: str, access: FirstAccess | Released, note: Note) -> Response:
    answer = Response(_told(body, access, note), mimetype=mimetype)
    answer.content_length = len(body)
    return answer


def _told(body: bytes, access: FirstAccess | Released, note: Note) -> Iterator[bytes]:
    """A reader that goes away before the end never lets the line after `yield` run."""
    yield body
    if access.sent_at is None:
        note(access.id, now=clock.now())


def package(task: Task, participant: Participant) -> Response:
    """The task encrypted for its reader. When all of it has left, the delivery is kept once."""
    nomination, held = nomination_of(task), sealed_tasks.Place()
    try:
        files = sealed_tasks.chosen(task.files)
        html = render_template("exam/_task_text.html", task=task, participant=participant, nomination=nomination,
                               z=nomination.contest.zone, sealed={file.id for file in files})
        made = sealed_tasks.seal(task, participant, html=html, files=files,
                                 line=_line(participant.code or "", task.releases_at, nomination))
        for file_id in made.unstamped:
            sealed_tasks.note_unstamped(file_id, now=clock.now())
    except BaseException:
        held.give_back()
        raise
    by = current()  # `me` means nobody any more by the time the last byte has left
    assert by is not None
    answer = Response(_delivered(made, task.id, participant.id, by, request.remote_addr or "", held),
                      mimetype="application/octet-stream")
    answer.call_on_close(held.give_back)
    answer.content_length = len(made.body)
    return answer


def _delivered(made: sealed_tasks.Package, task_id: int, participant_id: int, by: Me, address: str,
               held: sealed_tasks.Place) -> Iterator[bytes]:
    try:
        for start in range(0, len(made.body), PIECE):
            yield made.body[start:start + PIECE]
    finally:
        held.give_back()
    sealed_tasks.note_delivered(task_id, participant_id, address=address, sha256=made.sha256, by=by,
                                now=clock.now())


def file(task: Task, found: TaskFile, me: Me, *, now: datetime) -> Response:
    """The bytes after the access is kept: a participant's later one, or a look by staff. A PDF bears who reads it."""
    own = participants.of_person(me.account_id, task.nomination_id)
    access = accesses.first_access(task, own[0]) if own else None
    nomination = nomination_of(task)
    if access is None:
        scope.nomination_for(me, task.nomination_id, *READERS)
        accesses.note_staff_view(task, by=me, now=now)
        return _for_reader(found, _line(me.name, now, nomination), now)
    accesses.refuse_withdrawn(task)
    accesses.note_file(access, found.id, visit())
    return _for_reader(found, _line(own[0].code or "", access.at, nomination), now)


def _line(reader: str, at: datetime, nomination: Nomination) -> str:
    return f"{reader}, выдано {words.moment(at, nomination.contest.zone)}"


def _for_reader(found: TaskFile, line: str, now: datetime) -> Response:
    answer = storage.send(found.blob, found.name)
    file = sealed_tasks.source(found)
    if not file.stamped:
        return answer
    made = sealed_tasks.for_reader(file, line)
    if made is None:
        sealed_tasks.note_unstamped(found.id, now=now)
        return answer
    stamped: Response = send_file(io.BytesIO(made), mimetype=file.mime, download_name=file.name)
    for name in ("X-Content-Type-Options", "Cache-Control", "Content-Security-Policy", "X-Frame-Options"):
        stamped.headers[name] = answer.headers[name]
    return stamped


def result_file(me: Me, result_id: int) -> Response:
    """The bytes for their owner, for staff, and for experts under a name that tells only the code."""
    row, participant = tasks.result(result_id)
    if participant.account_id == me.account_id:
        return storage.send(row.blob, row.name)
    nomination = scope.nomination_for(me, participant.nomination_id, *REPORTED)
    named = me.has(*STAFF, contest_id=nomination.contest_id)
    return storage.send(row.blob, row.name if named else f"{participant.code or 'результат'}-{row.id}")


def results(task: Task, nomination: Nomination, me: Me) -> dict[str, Any]:
    """Results of everybody for one version: by code for experts, with names for staff."""
    return {"task": task, "nomination": nomination, "names": _named(me, nomination),
            "versions": task_versions.of_event(task.event_id),
            "lines": accesses.report(task), "results": tasks.results_by_participant(task.id)}


def report(task: Task, nomination: Nomination, me: Me, *, now: datetime) -> dict[str, Any]:
    """The access report; names, addresses and devices only for staff."""
    return {"task": task, "nomination": nomination, "names": _named(me, nomination), "now": now,
            "lines": accesses.report(task), "views": accesses.staff_views(task.id),
            "versions": task_versions.of_event(task.event_id), "ended": task_accesses.ended(task, now),
            "paper": papers.of(task, task_accesses.FORM.key)}


def _named(me: Me, nomination: Nomination) -> bool:
    return me.has(*STAFF, contest_id=nomination.contest_id)
