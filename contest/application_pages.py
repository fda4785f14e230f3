"""What the pages of applications show, and who may see which application."""
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from contest import applications
from contest.models import Application, Contest, Nomination, Participant, Submission
from contest.rules import eligibility, states
from contest.rules.roles import COMMISSION, MEMBER_CHAIR, STAFF
from core import db, words
from core.access import Me
from core.db import session
from core.errors import NotVisible
from core.journal import record

PAGE = 50
FILED = frozenset(states.APPLICATION) - {"draft"}
FILTERS = {"review": frozenset({"registered", "on_review"})}
"""Filters of the register that take more than one state."""


def announced(nomination_id: int) -> Nomination:
    """A nomination of an announced contest, for those who want to apply."""
    found = session.scalar(select(Nomination).options(joinedload(Nomination.contest)).join(Contest).where(
        Nomination.id == nomination_id, Contest.state != "draft"))
    if found is None:
        raise NotVisible
    return found


def own(me: Me, application_id: int) -> Application:
    """The person's own application."""
    found = applications.load(application_id)
    if found is None or found.account_id != me.account_id:
        raise NotVisible
    return found


def for_roles(me: Me, application_id: int, *wanted: str) -> Application:
    """An application that has been sent, for those who hold one of the roles over it."""
    found = applications.load(application_id)
    if found is None or found.state == "draft" or not me.has(
            *wanted, contest_id=found.nomination.contest_id, nomination_id=found.nomination_id):
        raise NotVisible
    return found


def visible(me: Me, application_id: int) -> Application:
    """Own, or sent and within the duties of staff and of the commission that decides. Drafts are their owner's only."""
    found = applications.load(application_id)
    if found is not None and found.account_id == me.account_id:
        return found
    decides = found is not None and MEMBER_CHAIR in applications.deciders(found.nomination)
    return for_roles(me, application_id, *STAFF, *(COMMISSION if decides else ()))


def note_view(action: str, thing: object, *, by: Me, now: datetime) -> None:
    """Journal a look at personal data: a fact of its own, since GET keeps nothing."""
    with db.transaction():
        record(action, thing, by=by, now=now)


def page(application: Application, *, me: Me, now: datetime) -> dict[str, Any]:
    """Facts, files, consents, findings, and what this person may do now."""
    nomination = application.nomination
    contest_id = nomination.contest_id
    mine = application.account_id == me.account_id
    staff = me.has(*STAFF, contest_id=contest_id)
    findings = applications.findings(application, now=now)
    due = application.remarks[-1].due_at if application.remarks else None
    decider = me.has(*applications.deciders(nomination), contest_id=contest_id, nomination_id=nomination.id)
    return {
        "mine": mine, "staff": staff, "findings": findings,
        "blocking": [finding for finding in findings if finding.code in applications.BLOCKING],
        "remark": application.remarks[-1] if application.remarks else None,
        "overdue": application.state == "returned" and due is not None and due < now,
        "may_resume": ((staff and application.state == "returned" and (due is None or due < now))
                       or (decider and application.state == "proposed")),
        "editable": mine and application.state in states.EDITABLE,
        "may_register": staff and application.state == "submitted",
        "may_review": staff and application.state in ("registered", "on_review"),
        "may_decide": decider and application.state == "proposed",
        "may_withdraw": mine and "withdrawn" in states.APPLICATION[application.state] and application.state != "draft",
        "files": applications.files(application), "consents": applications.standing_consents(application),
        "words": states.APPLICATION_WORDS,
        "reasons": eligibility.REFUSAL_REASONS, "kinds": eligibility.ATTACHMENT_KINDS,
        "places": eligibility.PLACE_KINDS, "proposals": states.PROPOSAL_WORDS,
        "receipt": applications.receipt(application),
        "participant": session.scalar(select(Participant).where(Participant.application_id == application.id))}


def receipt(application: Application, found: Submission) -> dict[str, Any]:
    """Context of the receipt page (mockup 02-receipt)."""
    zone = application.nomination.contest.zone
    base = f"/applications/{application.id}"
    return {
        "application": application, "state": "Заявка подана", "number": application.number,
        "lead": f"Номинация «{application.nomination.title}». Сохраните номер: по нему вас найдёт секретарь.",
        "heading": "Уведомление о приёме заявки",
        "evidence": {"text": words.moment(found.at, zone), "iso": found.at.isoformat(),
                     "zone": words.zone_words(zone, found.at), "sha256": found.sha256,
                     "proves": "Отпечаток подтверждает содержание: если изменится хоть один знак, он станет другим."},
        "facts": [("Заявитель", applicant(application)), ("Состав", composition(application)),
                  ("Редакция", found.version)],
        "files": [{"name": row.name, "detail": eligibility.ATTACHMENT_KINDS[row.kind],
                   "url": f"/attachments/{row.id}/file", "sha256": row.blob.sha256}
                  for row in applications.files(application)],
        "steps": [{"text": "Заявка подана", "state": "done", "detail": words.minute(found.at, zone)},
                  {"text": "Регистрация", "state": "now" if application.registered_at is None else "done",
                   "detail": "секретарь проверит заявку" if application.registered_at is None
                   else words.minute(application.registered_at, zone)},
                  {"text": "Решение о допуске", "detail": "придёт письмо",
                   "state": "done" if application.decided_at else "now" if application.registered_at else "todo"}],
        "downloads": [{"text": "Скачать уведомление, PDF", "url": f"{base}/receipt.pdf"},
                      {"text": "Данные заявки (JSON)", "url": f"{base}/receipt.json"}],
        "back": {"text": "К заявке", "url": base}}


def applicant(application: Application) -> str:
    """Full name as it stands in the application."""
    return " ".join(filter(None, (application.fields.get(key) for key in ("last_name", "first_name", "middle_name"))))


def composition(application: Application) -> str:
    """«анкета, 4 файла, 3 согласия»."""
    files, signed = len(applications.files(application)), len(applications.standing_consents(application))
    return ", ".join(["анкета", f"{files} {words.plural(files, 'файл', 'файла', 'файлов')}",
                      f"{signed} {words.plural(signed, 'согласие', 'согласия', 'согласий')}"])


def registry(contest: Contest, *, state: str, number: str) -> dict[str, Any]:
    """The register of applications: filter by state, pages of fifty, newest first; drafts are counted, not shown."""
    mine = select(Application).join(Nomination).where(Nomination.contest_id == contest.id)
    rows = session.execute(select(Application.state, func.count()).join(Nomination).where(
        Nomination.contest_id == contest.id).group_by(Application.state)).tuples().all()
    counts = dict(rows)
    wanted = FILTERS.get(state, {state} if state in FILED else FILED)
    shown = mine.where(Application.state.in_(wanted))
    total = session.scalar(select(func.count()).select_from(shown.subquery())) or 0
    page = min(max(int(number) if number.isdecimal() and len(number) < 7 else 1, 1), max(1, -(-total // PAGE)))
    found = session.scalars(shown.options(joinedload(Application.nomination)).order_by(
        Application.submitted_at.desc(), Application.id.desc()).offset((page - 1) * PAGE).limit(PAGE))
    return {"rows": list(found), "counts": counts, "total": total, "page": page, "pages": max(1, -(-total // PAGE)),
            "state": state, "words": states.APPLICATION_WORDS}
