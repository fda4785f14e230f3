"""Protocols of any kind: draft, agreement, freezing, completion. Signing is in signing.py, handover in handover.py.

How a kind of protocol joins in (experts: scoring/documents/expert_protocol.py; the commission's does the same):

1. `protocol_kinds.KINDS["commission"] = Kind(…)`, registered once at import from wiring: document form, number prefix,
   the rule setting, roles of those who lead and sign, the table of states, and hooks (facts as they are now, what
   happens when the text is frozen, who else may read it).
2. `start(kind, contest=…, nomination=…, subject=row, facts=…, signers=[Signer(…)], rule=…, by=…, now=…)` makes the
   draft or the next edition; `subject` is the row it belongs to (a nomination, a meeting): one protocol is open
   per subject. `facts` are canonical JSON values: {"schema": 1, "protocol": {…}} and, where a table was computed,
   "inputs" and "summary" beside them (scoring/recalc.py recomputes those). The template gets them as `facts`.
   `signers` are those present; who of them signs follows from the rule (rules/completion.py).
3. Everything after that is generic and lives on /protocols/<id>: `open_approval` → `agree`, `answer` → `freeze_now`
   (facts frozen, rendered, fields prepared, revision 0 registered) → signing.py → `signed` | `signed_with_dissent` |
   `failed`. A protocol that failed or was returned gets its next edition by `start` again; publication moves the
   commission's to `published` with `core.states.move(protocol, "published", KINDS[protocol.kind].steps)`.
"""
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from contest.models import Contest, Nomination
from contest.rules.roles import COMMISSION, EXPERTS, ORGANISER, STAFF
from core import db, journal, mail, storage, web
from core.access import Me
from core.accounts import Account
from core.canonical import canonical, digest
from core.db import session
from core.documents import papers
from core.errors import NotVisible, Refused
from core.states import move
from scoring import keys, preparation
from scoring.models.papers import Agreement, Dissent, PaperSignature, Protocol, ProtocolRevision, Signatory
from scoring.protocol_kinds import KINDS, Signer
from scoring.rules import completion
from scoring.rules.states import PROTOCOL_LABELS

APPROVAL_TERM = timedelta(days=1)
SIGNING_TERM = timedelta(days=3)
READERS = (*EXPERTS, *COMMISSION, *STAFF)
OPEN = frozenset({"draft", "on_approval"})
REPLACEABLE = frozenset({"returned", "failed"})
COMPLETE = frozenset({"signed", "signed_with_dissent", "handed_over", "accepted", "returned", "published"})


def start(kind: str, *, contest: Contest, nomination: Nomination | None, subject: Any, facts: dict[str, Any],
          signers: Sequence[Signer], rule: str, by: Me, now: datetime, title: str = "") -> Protocol:
    """A draft of the protocol about `subject`: a new one, the open one written anew (agreement starts over), or the
    next edition of a returned or failed one. Refused while a protocol of the subject is frozen or in force."""
    chosen = [one for one, signs in zip(signers, completion.needed(rule, [one.duty for one in signers]), strict=True)
              if signs]
    session.get(type(subject), subject.id, with_for_update=True)
    before = newest(kind, subject)
    if before is not None and before.state in OPEN:
        protocol = before
        if protocol.state == "on_approval":
            move(protocol, "draft", KINDS[kind].steps, words=PROTOCOL_LABELS)
    else:
        if before is not None and before.state not in REPLACEABLE:
            raise Refused("exists", f"Протокол № {before.number} уже составлен, сейчас он «"
                                    f"{PROTOCOL_LABELS[before.state]}». Новый составить нельзя.")
        protocol = Protocol(
            kind=kind, contest_id=contest.id, nomination_id=nomination.id if nomination else None,
            subject_type=subject.__tablename__, subject_id=subject.id, edition=before.edition + 1 if before else 1,
            previous_id=before.id if before else None, number=_number(kind, contest, before))
    protocol.title, protocol.rule = title or KINDS[kind].title, rule
    protocol.facts, protocol.facts_sha256 = canonical(facts).decode(), digest(facts)
    protocol.drafted_at, protocol.drafted_by_id, protocol.approval_due_at = now, by.account_id, None
    session.add(protocol)
    session.flush()
    _set_signers(protocol, chosen)
    journal.record("protocol.drafted", protocol, by=by, now=now, kind=kind, number=protocol.number,
                   edition=protocol.edition, facts_sha256=protocol.facts_sha256)
    return protocol


