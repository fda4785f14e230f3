"""Pages of practice tasks for those who set them and look after them: new, versions, withdrawal, the access report."""
from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, url_for

from contest import paper, scope
from contest.forms.fields import shown
from contest.models import Event, Nomination
from contest.rules.roles import ORGANISER, STAFF
from core.access import allow, me
from core.db import session
from core.errors import NotVisible
from core.web import form_status, submit
from exam import accesses, task_versions, tasks
from exam import task_pages as pages
from exam.documents import task_accesses
from exam.forms.tasks import PaperForm, TaskForm, VersionForm, WithdrawalForm
from exam.models import Task

blueprint = Blueprint("task_setup", __name__)
SOON = timedelta(minutes=5)


def _event(event_id: int) -> tuple[Event, Nomination]:
    event = session.get(Event, event_id)
    if event is None or event.kind != "practice":
        raise NotVisible
    return event, scope.nomination_for(me, event.nomination_id, ORGANISER)


@blueprint.route("/events/<int:event_id>/tasks/new", methods=["GET", "POST"])
@allow(ORGANISER)
def new(event_id: int):
    event, nomination = _event(event_id)
    added = task_versions.newest(event_id)
    if added is not None:
        return redirect(url_for("task_setup.page", task_id=added.id))
    zone = nomination.contest.zone
    form = TaskForm(zone, data={"closes_at": shown(event.ends_at, zone)})
    made: list[Task] = []
    if submit(form, lambda: made.append(tasks.add_task(event, by=me, now=g.now, **form.facts()))):
        flash("Задание добавлено.", "ok")
        return redirect(url_for("task_setup.page", task_id=made[0].id), 303)
    return render_template("exam/task_form.html", form=form, event=event, nomination=nomination), form_status(form)


@blueprint.get("/tasks/<int:task_id>")
@allow(*pages.READERS)
def page(task_id: int):
    task, nomination = pages.for_roles(me, task_id, *pages.READERS)
    if pages.looks_ahead():
        return "", 204
    accesses.note_staff_view(task, by=me, now=g.now)
    return render_template("exam/task.html", task=task, nomination=nomination, now=g.now,
                           event=session.get_one(Event, task.event_id),
                           versions=task_versions.of_event(task.event_id),
                           organiser=me.has(ORGANISER, contest_id=nomination.contest_id))


@blueprint.post("/tasks/<int:task_id>/hour")
@allow(ORGANISER)
def hour(task_id: int):
    task, _nomination = pages.for_roles(me, task_id, ORGANISER)
    tasks.follow_event(task, session.get_one(Event, task.event_id), by=me, now=g.now)
    return redirect(url_for("task_setup.page", task_id=task.id), 303)


@blueprint.route("/tasks/<int:task_id>/withdrawal", methods=["GET", "POST"])
@allow(ORGANISER)
def withdrawal(task_id: int):
    task, nomination = pages.for_roles(me, task_id, ORGANISER)
    form = WithdrawalForm()
    if submit(form, lambda: task_versions.withdraw(task, reason=form.reason.data or "", by=me, now=g.now)):
        flash("Задание отозвано у всех участников. Добавьте новую редакцию.", "ok")
        return redirect(url_for("task_setup.version", task_id=task.id), 303)
    return render_template("exam/task_withdrawal.html", form=form, task=task, nomination=nomination, now=g.now,
                           opened=sum(1 for line in accesses.report(task) if line.first)), form_status(form)


@blueprint.route("/tasks/<int:task_id>/versions/new", methods=["GET", "POST"])
@allow(ORGANISER)
def version(task_id: int):
    task, nomination = pages.for_roles(me, task_id, ORGANISER)
    zone = nomination.contest.zone
    hour = max(task.releases_at, (g.now + SOON).replace(second=0, microsecond=0))
    form = VersionForm(zone, task.files, data={
        "title": task.title, "text": task.text, "kept": [file.id for file in task.files],
        "releases_at": shown(hour, zone), "closes_at": shown(task.closes_at, zone)})
    made: list[Task] = []
    if submit(form, lambda: made.append(task_versions.add_version(task, by=me, now=g.now, **form.facts()))):
        flash("Новая редакция добавлена: участники получат её в назначенный час.", "ok")
        return redirect(url_for("task_setup.page", task_id=made[0].id), 303)
    return render_template("exam/task_version_form.html", form=form, task=task, nomination=nomination,
                           now=g.now), form_status(form)


@blueprint.get("/tasks/<int:task_id>/accesses")
@allow(*pages.REPORTED)
def report(task_id: int):
    task, nomination = pages.for_roles(me, task_id, *pages.REPORTED)
    return _report(task, nomination, PaperForm(formdata=None))


def _report(task: Task, nomination: Nomination, form: PaperForm):
    return render_template("exam/accesses.html", form=form, staff=me.has(*STAFF, contest_id=nomination.contest_id),
                           **pages.report(task, nomination, me, now=g.now))


@blueprint.post("/tasks/<int:task_id>/accesses")
@allow(*STAFF)
def report_paper(task_id: int):
    task, nomination = pages.for_roles(me, task_id, *STAFF)
    form = PaperForm()
    if submit(form, lambda: task_accesses.freeze(task, nomination, by=me, now=g.now)):
        flash("Протокол сформирован.", "ok")
        return redirect(url_for("task_setup.report", task_id=task.id), 303)
    return _report(task, nomination, form), 422


@blueprint.get("/tasks/<int:task_id>/accesses.pdf")
@allow(*pages.REPORTED)
def report_pdf(task_id: int):
    task, _nomination = pages.for_roles(me, task_id, *pages.REPORTED)
    return paper.send(task, task_accesses.FORM, name="Протокол доступа к заданию", now=g.now)
