"""Applications: draft, attachments, consents, submission with a receipt, review, decision of the named body."""
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from contest import contests
from contest.documents import application_receipt
from contest.models import (
    Application,
    Attachment,
    Consent,
    ConsentText,
    Contest,
    Nomination,
    Participant,
    Remark,
    Submission,
)
from contest.rules import eligibility, roles, states
from contest.rules.findings import Finding
from contest.scope import hold
from core import access, attempts, logins, mail, storage
from core.access import Me
from core.accounts import Account
from core.canonical import canonical, digest
from core.db import session
from core.errors import Refused
from core.journal import record
from core.states import move

HELD = ("state", "version", "number", "submitted_at", "registered_at")
"""What is read anew of an application once it is locked."""
BLOCKING = frozenset({"incomplete", "no_consent", "late", "second_application"})
"""Findings that keep an application from being sent; the others are for the one who reviews it."""


def load(application_id: int) -> Application | None:
    """An application with everything its pages show."""
    return session.scalar(select(Application).where(Application.id == application_id).options(
        joinedload(Application.nomination).joinedload(Nomination.contest), joinedload(Application.account),
        selectinload(Application.attachments).joinedload(Attachment.blob), selectinload(Application.consents),
        selectinload(Application.remarks)))


def start(nomination: Nomination, *, name: str, email: str, now: datetime) -> None:
    """A visitor begins: account and draft are made and a link is sent; somebody known gets a letter to log in.

    The answer is the same either way, so that the page does not tell who has an account.
    """
    _refuse_closed(nomination.contest, now)
    address = logins.normal_email(email)
    attempts.count(f"application:{address}")
    account = session.scalar(select(Account).where(Account.email == address))
    if account is None:
        account = logins.create_account(name, email=email, by=None, now=now)
    if account.disabled_at is not None:
        return
    if account.password_hash is None:
        logins.invite(account, by=None, now=now)
        open_application(nomination, account_id=account.id, now=now)
    else:
        link = f"/login?next=/nominations/{nomination.id}/application/start"
        mail.send(account, *mail.compose("application_again", name=account.name, title=nomination.title, link=link),
                  now=now)


def open_application(nomination: Nomination, *, account_id: int, now: datetime) -> Application:
    """The person's application for the nomination, a new draft when there is none. One per nomination."""
    found = session.scalar(select(Application).where(
        Application.nomination_id == nomination.id, Application.account_id == account_id))
    if found is not None:
        return found
    _refuse_closed(nomination.contest, now)
    names = [*session.get_one(Account, account_id).name.split(), "", ""][:3]
    fields = dict(zip(("last_name", "first_name", "middle_name"), names, strict=True))
    application = Application(nomination_id=nomination.id, account_id=account_id, edited_at=now,
                              fields=fields | {"citizenship": "Российская Федерация"})
    session.add(application)
    session.flush()
    record("application.started", application, by=account_id, now=now, nomination=nomination.id)
    return application


def _refuse_closed(contest: Contest, now: datetime) -> None:
    if contest.state == "draft" or contest.applications_open_at is None or now < contest.applications_open_at:
        raise Refused("not_open", "Приём заявок ещё не начался. Дата начала указана на странице конкурса.")
    if contest.applications_close_at is not None and now > contest.applications_close_at:
        raise Refused("late", "Приём заявок закончен. Обратитесь к организатору: телефон указан на странице конкурса.")


def save_draft(application: Application, fields: dict[str, Any], *, by: Me, now: datetime) -> None:
    """Keep what was typed, complete or not. Refused when the application is no longer in the applicant's hands."""
    _refuse_not_editable(application)
    application.fields = {**application.fields, **fields}
    application.edited_at = now
    record("application.saved", application, by=by, now=now, filled=sorted(k for k, v in fields.items() if v))


