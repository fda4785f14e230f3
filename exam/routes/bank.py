"""Pages of the question bank: upload, dry run, confirmation, the questions with their keys."""
from flask import Blueprint, flash, g, redirect, render_template, url_for

from contest import scope
from contest.models import Nomination
from contest.rules.roles import EXPERT_CHAIR, ORGANISER
from core import web
from core.access import allow, me
from core.web import form_status, submit
from exam import bank, bank_pages
from exam.forms.bank import BankForm, ConfirmForm

blueprint = Blueprint("bank", __name__)


@blueprint.get("/nominations/<int:nomination_id>/bank")
@allow(ORGANISER, EXPERT_CHAIR)
def page(nomination_id: int):
    return _page(scope.nomination_for(me, nomination_id, ORGANISER, EXPERT_CHAIR), BankForm())


@blueprint.post("/nominations/<int:nomination_id>/bank")
@allow(ORGANISER, EXPERT_CHAIR)
def check(nomination_id: int):
    form, nomination = BankForm(), scope.nomination_for(me, nomination_id, ORGANISER, EXPERT_CHAIR)
    shown: dict[str, object] = {}
    if submit(form, lambda content: shown.update(content=content, ticket=bank.keep_file(
            form.received(), nomination, name=form.file.filename, now=g.now)),
            first=lambda: web.offload(bank.content_of, form.file.filename, form.content())):
        return render_template("exam/bank_check.html", nomination=nomination, form=form, **shown)
    return _page(nomination, form)


@blueprint.post("/nominations/<int:nomination_id>/banks")
@allow(ORGANISER, EXPERT_CHAIR)
def create(nomination_id: int):
    form, nomination = ConfirmForm(), scope.nomination_for(me, nomination_id, ORGANISER, EXPERT_CHAIR)
    made = []
    if submit(form, lambda content: made.append(bank.import_bank(
            nomination, content, title=form.title.data, only_good=form.mode.data == "good", by=me, now=g.now)),
            first=lambda: bank.reread(form.ticket.data, nomination)):
        flash("Банк вопросов загружен.", "ok")
        return redirect(url_for("bank.show", bank_id=made[0].id), 303)
    return _page(nomination, form, upload=BankForm(formdata=None))


@blueprint.get("/banks/<int:bank_id>")
@allow(ORGANISER, EXPERT_CHAIR)
def show(bank_id: int):
    found = bank.load(bank_id)
    nomination = scope.nomination_for(me, found.nomination_id, ORGANISER, EXPERT_CHAIR)
    bank_pages.note_view(found, by=me, now=g.now)
    return render_template("exam/bank.html", bank=found, nomination=nomination, lines=bank_pages.lines(found))


def _page(nomination: Nomination, form: BankForm | ConfirmForm, upload: BankForm | None = None):
    return render_template("exam/banks.html", nomination=nomination, form=upload or form, errors=form,
                           banks=bank.of_nomination(nomination.id)), form_status(form)