def newest(kind: str, subject: Any) -> Protocol | None:
    """The newest edition of the protocol about a row."""
    return session.scalar(select(Protocol).where(
        Protocol.kind == kind, Protocol.subject_type == subject.__tablename__, Protocol.subject_id == subject.id)
        .order_by(Protocol.edition.desc()).limit(1))


def _number(kind: str, contest: Contest, before: Protocol | None) -> str:
    if before is not None:
        return f"{before.number.split('/')[0]}/{before.edition + 1}"
    count = session.scalar(select(func.count()).select_from(Protocol).where(
        Protocol.kind == kind, Protocol.contest_id == contest.id, Protocol.edition == 1)) or 0
    return f"{KINDS[kind].prefix}-{contest.id:02d}-{count + 1:02d}"


def _set_signers(protocol: Protocol, signers: Sequence[Signer]) -> None:
    for row in session.scalars(select(Signatory).where(Signatory.protocol_id == protocol.id)):
        session.delete(row)
    session.flush()
    for number, one in enumerate(signers, 1):
        session.add(Signatory(protocol_id=protocol.id, account_id=one.account_id, ordinal=number,
                              field=f"Member{number:02d}", duty=one.duty, name=one.name, role=one.role))
    session.flush()
    session.expire(protocol, ["signatories"])


def load(protocol_id: int) -> Protocol | None:
    """A protocol with everything its pages show, as it is stored now."""
    return session.scalar(select(Protocol).where(Protocol.id == protocol_id).options(
        joinedload(Protocol.contest), joinedload(Protocol.nomination),
        joinedload(Protocol.document).joinedload(papers.Document.blob),
        selectinload(Protocol.signatories).joinedload(Signatory.dissent).joinedload(Dissent.document),
        selectinload(Protocol.signatories).selectinload(Signatory.papers).joinedload(PaperSignature.blob),
        selectinload(Protocol.agreements).joinedload(Agreement.account),
        selectinload(Protocol.revisions).joinedload(ProtocolRevision.blob)).execution_options(populate_existing=True))


def locked(protocol_id: int) -> Protocol:
    """The protocol for a change, read anew under a row lock."""
    session.get_one(Protocol, protocol_id, with_for_update=True, populate_existing=True)
    found = load(protocol_id)
    assert found is not None
    return found


def visible(me: Me, protocol_id: int) -> Protocol:
    """The protocol, for its signers, who leads it, staff, and the readers of its kind; else NotVisible."""
    protocol = load(protocol_id)
    if protocol is None or not (signatory_of(protocol, me) or leads(protocol, me) or is_staff(protocol, me)
                                or KINDS[protocol.kind].readers(me, protocol)):
        raise NotVisible
    return protocol


def may_watch(me: Me, protocol_id: int) -> bool:
    """Whether the person's open page may be told that the protocol changed."""
    try:
        visible(me, protocol_id)
    except NotVisible:
        return False
    return True


def signatory_of(protocol: Protocol, me: Me) -> Signatory | None:
    """The person's own line among the signers."""
    return next((row for row in protocol.signatories if row.account_id == me.account_id), None)


def leads(protocol: Protocol, me: Me) -> bool:
    """Whether the person chairs the body of the protocol."""
    return me.has(KINDS[protocol.kind].chair, contest_id=protocol.contest_id,
                  nomination_id=protocol.nomination_id or 0)


def is_staff(protocol: Protocol, me: Me, *wanted: str) -> bool:
    """Whether the person is the contest's secretary or organiser (or one of `wanted`)."""
    return me.has(*(wanted or STAFF), contest_id=protocol.contest_id, nomination_id=protocol.nomination_id or 0)


def refuse_stranger(protocol: Protocol, me: Me) -> None:
    """Refused unless the person chairs the body, or organises the contest on its behalf."""
    if not (leads(protocol, me) or is_staff(protocol, me, ORGANISER)):
        raise Refused("not_chair", "Это делает председатель: попросите его или организатора.")