def _refuse_not_editable(application: Application) -> None:
    hold(application, *HELD)
    if application.state not in states.EDITABLE:
        raise Refused("not_editable", "Заявка уже подана и больше не меняется. Если нужно исправление, попросите "
                                      "секретаря вернуть её на доработку.")


def attach(application: Application, received: storage.Received, *, kind: str, name: str, by: Me,
           now: datetime) -> Attachment:
    """Add a file that core.storage has already received and checked."""
    _refuse_not_editable(application)
    if kind not in eligibility.ATTACHMENT_KINDS:
        raise Refused("kind", "Выберите вид документа из списка.", field="kind")
    blob = storage.keep(received, now=now)
    row = Attachment(application_id=application.id, kind=kind, blob_id=blob.id, name=name[:200], added_at=now)
    session.add(row)
    session.flush()
    record("application.attached", application, by=by, now=now, attachment=row.id, kind=kind, sha256=blob.sha256)
    return row


def detach(attachment: Attachment, application: Application, *, by: Me, now: datetime) -> None:
    """Take a file out of the application; the row says when."""
    _refuse_not_editable(application)
    if attachment.removed_at is not None:
        return
    attachment.removed_at = now
    record("application.detached", application, by=by, now=now, attachment=attachment.id)


def give_consents(application: Application, kinds: set[str], *, address: str, by: Me, now: datetime,
                  seen: str | None = None) -> None:
    """Sign the newest text of each ticked consent; a consent already given to that text stays as it is.

    `seen` is the mark (`texts_mark`) of the texts that were on the page: Refused when they have changed since.
    """
    _refuse_not_editable(application)
    given = {consent.text_id for consent in application.consents if consent.withdrawn_at is None}
    texts = contests.consent_texts(application.nomination.contest_id)
    if seen is not None and seen != texts_mark(texts):
        raise Refused("text_changed", "Пока страница была открыта, организатор утвердил новую редакцию текста. "
                                      "Прочитайте её и подпишите ещё раз.")
    for kind in sorted(kinds & set(texts)):
        text = texts[kind]
        if text.id in given:
            continue
        session.add(Consent(application_id=application.id, text_id=text.id, kind=kind, text_sha256=text.sha256,
                            given_at=now, address=address[:45]))
        record("consent.given", application, by=by, now=now, kind=kind, version=text.version, sha256=text.sha256)
    session.flush()


def texts_mark(texts: dict[str, ConsentText]) -> str:
    """Which versions of the texts a page shows."""
    return ",".join(f"{kind}:{texts[kind].version}" for kind in sorted(texts))


def standing_consents(application: Application) -> dict[str, Consent]:
    """Consents in force by kind."""
    return {consent.kind: consent for consent in application.consents if consent.withdrawn_at is None}


def files(application: Application) -> list[Attachment]:
    """Files that have not been taken out."""
    return [row for row in application.attachments if row.removed_at is None]


def findings(application: Application, *, now: datetime) -> list[Finding]:
    """What stands against the application, by the nomination's requirements."""
    contest = application.nomination.contest
    entered = eligibility.Entered(
        values=application.fields, attachments={row.kind for row in files(application)},
        consents=set(standing_consents(application)), at=application.submitted_at or now,
        on=(application.submitted_at or now).astimezone(ZoneInfo(contest.zone)).date())
    deadline = contest.applications_close_at if application.state == "draft" else None
    return eligibility.check(entered, eligibility.Requirements.from_stored(
        application.nomination.requirements, deadline=deadline))


