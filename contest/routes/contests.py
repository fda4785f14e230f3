"""Pages of setting up a contest, and its public page."""
from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, render_template, url_for

from contest import contests, overview, scope
from contest.forms.contests import ConsentTextsForm, ContestForm, DeedForm, NominationForm
from contest.forms.fields import of_row, shown
from contest.models import Contest
from contest.rules.roles import ADMIN, ORGANISER, STAFF
from contest.rules.zones import CITIES
from contest.sample_texts import sample_consents
from core.access import PUBLIC, allow, current, me
from core.errors import NotVisible
from core.web import form_status, submit

blueprint = Blueprint("contests", __name__)


@blueprint.route("/contests/new", methods=["GET", "POST"])
@allow(ADMIN, ORGANISER)
def new():
    if not me.has(ADMIN, ORGANISER):
        raise NotVisible
    form = ContestForm()
    made: list[Contest] = []
    if submit(form, lambda: made.append(contests.create_contest(by=me, now=g.now, **form.facts()))):
        return redirect(url_for("contests.setup", contest_id=made[0].id), 303)
    return render_template("contest/contest_form.html", form=form, contest=None, zones=CITIES), form_status(form)


@blueprint.get("/contests/<int:contest_id>")
@allow(PUBLIC)
def page(contest_id: int):
    person = current()
    if person and person.has(*STAFF, contest_id=contest_id):
        contest = scope.contest_for(person, contest_id, *STAFF)
    else:
        contest = scope.public_contest(contest_id)
    return render_template("contest/contest.html", contest=contest, page=overview.public_page(contest, now=g.now))


@blueprint.get("/contests/<int:contest_id>/setup")
@allow(*STAFF)
def setup(contest_id: int):
    contest = scope.contest_for(me, contest_id, *STAFF)
    return render_template("contest/setup.html", contest=contest, page=overview.setup_page(contest, now=g.now))


@blueprint.route("/contests/<int:contest_id>/edit", methods=["GET", "POST"])
@allow(ORGANISER)
def edit(contest_id: int):
    contest = scope.contest_for(me, contest_id, ORGANISER)
    form = ContestForm(data=of_row(
        contest, *ContestForm.PLAIN, applications_open_at=shown(contest.applications_open_at, contest.zone),
        applications_close_at=shown(contest.applications_close_at, contest.zone)))
    if submit(form, lambda: contests.edit_contest(contest, by=me, now=g.now, **form.facts())):
        flash("Изменения сохранены.", "ok")
        return redirect(url_for("contests.setup", contest_id=contest.id), 303)
    return render_template("contest/contest_form.html", form=form, contest=contest, zones=CITIES), form_status(form)


@blueprint.post("/contests/<int:contest_id>/announcement")
@allow(ORGANISER)
def announce(contest_id: int):
    contest = scope.contest_for(me, contest_id, ORGANISER)
    contests.announce(contest, by=me, now=g.now)
    flash("Конкурс объявлен: страница открыта для всех.", "ok")
    return redirect(url_for("contests.page", contest_id=contest.id), 303)


@blueprint.route("/contests/<int:contest_id>/beginning", methods=["GET", "POST"])
@allow(ORGANISER)
def begin(contest_id: int):
    return _turn(contest_id, contests.begin, "contests.begin", "Начать проведение конкурса?", "Начать проведение",
                 "Правила всех номинаций закреплены. Состояние увидят все на странице конкурса.")


@blueprint.route("/contests/<int:contest_id>/finish", methods=["GET", "POST"])
@allow(ORGANISER)
def finish(contest_id: int):
    return _turn(contest_id, contests.finish, "contests.finish", "Завершить конкурс?", "Завершить конкурс",
                 "Завершайте его, когда итоги опубликованы и апелляции рассмотрены. Вернуть состояние нельзя.")


def _turn(contest_id: int, operation: Callable[..., None], endpoint: str, title: str, button: str, text: str):
    """A confirmation page before the contest goes on to its next state."""
    contest, form = scope.contest_for(me, contest_id, ORGANISER), DeedForm()
    back = url_for("contests.setup", contest_id=contest.id)
    if submit(form, lambda: operation(contest, by=me, now=g.now)):
        flash("Сделано.", "ok")
        return redirect(back, 303)
    return render_template("confirm.html", form=form, contest=contest, title=title, text=text, button=button, back=back,
                           action=url_for(endpoint, contest_id=contest.id)), form_status(form)


@blueprint.route("/contests/<int:contest_id>/nominations/new", methods=["GET", "POST"])
@allow(ORGANISER)
def new_nomination(contest_id: int):
    contest = scope.contest_for(me, contest_id, ORGANISER)
    form = NominationForm()
    if submit(form, lambda: contests.add_nomination(contest, by=me, now=g.now, **form.facts())):
        return redirect(url_for("contests.setup", contest_id=contest.id), 303)
    return render_template("contest/nomination_form.html", form=form, contest=contest), form_status(form)


@blueprint.route("/contests/<int:contest_id>/consents", methods=["GET", "POST"])
@allow(ORGANISER)
def consents(contest_id: int):
    contest = scope.contest_for(me, contest_id, ORGANISER)
    texts = contests.consent_texts(contest.id)
    form = ConsentTextsForm(data={kind: row.text for kind, row in texts.items()} or sample_consents(contest))
    if submit(form, lambda: contests.set_consent_texts(contest, form.data_texts(), by=me, now=g.now)):
        flash("Тексты согласий утверждены.", "ok")
        return redirect(url_for("contests.setup", contest_id=contest.id), 303)
    return render_template("contest/consent_texts.html", form=form, contest=contest, texts=texts), form_status(form)
