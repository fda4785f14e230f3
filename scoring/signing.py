"""Signing a registered file: lease, signature, and the outcomes beside it (refusal, paper, missed term).

A signature is one incremental update of the newest revision. Whoever signs holds a lease of 180 s on the protocol; the
new file is registered only if the newest hash is still the one that was signed (compare and swap), so nobody's
signature is lost. The signing itself is slow and happens outside of transactions: `sign_file` first, then `register`.
"""
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from sqlalchemy import select

from core import db, journal, storage, web
from core.access import Me
from core.content import PDF
from core.db import session
from core.errors import NotVisible, Refused
from scoring import keys, pki, protocols
from scoring.models.papers import PaperSignature, Protocol, ProtocolRevision, Signatory
from scoring.rules.states import PROTOCOL_LABELS

LEASE = timedelta(seconds=180)
PATIENCE_S, PAUSE_S = 20.0, 0.1
MAX_FILE = 100 * storage.MB


@dataclass(frozen=True)
class SignedFile:
    """A file with one more signature, stored but not registered; `base_sha256` is what was signed."""

    protocol_id: int
    signatory_id: int
    base_sha256: str
    received: storage.Received
    certificate_sha256: str


@dataclass(frozen=True)
class Place:
    """Where a signature goes: the newest revision and the signer's field."""

    signatory_id: int
    field: str
    head_sha256: str
    pdf: bytes
    title: str
    zone: str


def refuse_signer(protocol: Protocol, row: Signatory | None) -> None:
    """Refused unless this signer's signature is what the protocol waits for."""
    if row is None:
        raise Refused("not_signer", "Вы не входите в число подписывающих этот протокол.")
    if protocol.state != "signing":
        raise Refused("wrong_state", f"Протокол сейчас «{PROTOCOL_LABELS[protocol.state]}»: подписи не принимаются.")
    if row.state != "waiting":
        raise Refused("decided", "Ваша подпись или отметка уже внесена. Обновите страницу.")


def sign_file(protocol_id: int, passphrase: str, *, shown_sha256: str = "", by: Me, now: datetime) -> SignedFile:
    """Sign the newest revision with the person's key. Slow; writes only the lease, in a transaction of its own.

    `shown_sha256` is what the page showed: it must be a revision of this protocol, so that the signed bytes begin with
    the shown ones. Refused for a wrong passphrase, somebody who may not sign now, a field bound to another certificate,
    and while another signer holds the lease for longer than we wait.
    """
    protocol = protocols.visible(by, protocol_id)
    row = protocols.signatory_of(protocol, by)
    refuse_signer(protocol, row)
    assert row is not None
    refuse_unseen(protocol, shown_sha256)
    sealed = keys.sealed_key(by.account_id, now=now)
    credential = keys.open_key(sealed, passphrase, now=now)
    refuse_other_certificate(row, credential)
    take_lease(protocol_id, row.id, now=now)
    try:
        return _signed(protocol_id, row.id, credential, now)
    except BaseException:
        give_back(protocol_id, row.id)
        raise


def refuse_unseen(protocol: Protocol, shown_sha256: str) -> None:
    """Refused unless the page showed a revision of this protocol (or says nothing about it)."""
    if shown_sha256 and shown_sha256 not in {revision.sha256 for revision in protocol.revisions}:
        raise Refused("other_file", "Был показан отпечаток другого файла. Откройте страницу подписи заново.")


def refuse_other_certificate(row: Signatory, credential: pki.Credential) -> None:
    """Refused unless the field in the document was prepared for this certificate."""
    if row.certificate_sha256 not in (None, credential.fingerprint):
        raise Refused("other_certificate", "Поле подписи в документе подготовлено для вашего прежнего сертификата. "
                                           "Подпишите протокол на бумаге: скан внесёт секретарь.")


def take_lease(protocol_id: int, signatory_id: int, *, now: datetime, patience: float = PATIENCE_S) -> None:
    """Take the right to append, waiting while another signer holds it; an outlived lease is nobody's. Refused in the
    end. Opens transactions of its own."""
    give_up = time.monotonic() + patience
    while True:
        with db.transaction():
            if _take(protocol_id, signatory_id, now):
                return
        if time.monotonic() > give_up:
            raise Refused("leased", "Сейчас документ подписывает другой человек. Повторите через минуту: ваша подпись "
                                    "встанет после него.", status=503)
        time.sleep(PAUSE_S)


