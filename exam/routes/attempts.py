"""The exam page and what it sends; finishing and the receipt."""
import json
from typing import Any

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request, url_for

from core import web
from core.access import ANYONE, allow, me
from core.web import form_status, submit
from exam import attempt_pages as pages
from exam import attempts, devices, exam_page, final_receipt, payloads, replies
from exam.forms.sittings import FinishForm

blueprint = Blueprint("attempts", __name__)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(body: dict[str, Any]) -> Response:
    """For the routes that everybody calls at once: jsonify makes an encoder a call."""
    return Response(_encode(body), mimetype="application/json")


def _body() -> bytes:
    """What the page sent; too much is refused before it is read."""
    payloads.refuse_long(request.content_length or 0)
    return web.read_body(payloads.MAX_BYTES)


@blueprint.get("/attempts/<int:attempt_id>")
@allow(ANYONE)
def page(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    attempt = attempts.own(me, attempt_id)
    if pages.time_is_over(attempt, now=g.now):
        return redirect(url_for("attempts.receipt", attempt_id=attempt.id))
    devices.note_other(attempt, devices.current(), by=me, now=g.now)
    return render_template("exam/attempt.html",
                           exam=exam_page.exam(attempt, now=g.now, phone=web.settings().SUPPORT_PHONE))


@blueprint.post("/attempts/<int:attempt_id>/answers")
@web.grouped
@allow(ANYONE)
def answer(attempt_id: int):
    sent = payloads.read_saves(_body())
    if isinstance(sent, list):
        return _json(replies.batch(attempt_id, sent, token=g.token, now=g.now))
    return _json(replies.one(attempt_id, sent, token=g.token, now=g.now))


@blueprint.post("/attempts/<int:attempt_id>/heartbeat")
@web.grouped
@allow(ANYONE)
def heartbeat(attempt_id: int):
    payloads.read_nothing(_body())
    return _json(replies.heartbeat(attempt_id, token=g.token, now=g.now))


@blueprint.post("/attempts/<int:attempt_id>/flags")
@allow(ANYONE)
def flag(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    attempt = attempts.own(me, attempt_id)
    question, flagged = payloads.read_flag(_body())
    attempts.flag(attempt, question, flagged, now=g.now)
    return jsonify(question=question, flagged=flagged, **pages.state(attempt, now=g.now))


@blueprint.get("/attempts/<int:attempt_id>/state")
@allow(ANYONE)
def state(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    return jsonify(pages.state(attempts.own(me, attempt_id), now=g.now))


@blueprint.post("/attempts/<int:attempt_id>/closing")
@allow(ANYONE)
def closing(attempt_id: int):
    attempt = attempts.own(me, attempt_id)
    attempts.finish_at_deadline(attempt, by=me, now=g.now)
    return jsonify(pages.state(attempt, now=g.now))


@blueprint.route("/attempts/<int:attempt_id>/finish", methods=["GET", "POST"])
@allow(ANYONE)
def finish(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    attempt, form = attempts.own(me, attempt_id), FinishForm()
    if attempt.finished_at is not None or submit(form, lambda: attempts.finish(attempt, by=me, now=g.now)):
        return redirect(url_for("attempts.receipt", attempt_id=attempt.id), 303)
    total, answered, flagged = pages.unanswered(attempt)
    return render_template("exam/finish.html", form=form, attempt=attempt, total=total, answered=answered,
                           flagged=flagged, nomination=pages.nomination_of(attempt.sitting)), form_status(form)


@blueprint.get("/attempts/<int:attempt_id>/receipt")
@allow(ANYONE)
def receipt(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    attempt = attempts.own(me, attempt_id)
    if attempt.finished_at is not None:
        return render_template("exam/receipt.html", **final_receipt.page(attempt))
    if not pages.time_is_over(attempt, now=g.now):
        return redirect(url_for("attempts.page", attempt_id=attempt.id))
    return render_template("exam/closing.html", attempt=attempt, nomination=pages.nomination_of(attempt.sitting),
                           closes=pages.closes(attempt, now=g.now), now=g.now)
