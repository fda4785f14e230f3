"""Protocols of any kind: draft, agreement, freezing, the file, signing and what stands beside it."""
from typing import cast

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for

from contest import scope
from contest.forms.contests import DeedForm
from contest.rules.roles import EXPERT_CHAIR, ORGANISER, STAFF
from core import storage
from core.access import allow, me
from core.errors import NotVisible
from core.storage import Received
from core.web import form_status, submit
from scoring import protocol_pages as pages
from scoring import protocols, signing
from scoring.documents import dissent as dissents
from scoring.documents import expert_protocol
from scoring.forms.papers import (
    AgreementForm,
    AnswerForm,
    ApprovalForm,
    DissentForm,
    FreezingForm,
    PaperCheckForm,
    PaperForm,
    ReasonForm,
    SignatureForm,
    SignerForm,
)

blueprint = Blueprint("protocols", __name__)
READERS = protocols.READERS


@blueprint.route("/nominations/<int:nomination_id>/protocol", methods=["GET", "POST"])
@allow(EXPERT_CHAIR, ORGANISER)
def draft(nomination_id: int):
    nomination, form, made = scope.nomination_for(me, nomination_id, EXPERT_CHAIR, ORGANISER), DeedForm(), []
    if submit(form, lambda: made.append(expert_protocol.draft(nomination, by=me, now=g.now))):
        return redirect(url_for("protocols.page", protocol_id=made[0].id), 303)
    return render_template("confirm.html", form=form, title="Составить протокол экспертной группы?",
                           text="Проект составляется из сводной ведомости, какой она посчитана сейчас.",
                           button="Составить протокол", action=url_for("protocols.draft", nomination_id=nomination.id),
                           back=url_for("summary.page", nomination_id=nomination.id)), form_status(form)


@blueprint.get("/protocols/<int:protocol_id>")
@allow(*READERS)
def page(protocol_id: int):
    return _page(_load(protocol_id))


@blueprint.post("/protocols/<int:protocol_id>/approval-opening")
@allow(*READERS)
def approval(protocol_id: int):
    protocol = _load(protocol_id)
    form = ApprovalForm(protocol.contest.zone)
    return _done(protocol, "approval", form, lambda: protocols.open_approval(
        protocol, due_at=form.due_at.instant, by=me, now=g.now))


@blueprint.post("/protocols/<int:protocol_id>/agreements")
@allow(*READERS)
def agreements(protocol_id: int):
    protocol, form = _load(protocol_id), AgreementForm()
    return _done(protocol, "agreement", form, lambda: protocols.agree(
        protocol, outcome=form.outcome.data, text=form.text.data or "", by=me, now=g.now))


@blueprint.post("/protocols/<int:protocol_id>/agreements/<int:agreement_id>/answer")
@allow(*READERS)
def answer(protocol_id: int, agreement_id: int):
    protocol, form = _load(protocol_id), AnswerForm()
    remark = next((row for row in protocol.agreements if row.id == agreement_id), None)
    if remark is None:
        raise NotVisible
    return _done(protocol, "answer", form, lambda: protocols.answer(
        remark, protocol, text=form.answer.data, by=me, now=g.now))


@blueprint.post("/protocols/<int:protocol_id>/freezing")
@allow(*READERS)
def freezing(protocol_id: int):
    protocol = _load(protocol_id)
    form = FreezingForm(protocol.contest.zone)
    return _done(protocol, "freezing", form, lambda _: None, first=lambda: protocols.freeze_now(
        protocol_id, by=me, now=g.now, signing_due_at=form.signing_due_at.instant))


@blueprint.get("/protocols/<int:protocol_id>/file.pdf")
@allow(*READERS)
def file(protocol_id: int):
    protocol = _load(protocol_id)
    return storage.send(_head(protocol).blob, f"{protocol.number.replace('/', '-')}.pdf", download=True)