def submit(application: Application, *, by: Me, now: datetime) -> Submission:
    """Send it: the whole content is frozen, hashed, numbered. Refused while it is incomplete or late."""
    _refuse_not_editable(application)
    _refuse_after_term(application, now)
    blocking = [finding.text for finding in findings(application, now=now) if finding.code in BLOCKING]
    if blocking:
        raise Refused("incomplete", "Заявку пока нельзя подать. " + " ".join(blocking))
    if application.state == "returned":
        application.version += 1
    move(application, "submitted", states.APPLICATION, words=states.APPLICATION_WORDS)
    application.submitted_at = now
    application.number = application.number or _next_number(application.nomination.contest)
    payload = _payload(application, now)
    row = Submission(application_id=application.id, version=application.version, payload=canonical(payload).decode(),
                     sha256=digest(payload), at=now)
    session.add(row)
    session.flush()
    record("application.submitted", application, by=by, now=now, number=application.number, version=row.version,
           sha256=row.sha256)
    application_receipt.freeze(application, row, payload, by=by, now=now)
    _letter(application, "application_received", now, number=application.number, link=f"/applications/{application.id}")
    return row


def _refuse_after_term(application: Application, now: datetime) -> None:
    due = application.remarks[-1].due_at if application.state == "returned" and application.remarks else None
    if due is not None and now > due:
        raise Refused("term", "Срок исправления прошёл: заявку рассмотрят без него. Если была причина опоздания, "
                              "обратитесь к секретарю.")


def _next_number(contest: Contest) -> str:
    hold(contest, "state")
    taken = session.scalar(select(func.count()).select_from(Application).join(Nomination).where(
        Nomination.contest_id == contest.id, Application.number.is_not(None))) or 0
    return f"ЛП-{contest.id:02d}-{contest.year}-{taken + 1:04d}"


def _payload(application: Application, now: datetime) -> dict[str, Any]:
    return {
        "number": application.number, "version": application.version, "at": now,
        "nomination": application.nomination.title, "contest": application.nomination.contest.title,
        "fields": application.fields,
        "attachments": [{"kind": row.kind, "name": row.name, "sha256": row.blob.sha256} for row in files(application)],
        "consents": [{"kind": row.kind, "text_sha256": row.text_sha256, "at": row.given_at}
                     for row in application.consents if row.withdrawn_at is None]}


def receipt(application: Application) -> Submission | None:
    """The newest submission."""
    return session.scalar(select(Submission).where(Submission.application_id == application.id)
                          .order_by(Submission.version.desc()).limit(1))


def withdraw(application: Application, *, by: Me, now: datetime) -> None:
    """The applicant takes it back."""
    hold(application, *HELD)
    move(application, "withdrawn", states.APPLICATION, words=states.APPLICATION_WORDS)
    participant = session.scalar(select(Participant).where(Participant.application_id == application.id))
    if participant is not None:
        participant.withdrawn_at = now
        access.end_role(participant.account_id, roles.PARTICIPANT, kind="nomination",
                        scope_id=application.nomination_id, now=now)
    record("application.withdrawn", application, by=by, now=now)


def register(application: Application, *, by: Me, now: datetime) -> None:
    """The secretary enters it in the register; a corrected one keeps the time of its first registration."""
    hold(application, *HELD)
    move(application, "registered", states.APPLICATION, words=states.APPLICATION_WORDS)
    if application.registered_at is None:
        application.registered_at, application.registered_by_id = now, by.account_id
    record("application.registered", application, by=by, now=now, number=application.number)
    _letter(application, "application_registered", now, number=application.number,
            link=f"/applications/{application.id}")


def return_for_correction(application: Application, *, text: str, due_at: datetime | None, by: Me,
                          now: datetime) -> None:
    """Send it back with a remark and a term."""
    hold(application, *HELD)
    _under_review(application)
    if due_at is not None and due_at <= now:
        raise Refused("due", "Срок исправления уже прошёл. Укажите будущее время.", field="due_at")
    move(application, "returned", states.APPLICATION, words=states.APPLICATION_WORDS)
    session.add(Remark(application_id=application.id, text=text, due_at=due_at, at=now, by_id=by.account_id))
    record("application.returned", application, by=by, now=now, due_at=due_at)
    _letter(application, "application_returned", now, number=application.number, link=f"/applications/{application.id}")


