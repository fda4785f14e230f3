"""Pages of the application: the applicant's own, and those of the people who review and decide."""
from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from contest import application_pages as pages
from contest import applications, contests, paper, scope
from contest.documents import application_receipt
from contest.forms.applications import (
    ApplicationForm,
    AttachmentForm,
    ConsentsForm,
    DecisionForm,
    ProposalForm,
    ReturnForm,
    StartForm,
)
from contest.forms.contests import DeedForm
from contest.forms.fields import taken
from contest.models import Application, Attachment, Submission
from contest.rules.roles import COMMISSION, MEMBER_CHAIR, ORGANISER, SECRETARY, STAFF
from core import storage
from core.access import ANYONE, PUBLIC, allow, current, me
from core.db import session
from core.errors import NotVisible, Refused
from core.web import form_status, submit

blueprint = Blueprint("applications", __name__)


@blueprint.route("/nominations/<int:nomination_id>/application/start", methods=["GET", "POST"])
@allow(PUBLIC)
def start(nomination_id: int):
    nomination = pages.announced(nomination_id)
    if current() is not None:
        return render_template("contest/application_open.html", nomination=nomination, form=DeedForm())
    form = StartForm()
    if submit(form, lambda: applications.start(nomination, name=form.name.data, email=form.email.data, now=g.now)):
        return render_template("contest/application_started.html", nomination=nomination)
    return render_template("contest/application_start.html", form=form, nomination=nomination), form_status(form)


@blueprint.post("/nominations/<int:nomination_id>/applications")
@allow(ANYONE)
def create(nomination_id: int):
    application = applications.open_application(pages.announced(nomination_id), account_id=me.account_id, now=g.now)
    return redirect(url_for("applications.page", application_id=application.id), 303)


@blueprint.get("/applications/<int:application_id>")
@allow(ANYONE)
def page(application_id: int):
    application = pages.visible(me, application_id)
    if application.account_id != me.account_id:
        pages.note_view("application.viewed", application, by=me, now=g.now)
    return _page_with(application)


@blueprint.route("/applications/<int:application_id>/edit", methods=["GET", "POST"])
@allow(ANYONE)
def edit(application_id: int):
    application = pages.own(me, application_id)
    form = ApplicationForm(data=application.fields)
    if submit(form, lambda: applications.save_draft(application, form.values(), by=me, now=g.now)):
        flash("Черновик сохранён.", "ok")
        return redirect(url_for("applications.page", application_id=application.id), 303)
    return render_template("contest/application_form.html", form=form, application=application), form_status(form)


@blueprint.post("/applications/<int:application_id>/attachments")
@allow(ANYONE)
def attach(application_id: int):
    application, form = pages.own(me, application_id), AttachmentForm()
    if submit(form, lambda: applications.attach(
            application, taken(form.file), kind=form.kind.data, name=form.file.filename or "файл", by=me, now=g.now)):
        return redirect(url_for("applications.page", application_id=application.id) + "#files", 303)
    return _page_with(application, attachment=form), 422


@blueprint.post("/attachments/<int:attachment_id>/removal")
@allow(ANYONE)
def detach(attachment_id: int):
    attachment = session.get(Attachment, attachment_id)
    if attachment is None:
        raise NotVisible
    application = pages.own(me, attachment.application_id)
    applications.detach(attachment, application, by=me, now=g.now)
    return redirect(url_for("applications.page", application_id=application.id) + "#files", 303)


@blueprint.get("/attachments/<int:attachment_id>/file")
@allow(ANYONE)
def file(attachment_id: int):
    attachment = session.get(Attachment, attachment_id)
    if attachment is None:
        raise NotVisible
    application = pages.visible(me, attachment.application_id)
    found = next(row for row in application.attachments if row.id == attachment_id)
    if application.account_id != me.account_id:
        pages.note_view("attachment.viewed", found, by=me, now=g.now)
    return storage.send(found.blob, found.name)


@blueprint.route("/applications/<int:application_id>/consents", methods=["GET", "POST"])
@allow(ANYONE)
def consents(application_id: int):
    application = pages.own(me, application_id)
    given = applications.standing_consents(application)
    texts = contests.consent_texts(application.nomination.contest_id)
    form = ConsentsForm(data={"seen": applications.texts_mark(texts)} | dict.fromkeys(given, True))
    if submit(form, lambda: applications.give_consents(
            application, form.ticked(), seen=form.seen.data, address=request.remote_addr or "", by=me, now=g.now)):
        return redirect(url_for("applications.page", application_id=application.id), 303)
    form.seen.data = applications.texts_mark(texts)
    return render_template("contest/application_consents.html", form=form, application=application, given=given,
                           texts=texts), form_status(form)


@blueprint.route("/applications/<int:application_id>/submission", methods=["GET", "POST"])
@allow(ANYONE)
def submission(application_id: int):
    application, form = pages.own(me, application_id), DeedForm()
    if submit(form, lambda: applications.submit(application, by=me, now=g.now)):
        return redirect(url_for("applications.receipt", application_id=application.id), 303)
    return render_template("contest/application_submission.html", form=form, application=application,
                           findings=applications.findings(application, now=g.now)), form_status(form)