def _take(protocol_id: int, signatory_id: int, now: datetime) -> bool:
    protocol = session.get_one(Protocol, protocol_id, with_for_update=True, populate_existing=True)
    free = protocol.lease_signatory_id in (None, signatory_id) or (
        protocol.lease_until is None or protocol.lease_until <= now)
    if free:
        protocol.lease_signatory_id, protocol.lease_until = signatory_id, now + LEASE
    return free


def give_back(protocol_id: int, signatory_id: int) -> None:
    """End one's own lease, in a transaction of its own."""
    with db.transaction():
        protocol = session.get_one(Protocol, protocol_id, with_for_update=True, populate_existing=True)
        _end_lease(protocol, signatory_id)


def _end_lease(protocol: Protocol, signatory_id: int) -> None:
    if protocol.lease_signatory_id == signatory_id:
        protocol.lease_signatory_id = protocol.lease_until = None


def _signed(protocol_id: int, signatory_id: int, credential: pki.Credential, now: datetime) -> SignedFile:
    with db.reading():
        place = _place(protocol_id, signatory_id)
    pdf = sign_bytes(place.pdf, place.field, credential, reason=place.title, zone=place.zone, now=now)
    received = storage.receive(pdf, allowed=PDF, max_bytes=MAX_FILE)
    return SignedFile(protocol_id, signatory_id, place.head_sha256, received, credential.fingerprint)


def sign_bytes(pdf: bytes, field: str, credential: pki.Credential, *, reason: str, zone: str, now: datetime) -> bytes:
    """One more signature with its visible stamp and the internal time stamp. Slow, writes nothing."""
    held = keys.current_authority(now)
    pades = web.offload(import_module, "scoring.pades")  # most of a second the first time: off the loop
    from scoring.stamp import stamp_for
    stamp = stamp_for(credential.certificate, now=now, zone=zone)
    signed: bytes = web.offload(pades.sign, pdf, field, credential, now=now, reason=reason, stamp=stamp,
                                timestamper=keys.timestamper(held, now))
    return signed


def _place(protocol_id: int, signatory_id: int) -> Place:
    protocol = protocols.load(protocol_id)
    assert protocol is not None
    row = next(one for one in protocol.signatories if one.id == signatory_id)
    head = protocol.revisions[-1]
    return Place(row.id, row.field, head.sha256, storage.read(head.blob), f"{protocol.title} подписан",
                 protocol.contest.zone)


def register(done: SignedFile, *, by: Me, now: datetime) -> ProtocolRevision:
    """Register the signed file as the newest revision. Refused when another one was registered since (then the signer
    repeats, nothing is lost) and when the signer's outcome is known already."""
    protocol = protocols.locked(done.protocol_id)
    row = next(one for one in protocol.signatories if one.id == done.signatory_id)
    refuse_signer(protocol, row)
    if protocol.head_sha256 != done.base_sha256:
        raise Refused("moved_on", "Пока вы подписывали, документ подписал другой человек. Нажмите «Подписать» ещё раз.")
    blob = storage.keep(done.received, now=now)
    revision = ProtocolRevision(
        protocol_id=protocol.id, number=protocol.revisions[-1].number + 1, sha256=blob.sha256,
        previous_sha256=done.base_sha256, blob_id=blob.id, signatory_id=row.id, at=now)
    session.add(revision)
    protocol.head_sha256 = blob.sha256
    row.state, row.at, row.certificate_sha256 = "signed", now, done.certificate_sha256
    _end_lease(protocol, row.id)
    session.flush()
    journal.record("protocol.signed_by", protocol, by=by, now=now, signatory=row.id, revision=revision.number,
                   base=done.base_sha256, sha256=blob.sha256)
    protocols.settle(protocol, by=by, now=now)
    return revision


def refuse_to_sign(protocol_id: int, *, reason: str, by: Me, now: datetime) -> None:
    """A signer declines: on record with the reason, shown on the verification page; the document lives on."""
    protocol = protocols.locked(protocol_id)
    row = protocols.signatory_of(protocol, by)
    refuse_signer(protocol, row)
    assert row is not None
    if not reason.strip():
        raise Refused("reason", "Напишите причину отказа: она останется в записи о протоколе.", field="reason")
    row.state, row.at, row.reason = "refused", now, reason.strip()[:1000]
    session.flush()
    journal.record("protocol.refused_by", protocol, by=by, now=now, signatory=row.id)
    protocols.settle(protocol, by=by, now=now)