@blueprint.get("/protocols/<int:protocol_id>/preview")
@allow(*READERS)
def preview(protocol_id: int):
    protocol = _load(protocol_id)
    return storage.send(_head(protocol).blob, f"{protocol.number.replace('/', '-')}.pdf")


@blueprint.get("/protocols/<int:protocol_id>/facts.json")
@allow(*READERS)
def facts(protocol_id: int):
    protocol = _load(protocol_id)
    return Response(protocol.facts, mimetype="application/json",
                    headers={"Content-Disposition": "attachment; filename=facts.json"})


@blueprint.route("/protocols/<int:protocol_id>/signature", methods=["GET", "POST"])
@allow(*READERS)
def signature(protocol_id: int):
    protocol, form = _load(protocol_id), SignatureForm()
    if _signed_already(protocol):
        return redirect(url_for("protocols.page", protocol_id=protocol_id), 303)
    if submit(form, lambda done: signing.register(done, by=me, now=g.now), first=lambda: signing.sign_file(
            protocol_id, form.passphrase.data, shown_sha256=form.sha256.data or "", by=me, now=g.now)):
        return redirect(url_for("protocols.receipt", protocol_id=protocol_id), 303)
    return _signature_page("scoring/signature.html", protocol_id, form)


@blueprint.route("/protocols/<int:protocol_id>/dissent", methods=["GET", "POST"])
@allow(*READERS)
def dissent(protocol_id: int):
    protocol, form = _load(protocol_id), DissentForm()
    if _signed_already(protocol):
        return redirect(url_for("protocols.page", protocol_id=protocol_id), 303)
    if submit(form, lambda done: signing.register(done, by=me, now=g.now), first=lambda: dissents.sign_with_dissent(
            protocol_id, text=form.text.data, passphrase=form.passphrase.data, shown_sha256=form.sha256.data or "",
            by=me, now=g.now)):
        return redirect(url_for("protocols.receipt", protocol_id=protocol_id), 303)
    return _signature_page("scoring/dissent.html", protocol_id, form)


@blueprint.get("/protocols/<int:protocol_id>/signature/receipt")
@allow(*READERS)
def receipt(protocol_id: int):
    protocol = _load(protocol_id)
    row = protocols.signatory_of(protocol, me)
    own = [one for one in protocol.revisions if row is not None and one.signatory_id == row.id]
    if row is None or not own:
        raise NotVisible
    return render_template("scoring/signature_receipt.html", protocol=protocol, row=row, revision=own[-1])


@blueprint.get("/protocols/<int:protocol_id>/dissents/<int:dissent_id>/file.pdf")
@allow(*READERS)
def dissent_file(protocol_id: int, dissent_id: int):
    protocol = _load(protocol_id)
    found = next((row.dissent for row in protocol.signatories if row.dissent and row.dissent.id == dissent_id), None)
    if found is None or found.blob_id is None:
        raise NotVisible
    return storage.send(protocols.blob(found.blob_id), "osoboe-mnenie.pdf", download=True)


@blueprint.route("/protocols/<int:protocol_id>/refusal", methods=["GET", "POST"])
@allow(*READERS)
def refusal(protocol_id: int):
    protocol, form = _load(protocol_id), ReasonForm()
    if submit(form, lambda: signing.refuse_to_sign(protocol_id, reason=form.reason.data, by=me, now=g.now)):
        return redirect(url_for("protocols.page", protocol_id=protocol_id), 303)
    return render_template("confirm.html", form=form, title="Отказаться от подписи?", danger=True,
                           text="Отказ с причиной останется в записи о протоколе и будет виден при проверке. Подписать "
                                "после отказа нельзя.", button="Отказаться от подписи",
                           action=url_for("protocols.refusal", protocol_id=protocol.id),
                           back=url_for("protocols.page", protocol_id=protocol.id)), form_status(form)


