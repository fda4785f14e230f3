"""Publication of results, and the public page of results."""
from flask import Blueprint, Response, flash, g, redirect, render_template, url_for

from contest import scope
from contest.rules.roles import ORGANISER
from core.access import PUBLIC, allow, me
from core.errors import NotVisible
from core.web import form_status, submit
from scoring import publication
from scoring.forms.meetings import PublicationForm

blueprint = Blueprint("publication", __name__)


@blueprint.route("/nominations/<int:nomination_id>/publication", methods=["GET", "POST"])
@allow(ORGANISER)
def publish(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, ORGANISER)
    ready = publication.readiness(nomination, g.now)
    form = PublicationForm(kind=ready.kind or "final")
    if submit(form, lambda: publication.publish(nomination, form.kind.data, by=me, now=g.now)):
        flash("Итоги опубликованы, участникам отправлены письма.", "ok")
        return redirect(url_for("publication.results", nomination_id=nomination.id), 303)
    return render_template("scoring/publication.html", form=form, nomination=nomination, ready=ready,
                           rows=publication.preview(ready, nomination), done=publication.of(nomination.id),
                           words=publication.KIND_WORDS), form_status(form)


@blueprint.get("/nominations/<int:nomination_id>/results")
@allow(PUBLIC)
def results(nomination_id: int):
    nomination = publication.public_nomination(nomination_id)
    row = publication.newest(nomination.id)
    return render_template(
        "scoring/results.html", nomination=nomination, row=row, words=publication.KIND_WORDS,
        rows=publication.results(row, nomination) if row else [], papers=publication.papers_of(row) if row else [],
        window=publication.of(nomination.id).get("preliminary"))


@blueprint.get("/nominations/<int:nomination_id>/results.json")
@allow(PUBLIC)
def results_json(nomination_id: int):
    nomination = publication.public_nomination(nomination_id)
    row = publication.newest(nomination.id)
    if row is None:
        raise NotVisible("Итоги ещё не опубликованы.")
    return Response(row.payload, mimetype="application/json",
                    headers={"Content-Disposition": f"attachment; filename=itogi-{nomination.id}.json"})
