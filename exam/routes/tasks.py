"""Pages of practice tasks: set-up, the gate, the text, results, the report on access."""
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from contest import participants, scope
from contest.forms.fields import shown
from contest.models import Event, Nomination
from contest.rules.roles import ORGANISER
from core import storage
from core.access import ANYONE, allow, me
from core.db import session
from core.errors import NotVisible
from core.web import form_status, submit
from exam import task_pages as pages
from exam import tasks
from exam.forms.tasks import OpenForm, ResultForm, TaskForm

blueprint = Blueprint("tasks", __name__)


def _event(event_id: int) -> tuple[Event, Nomination]:
    event = session.get(Event, event_id)
    if event is None or event.kind != "practice":
        raise NotVisible
    return event, scope.nomination_for(me, event.nomination_id, ORGANISER)


def _looks_ahead() -> bool:
    """HEAD and a browser that fetches in advance are no access: nothing is given and nothing is written."""
    purpose = " ".join(request.headers.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"))
    return request.method == "HEAD" or "prefetch" in purpose or "preview" in purpose or "prerender" in purpose


@blueprint.route("/events/<int:event_id>/tasks/new", methods=["GET", "POST"])
@allow(ORGANISER)
def new(event_id: int):
    event, nomination = _event(event_id)
    added = tasks.of_event(event_id)
    if added is not None:
        return redirect(url_for("tasks.page", task_id=added.id))
    zone = nomination.contest.zone
    form = TaskForm(zone, data={"closes_at": shown(event.ends_at, zone)})
    made = []
    if submit(form, lambda: made.append(tasks.add_task(event, by=me, now=g.now, **form.facts()))):
        flash("Задание добавлено.", "ok")
        return redirect(url_for("tasks.page", task_id=made[0].id), 303)
    return render_template("exam/task_form.html", form=form, event=event, nomination=nomination), form_status(form)


@blueprint.get("/tasks/<int:task_id>")
@allow(*pages.READERS)
def page(task_id: int):
    task, nomination = pages.for_roles(me, task_id, *pages.READERS)
    if _looks_ahead():
        return "", 204
    tasks.note_staff_view(task, by=me, now=g.now)
    event = session.get_one(Event, task.event_id)
    return render_template("exam/task.html", task=task, nomination=nomination, event=event, now=g.now,
                           organiser=me.has(ORGANISER, contest_id=nomination.contest_id))


@blueprint.post("/tasks/<int:task_id>/hour")
@allow(ORGANISER)
def hour(task_id: int):
    task, _nomination = pages.for_roles(me, task_id, ORGANISER)
    tasks.follow_event(task, session.get_one(Event, task.event_id), by=me, now=g.now)
    return redirect(url_for("tasks.page", task_id=task.id), 303)


@blueprint.get("/tasks/<int:task_id>/gate")
@allow(ANYONE)
def gate(task_id: int):
    task, participant = pages.own(me, task_id)
    if tasks.first_access(task, participant) is not None:
        return redirect(url_for("tasks.text", task_id=task.id))
    return render_template("exam/gate.html", form=OpenForm(), **pages.gate(task, participant, now=g.now))


@blueprint.post("/tasks/<int:task_id>/opening")
@allow(ANYONE)
def opening(task_id: int):
    task, participant = pages.own(me, task_id)
    form = OpenForm()
    if submit(form, lambda: tasks.open_task(
            task, participant, address=request.remote_addr or "", agent=request.user_agent.string, by=me, now=g.now)):
        return redirect(url_for("tasks.text", task_id=task.id), 303)
    return render_template("exam/gate.html", form=form, **pages.gate(task, participant, now=g.now)), form_status(form)


@blueprint.get("/tasks/<int:task_id>/text")
@allow(ANYONE)
def text(task_id: int):
    task, participant = pages.own(me, task_id)
    access = tasks.first_access(task, participant)
    if access is None:
        return redirect(url_for("tasks.gate", task_id=task.id))
    if _looks_ahead():
        return "", 204
    tasks.note_later(access, file_id=None, address=request.remote_addr or "", now=g.now)
    return pages.text(task, participant, access, form=ResultForm())


@blueprint.get("/tasks/<int:task_id>/files/<int:file_id>")
@allow(ANYONE)
def file(task_id: int, file_id: int):
    task = tasks.load(task_id)
    found = tasks.file_of(task, file_id)
    own = participants.of_person(me.account_id, task.nomination_id)
    access = tasks.first_access(task, own[0]) if own else None
    if access is None:
        scope.nomination_for(me, task.nomination_id, *pages.READERS)
    if _looks_ahead():
        return "", 204
    if access is not None:
        tasks.note_later(access, file_id=found.id, address=request.remote_addr or "", now=g.now)
    else:
        tasks.note_staff_view(task, by=me, now=g.now)
    return storage.send(found.blob, found.name)


@blueprint.post("/tasks/<int:task_id>/opened")
@allow(ANYONE)
def opened(task_id: int):
    task, participant, _access = pages.opened(me, task_id)
    tasks.mark_opened(task.id, participant.id, now=g.now)
    return "", 204


@blueprint.get("/tasks/<int:task_id>/results")
@allow(ANYONE)
def results(task_id: int):
    task = tasks.load(task_id)
    if not participants.of_person(me.account_id, task.nomination_id):
        nomination = scope.nomination_for(me, task.nomination_id, *pages.REPORTED)
        return render_template("exam/results.html", **pages.results(task, nomination, me))
    return _own_results(task_id, ResultForm())


def _own_results(task_id: int, form: ResultForm):
    task, participant, _access = pages.opened(me, task_id)
    return render_template("exam/own_results.html", task=task, participant=participant, form=form, now=g.now,
                           nomination=pages.nomination_of(task),
                           results=tasks.results(task.id, participant.id)), form_status(form)


@blueprint.post("/tasks/<int:task_id>/results")
@allow(ANYONE)
def hand_in(task_id: int):
    form = ResultForm()
    task, participant = pages.own(me, task_id)
    if submit(form, lambda: tasks.hand_in(task, participant, by=me, now=g.now, **form.facts())):
        flash("Файл принят.", "ok")
        return redirect(url_for("tasks.results", task_id=task.id), 303)
    return _own_results(task_id, form)


@blueprint.get("/results/<int:result_id>/file")
@allow(ANYONE)
def result_file(result_id: int):
    return pages.result_file(me, result_id)


@blueprint.get("/tasks/<int:task_id>/accesses")
@allow(*pages.REPORTED)
def accesses(task_id: int):
    task, nomination = pages.for_roles(me, task_id, *pages.REPORTED)
    return render_template("exam/accesses.html", **pages.report(task, nomination, me))
