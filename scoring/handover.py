"""Handing the experts' protocol over to the commission: package, receipt with time and hash, return with a reason."""
import hashlib
import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from contest.rules.roles import MEMBER_CHAIR, ORGANISER, SECRETARY
from core import journal, storage, web
from core.access import Me
from core.content import SUFFIXES, ZIP
from core.db import session
from core.documents import papers
from core.documents.papers import Form
from core.errors import NotVisible, Refused
from core.states import move
from scoring import keys, pki, protocols, summary
from scoring.models.papers import Certificate, Handover, Protocol
from scoring.protocol_kinds import KINDS
from scoring.rules.states import PROTOCOL_LABELS

FORM = Form("handover_act", "Акт приёма-передачи протокола", "scoring/documents/handover_act.html")
MAX_FILE = 200 * storage.MB
GIVABLE = frozenset({"signed", "signed_with_dissent"})


def of_protocol(protocol_id: int) -> Handover | None:
    """The handover of a protocol, with the people in it."""
    return session.scalar(select(Handover).where(Handover.protocol_id == protocol_id).options(
        joinedload(Handover.package), joinedload(Handover.given_by), joinedload(Handover.decided_by)))


def visible(me: Me, handover_id: int) -> tuple[Handover, Protocol]:
    """A handover and its protocol, for those who see the protocol; else NotVisible."""
    protocol_id = session.scalar(select(Handover.protocol_id).where(Handover.id == handover_id))
    if protocol_id is None:
        raise NotVisible
    protocol, found = protocols.visible(me, protocol_id), of_protocol(protocol_id)
    assert found is not None
    return found, protocol


def refuse_not_ready(protocol: Protocol, by: Me) -> None:
    """Refused unless the protocol is signed and the person leads the group or organises the contest."""
    protocols.refuse_stranger(protocol, by)
    if protocol.state not in GIVABLE:
        raise Refused("wrong_state", f"Протокол сейчас «{PROTOCOL_LABELS[protocol.state]}»: передать можно только "
                                     "подписанный протокол.")


def pack(protocol: Protocol, *, by: Me, now: datetime) -> storage.Received | None:
    """The package as a stored file; None when the protocol is handed over already. Slow, writes no rows."""
    if of_protocol(protocol.id) is not None:
        return None
    refuse_not_ready(protocol, by)
    files = _files(protocol, now)
    content = web.offload(zip_bytes, files, protocol.completed_at or now)
    return storage.receive(content, allowed=ZIP, max_bytes=MAX_FILE)


def _files(protocol: Protocol, now: datetime) -> dict[str, bytes]:
    held = keys.current_authority(now)
    files = {"protocol.pdf": storage.read(protocol.revisions[-1].blob), "facts.json": protocol.facts.encode(),
             "certificates/ca.pem": pki.certificate_pem(held.root) + pki.certificate_pem(held.issuing.certificate),
             "certificates/revoked.crl.pem": keys.revocation_list(held, now=now)}
    for row in protocol.signatories:
        pem = session.scalar(select(Certificate.pem).where(Certificate.sha256 == row.certificate_sha256))
        if pem and row.state == "signed":
            files[f"certificates/{row.field}.pem"] = pem.encode()
        for paper in row.papers:
            if paper.state == "checked":
                files[f"paper/{row.field}{SUFFIXES[paper.blob.mime]}"] = storage.read(paper.blob)
        if row.dissent is not None and row.dissent.blob_id is not None:
            blob = session.get_one(storage.Blob, row.dissent.blob_id)
            files[f"dissent/{row.field}.pdf"] = storage.read(blob)
    for sheet in summary.signed_sheets(protocol.nomination_id or 0):
        if sheet.payload is not None:
            files[f"sheets/{sheet.id}.json"] = sheet.payload.encode()
    return files


def zip_bytes(files: Mapping[str, bytes], at: datetime) -> bytes:
    """A ZIP of the files with a list of their hashes; the same files give the same bytes."""
    listed = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in [*sorted(files.items()), ("SHA256SUMS", listed.encode())]:
            package.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def give(protocol_id: int, received: storage.Received | None, *, by: Me, now: datetime) -> Handover:
    """Hand the protocol over with its package. Done once: a second call gives the same handover."""
    protocol = protocols.locked(protocol_id)
    found = of_protocol(protocol_id)
    if found is not None:
        return found
    refuse_not_ready(protocol, by)
    if received is None or protocol.head_sha256 is None:
        raise Refused("no_package", "Комплект не собран. Повторите передачу.")
    move(protocol, "handed_over", KINDS[protocol.kind].steps, words=PROTOCOL_LABELS)
    package = storage.keep(received, now=now)
    row = Handover(protocol_id=protocol.id, package_id=package.id, package_sha256=package.sha256,
                   protocol_sha256=protocol.head_sha256, given_at=now, given_by_id=by.account_id)
    session.add(row)
    session.flush()
    journal.record("protocol.handed_over", protocol, by=by, now=now, handover=row.id, package_sha256=row.package_sha256,
                   sha256=row.protocol_sha256)
    return row


