"""Which computer a request comes from: a long-lived random cookie, of which the service keeps only the hash."""
import re
import secrets
from datetime import datetime

from flask import after_this_request, g, request
from werkzeug.wrappers import Response

from core import access, web
from core.access import Me
from exam.evidence import record_once
from exam.models import Attempt

LASTS_S = 400 * 24 * 3600
SHOWN = 16
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

    Gives whether anything was written. The page itself is only read, so this is a transaction of its own.
    """
    if not attempt.device or attempt.device == device:
        return False
    return record_once("attempt.other_device", attempt.id, by=by, now=now, device=device[:SHOWN])
