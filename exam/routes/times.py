"""Time of one participant for those who watch: proposals, grants, decisions; the late box and admission from it."""
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for

from contest import scope
from contest.models import Nomination
from core.access import allow, me
from core.db import session
from core.errors import NotVisible
from core.web import form_status, submit
from exam import attempts, grants, holds, latebox, sittings
from exam import time_pages as pages
from exam.forms.fields import length_words
from exam.forms.times import AdmissionForm, CompensationForm, DecisionForm, TimeForm
from exam.models import Attempt, TimeProposal

blueprint = Blueprint("times", __name__)


def _shown(attempt: Attempt, nomination: Nomination, form: Any, failed: Any = None) -> tuple[str, int]:
    """The page; `failed` is the form of another button that was refused."""
    return render_template("exam/times.html", form=form, failed=failed,
                           **pages.page(attempt, nomination, me=me, now=g.now)), form_status(failed or form)


@blueprint.get("/attempts/<int:attempt_id>/time")
@allow(*pages.WATCHERS)
def page(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    attempt, nomination = pages.watched(me, attempt_id, *pages.WATCHERS)
    return _shown(attempt, nomination, TimeForm())


@blueprint.post("/attempts/<int:attempt_id>/time-proposals")
@allow(*grants.PROPOSERS)
def propose(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    (attempt, nomination), form = pages.watched(me, attempt_id, *grants.PROPOSERS), TimeForm()
    if submit(form, lambda: grants.propose(attempt, **form.facts(), by=me, now=g.now)):
        flash("Предложение отправлено на решение.", "ok")
        return redirect(url_for("times.page", attempt_id=attempt.id), 303)
    return _shown(attempt, nomination, form)


@blueprint.post("/attempts/<int:attempt_id>/compensations")
@allow(*grants.PROPOSERS)
def compensate(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    (attempt, nomination), form = pages.watched(me, attempt_id, *grants.PROPOSERS), CompensationForm()

    def propose() -> None:
        found, seconds, reason = pages.compensation(attempt, form.start.data or "", zone=nomination.contest.zone,
                                                    now=g.now)
        grants.propose(attempt, span=timedelta(seconds=seconds), reason=reason, offline=found, by=me, now=g.now)

    if submit(form, propose):
        flash("Компенсация предложена и отправлена на решение.", "ok")
        return redirect(url_for("times.page", attempt_id=attempt.id), 303)
    return _shown(attempt, nomination, TimeForm(formdata=None), failed=form)


@blueprint.post("/attempts/<int:attempt_id>/grants")
@allow(*grants.GRANTERS)
def grant(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    (attempt, nomination), form = _granted(attempt_id), TimeForm()
    if submit(form, lambda: grants.grant(attempt, **form.facts(), by=me, now=g.now)):
        flash("Время добавлено. Страница участника узнает об этом сразу.", "ok")
        return redirect(url_for("times.page", attempt_id=attempt.id), 303)
    return _shown(attempt, nomination, form)


def _granted(attempt_id: int) -> tuple[Attempt, Nomination]:
    """The attempt, if the rules of its nomination name this person to give time."""
    attempt, nomination = pages.watched(me, attempt_id, *grants.GRANTERS)
    if not grants.may_grant(me, nomination):
        raise NotVisible
    return attempt, nomination


@blueprint.route("/time-proposals/<int:proposal_id>/decision", methods=["GET", "POST"])
@allow(*grants.GRANTERS)
def decision(proposal_id: int):
    proposal = session.get(TimeProposal, proposal_id)
    if proposal is None:
        raise NotVisible
    attempt, nomination = _granted(proposal.attempt_id)
    form = DecisionForm(data={"span": length_words(timedelta(seconds=proposal.seconds)), "reason": proposal.reason})

    def decide() -> None:
        facts = form.facts()
        if form.outcome.data == "grant":
            grants.grant(attempt, **facts, proposal=proposal, by=me, now=g.now)
        else:
            grants.refuse(attempt, proposal, reason=facts["reason"], by=me, now=g.now)

    if submit(form, decide):
        flash("Время добавлено." if form.outcome.data == "grant" else "В добавлении времени отказано.", "ok")
        return redirect(url_for("times.page", attempt_id=attempt.id), 303)
    return render_template("exam/time_decision.html", form=form, proposal=proposal,
                           **pages.page(attempt, nomination, me=me, now=g.now)), form_status(form)


@blueprint.get("/sittings/<int:sitting_id>/late")
@allow(*latebox.READERS)
def late(sitting_id: int):
    sitting = sittings.load(sitting_id)
    nomination = scope.nomination_for(me, sitting.nomination_id, *latebox.READERS)
    return render_template("exam/late.html", sitting=sitting, nomination=nomination,
                           lines=latebox.of_sitting(sitting.id), fixed=holds.why(nomination.id),
                           may_admit=latebox.may_admit(me, nomination))


@blueprint.route("/late-answers/<int:late_id>/admission", methods=["GET", "POST"])
@allow(latebox.ADMITS)
def admission(late_id: int):
    found, attempt = latebox.load(late_id)
    nomination, form = scope.nomination_for(me, attempt.sitting.nomination_id, latebox.ADMITS), AdmissionForm()
    if submit(form, lambda: latebox.admit(found, attempt, reason=form.reason.data or "", by=me, now=g.now)):
        flash("Ответ допущен, баллы за теорию пересчитаны.", "ok")
        return redirect(url_for("times.late", sitting_id=attempt.sitting_id), 303)
    return render_template("exam/admission.html", form=form, line=latebox.lines([found])[0], nomination=nomination,
                           sitting=attempt.sitting), form_status(form)
