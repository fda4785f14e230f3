"""A person's signing key and certificates; the authority's public files."""
from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for

from contest.rules.roles import COMMISSION, EXPERTS, STAFF
from core.access import PUBLIC, allow, me
from core.web import form_status, submit
from scoring import agreement_text, keys, pki
from scoring.forms.papers import KeyForm, ReasonForm

blueprint = Blueprint("keys", __name__)
SIGNERS = (*EXPERTS, *COMMISSION, *STAFF)


@blueprint.route("/signing/key", methods=["GET", "POST"])
@allow(*SIGNERS)
def page():
    form, address = KeyForm(), request.remote_addr or ""
    if submit(form, lambda made: keys.issue(made, address=address, by=me, now=g.now),
              first=lambda: keys.make_key(me.account_id, form.passphrase.data, now=g.now)):
        flash("Сертификат выдан. Теперь вы можете подписывать протоколы.", "ok")
        return redirect(url_for("keys.page"), 303)
    return render_template("scoring/keys.html", form=form, text=keys.agreement(g.now), title=agreement_text.TITLE,
                           held=keys.in_force(me.account_id, g.now), accepted=keys.accepted(me.account_id),
                           rows=keys.certificates(me.account_id), now=g.now), form_status(form)


@blueprint.route("/signing/certificates/<int:certificate_id>/revocation", methods=["GET", "POST"])
@allow(*SIGNERS)
def revocation(certificate_id: int):
    row, form = keys.own(certificate_id, by=me), ReasonForm()
    if submit(form, lambda: keys.revoke(row, reason=form.reason.data, by=me, now=g.now)):
        flash("Сертификат отозван. Подписи, сделанные раньше, остаются в силе.", "ok")
        return redirect(url_for("keys.page"), 303)
    return render_template("confirm.html", form=form, title=f"Отозвать сертификат {row.serial}?", danger=True,
                           text="Подписывать им будет нельзя, ключ удаляется. Это не отменяется.",
                           button="Отозвать сертификат", back=url_for("keys.page"),
                           action=url_for("keys.revocation", certificate_id=row.id)), form_status(form)


@blueprint.get("/ca.pem")
@allow(PUBLIC)
def ca():
    held = keys.current_authority(g.now)
    content = pki.certificate_pem(held.root) + pki.certificate_pem(held.issuing.certificate)
    return _pem(content, "ca.pem")


@blueprint.get("/ca.crl")
@allow(PUBLIC)
def crl():
    content = keys.revocation_list(keys.current_authority(g.now), now=g.now)
    return _pem(content, "ca.crl")


def _pem(content, name):
    return Response(content, mimetype="application/x-pem-file",
                    headers={"Content-Disposition": f"inline; filename={name}"})
