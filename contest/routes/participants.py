"""Pages of the draw, the briefing and identity."""
import json

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from contest import application_pages, participants, scope
from contest.forms.participants import (
    AbsenceForm,
    AcknowledgementForm,
    BriefingForm,
    DrawForm,
    IdentityDecisionForm,
    IdentityForm,
    VouchForm,
)
from contest.models import Contest, Identity, Nomination, Participant
from contest.rules import draw as lots
from contest.rules.roles import COMMISSION, EXPERTS, IDENTIFIERS, ORGANISER, SITE, STAFF
from core import logins, storage
from core.access import ANYONE, PUBLIC, allow, me
from core.db import session
from core.errors import NotVisible
from core.web import form_status, submit

blueprint = Blueprint("participants", __name__)
MAX_PHOTO = 10 * 1024 * 1024


@blueprint.route("/nominations/<int:nomination_id>/draw", methods=["GET", "POST"])
@allow(ORGANISER)
def draw(nomination_id: int):
    nomination, form = scope.nomination_for(me, nomination_id, ORGANISER), DrawForm()
    if submit(form, lambda: participants.hold_draw(
            nomination, seed=form.seed.data, called_numbers=form.called_numbers.data, by=me, now=g.now)):
        flash("Жеребьёвка проведена, коды розданы.", "ok")
        return redirect(url_for("participants.draw_result", nomination_id=nomination.id), 303)
    people = participants.of_nomination(nomination.id)
    numbers = [str(person.application.number) for person in people]
    return render_template("contest/draw.html", form=form, nomination=nomination, people=people,
                           held=participants.newest_draw(nomination.id),
                           list_sha256=lots.list_hash(numbers) if numbers else ""), form_status(form)


@blueprint.get("/nominations/<int:nomination_id>/draw/result")
@allow(PUBLIC)
def draw_result(nomination_id: int):
    nomination = application_pages.announced(nomination_id)
    held = participants.newest_draw(nomination.id)
    if held is None:
        raise NotVisible("Жеребьёвка ещё не проведена.")
    return render_template("contest/draw_result.html", nomination=nomination, held=held, lots=json.loads(held.result))


@blueprint.route("/nominations/<int:nomination_id>/briefing/edit", methods=["GET", "POST"])
@allow(ORGANISER)
def briefing_text(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, ORGANISER)
    newest = participants.newest_briefing(nomination.id)
    form = BriefingForm(data={"title": newest.title, "text": newest.text} if newest else None)
    if submit(form, lambda: participants.set_briefing(nomination, title=form.title.data, text=form.text.data, by=me,
                                                      now=g.now)):
        return redirect(url_for("nominations.page", nomination_id=nomination.id), 303)
    return render_template("contest/briefing_form.html", form=form, nomination=nomination, newest=newest), \
        form_status(form)


@blueprint.route("/participants/<int:participant_id>/briefing", methods=["GET", "POST"])
@allow(ANYONE)
def briefing(participant_id: int):
    form = AcknowledgementForm()
    participant = participants.own(me, participant_id)
    if submit(form, lambda _: participants.sign_briefing(participant, address=request.remote_addr or "", by=me,
                                                         now=g.now),
              first=lambda: logins.confirm_secret(me, form.secret.data, now=g.now)):
        flash("Подпись поставлена.", "ok")
        return redirect("/", 303)
    return render_template("contest/briefing.html", form=form, **_briefing_page(participant)), form_status(form)


def _briefing_page(participant: Participant) -> dict[str, object]:
    newest = participants.newest_briefing(participant.nomination_id)
    nomination = session.get_one(Nomination, participant.nomination_id)
    contest = session.get_one(Contest, nomination.contest_id)
    signed = participants.signature_of(participant, newest)
    return {"participant": participant, "briefing": newest, "nomination": nomination, "contest": contest,
            "signed": signed}


@blueprint.get("/nominations/<int:nomination_id>/briefing/journal")
@allow(*STAFF, SITE)
def briefing_journal(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, *STAFF, SITE)
    return render_template("contest/briefing_journal.html", nomination=nomination,
                           rows=participants.briefing_journal(nomination.id),
                           people=participants.of_nomination(nomination.id))