@blueprint.route("/protocols/<int:protocol_id>/paper", methods=["GET", "POST"])
@allow(*STAFF)
def paper(protocol_id: int):
    protocol = _load(protocol_id)
    form = PaperForm(pages.waiting_signers(protocol))
    if submit(form, lambda: signing.enter_paper(
            protocol_id, form.signer_id.data, cast(Received, form.scan.received), note=form.note.data or "", by=me,
            now=g.now)):
        flash("Скан внесён. Теперь его сверяет другой человек.", "ok")
        return redirect(url_for("protocols.page", protocol_id=protocol_id), 303)
    return render_template("scoring/paper.html", form=form, protocol=protocol), form_status(form)


@blueprint.route("/paper/<int:paper_id>/check", methods=["GET", "POST"])
@allow(*READERS)
def paper_check(paper_id: int):
    (found, protocol), form = signing.paper_for(me, paper_id), PaperCheckForm()
    if submit(form, lambda: signing.check_paper(
            found, outcome=form.outcome.data, note=form.note.data or "", by=me, now=g.now)):
        return redirect(url_for("protocols.page", protocol_id=protocol.id), 303)
    return render_template("scoring/paper_check.html", form=form, protocol=protocol, paper=found,
                           row=next(r for r in protocol.signatories if r.id == found.signatory_id)), form_status(form)


@blueprint.get("/paper/<int:paper_id>/scan")
@allow(*READERS)
def scan(paper_id: int):
    found, _protocol = signing.paper_for(me, paper_id)
    return storage.send(protocols.blob(found.blob_id), "scan")


@blueprint.post("/protocols/<int:protocol_id>/missed")
@allow(*STAFF)
def missed(protocol_id: int):
    protocol = _load(protocol_id)
    form = SignerForm(pages.waiting_signers(protocol))
    return _done(protocol, "missed", form, lambda: signing.mark_missed(
        protocol_id, form.signer_id.data, by=me, now=g.now))


@blueprint.post("/protocols/<int:protocol_id>/names")
@allow(*READERS)
def names(protocol_id: int):
    protocol, form = _load(protocol_id), DeedForm()
    return _done(protocol, "names", form, lambda: protocols.open_names(protocol, by=me, now=g.now))


def _load(protocol_id):
    """The protocol the person may see; the page stands in its contest's zone."""
    protocol = protocols.visible(me, protocol_id)
    g.zone, g.place = protocol.contest.zone, protocol.contest.title
    return protocol


def _done(protocol, name, form, operation, first=None):
    """Back to the protocol after a deed, or its page with the form that was not taken."""
    if submit(form, operation, first=first):
        return redirect(url_for("protocols.page", protocol_id=protocol.id), 303)
    return _page(_load(protocol.id), **{name: form})


def _page(protocol, **sent):
    """The protocol's page; a form that was sent and not taken is shown with what was typed."""
    zone = protocol.contest.zone
    fresh = {"approval": ApprovalForm(zone, formdata=None), "agreement": AgreementForm(formdata=None),
             "answer": AnswerForm(formdata=None), "freezing": FreezingForm(zone, formdata=None),
             "missed": SignerForm(pages.waiting_signers(protocol), formdata=None), "names": DeedForm(formdata=None)}
    found = next(iter(sent.values()), None)
    return render_template("scoring/protocol.html", protocol=protocol, page=pages.page(protocol, me=me, now=g.now),
                           failed=found, **(fresh | sent)), 422 if sent else 200


def _head(protocol):
    if not protocol.revisions:
        raise NotVisible("Файла ещё нет: он появится, когда текст протокола зафиксируют.")
    return protocol.revisions[-1]


def _signed_already(protocol):
    row = protocols.signatory_of(protocol, me)
    return row is not None and row.state == "signed"


def _signature_page(template, protocol_id, form):
    protocol = _load(protocol_id)
    row = protocols.signatory_of(protocol, me)
    if row is None:
        raise NotVisible
    if not form.errors:
        signing.refuse_signer(protocol, row)
    return render_template(template, protocol=protocol, form=form, page=pages.signature(protocol, row, g.now)
                           ), form_status(form)
