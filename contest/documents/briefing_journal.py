"""«Журнал регистрации инструктажа» (domain.md §2.7) as a frozen paper: who was briefed, by whom, both signatures."""
from datetime import datetime
from typing import Any

from sqlalchemy import select

from contest import participants
from contest.models import Nomination
from core import web
from core.access import Me
from core.accounts import Account
from core.db import session
from core.documents import papers
from core.documents.papers import Document, Form
from core.errors import Refused
from core.words import moment

FORM = Form("briefing_journal", "Журнал регистрации инструктажа", "contest/documents/briefing_journal.html")
KIND = "целевой"


def freeze(nomination: Nomination, *, by: Me, now: datetime) -> Document:
    """The journal as it stands now. Refused while nobody has signed."""
    contest = nomination.contest
    lines = rows(nomination, contest.zone)
    if not lines:
        raise Refused("empty", "В журнале ещё нет подписей. Сформируйте его, когда участники подпишут инструктаж.")
    facts = {"contest": contest.title, "nomination": nomination.title, "kind": KIND, "rows": lines}
    return papers.freeze(FORM.key, nomination, facts, title=FORM.title, number="", zone=contest.zone,
                         public_url=web.settings().public_url, by=by, now=now, letterhead=contest.operator_name,
                         demo=contest.demo)


def rows(nomination: Nomination, zone: str) -> list[dict[str, Any]]:
    """A line for each signature: the columns of the journal as texts. Three queries."""
    found = participants.briefing_journal(nomination.id)
    instructors = {row.id: row.name for row in session.scalars(select(Account).where(
        Account.id.in_({briefing.by_id for _, briefing, _ in found})))}
    return [{"at": signature.at.isoformat(), "name": person.account.name,
             "born": str(person.application.fields.get("birth_date", ""))[:4],
             "profession": person.application.fields.get("position", ""),
             "organisation": person.application.fields.get("organisation", ""),
             "briefing": f"{briefing.title}, редакция {briefing.version}",
             "instructor": instructors.get(briefing.by_id, ""),
             "instructor_mark": f"утверждено {moment(briefing.created_at, zone)}",
             "mark": f"простая электронная подпись, {moment(signature.at, zone)}", "sha256": signature.text_sha256}
            for signature, briefing, person in found]