def mark_missed(protocol_id: int, signatory_id: int, *, by: Me, now: datetime) -> None:
    """«Не подписал в срок», entered by the secretary. Refused before the term of signing has passed."""
    protocol = protocols.locked(protocol_id)
    row = _by_id(protocol, signatory_id)
    _refuse_not_staff(protocol, by)
    refuse_signer(protocol, row)
    if protocol.signing_due_at is not None and now < protocol.signing_due_at:
        raise Refused("early", "Срок подписания ещё не прошёл. Отметить «не подписал в срок» можно после него.")
    row.state, row.at, row.reason = "missed", now, "не подписал в срок"
    session.flush()
    journal.record("protocol.missed_by", protocol, by=by, now=now, signatory=row.id)
    protocols.settle(protocol, by=by, now=now)


def enter_paper(protocol_id: int, signatory_id: int, received: storage.Received, *, note: str, by: Me,
                now: datetime) -> PaperSignature:
    """The secretary enters a wet signature with its scan; it counts when another person has checked it."""
    protocol = protocols.locked(protocol_id)
    row = _by_id(protocol, signatory_id)
    _refuse_not_staff(protocol, by)
    refuse_signer(protocol, row)
    if row.account_id == by.account_id:
        raise Refused("own", "Скан своей подписи вносит другой человек.", field="signer_id")
    if any(paper.state == "entered" for paper in row.papers):
        raise Refused("entered", "Скан подписи этого человека уже внесён и ждёт проверки.", field="signer_id")
    blob = storage.keep(received, now=now)
    paper = PaperSignature(protocol_id=protocol.id, signatory_id=row.id, blob_id=blob.id, sha256=blob.sha256,
                           note=note.strip()[:500], entered_at=now, entered_by_id=by.account_id)
    session.add(paper)
    session.flush()
    journal.record("paper.entered", paper, by=by, now=now, protocol=protocol.id, signatory=row.id, sha256=blob.sha256)
    return paper


def check_paper(paper: PaperSignature, *, outcome: str, note: str, by: Me, now: datetime) -> None:
    """Another person compares the scan with the original: the signer counts as «подписан на бумаге», or the scan is
    refused with a note and may be entered again."""
    protocol = protocols.locked(paper.protocol_id)
    session.refresh(paper, with_for_update=True)
    row = _by_id(protocol, paper.signatory_id)
    if not (protocols.is_staff(protocol, by) or protocols.leads(protocol, by)):
        raise NotVisible
    if paper.state != "entered":
        raise Refused("checked", "Этот скан уже проверен. Обновите страницу.")
    if by.account_id in (paper.entered_by_id, row.account_id):
        raise Refused("same_person", "Скан проверяет не тот, кто его внёс, и не тот, чья это подпись. Попросите "
                                     "другого сотрудника.")
    if outcome == "refuse" and not note.strip():
        raise Refused("note", "Напишите, что не так со сканом.", field="note")
    refuse_signer(protocol, row)
    paper.state, paper.check_note = ("refused" if outcome == "refuse" else "checked"), note.strip()[:500]
    paper.checked_at, paper.checked_by_id = now, by.account_id
    if paper.state == "checked":
        row.state, row.at = "paper", now
    session.flush()
    journal.record(f"paper.{paper.state}", paper, by=by, now=now, protocol=protocol.id, signatory=row.id)
    protocols.settle(protocol, by=by, now=now)


def paper_for(me: Me, paper_id: int) -> tuple[PaperSignature, Protocol]:
    """A wet signature and its protocol, for those who see the protocol; else NotVisible."""
    paper = session.scalar(select(PaperSignature).where(PaperSignature.id == paper_id))
    if paper is None:
        raise NotVisible
    return paper, protocols.visible(me, paper.protocol_id)


def _by_id(protocol: Protocol, signatory_id: int) -> Signatory:
    found = next((row for row in protocol.signatories if row.id == signatory_id), None)
    if found is None:
        raise Refused("signer", "Выберите человека из списка подписывающих.", field="signer_id")
    return found


def _refuse_not_staff(protocol: Protocol, by: Me) -> None:
    if not protocols.is_staff(protocol, by):
        raise Refused("not_staff", "Это отмечает секретарь или организатор.")
