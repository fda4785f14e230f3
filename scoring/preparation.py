"""From frozen facts to the file that is signed: rendered, certified by the registrar, registered as revision 0.

Every function opens units of work of its own, so call them outside writing ones. Each step may be repeated: what is
stored stays, the same facts give the same bytes, and the file registered first is the file.
"""
from datetime import datetime
from importlib import import_module

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core import db, journal, mail, storage, web
from core.accounts import Account
from core.content import PDF
from core.db import session
from core.documents import papers
from core.states import move
from scoring import keys, pki
from scoring.models.papers import Certificate, Protocol, ProtocolRevision, Signatory
from scoring.protocol_kinds import KINDS

MAX_FILE = 100 * storage.MB


def finish(protocol_id: int, *, now: datetime) -> None:
    """Bring a frozen protocol to signing: render, prepare the fields, register revision 0; once."""
    with db.reading():
        protocol = session.get(Protocol, protocol_id)
        if protocol is None or protocol.state != "frozen" or protocol.document_id is None:
            return
        document_id, frozen_at = protocol.document_id, protocol.frozen_at or now
    papers.ensure_rendered(document_id, now=now)
    with db.reading():
        bound = {row.field: _certificate(row.certificate_sha256) for row in _signers(protocol_id)}
    received = storage.receive(prepare(document_id, bound, now=frozen_at), allowed=PDF, max_bytes=MAX_FILE)
    with db.transaction():
        _register(protocol_id, received, now)


def prepare(document_id: int, bound: dict[str, str | None], *, now: datetime) -> bytes:
    """A rendered document with its signature fields under the registrar's certification. Slow, writes nothing.

    `bound`: field → PEM of the only certificate it takes, or None.
    """
    with db.reading():
        document = session.scalars(select(papers.Document).options(joinedload(papers.Document.blob)).where(
            papers.Document.id == document_id)).one()
    assert document.blob is not None
    pdf, anchors = storage.read(document.blob), document.anchors
    held = keys.current_authority(now)
    pades = web.offload(import_module, "scoring.pades")  # most of a second the first time: off the loop
    specs = [pades.FieldSpec(name, page, tuple(rect), _loaded(bound.get(name))) for name, page, rect in anchors]
    return web.offload(pades.prepare, pdf, specs, held.registrar, now=now, timestamper=keys.timestamper(held, now))


def finish_waiting(now: datetime) -> int:
    """Finish what a dead process left frozen (worker's duty)."""
    with db.reading():
        ids = list(session.scalars(select(Protocol.id).where(Protocol.state == "frozen").limit(20)))
    for protocol_id in ids:
        finish(protocol_id, now=now)
    return len(ids)


def _signers(protocol_id: int) -> list[Signatory]:
    return list(session.scalars(select(Signatory).where(Signatory.protocol_id == protocol_id)
                                .order_by(Signatory.ordinal)))


def _certificate(sha256: str | None) -> str | None:
    return session.scalar(select(Certificate.pem).where(Certificate.sha256 == sha256)) if sha256 else None


def _loaded(pem: str | None) -> x509.Certificate | None:
    return pki.load_certificate(pem.encode()) if pem else None


def _register(protocol_id: int, received: storage.Received, now: datetime) -> None:
    protocol = session.get_one(Protocol, protocol_id, with_for_update=True, populate_existing=True)
    if protocol.state != "frozen":
        return
    blob = storage.keep(received, now=now)
    session.add(ProtocolRevision(protocol_id=protocol.id, number=0, sha256=blob.sha256, blob_id=blob.id, at=now))
    protocol.head_sha256 = blob.sha256
    move(protocol, "signing", KINDS[protocol.kind].steps)
    journal.record("protocol.registered", protocol, by=None, now=now, revision=0, sha256=blob.sha256)
    for row in _signers(protocol.id):
        account = session.get_one(Account, row.account_id)
        if account.email:
            head, body = mail.compose("protocol_waits", name=account.name, what="Подпишите протокол",
                                      number=protocol.number, link=f"/protocols/{protocol.id}/signature")
            mail.send(account, head, body, now=now)
