"""Pages of theory for those who set it up and watch it, and the participant's door."""
from flask import Blueprint, flash, g, redirect, render_template, url_for
from sqlalchemy import select

from contest import scope
from contest.models import Event, Nomination
from contest.rules.roles import EXPERT_CHAIR, MEMBER_CHAIR, ORGANISER, PROCTOR, STAFF
from core.access import ANYONE, Me, allow, me
from core.db import session
from core.errors import NotVisible
from core.web import form_status, submit
from exam import attempt_pages as pages
from exam import attempts, bank, devices, grants, latebox, sittings
from exam import board as boards
from exam.forms.fields import length_words
from exam.forms.sittings import SittingForm, StartForm
from exam.models import Sitting

blueprint = Blueprint("sittings", __name__)
WATCHERS = (*STAFF, PROCTOR, EXPERT_CHAIR, MEMBER_CHAIR)


def _event(event_id: int) -> tuple[Event, Nomination]:
    event = session.get(Event, event_id)
    if event is None or event.kind != "theory":
        raise NotVisible
    return event, scope.nomination_for(me, event.nomination_id, ORGANISER)


@blueprint.route("/events/<int:event_id>/sitting", methods=["GET", "POST"])
@allow(ORGANISER)
def setting(event_id: int):
    event, nomination = _event(event_id)
    banks, row = bank.of_nomination(nomination.id), sittings.of_event(event_id)
    form = SittingForm(banks, data=_typed(row) if row else None)
    made = []
    if submit(form, lambda: made.append(sittings.set_sitting(
            event, nomination, next(one for one in banks if one.id == form.bank_id.data), by=me, now=g.now,
            **form.facts()))):
        flash("Настройки теории сохранены.", "ok")
        return redirect(url_for("sittings.board", sitting_id=made[0].id), 303)
    return render_template("exam/sitting_form.html", form=form, event=event, nomination=nomination, banks=banks,
                           row=row), form_status(form)


def _typed(row: Sitting) -> dict[str, object]:
    return {"bank_id": row.bank_id, "question_count": row.question_count,
            "limit": length_words(sittings.rules_of(row).limit)}


def may_watch(person: Me, sitting_id: int) -> bool:
    """Whether the person's open board may be told that it changed."""
    return session.scalar(select(Sitting.id).join(Nomination, Nomination.id == Sitting.nomination_id).where(
        Sitting.id == sitting_id, scope.nominations_of(person, *WATCHERS))) is not None


@blueprint.get("/sittings/<int:sitting_id>")
@allow(*WATCHERS)
def board(sitting_id: int):
    attempts.close_overdue(g.now, sitting_id=sitting_id)
    sitting = sittings.load(sitting_id)
    nomination = scope.nomination_for(me, sitting.nomination_id, *WATCHERS)
    names = pages.knows_names(me, nomination)
    return render_template("exam/board.html", sitting=sitting, nomination=nomination, names=names,
                           lines=boards.lines(sitting, zone=nomination.contest.zone, names=names, now=g.now),
                           moved=sittings.moved(sitting), may_grant=grants.may_grant(me, nomination),
                           opens_late=me.has(*latebox.READERS, contest_id=nomination.contest_id,
                                             nomination_id=nomination.id),
                           limit=pages.span(sittings.rules_of(sitting).limit), bank=bank.load(sitting.bank_id),
                           organiser=me.has(ORGANISER, contest_id=nomination.contest_id))


@blueprint.get("/sittings/<int:sitting_id>/door")
@allow(ANYONE)
def door(sitting_id: int):
    sitting = sittings.load(sitting_id)
    participant = sittings.participation(me, sitting)
    begun = attempts.of_participant(sitting.id, participant.id)
    if begun is not None:
        return redirect(url_for("attempts.page", attempt_id=begun.id))
    return render_template("exam/door.html", form=StartForm(), **pages.door(sitting, participant, now=g.now))


@blueprint.post("/sittings/<int:sitting_id>/attempts")
@allow(ANYONE)
def start(sitting_id: int):
    sitting, form = sittings.load(sitting_id), StartForm()
    participant = sittings.participation(me, sitting)
    begun = []
    if submit(form, lambda: begun.append(attempts.start(
            sitting, participant, request_key=form.request_key.data or pages.request_key(), by=me, now=g.now,
            device=devices.current()))):
        return redirect(url_for("attempts.page", attempt_id=begun[0].id), 303)
    return render_template("exam/door.html", form=form,
                           **pages.door(sitting, participant, now=g.now)), form_status(form)