def open_approval(protocol: Protocol, *, due_at: datetime | None, by: Me, now: datetime) -> None:
    """Send the draft to its signers for agreement within a term (a day unless given)."""
    refuse_stranger(protocol, by)
    due = due_at or now + APPROVAL_TERM
    if due <= now:
        raise Refused("due", "Срок согласования уже прошёл. Укажите будущее время.", field="due_at")
    _refuse_stale(protocol, now)
    move(protocol, "on_approval", KINDS[protocol.kind].steps, words=PROTOCOL_LABELS)
    protocol.approval_due_at = due
    journal.record("protocol.approval_opened", protocol, by=by, now=now, due_at=due, facts_sha256=protocol.facts_sha256)
    _letters(protocol, "Согласуйте проект протокола", now)


def agree(protocol: Protocol, *, outcome: str, text: str, by: Me, now: datetime) -> Agreement:
    """A signer's word on the draft as it stands: «согласовано» or a remark. The last word counts, all are kept."""
    if signatory_of(protocol, by) is None:
        raise Refused("not_signer", "Проект согласуют те, кто подписывает протокол.")
    if protocol.state != "on_approval":
        raise Refused("wrong_state", f"Протокол сейчас «{PROTOCOL_LABELS[protocol.state]}»: согласование закрыто. "
                                     "Обновите страницу.")
    if outcome not in ("agree", "remark"):
        raise Refused("outcome", "Выберите: согласовано или замечание.", field="outcome")
    if outcome == "remark" and not text.strip():
        raise Refused("text", "Напишите, в чём замечание: председатель на него ответит.", field="text")
    row = Agreement(protocol_id=protocol.id, account_id=by.account_id, facts_sha256=protocol.facts_sha256,
                    outcome=outcome, text=text.strip(), at=now)
    session.add(row)
    session.flush()
    journal.record("protocol.agreed" if outcome == "agree" else "protocol.remark", protocol, by=by, now=now,
                   agreement=row.id, facts_sha256=row.facts_sha256)
    return row


def answer(remark: Agreement, protocol: Protocol, *, text: str, by: Me, now: datetime) -> None:
    """The chair answers a remark; the remark and the answer stay in «Лист согласования»."""
    refuse_stranger(protocol, by)
    if remark.outcome != "remark" or remark.answered_at is not None or protocol.state != "on_approval":
        raise Refused("answered", "На это замечание уже ответили, или согласование закрыто. Обновите страницу.")
    if not text.strip():
        raise Refused("text", "Напишите ответ на замечание.", field="answer")
    remark.answer, remark.answered_at, remark.answered_by_id = text.strip(), now, by.account_id
    journal.record("protocol.remark_answered", protocol, by=by, now=now, agreement=remark.id)


def last_words(protocol: Protocol) -> dict[int, Agreement]:
    """The last word of each signer on the text as it stands, by account."""
    return {row.account_id: row for row in protocol.agreements if row.facts_sha256 == protocol.facts_sha256}


def obstacles(protocol: Protocol, now: datetime) -> list[str]:
    """What keeps the text from being frozen, in words."""
    words = last_words(protocol)
    open_remarks = sum(row.outcome == "remark" and row.answered_at is None for row in words.values())
    found = [f"на замечания не отвечено: {open_remarks}"] if open_remarks else []
    silent = [row.name for row in protocol.signatories if row.account_id not in words]
    if silent and (protocol.approval_due_at is None or now < protocol.approval_due_at):
        found.append("ещё не согласовали: " + ", ".join(silent))
    return found


def freeze_now(protocol_id: int, *, by: Me, now: datetime, signing_due_at: datetime | None = None) -> None:
    """Freeze the text, render it and register the file to be signed. Opens units of work of its own: call it outside
    writing ones (it lets go of an idle request's). If the process dies half way, `preparation.finish` ends the work."""
    if db.in_scope():
        db.current_scope().release()
    with db.transaction():
        freeze(locked(protocol_id), by=by, now=now, signing_due_at=signing_due_at)
    preparation.finish(protocol_id, now=now)


