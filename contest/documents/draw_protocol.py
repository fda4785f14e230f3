"""«Протокол жеребьёвки»: codes, order, variants, the seed and the hashes by which anybody repeats the draw."""
from datetime import datetime
from typing import Any

from contest.models import Draw, Nomination
from core import web
from core.access import Me
from core.documents import papers
from core.documents.papers import Document, Form

FORM = Form("draw_protocol", "Протокол жеребьёвки", "contest/documents/draw_protocol.html")


def freeze(nomination: Nomination, held: Draw, lots: list[dict[str, Any]], *, by: Me, now: datetime) -> Document:
    """The protocol of one run. No names and no numbers of applications: experts may read it."""
    contest = nomination.contest
    facts = {"contest": contest.title, "nomination": nomination.title, "at": held.at.isoformat(), "seed": held.seed,
             "list_sha256": held.list_sha256, "sha256": held.sha256, "held_by": by.name, "lots": lots}
    return papers.freeze(FORM.key, held, facts, title=FORM.title, number=str(held.id), zone=contest.zone,
                         public_url=web.settings().public_url, by=by, now=now, letterhead=contest.operator_name,
                         demo=contest.demo)
