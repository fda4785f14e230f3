"""Pages of sheets: assignment and its matrix, an expert's own sheets, one sheet and its road to the signature."""
from flask import Blueprint, Response, flash, g, redirect, render_template, url_for

from contest import scope
from contest.forms.contests import DeedForm
from contest.models import Nomination
from contest.rules.roles import COMMISSION, EXPERT_CHAIR, EXPERTS, ORGANISER, STAFF
from core import logins
from core.access import allow, me
from core.errors import NotVisible, Refused
from core.web import form_status, submit
from scoring import conflicts, divergences, sheet_pages, sheets
from scoring.forms.sheets import InterestsForm, ReasonForm, ResolutionForm, SheetForm, SignatureForm, StanceForm
from scoring.models.sheets import Sheet

blueprint = Blueprint("sheets", __name__)
WATCHERS = (*STAFF, *EXPERTS, *COMMISSION)


@blueprint.get("/nominations/<int:nomination_id>/sheets")
@allow(*WATCHERS)
def matrix(nomination_id: int):
    return _matrix(scope.nomination_for(me, nomination_id, *WATCHERS), DeedForm(formdata=None))


@blueprint.post("/nominations/<int:nomination_id>/sheets")
@allow(ORGANISER, EXPERT_CHAIR)
def assign(nomination_id: int):
    form, done = DeedForm(), []
    nomination = scope.nomination_for(me, nomination_id, ORGANISER, EXPERT_CHAIR)
    if submit(form, lambda: done.append(sheets.assign(nomination, by=me, now=g.now))):
        flash(f"Назначено новых листов: {done[0].made}. Не назначено из-за конфликта интересов: {done[0].barred}. "
              f"Закрыто незавершённых: {done[0].ended}.", "ok")
        return redirect(url_for("sheets.matrix", nomination_id=nomination.id), 303)
    return _matrix(nomination, form)


def _matrix(nomination: Nomination, form, closing: ResolutionForm | None = None, divergence_id: int = 0):
    page = sheet_pages.matrix(nomination, me=me, now=g.now)
    return render_template("scoring/sheets_matrix.html", nomination=nomination, form=form, page=page,
                           closing=closing or ResolutionForm(formdata=None), closed_id=divergence_id), form_status(form)


@blueprint.get("/sheets")
@allow(*EXPERTS)
def mine():
    return render_template("scoring/sheets.html", page=sheet_pages.mine(me), form=InterestsForm(formdata=None))


@blueprint.post("/nominations/<int:nomination_id>/interests")
@allow(*EXPERTS)
def interests(nomination_id: int):
    nomination, form = scope.nomination_for(me, nomination_id, *EXPERTS), InterestsForm()
    if submit(form, lambda: conflicts.declare_interests(nomination, form.inn.data, by=me, now=g.now)):
        flash("Сведения сохранены. Участников этих организаций вы не оцениваете.", "ok")
        return redirect(url_for("sheets.mine"), 303)
    return render_template("scoring/sheets.html", page=sheet_pages.mine(me), form=form), 422


@blueprint.get("/sheets/<int:sheet_id>")
@allow(*EXPERTS)
def page(sheet_id: int):
    sheet = sheets.visible(me, sheet_id)
    return _page(sheet, SheetForm(sheets.module_of(sheet), sheets.entries(sheet)))


@blueprint.post("/sheets/<int:sheet_id>")
@allow(*EXPERTS)
def save(sheet_id: int):
    sheet = sheets.own(me, sheet_id)
    form = SheetForm(sheets.module_of(sheet), sheets.entries(sheet))
    if submit(form, lambda: sheets.save(sheet, form.entries, by=me, now=g.now)):
        flash("Сохранено.", "ok")
        return redirect(url_for("sheets.page", sheet_id=sheet.id), 303)
    return _page(sheets.own(me, sheet_id), form)


@blueprint.post("/sheets/<int:sheet_id>/submission")
@allow(*EXPERTS)
def submission(sheet_id: int):
    sheet = sheets.own(me, sheet_id)
    form = SheetForm(sheets.module_of(sheet), sheets.entries(sheet))
    if submit(form, lambda: _hand_in(sheet, form)):
        flash("Лист сдан. Проверьте его и подпишите.", "ok")
        return redirect(url_for("sheets.page", sheet_id=sheet.id), 303)
    return _page(sheets.own(me, sheet_id), form)


def _hand_in(sheet: Sheet, form: SheetForm) -> None:
    if form.changed:
        sheets.save(sheet, form.entries, by=me, now=g.now)
    sheets.submit(sheet, by=me, now=g.now)


@blueprint.post("/sheets/<int:sheet_id>/reconciliation")
@allow(*EXPERTS)
def reconciliation(sheet_id: int):
    sheet, form = sheets.own(me, sheet_id), StanceForm()
    if submit(form, lambda: _answer(sheet, form)):
        flash("Ответ записан. Расхождение закрывает председатель.", "ok")
        return redirect(url_for("sheets.page", sheet_id=sheet.id), 303)
    sheet = sheets.own(me, sheet_id)
    return _page(sheet, SheetForm(sheets.module_of(sheet), sheets.entries(sheet)), stance=form)


