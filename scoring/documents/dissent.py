"""«Особое мнение»: a paper of its own with one signature; its SHA-256 stands in the record of the protocol."""
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import db, journal, storage, web
from core.access import Me
from core.content import PDF
from core.db import session
from core.documents import papers
from core.documents.papers import Form
from core.errors import Refused
from scoring import keys, pki, preparation, protocols, signing
from scoring.models.papers import Dissent, Protocol, Signatory

FORM = Form("dissent", "Особое мнение", "scoring/documents/dissent.html")
FIELD = "Member01"


def sign_with_dissent(protocol_id: int, *, text: str, passphrase: str, shown_sha256: str = "", by: Me,
                      now: datetime) -> signing.SignedFile:
    """File and sign the dissent, then sign the protocol: the result is for `signing.register`.

    Slow; opens units of work of its own. Repeated after a failure half way it goes on from there. Refused as a
    signature is, and without a text."""
    protocol = protocols.visible(by, protocol_id)
    row = protocols.signatory_of(protocol, by)
    signing.refuse_signer(protocol, row)
    assert row is not None
    signing.refuse_unseen(protocol, shown_sha256)
    if not text.strip():
        raise Refused("text", "Напишите, в чём состоит особое мнение.", field="text")
    if row.dissent is None or row.dissent.sha256 is None:
        credential = keys.open_key(keys.sealed_key(by.account_id, now=now), passphrase, now=now)
        signing.refuse_other_certificate(row, credential)
        with db.transaction():
            document_id = _file(protocols.locked(protocol_id), row.id, text.strip(), credential.fingerprint, by, now)
        papers.ensure_rendered(document_id, now=now)
        bound: dict[str, str | None] = {FIELD: pki.certificate_pem(credential.certificate).decode()}
        received = _signed(document_id, bound, credential, protocol, now)
        with db.transaction():
            _register(document_id, received, by, now)
    return signing.sign_file(protocol_id, passphrase, shown_sha256=shown_sha256, by=by, now=now)


def _file(protocol: Protocol, signatory_id: int, text: str, certificate_sha256: str, by: Me, now: datetime) -> int:
    row = next(one for one in protocol.signatories if one.id == signatory_id)
    signing.refuse_signer(protocol, row)
    document = papers.freeze(FORM.key, row, _facts(protocol, row, text), title=FORM.title, number="",
                             zone=protocol.contest.zone, public_url=web.settings().public_url, by=by, now=now,
                             signers=({"field": FIELD, "role": row.role[:1].upper() + row.role[1:], "name": row.name},),
                             letterhead=protocol.contest.operator_name, demo=protocol.contest.demo)
    dissent = row.dissent or Dissent(protocol_id=protocol.id, signatory_id=row.id)
    dissent.document_id, dissent.text, dissent.at = document.id, text, now
    dissent.certificate_sha256 = certificate_sha256
    session.add(dissent)
    session.flush()
    return document.id


def _facts(protocol: Protocol, row: Signatory, text: str) -> dict[str, Any]:
    subject = protocol.nomination.title if protocol.nomination else protocol.contest.title
    return {"schema": 1, "number": protocol.number, "title": protocol.title, "subject": subject, "name": row.name,
            "role": row.role, "paragraphs": [line.strip() for line in text.splitlines() if line.strip()],
            "protocol_facts_sha256": protocol.facts_sha256}


def _signed(document_id: int, bound: dict[str, str | None], credential: pki.Credential, protocol: Protocol,
            now: datetime) -> storage.Received:
    ready = preparation.prepare(document_id, bound, now=now)
    signed = signing.sign_bytes(ready, FIELD, credential, reason=FORM.title, zone=protocol.contest.zone, now=now)
    return storage.receive(signed, allowed=PDF, max_bytes=signing.MAX_FILE)


def _register(document_id: int, received: storage.Received, by: Me, now: datetime) -> None:
    dissent = session.scalars(select(Dissent).where(Dissent.document_id == document_id)).one()
    blob = storage.keep(received, now=now)
    dissent.sha256, dissent.blob_id = blob.sha256, blob.id
    journal.record("protocol.dissent", ("protocol", dissent.protocol_id), by=by, now=now,
                   signatory=dissent.signatory_id, sha256=blob.sha256)
