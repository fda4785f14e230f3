"""Handing a protocol over to the commission: package, receipt, return, act."""
from flask import Blueprint, flash, g, redirect, render_template, url_for

from contest.forms.contests import DeedForm
from core import storage
from core.access import allow, me
from core.documents import papers
from core.errors import NotVisible
from core.web import form_status, submit
from scoring import handover, protocols
from scoring.forms.papers import ReasonForm

blueprint = Blueprint("handover", __name__)


@blueprint.route("/protocols/<int:protocol_id>/handover", methods=["GET", "POST"])
@allow(*protocols.READERS)
def page(protocol_id: int):
    protocol, form = protocols.visible(me, protocol_id), DeedForm()
    if submit(form, lambda package: handover.give(protocol_id, package, by=me, now=g.now),
              first=lambda: handover.pack(protocol, by=me, now=g.now)):
        flash("Протокол передан. Его принимает секретарь комиссии.", "ok")
        return redirect(url_for("handover.page", protocol_id=protocol_id), 303)
    return _page(protocol_id, form)


@blueprint.post("/handovers/<int:handover_id>/receipt")
@allow(*protocols.READERS)
def receipt(handover_id: int):
    (row, protocol), form = handover.visible(me, handover_id), DeedForm()
    if submit(form, lambda: handover.accept(row, by=me, now=g.now)):
        flash("Протокол принят. Имена участников открыты.", "ok")
        return redirect(url_for("handover.page", protocol_id=protocol.id), 303)
    return _page(protocol.id, form)


@blueprint.route("/handovers/<int:handover_id>/return", methods=["GET", "POST"])
@allow(*protocols.READERS)
def returning(handover_id: int):
    (row, protocol), form = handover.visible(me, handover_id), ReasonForm()
    if submit(form, lambda: handover.send_back(row, reason=form.reason.data, by=me, now=g.now)):
        return redirect(url_for("handover.page", protocol_id=protocol.id), 303)
    return render_template("confirm.html", form=form, title=f"Вернуть протокол № {protocol.number}?", danger=True,
                           text="Группа увидит причину и составит следующую редакцию. Эта останется в реестре.",
                           button="Вернуть протокол", action=url_for("handover.returning", handover_id=row.id),
                           back=url_for("handover.page", protocol_id=protocol.id)), form_status(form)


@blueprint.get("/handovers/<int:handover_id>/package.zip")
@allow(*protocols.READERS)
def package(handover_id: int):
    row, protocol = handover.visible(me, handover_id)
    return storage.send(row.package, f"{protocol.number.replace('/', '-')}.zip", download=True)


@blueprint.get("/handovers/<int:handover_id>/act.pdf")
@allow(*protocols.READERS)
def act(handover_id: int):
    row, _protocol = handover.visible(me, handover_id)
    if row.document_id is None:
        raise NotVisible("Акта ещё нет: он составляется, когда протокол примут.")
    papers.ensure_rendered(row.document_id, now=g.now)
    return storage.send(handover.act_file(row), "akt-priyoma-peredachi.pdf", download=True)


def _page(protocol_id, form):
    protocol = protocols.visible(me, protocol_id)
    g.zone, g.place = protocol.contest.zone, protocol.contest.title
    return render_template("scoring/handover.html", protocol=protocol, form=form,
                           page=handover.page(protocol, me=me)), form_status(form)
