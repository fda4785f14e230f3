"""Pages of the scheme of marking."""
import io

from flask import Blueprint, Response, flash, g, redirect, render_template, send_file, url_for

from contest import scope
from contest.models import Nomination
from contest.rules.roles import COMMISSION, EXPERT_CHAIR, EXPERTS, ORGANISER, STAFF
from core import storage, web
from core.access import allow, me
from core.errors import NotVisible
from core.web import form_status, submit
from scoring import scheme_pages, schemes
from scoring.formats.scheme_xlsx import write_scheme_xlsx
from scoring.forms.schemes import FreezingForm, SchemeForm
from scoring.models.sheets import Scheme

blueprint = Blueprint("schemes", __name__)
READERS = (*STAFF, *EXPERTS, *COMMISSION)
MAKERS = (ORGANISER, EXPERT_CHAIR)


@blueprint.get("/nominations/<int:nomination_id>/scheme")
@allow(*READERS)
def page(nomination_id: int):
    nomination = scope.nomination_for(me, nomination_id, *READERS)
    return _page(nomination, SchemeForm(formdata=None), FreezingForm(formdata=None))


@blueprint.post("/nominations/<int:nomination_id>/scheme")
@allow(*MAKERS)
def upload(nomination_id: int):
    form = SchemeForm()
    nomination = scope.nomination_for(me, nomination_id, *MAKERS)
    if submit(form, lambda scheme: schemes.upload(
            nomination, scheme, form.file.received, name=form.file.filename, by=me, now=g.now),
            first=lambda: scheme_pages.read(form.file.data.stream)):
        return redirect(url_for("schemes.page", nomination_id=nomination.id) + "#draft", 303)
    return _page(nomination, form, FreezingForm(formdata=None))


@blueprint.post("/schemes/<int:scheme_id>/freezing")
@allow(*MAKERS)
def freezing(scheme_id: int):
    scheme, nomination = _scheme(scheme_id, *MAKERS)
    form = FreezingForm()
    if submit(form, lambda: schemes.freeze(scheme, reason=form.reason.data or "", by=me, now=g.now)):
        flash("Схема закреплена: теперь по ней назначают листы.", "ok")
        return redirect(url_for("schemes.page", nomination_id=nomination.id), 303)
    return _page(nomination, SchemeForm(formdata=None), form)


@blueprint.get("/schemes/<int:scheme_id>/source.xlsx")
@allow(*READERS)
def source(scheme_id: int):
    scheme, _nomination = _scheme(scheme_id, *READERS)
    return storage.send(scheme.source, scheme.source_name, download=True)


@blueprint.get("/schemes/<int:scheme_id>/scheme.json")
@allow(*READERS)
def payload(scheme_id: int):
    scheme, _nomination = _scheme(scheme_id, *READERS)
    return Response(scheme.payload, mimetype="application/json",
                    headers={"Content-Disposition": f"attachment; filename=scheme-{scheme.id}.json"})


@blueprint.get("/schemes/sample.xlsx")
@allow(*MAKERS)
def sample():
    data = web.offload(write_scheme_xlsx, scheme_pages.SAMPLE)
    return send_file(io.BytesIO(data), as_attachment=True, download_name="schema-obrazec.xlsx",
                     mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def _scheme(scheme_id: int, *wanted: str) -> tuple[Scheme, Nomination]:
    scheme = schemes.load(scheme_id)
    nomination = scope.nomination_for(me, scheme.nomination_id, *wanted)
    if scheme.state == "draft" and not me.has(*MAKERS, contest_id=nomination.contest_id, nomination_id=nomination.id):
        raise NotVisible
    return scheme, nomination


def _page(nomination: Nomination, form: SchemeForm, freezing: FreezingForm):
    maker = me.has(*MAKERS, contest_id=nomination.contest_id, nomination_id=nomination.id)
    return render_template("scoring/scheme.html", nomination=nomination, form=form, freezing=freezing, maker=maker,
                           page=scheme_pages.page(nomination, maker=maker)), form_status(form)