def propose(application: Application, *, proposal: str, reason_code: str, reason: str, by: Me, now: datetime) -> None:
    """The secretary proposes to admit or to refuse; the named body decides."""
    _check_outcome(proposal, reason_code, reason, "proposal")
    hold(application, *HELD)
    _under_review(application)
    move(application, "proposed", states.APPLICATION, words=states.APPLICATION_WORDS)
    application.proposal, application.proposal_reason = proposal, reason
    application.reason_code = reason_code if proposal == "refuse" else ""
    record("application.proposed", application, by=by, now=now, proposal=proposal, reason_code=reason_code)


def resume_review(application: Application, *, by: Me, now: datetime) -> None:
    """Back to the secretary: a returned one whose term has passed, or a proposal the deciding body sends back."""
    hold(application, *HELD)
    if application.state == "returned":
        due = application.remarks[-1].due_at if application.remarks else None
        if due is not None and due >= now:
            raise Refused("term", "Срок исправления ещё не прошёл. Дождитесь его или новой подачи заявки.")
    move(application, "on_review", states.APPLICATION, words=states.APPLICATION_WORDS)
    record("application.resumed", application, by=by, now=now)


def _under_review(application: Application) -> None:
    if application.state == "registered":
        move(application, "on_review", states.APPLICATION, words=states.APPLICATION_WORDS)


def _check_outcome(outcome: str, reason_code: str, reason: str, field: str) -> None:
    if outcome not in ("admit", "refuse"):
        raise Refused("outcome", "Выберите: допустить или отказать.", field=field)
    if outcome == "refuse" and (reason_code not in eligibility.REFUSAL_REASONS or not reason.strip()):
        raise Refused("reason", "Отказ без причины не принимается: выберите основание и напишите пояснение.",
                      field="reason")


def deciders(nomination: Nomination) -> frozenset[str]:
    """Roles that may admit or refuse, by the rule setting `who_admits`."""
    if contests.setting(nomination, "who_admits") == "organiser":
        return frozenset({roles.ORGANISER})
    return frozenset({roles.MEMBER_CHAIR})


def decide(application: Application, *, outcome: str, reason_code: str, reason: str, by: Me, now: datetime) -> None:
    """Admission or refusal by the body the порядок names; the secretary's proposal does not bind it."""
    nomination = application.nomination
    if not by.has(*deciders(nomination), contest_id=nomination.contest_id, nomination_id=nomination.id):
        raise Refused("not_decider", "Решение о допуске принимает орган, названный в правилах номинации.")
    _check_outcome(outcome, reason_code, reason, "outcome")
    hold(application, *HELD)
    state = "admitted" if outcome == "admit" else "rejected"
    move(application, state, states.APPLICATION, words=states.APPLICATION_WORDS)
    application.decided_at, application.decided_by_id = now, by.account_id
    application.decision_body = str(contests.setting(nomination, "who_admits"))
    application.reason_code, application.reason = (reason_code, reason) if outcome == "refuse" else ("", "")
    record(f"application.{state}", application, by=by, now=now, body=application.decision_body, reason_code=reason_code)
    if outcome == "admit":
        _admit(application, now)
    _letter(application, "application_decided", now, number=application.number, link=f"/applications/{application.id}")


def _admit(application: Application, now: datetime) -> None:
    participant = Participant(nomination_id=application.nomination_id, application_id=application.id,
                              account_id=application.account_id, admitted_at=now)
    session.add(participant)
    session.flush()
    access.grant_role(application.account_id, roles.PARTICIPANT, kind="nomination",
                      scope_id=application.nomination_id, basis=f"допуск по заявке {application.number}", now=now)
    record("participant.admitted", participant, by=application.decided_by_id, now=now)


def _letter(application: Application, template: str, now: datetime, **context: Any) -> None:
    account = session.get_one(Account, application.account_id)
    mail.send(account, *mail.compose(template, name=account.name, title=application.nomination.title, **context),
              now=now)