@blueprint.get("/applications/<int:application_id>/receipt")
@allow(ANYONE)
def receipt(application_id: int):
    application, found = _received(application_id)
    return render_template("contest/application_receipt.html", **pages.receipt(application, found))


def _received(application_id: int) -> tuple[Application, Submission]:
    application = pages.visible(me, application_id)
    found = applications.receipt(application)
    if found is None:
        raise NotVisible("Заявка ещё не подана: уведомления о приёме нет.")
    return application, found


@blueprint.get("/applications/<int:application_id>/receipt.pdf")
@allow(ANYONE)
def receipt_pdf(application_id: int):
    application, found = _received(application_id)
    return paper.send(found, application_receipt.FORM, name=f"Уведомление {application.number}", now=g.now)


@blueprint.get("/applications/<int:application_id>/receipt.json")
@allow(ANYONE)
def receipt_json(application_id: int):
    application, found = _received(application_id)
    name = f"zayavka-{application.id}-{found.version}.json"
    return Response(found.payload, mimetype="application/json",
                    headers={"Content-Disposition": f"attachment; filename={name}"})


@blueprint.route("/applications/<int:application_id>/withdrawal", methods=["GET", "POST"])
@allow(ANYONE)
def withdrawal(application_id: int):
    application, form = pages.own(me, application_id), DeedForm()
    if submit(form, lambda: applications.withdraw(application, by=me, now=g.now)):
        flash("Заявка отозвана.", "ok")
        return redirect(url_for("applications.page", application_id=application.id), 303)
    return render_template("confirm.html", form=form, title="Отозвать заявку?", danger=True, button="Отозвать заявку",
                           text="Подать её снова в эту номинацию будет нельзя.",
                           action=url_for("applications.withdrawal", application_id=application.id),
                           back=url_for("applications.page", application_id=application.id)), form_status(form)


@blueprint.get("/contests/<int:contest_id>/applications")
@allow(*STAFF, *COMMISSION)
def registry(contest_id: int):
    contest = scope.contest_for(me, contest_id, *STAFF, *COMMISSION)
    return render_template("contest/applications.html", contest=contest,
                           **pages.registry(contest, state=request.args.get("state", ""),
                                            number=request.args.get("page", "1")))


@blueprint.post("/applications/<int:application_id>/registration")
@allow(SECRETARY, ORGANISER)
def registration(application_id: int):
    application = pages.for_roles(me, application_id, *STAFF)
    applications.register(application, by=me, now=g.now)
    return redirect(url_for("applications.page", application_id=application.id), 303)


@blueprint.post("/applications/<int:application_id>/return")
@allow(SECRETARY, ORGANISER)
def returning(application_id: int):
    application = pages.for_roles(me, application_id, *STAFF)
    form = ReturnForm(application.nomination.contest.zone)
    if submit(form, lambda: applications.return_for_correction(
            application, text=form.text.data, due_at=form.due_at.instant, by=me, now=g.now)):
        return redirect(url_for("applications.page", application_id=application.id), 303)
    return _page_with(application, remark=form), 422


@blueprint.post("/applications/<int:application_id>/proposal")
@allow(SECRETARY, ORGANISER)
def proposal(application_id: int):
    application, form = pages.for_roles(me, application_id, *STAFF), ProposalForm()
    if submit(form, lambda: applications.propose(
            application, proposal=form.proposal.data, reason_code=form.reason_code.data, reason=form.reason.data or "",
            by=me, now=g.now)):
        return redirect(url_for("applications.page", application_id=application.id), 303)
    return _page_with(application, proposal=form), 422


@blueprint.post("/applications/<int:application_id>/review")
@allow(SECRETARY, ORGANISER, MEMBER_CHAIR)
def review(application_id: int):
    application = pages.for_roles(me, application_id, *STAFF, MEMBER_CHAIR)
    if not pages.page(application, me=me, now=g.now)["may_resume"]:
        raise Refused("not_yours", "Сейчас вернуть заявку на рассмотрение нельзя. Обновите страницу.")
    applications.resume_review(application, by=me, now=g.now)
    flash("Заявка снова на рассмотрении у секретаря.", "ok")
    return redirect(url_for("applications.page", application_id=application.id), 303)


@blueprint.route("/applications/<int:application_id>/decision", methods=["GET", "POST"])
@allow(ORGANISER, MEMBER_CHAIR)
def decision(application_id: int):
    application, form = pages.for_roles(me, application_id, ORGANISER, MEMBER_CHAIR), DecisionForm()
    if submit(form, lambda: applications.decide(
            application, outcome=form.outcome.data, reason_code=form.reason_code.data, reason=form.reason.data or "",
            by=me, now=g.now)):
        return redirect(url_for("applications.page", application_id=application.id), 303)
    return _page_with(application, decision=form), form_status(form)


def _page_with(application, **forms):
    """The application's page with the form that was not taken."""
    ready = {"remark": ReturnForm(application.nomination.contest.zone, formdata=None),
             "proposal": ProposalForm(formdata=None), "decision": DecisionForm(formdata=None),
             "attachment": AttachmentForm(formdata=None)}
    return render_template("contest/application.html", application=application,
                           page=pages.page(application, me=me, now=g.now), **(ready | forms))