def freeze(protocol: Protocol, *, by: Me, now: datetime, signing_due_at: datetime | None = None) -> None:
    """Fix the facts as a document with a field for each signer. Refused while somebody has not agreed, a remark has no
    answer, or the facts have changed since the draft. A returned or failed edition is superseded by this one."""
    refuse_stranger(protocol, by)
    if protocol.state == "on_approval" and (found := obstacles(protocol, now)):
        raise Refused("not_agreed", "Зафиксировать текст пока нельзя: " + "; ".join(found) + ".")
    if signing_due_at is not None and signing_due_at <= now:
        raise Refused("due", "Срок подписания уже прошёл. Укажите будущее время.", field="signing_due_at")
    _refuse_stale(protocol, now)
    kind = KINDS[protocol.kind]
    move(protocol, "frozen", kind.steps, words=PROTOCOL_LABELS)
    for row in protocol.signatories:
        held = keys.in_force(row.account_id, now)
        row.certificate_sha256 = held.sha256 if held else None
    protocol.frozen_at, protocol.frozen_by_id = now, by.account_id
    protocol.signing_due_at = signing_due_at or now + SIGNING_TERM
    protocol.document_id = _document(protocol, by, now).id
    kind.on_frozen(protocol, by=by, now=now)
    _supersede(protocol, by, now)
    journal.record("protocol.frozen", protocol, by=by, now=now, facts_sha256=protocol.facts_sha256,
                   signers=len(protocol.signatories))


def _refuse_stale(protocol: Protocol, now: datetime) -> None:
    if digest(KINDS[protocol.kind].current_facts(protocol, now)) != protocol.facts_sha256:
        raise Refused("stale", "После составления проекта данные изменились. Составьте протокол заново.")


def _document(protocol: Protocol, by: Me, now: datetime) -> papers.Document:
    kind, contest = KINDS[protocol.kind], protocol.contest
    signers = tuple({"field": row.field, "role": row.role[:1].upper() + row.role[1:], "name": row.name}
                    for row in protocol.signatories)
    return papers.freeze(kind.form, protocol, protocol.content, title=protocol.title, number=protocol.number,
                         zone=contest.zone, public_url=web.settings().public_url, by=by, now=now, signers=signers,
                         letterhead=contest.operator_name, demo=contest.demo)


def _supersede(protocol: Protocol, by: Me, now: datetime) -> None:
    before = session.get(Protocol, protocol.previous_id) if protocol.previous_id else None
    if before is not None and before.state in REPLACEABLE:
        move(before, "superseded", KINDS[before.kind].steps, words=PROTOCOL_LABELS)
        journal.record("protocol.superseded", before, by=by, now=now, replaced_by=protocol.id)


def settle(protocol: Protocol, *, by: Me, now: datetime) -> None:
    """Close the signing when every signer's outcome is known: signed, signed with dissent, or failed."""
    found = completion.outcome(protocol.rule, [completion.Signer(row.duty, row.state) for row in protocol.signatories])
    if found == "waiting":
        return
    dissent = any(row.dissent and row.dissent.sha256 for row in protocol.signatories)
    state = "failed" if found == "failed" else "signed_with_dissent" if dissent else "signed"
    if found == "complete":
        protocol.completed_at = now
    move(protocol, state, KINDS[protocol.kind].steps, words=PROTOCOL_LABELS)
    journal.record(f"protocol.{state}", protocol, by=by, now=now, sha256=protocol.head_sha256)


def open_names(protocol: Protocol, *, by: Me, now: datetime) -> None:
    """Open the participants' names behind the codes: a journalled act, once, only after the protocol is signed."""
    if protocol.names_opened_at is not None:
        return
    if protocol.state not in COMPLETE:
        raise Refused("not_signed", "Имена открываются после того, как протокол экспертной группы подписан.")
    protocol.names_opened_at, protocol.names_opened_by_id = now, by.account_id
    journal.record("protocol.names_opened", protocol, by=by, now=now, nomination=protocol.nomination_id)


def names_open(nomination_id: int) -> bool:
    """Whether the names of the nomination's participants were opened."""
    return session.scalar(select(Protocol.id).where(
        Protocol.nomination_id == nomination_id, Protocol.names_opened_at.is_not(None)).limit(1)) is not None


def blob(blob_id: int) -> storage.Blob:
    """The file behind a number that stands in a row the person may see."""
    return session.get_one(storage.Blob, blob_id)


def _letters(protocol: Protocol, subject: str, now: datetime) -> None:
    for row in protocol.signatories:
        account = session.get_one(Account, row.account_id)
        if account.email:
            head, body = mail.compose("protocol_waits", name=account.name, what=subject, number=protocol.number,
                                      link=f"/protocols/{protocol.id}")
            mail.send(account, head, body, now=now)