def _answer(sheet: Sheet, form: StanceForm) -> None:
    aspect, mark = form.mark(sheets.module_of(sheet))
    divergences.stand(sheet, aspect, outcome=form.outcome.data, reason=form.reason.data, mark=mark, by=me, now=g.now)


@blueprint.post("/divergences/<int:divergence_id>/closing")
@allow(EXPERT_CHAIR)
def closing(divergence_id: int):
    divergence, form = divergences.load(divergence_id), ResolutionForm()
    nomination = scope.nomination_for(me, divergence.nomination_id, EXPERT_CHAIR)
    if submit(form, lambda: _close(divergence_id, nomination, form)):
        flash("Расхождение закрыто.", "ok")
        return redirect(url_for("sheets.matrix", nomination_id=nomination.id), 303)
    return _matrix(nomination, DeedForm(formdata=None), form, divergence_id)


def _close(divergence_id: int, nomination: Nomination, form: ResolutionForm) -> None:
    sheets.retire(nomination, by=me, now=g.now)
    divergences.close(divergences.load(divergence_id), resolution=form.resolution.data, by=me, now=g.now)


@blueprint.route("/sheets/<int:sheet_id>/signature", methods=["GET", "POST"])
@allow(*EXPERTS)
def signature(sheet_id: int):
    form = SignatureForm()
    if submit(form, lambda _: sheets.sign(sheets.own(me, sheet_id), basis=form.basis.data, by=me, now=g.now),
              first=lambda: _secret(sheet_id, form)):
        flash("Лист подписан и закрыт.", "ok")
        return redirect(url_for("sheets.page", sheet_id=sheet_id), 303)
    sheet = sheets.own(me, sheet_id)
    fields = SheetForm(sheets.module_of(sheet), sheets.entries(sheet))
    return render_template("scoring/sheet_signature.html", form=form, sheet=sheet, nomination=sheet.nomination,
                           page=sheet_pages.page(sheet, fields, me=me)), form_status(form)


def _secret(sheet_id: int, form: SignatureForm) -> None:
    """Somebody else's sheet is nobody's business before any secret is checked."""
    sheets.own(me, sheet_id)
    logins.confirm_secret(me, form.secret.data, now=g.now)


@blueprint.route("/sheets/<int:sheet_id>/recusal", methods=["GET", "POST"])
@allow(*EXPERTS)
def recusal(sheet_id: int):
    sheet, form = sheets.own(me, sheet_id), ReasonForm()
    if submit(form, lambda: sheets.recuse(sheet, reason=form.reason.data, by=me, now=g.now)):
        flash("Самоотвод записан: этого участника вы не оцениваете.", "ok")
        return redirect(url_for("sheets.mine"), 303)
    sheet = sheets.own(me, sheet_id)
    return render_template("confirm.html", form=form, title="Заявить самоотвод?", danger=True,
                           button="Заявить самоотвод", action=url_for("sheets.recusal", sheet_id=sheet.id),
                           text=f"Листы участника {sheet.participant.code} закроются для вас навсегда.",
                           back=url_for("sheets.page", sheet_id=sheet.id)), form_status(form)


@blueprint.route("/sheets/<int:sheet_id>/reopening", methods=["GET", "POST"])
@allow(EXPERT_CHAIR)
def reopening(sheet_id: int):
    sheet, form = _for_chair(sheet_id), ReasonForm()
    if submit(form, lambda: sheets.reopen(sheet, reason=form.reason.data, by=me, now=g.now)):
        flash("Лист возвращён эксперту: прежний аннулирован и хранится.", "ok")
        return redirect(url_for("sheets.matrix", nomination_id=sheet.nomination_id), 303)
    sheet = _for_chair(sheet_id)
    return render_template("confirm.html", form=form, title="Вернуть подписанный лист эксперту?", danger=True,
                           button="Вернуть лист", text="Лист будет аннулирован, эксперт получит новую редакцию с теми "
                           "же оценками.", action=url_for("sheets.reopening", sheet_id=sheet.id),
                           back=url_for("sheets.page", sheet_id=sheet.id)), form_status(form)


def _for_chair(sheet_id: int) -> Sheet:
    sheet = sheets.visible(me, sheet_id)
    if not me.has(EXPERT_CHAIR, nomination_id=sheet.nomination_id):
        raise NotVisible
    return sheet


@blueprint.get("/sheets/<int:sheet_id>/sheet.json")
@allow(*EXPERTS)
def payload(sheet_id: int):
    sheet = sheets.visible(me, sheet_id)
    if sheet.payload is None:
        raise Refused("not_signed", "Лист ещё не подписан: файла нет.", status=404)
    return Response(sheet.payload, mimetype="application/json",
                    headers={"Content-Disposition": f"attachment; filename=list-{sheet.id}.json"})


def _page(sheet: Sheet, form: SheetForm, stance: StanceForm | None = None):
    return render_template("scoring/sheet.html", form=form, sheet=sheet, nomination=sheet.nomination,
                           page=sheet_pages.page(sheet, form, me=me),
                           stance=stance or StanceForm(formdata=None)), form_status(form)
