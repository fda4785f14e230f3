"""Answers handed in without a login, the receipt as a file, and what is left on a shared computer."""
import json

from flask import Blueprint, Response, g, jsonify, render_template, request

from core import web
from core.access import ANYONE, PUBLIC, allow, me
from exam import attempts, delivered, deliveries, final_receipt

blueprint = Blueprint("deliveries", __name__)


@blueprint.post("/deliveries")
@web.cookieless
@allow(PUBLIC)
def deliver():
    raw = web.read_body(delivered.MAX_BYTES)
    return jsonify(deliveries.deliver(raw, address=request.remote_addr or "", now=g.now))


@blueprint.get("/device")
@allow(PUBLIC)
def device():
    return render_template("exam/device.html")


@blueprint.get("/attempts/<int:attempt_id>/receipt.json")
@allow(ANYONE)
def receipt(attempt_id: int):
    attempts.touch(attempt_id, now=g.now)
    attempt = attempts.own(me, attempt_id)
    text = json.dumps(final_receipt.document(attempt), ensure_ascii=False, indent=1)
    return Response(text, mimetype="application/json", headers={
        "Content-Disposition": f'attachment; filename="receipt-{attempt.id}.json"'})
