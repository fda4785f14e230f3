"""Whether an answer is one a person can read, and whether the database is as it was."""

import re
from html import unescape
from typing import Any

from tests.bad_input.cases import SCRIPT, Case
from tests.bad_input.world import World

RUSSIAN = re.compile(r"[А-ЯЁ][а-яё]+[^<]*[а-яё]{2,}")
ENGLISH = re.compile(r"\b(?:This|Not|Invalid|must|field|valid|value|is|the|bad|None|Error)\b")
QUOTED = re.compile(r"«[^»]*»")
MESSAGES = (
    re.compile(r'<div class="field-msg"[^>]*>.*?<span>(.*?)</span>', re.DOTALL),
    re.compile(r'<div class="note note-(?:bad|warn)[^"]*"[^>]*>(.*?)</div>', re.DOTALL),
)
ALWAYS_LATIN = re.compile(r"<(?:svg|use)[^>]*>|</?\w+[^>]*>")


def faults(case: Case, reply: Any, world: World, keeps: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with the answer, in words; nothing when it is as it must be."""
    found = list(_status(case, reply))
    if reply.status_code >= 400:
        found += _unreadable(reply)
        if world.changed() and (tables := set(world.half_stored()) - keeps):
            found.append(f"refused ({reply.status_code}), but stored: {', '.join(sorted(tables))}")
    elif world.changed() and (columns := world.unfit()):
        found.append(f"accepted, but unfit for PostgreSQL: {', '.join(columns)}")
    if reply.mimetype == "text/html" and SCRIPT in reply.get_data(as_text=True):
        found.append("a script went into the page as it was sent")
    return found


def _status(case: Case, reply: Any) -> list[str]:
    status = reply.status_code
    good = {
        "accepted": status < 400, "any": status < 500, "refused": 400 <= status < 500, "hidden": status == 404,
        "absent": status in (404, 405),
        "wrong_method": status == 405, "csrf": status == 400,
        "login": status == 401 or (status == 302 and reply.location.startswith("/login")),
    }[case.expect]
    return [] if good else [f"status {status} where {case.expect} is due"]


def _unreadable(reply: Any) -> list[str]:
    if reply.mimetype == "application/json":
        texts = [str((reply.json or {}).get("text", ""))]
    else:
        texts = messages(reply.get_data(as_text=True))
    if not any(RUSSIAN.search(text) for text in texts):
        return [f"no Russian sentence in the refusal ({reply.status_code}): {texts}"]
    return [f"not Russian: {text}" for text in texts if ENGLISH.search(QUOTED.sub("", text))]


def messages(page: str) -> list[str]:
    """What a page says is wrong."""
    found = [text for pattern in MESSAGES for text in pattern.findall(page)]
    return [" ".join(unescape(ALWAYS_LATIN.sub(" ", text)).split()) for text in found]
