"""Pages of the draw, the briefing and identity."""
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select

from contest import application_pages, paper, participant_pages, participants, scope
from contest.documents import briefing_journal as journal_paper
from contest.documents import draw_protocol as draw_paper
from contest.forms.contests import DeedForm
from contest.forms.fields import taken
from contest.forms.participants import (
    AbsenceForm,
    AcknowledgementForm,
    BriefingForm,
    DrawForm,
    IdentityDecisionForm,
    IdentityForm,
    VouchForm,
)
from contest.models import Contest, Draw, Identity, Nomination, Participant
from contest.rules.roles import COMMISSION, EXPERTS, IDENTIFIERS, ORGANISER, SITE, STAFF
from core import logins, storage
from core.access import ANYONE, PUBLIC, Me, allow, me
from core.db import session
from core.documents import papers
from core.errors import NotVisible
from core.web import form_status, submit

blueprint = Blueprint("participants", __name__)


@blueprint.route("/nominations/<int:nomination_id>/draw", methods=["GET", "POST"])
@allow(ORGANISER)
def draw(nomination_id: int):
    nomination, form = scope.nomination_for(me, nomination_id, ORGANISER), DrawForm()
    if submit(form, lambda: participants.hold_draw(
            nomination, seed=form.seed.data, called_numbers=form.called_numbers.data, by=me, now=g.now)):
        flash("Жеребьёвка проведена, коды розданы.", "ok")
        return redirect(url_for("participants.draw_result", nomination_id=nomination.id), 303)
    return render_template("contest/draw.html", form=form, nomination=nomination,
                           **participant_pages.draw(nomination)), form_status(form)


@blueprint.get("/nominations/<int:nomination_id>/draw/result")
@allow(PUBLIC)
def draw_result(nomination_id: int):
    nomination = application_pages.announced(nomination_id)
    runs = participant_pages.runs(nomination)
    if not runs:
        raise NotVisible("Жеребьёвка ещё не проведена.")
    return render_template("contest/draw_result.html", nomination=nomination, runs=runs)


@blueprint.get("/nominations/<int:nomination_id>/draw/result/<int:draw_id>.pdf")
@allow(PUBLIC)
def draw_protocol(nomination_id: int, draw_id: int):
    nomination, held = application_pages.announced(nomination_id), session.get(Draw, draw_id)
    if held is None or held.nomination_id != nomination.id:
        raise NotVisible
    return paper.send(held, draw_paper.FORM, name=f"Протокол жеребьёвки {held.id}", now=g.now)


@blueprint.route("/nominations/<int:nomination_id>/briefing/edit", methods=["GET", "POST"])
@allow(ORGANISER)
def briefing_text(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, ORGANISER)
    newest = participants.newest_briefing(nomination.id)
    form = BriefingForm(data={"title": newest.title, "text": newest.text} if newest else None)
    if submit(form, lambda: participants.set_briefing(nomination, title=form.title.data, text=form.text.data, by=me,
                                                      now=g.now)):
        flash("Текст инструктажа утверждён.", "ok")
        return redirect(url_for("nominations.page", nomination_id=nomination.id), 303)
    return render_template("contest/briefing_form.html", form=form, nomination=nomination, newest=newest), \
        form_status(form)


@blueprint.route("/participants/<int:participant_id>/briefing", methods=["GET", "POST"])
@allow(ANYONE)
def briefing(participant_id: int):
    participant, form = participants.own(me, participant_id), AcknowledgementForm()
    if submit(form, lambda _: participants.sign_briefing(
            participant, address=request.remote_addr or "", version=_whole(form.version.data), by=me, now=g.now),
              first=lambda: logins.confirm_secret(me, form.secret.data, now=g.now)):
        flash("Подпись поставлена.", "ok")
        return redirect("/", 303)
    found = _briefing_page(participant)
    form.version.data = found["briefing"].version if found["briefing"] else ""
    return render_template("contest/briefing.html", form=form, **found), form_status(form)


def _whole(text: str | None) -> int:
    """The version a page has sent back; 0, which is none, for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 7 else 0


def _briefing_page(participant: Participant) -> dict[str, Any]:
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
    return _journal(nomination, DeedForm(formdata=None))


def _journal(nomination: Nomination, form: DeedForm):
    return render_template("contest/briefing_journal.html", nomination=nomination, form=form,
                           rows=participants.briefing_journal(nomination.id),
                           paper=papers.of(nomination, journal_paper.FORM.key),
                           people=participants.of_nomination(nomination.id))


@blueprint.post("/nominations/<int:nomination_id>/briefing/journal")
@allow(*STAFF)
def briefing_paper(nomination_id: int):
    nomination, form = scope.nomination_for(me, nomination_id, *STAFF), DeedForm()
    if submit(form, lambda: journal_paper.freeze(nomination, by=me, now=g.now)):
        flash("Журнал сформирован.", "ok")
        return redirect(url_for("participants.briefing_journal", nomination_id=nomination.id), 303)
    return _journal(nomination, form), 422


@blueprint.get("/nominations/<int:nomination_id>/briefing/journal.pdf")
@allow(*STAFF, SITE)
def briefing_journal_pdf(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, *STAFF, SITE)
    return paper.send(nomination, journal_paper.FORM, name="Журнал инструктажа", now=g.now)


@blueprint.route("/participants/<int:participant_id>/identity", methods=["GET", "POST"])
@allow(ANYONE)
def identity(participant_id: int):
    participant, form = participants.own(me, participant_id), IdentityForm()
    if submit(form, lambda: participants.show_identity(
            participant, taken(form.face), taken(form.document), by=me, now=g.now)):
        return redirect(url_for("participants.identity", participant_id=participant.id), 303)
    return render_template("contest/identity.html", form=form, newest=participants.newest_identity(participant.id),
                           nomination=session.get_one(Nomination, participant.nomination_id),
                           account_id=participant.account_id), form_status(form)


def may_identify(person: Me, nomination_id: int) -> bool:
    """Whether the person's open queue may be told that it changed."""
    return session.scalar(select(Nomination.id).where(
        Nomination.id == nomination_id, scope.nominations_of(person, *IDENTIFIERS))) is not None


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
                           may_vouch=me.has(SITE, ORGANISER, contest_id=nomination.contest_id)), status


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
    return _people(nomination, AbsenceForm(formdata=None))


def _people(nomination: Nomination, form: AbsenceForm):
    found = participants.of_nomination(nomination.id)
    return render_template("contest/participants.html", nomination=nomination, people=found, form=form,
                           ready=participants.readiness_of(found),
                           staff=me.has(*STAFF, contest_id=nomination.contest_id, nomination_id=nomination.id))


@blueprint.post("/participants/<int:participant_id>/absence")
@allow(*STAFF)
def absence(participant_id: int):
    form, participant, nomination = AbsenceForm(), *_for_staff(participant_id, *STAFF)
    if submit(form, lambda: participants.mark_absent(participant, reason=form.reason.data, by=me, now=g.now)):
        return redirect(url_for("participants.people", nomination_id=nomination.id), 303)
    return _people(nomination, form), 422