def accept(handover: Handover, *, by: Me, now: datetime) -> Handover:
    """The secretary of the commission takes the protocol: act with both times; names behind the codes are opened.

    Done once. Refused when it was returned, and to whoever gave it.
    """
    protocol = _decidable(handover, by, SECRETARY, ORGANISER)
    if handover.state == "accepted":
        return handover
    _refuse_returned(handover)
    if handover.given_by_id == by.account_id:
        raise Refused("same_person", "Принимает не тот, кто передал. Протокол принимает секретарь комиссии.")
    move(protocol, "accepted", KINDS[protocol.kind].steps, words=PROTOCOL_LABELS)
    handover.state, handover.decided_at, handover.decided_by_id = "accepted", now, by.account_id
    handover.document_id = _act(handover, protocol, by, now).id
    journal.record("protocol.accepted", protocol, by=by, now=now, handover=handover.id,
                   package_sha256=handover.package_sha256)
    protocols.open_names(protocol, by=by, now=now)
    session.flush()
    return handover


def send_back(handover: Handover, *, reason: str, by: Me, now: datetime) -> None:
    """The commission returns the protocol with a reason; the group drafts the next edition. Refused once accepted."""
    protocol = _decidable(handover, by, SECRETARY, ORGANISER, MEMBER_CHAIR)
    if handover.state == "accepted":
        raise Refused("accepted", "Протокол уже принят: вернуть его нельзя.")
    _refuse_returned(handover)
    if not reason.strip():
        raise Refused("reason", "Напишите, почему протокол возвращается: группа исправит это.", field="reason")
    move(protocol, "returned", KINDS[protocol.kind].steps, words=PROTOCOL_LABELS)
    handover.state, handover.decided_at, handover.decided_by_id = "returned", now, by.account_id
    handover.reason = reason.strip()[:1000]
    journal.record("protocol.returned", protocol, by=by, now=now, handover=handover.id)


def _decidable(handover: Handover, by: Me, *wanted: str) -> Protocol:
    protocol = protocols.locked(handover.protocol_id)
    session.refresh(handover, with_for_update=True)
    if not protocols.is_staff(protocol, by, *wanted):
        raise Refused("not_secretary", "Протокол принимает или возвращает секретарь комиссии.")
    return protocol


def _refuse_returned(handover: Handover) -> None:
    if handover.state == "returned":
        raise Refused("returned", "Протокол уже возвращён экспертной группе.")


def _act(handover: Handover, protocol: Protocol, by: Me, now: datetime) -> papers.Document:
    facts: dict[str, Any] = {
        "schema": 1, "number": protocol.number, "title": protocol.title,
        "subject": protocol.nomination.title if protocol.nomination else protocol.contest.title,
        "given_by": handover.given_by.name, "given_role": "председатель экспертной группы",
        "given_at": handover.given_at.isoformat(), "taken_by": by.name, "taken_role": "секретарь комиссии",
        "taken_at": now.isoformat(), "package_sha256": handover.package_sha256, "files": _listed(handover)}
    return papers.freeze(FORM.key, handover, facts, title=FORM.title, number="", zone=protocol.contest.zone,
                         public_url=web.settings().public_url, by=by, now=now,
                         letterhead=protocol.contest.operator_name, demo=protocol.contest.demo)


def _listed(handover: Handover) -> list[dict[str, str]]:
    """The files of the package with their hashes, as its own SHA256SUMS says."""
    with zipfile.ZipFile(storage.path(handover.package)) as package:
        lines = package.read("SHA256SUMS").decode().splitlines()
    return [{"name": name, "sha256": sha256} for sha256, name in (line.split("  ", 1) for line in lines)]


def act_file(handover: Handover) -> storage.Blob:
    """The rendered act."""
    return session.scalars(select(storage.Blob).join(papers.Document, papers.Document.blob_id == storage.Blob.id).where(
        papers.Document.id == handover.document_id)).one()


def page(protocol: Protocol, *, me: Me) -> dict[str, Any]:
    """What the page of the handover shows."""
    row = of_protocol(protocol.id)
    waits = row is not None and row.state == "given"
    lead = protocols.leads(protocol, me) or protocols.is_staff(protocol, me, ORGANISER)
    return {"row": row, "may_give": row is None and lead and protocol.state in GIVABLE,
            "may_accept": waits and protocols.is_staff(protocol, me, SECRETARY, ORGANISER),
            "may_return": waits and protocols.is_staff(protocol, me, SECRETARY, ORGANISER, MEMBER_CHAIR),
            "files": _listed(row) if row else []}
