"""Pages of one nomination: its staff page, rules with clauses, timetable."""
from flask import Blueprint, flash, g, redirect, render_template, url_for

from contest import contests, overview, scope
from contest.forms.contests import DeedForm, EventForm, NominationForm
from contest.forms.fields import of_row, shown
from contest.forms.settings import SettingsForm
from contest.models import Event, Nomination
from contest.rules import settings as rules
from contest.rules.roles import COMMISSION, EXPERTS, ORGANISER, STAFF
from core.access import allow, me
from core.db import session
from core.errors import NotVisible
from core.web import form_status, submit

blueprint = Blueprint("nominations", __name__)


@blueprint.get("/nominations/<int:nomination_id>")
@allow(*STAFF, *EXPERTS, *COMMISSION)
def page(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, *STAFF, *EXPERTS, *COMMISSION)
    return render_template("contest/nomination.html", nomination=nomination,
                           page=overview.nomination_page(nomination, me=me, now=g.now))


@blueprint.route("/nominations/<int:nomination_id>/edit", methods=["GET", "POST"])
@allow(ORGANISER)
def edit(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, ORGANISER)
    wanted = nomination.requirements
    form = NominationForm(data=of_row(
        nomination, "title", "profession", "prize_places", **wanted | {
            "required_attachments": bool(wanted.get("required_attachments")),
            "citizenship": bool(wanted.get("citizenship"))}))
    if submit(form, lambda: contests.edit_nomination(nomination, by=me, now=g.now, **form.facts())):
        return redirect(url_for("nominations.page", nomination_id=nomination.id), 303)
    return render_template("contest/nomination_form.html", form=form, contest=nomination.contest,
                           nomination=nomination), form_status(form)


@blueprint.route("/nominations/<int:nomination_id>/settings", methods=["GET", "POST"])
@allow(ORGANISER)
def settings(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, ORGANISER)
    form = SettingsForm(nomination.settings)
    if submit(form, lambda: contests.set_settings(nomination, form.stored, by=me, now=g.now)):
        flash("Правила сохранены.", "ok")
        return redirect(url_for("nominations.settings", nomination_id=nomination.id), 303)
    return render_template("contest/settings.html", form=form, nomination=nomination, rules=rules.SETTINGS,
                           groups=rules.GROUPS, draft=rules.draft_clause_text(nomination.settings)), form_status(form)


@blueprint.post("/nominations/<int:nomination_id>/settings/freezing")
@allow(ORGANISER)
def freeze(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, ORGANISER)
    contests.freeze_settings(nomination, by=me, now=g.now)
    flash("Правила закреплены: теперь их не меняет никто.", "ok")
    return redirect(url_for("nominations.settings", nomination_id=nomination.id), 303)


@blueprint.route("/nominations/<int:nomination_id>/events/new", methods=["GET", "POST"])
@allow(ORGANISER)
def new_event(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, ORGANISER)
    form = EventForm(nomination.contest.zone)
    if submit(form, lambda: contests.add_event(nomination, by=me, now=g.now, **form.facts())):
        return redirect(url_for("nominations.page", nomination_id=nomination.id), 303)
    return render_template("contest/event_form.html", form=form, nomination=nomination), form_status(form)


def _event(event_id: int) -> tuple[Event, Nomination]:
    event = session.get(Event, event_id)
    if event is None:
        raise NotVisible
    return event, scope.nomination_for(me, event.nomination_id, ORGANISER)


@blueprint.route("/events/<int:event_id>/edit", methods=["GET", "POST"])
@allow(ORGANISER)
def edit_event(event_id: int):
    event, nomination = _event(event_id)
    zone = nomination.contest.zone
    form = EventForm(zone, data=of_row(event, "kind", "title", "place", starts_at=shown(event.starts_at, zone),
                                       ends_at=shown(event.ends_at, zone)))
    if submit(form, lambda: contests.edit_event(event, by=me, now=g.now, **form.facts())):
        return redirect(url_for("nominations.page", nomination_id=nomination.id), 303)
    return render_template("contest/event_form.html", form=form, nomination=nomination, event=event), form_status(form)


@blueprint.route("/events/<int:event_id>/removal", methods=["GET", "POST"])
@allow(ORGANISER)
def remove_event(event_id: int):
    event, nomination = _event(event_id)
    form, back = DeedForm(), url_for("nominations.page", nomination_id=nomination.id)
    if submit(form, lambda: contests.remove_event(event, by=me, now=g.now)):
        flash("Событие удалено из расписания.", "ok")
        return redirect(back, 303)
    return render_template("confirm.html", form=form, nomination=nomination, danger=True, button="Удалить", back=back,
                           title=f"Удалить из расписания: {event.title}?",
                           action=url_for("nominations.remove_event", event_id=event.id)), form_status(form)
