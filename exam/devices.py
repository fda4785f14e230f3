"""Which computer a request comes from: a long-lived random cookie, of which the service keeps only the hash."""
import re
import secrets
from datetime import datetime

from flask import after_this_request, g, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from core import access, db, web
from core.access import Me
from core.canonical import canonical
from core.db import session
from core.journal import JournalEntry, record
from exam.models import Attempt

LASTS_S = 400 * 24 * 3600
OTHER = "attempt.other_device"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def cookie_name() -> str:
    """`__Host-` cookies exist only over https."""
    return "__Host-device" if web.settings().https else "device"


def current() -> str:
    """Hash of the device cookie of the running request (64 hex figures); a computer without one gets one."""
    if "device" not in g:
        g.device = request.cookies.get(cookie_name(), "")
        if not _TOKEN.fullmatch(g.device):
            g.device = secrets.token_urlsafe(32)
            after_this_request(_hand_out)
    return access.token_hash(g.device)


def _hand_out(response: Response) -> Response:
    response.set_cookie(cookie_name(), g.device, max_age=LASTS_S, path="/", secure=web.settings().https, httponly=True,
                        samesite="Lax")
    return response


def note_other(attempt: Attempt, device: str, *, by: Me, now: datetime) -> bool:
    """Journal, once per device, that the attempt's page is open on another computer than it was begun on.

    In a transaction of its own: the page is only read. Whether anything was written.
    """
    if not attempt.device or attempt.device == device or _noted(attempt.id, device):
        return False
    with db.transaction():
        session.get_one(Attempt, attempt.id, with_for_update={"of": Attempt})
        if _noted(attempt.id, device):
            return False
        record(OTHER, ("attempt", attempt.id), by=by, now=now, **_payload(device))
    return True


def _payload(device: str) -> dict[str, str]:
    return {"device": device[:16]}


def _noted(attempt_id: int, device: str) -> bool:
    payload = canonical(_payload(device)).decode()
    found = session.scalar(select(JournalEntry.seq).where(
        JournalEntry.object_type == "attempt", JournalEntry.object_id == str(attempt_id),
        JournalEntry.action == OTHER, JournalEntry.payload == payload).limit(1))
    return found is not None
