"""Pages of practice tasks for those who perform them: the gate, the sealed package, the text, files, results."""
from flask import Blueprint, flash, g, jsonify, redirect, render_template, url_for

from contest import participants, scope
from core import web
from core.access import ANYONE, allow, me
from core.web import form_status, submit
from exam import accesses, key_release, sealed_tasks, task_versions, tasks
from exam import task_pages as pages
from exam.forms.tasks import OpenForm, ResultForm

blueprint = Blueprint("tasks", __name__)


@blueprint.get("/tasks/<int:task_id>/gate")
@allow(ANYONE)
def gate(task_id: int):
    task, participant = pages.own(me, task_id)
    after = task_versions.next_of(task)
    if after is not None:
        return redirect(url_for("tasks.gate", task_id=after.id))
    if task.withdrawn_at is None and accesses.first_access(task, participant) is not None:
        return redirect(url_for("tasks.text", task_id=task.id))
    return render_template("exam/gate.html", form=OpenForm(), **pages.gate(task, participant, now=g.now))


@blueprint.get("/tasks/<int:task_id>/state")
@allow(ANYONE)
def state(task_id: int):
    task, _participant = pages.own(me, task_id)
    return jsonify(pages.state(task, now=g.now))


@blueprint.post("/tasks/<int:task_id>/opening")
@allow(ANYONE)
def opening(task_id: int):
    task, participant = pages.own(me, task_id)
    form = OpenForm()
    if pages.looks_ahead():
        return "", 204
    if submit(form, lambda: accesses.enter(task, participant, pages.visit(), by=me)):
        return redirect(url_for("tasks.text", task_id=task.id), 303)
    return render_template("exam/gate.html", form=form, **pages.gate(task, participant, now=g.now)), form_status(form)


@blueprint.get("/tasks/<int:task_id>/package")
@allow(ANYONE)
def package(task_id: int):
    task, participant = pages.own(me, task_id)
    if pages.looks_ahead():
        return "", 204
    sealed_tasks.may_fetch(task, participant, now=g.now)
    return pages.package(task, participant)


@blueprint.post("/tasks/<int:task_id>/key")
@web.grouped
@allow(ANYONE)
def key(task_id: int):
    web.read_body(pages.NO_BODY)
    if pages.looks_ahead():
        return "", 204
    return pages.key(key_release.ask(task_id, pages.visit(), token=g.token, now=g.now))


@blueprint.get("/tasks/<int:task_id>/text")
@allow(ANYONE)
def text(task_id: int):
    task, participant = pages.own(me, task_id)
    access = accesses.first_access(task, participant)
    if access is None or task.withdrawn_at is not None:
        return redirect(url_for("tasks.gate", task_id=task.id))
    if pages.looks_ahead():
        return "", 204
    accesses.note_text(access, pages.visit())
    return pages.text(task, participant, access, form=ResultForm())


@blueprint.get("/tasks/<int:task_id>/files/<int:file_id>")
@allow(ANYONE)
def file(task_id: int, file_id: int):
    task = tasks.load(task_id)
    found = tasks.file_of(task, file_id)
    if pages.looks_ahead():
        return "", 204
    return pages.file(task, found, me, now=g.now)


@blueprint.post("/tasks/<int:task_id>/files/<int:file_id>/opening")
@allow(ANYONE)
def file_opening(task_id: int, file_id: int):
    task, _participant, access = pages.opened(me, task_id)
    accesses.report_file(access, tasks.file_of(task, file_id).id, pages.visit())
    return "", 204


@blueprint.post("/tasks/<int:task_id>/opened")
@allow(ANYONE)
def opened(task_id: int):
    _task, _participant, access = pages.opened(me, task_id)
    accesses.mark_opened(access, now=g.now)
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