@blueprint.route("/participants/<int:participant_id>/identity", methods=["GET", "POST"])
@allow(ANYONE)
def identity(participant_id: int):
    form = IdentityForm()
    pictures = []
    if form.validate_on_submit():
        pictures = [storage.receive(field.data, allowed=storage.IMAGES, max_bytes=MAX_PHOTO)
                    for field in (form.face, form.document)]
    participant = participants.own(me, participant_id)
    if pictures and submit(form, lambda: participants.show_identity(participant, *pictures, by=me, now=g.now)):
        return redirect(url_for("participants.identity", participant_id=participant.id), 303)
    return render_template("contest/identity.html", form=form, participant=participant,
                           newest=participants.newest_identity(participant.id),
                           contest=participants.contest_of(participant)), form_status(form)


@blueprint.get("/nominations/<int:nomination_id>/identities")
@allow(*IDENTIFIERS)
def identities(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, *IDENTIFIERS)
    return _queue(nomination, IdentityDecisionForm(formdata=None), VouchForm(formdata=None))


def _queue(nomination: Nomination, decision: IdentityDecisionForm, vouching: VouchForm, status: int = 200):
    shown = participants.identity_queue(nomination.id)
    done = {person.id for item, person in shown if item.state != "refused"}
    people = participants.of_nomination(nomination.id)
    return render_template("contest/identities.html", nomination=nomination, queue=shown, form=decision,
                           vouching=vouching, missing=[person for person in people if person.id not in done],
                           site=me.has(SITE, contest_id=nomination.contest_id)), status


@blueprint.post("/identities/<int:identity_id>/decision")
@allow(*IDENTIFIERS)
def identity_decision(identity_id: int):
    item, nomination = _identity(identity_id)
    form = IdentityDecisionForm()
    if submit(form, lambda: participants.decide_identity(
            item, outcome=form.outcome.data, reason=form.reason.data or "", by=me, now=g.now)):
        return redirect(url_for("participants.identities", nomination_id=nomination.id), 303)
    return _queue(nomination, form, VouchForm(formdata=None), 422)


def _identity(identity_id: int) -> tuple[Identity, Nomination]:
    item = session.get(Identity, identity_id)
    if item is None:
        raise NotVisible
    person = session.get_one(Participant, item.participant_id)
    return item, scope.nomination_for(me, person.nomination_id, *IDENTIFIERS)


@blueprint.get("/identities/<int:identity_id>/photo/<any(face, document):which>")
@allow(*IDENTIFIERS)
def identity_photo(identity_id: int, which: str):
    item, _nomination = _identity(identity_id)
    blob = participants.photo(item, which)
    application_pages.note_view("identity.viewed", item, by=me, now=g.now)
    return storage.send(blob, f"{which}.jpg")


@blueprint.post("/participants/<int:participant_id>/identity/site")
@allow(SITE, ORGANISER)
def identity_site(participant_id: int):
    form, participant, nomination = VouchForm(), *_for_staff(participant_id, SITE, ORGANISER)
    if submit(form, lambda: participants.vouch_identity(participant, note=form.note.data, by=me, now=g.now)):
        return redirect(url_for("participants.identities", nomination_id=nomination.id), 303)
    return _queue(nomination, IdentityDecisionForm(formdata=None), form, 422)


def _for_staff(participant_id: int, *wanted: str) -> tuple[Participant, Nomination]:
    participant = session.get(Participant, participant_id)
    if participant is None:
        raise NotVisible
    return participant, scope.nomination_for(me, participant.nomination_id, *wanted)


@blueprint.get("/nominations/<int:nomination_id>/participants")
@allow(*STAFF, *EXPERTS, *COMMISSION)
def people(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, *STAFF, *EXPERTS, *COMMISSION)
    found = participants.of_nomination(nomination.id)
    return render_template("contest/participants.html", nomination=nomination, people=found, form=AbsenceForm(),
                           ready=participants.readiness_of(found),
                           staff=me.has(*STAFF, contest_id=nomination.contest_id))


@blueprint.post("/participants/<int:participant_id>/absence")
@allow(*STAFF)
def absence(participant_id: int):
    form, participant, nomination = AbsenceForm(), *_for_staff(participant_id, *STAFF)
    if submit(form, lambda: participants.mark_absent(participant, reason=form.reason.data, by=me, now=g.now)):
        return redirect(url_for("participants.people", nomination_id=nomination.id), 303)
    found = participants.of_nomination(nomination.id)
    return render_template("contest/participants.html", nomination=nomination, people=found, form=form, staff=True,
                           ready=participants.readiness_of(found)), 422
