"""Documents: facts frozen as canonical JSON in their own transaction, rendered once, never again.

A form is registered by the package that owns its facts (`registry.forms`). `freeze` writes the row; the worker renders
it (duty `render documents`), or whoever opens the document first when the worker did not (`ensure_rendered`). The same
facts give the same bytes, so two renders at once cannot disagree; the first stored bytes stay.
"""
import base64
import json
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core import db, journal, storage
from core.access import Me
from core.canonical import canonical, digest
from core.db import Base, UtcDateTime, session
from core.documents.process import DocumentMeta, RenderFailed, RenderJob, RenderProcess
from core.registry import registry
from core.storage import Blob

log = structlog.get_logger("documents")


@dataclass(frozen=True)
class Form:
    """A kind of document: its key, its Russian name and its template under templates/."""

    key: str
    title: str
    template: str


class Document(Base):
    """One document: facts and their hash from the start, bytes and their hash once rendered."""

    __tablename__ = "document"
    __table_args__ = (CheckConstraint("(blob_id IS NULL) = (sha256 IS NULL)", name="rendered"),
                      Index("ix_document_object", "object_type", "object_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    form: Mapped[str] = mapped_column(String(40), index=True)
    title: Mapped[str] = mapped_column(String(300))
    number: Mapped[str] = mapped_column(String(60), default="")
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int]
    facts: Mapped[str] = mapped_column(Text)
    facts_sha256: Mapped[str] = mapped_column(String(64))
    meta: Mapped[dict[str, Any]] = mapped_column(JSON)
    signers: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    token: Mapped[str] = mapped_column(String(26), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    blob_id: Mapped[int | None] = mapped_column(ForeignKey("blob.id"))
    sha256: Mapped[str | None] = mapped_column(String(64))
    anchors: Mapped[list[Any]] = mapped_column(JSON, default=list)
    rendered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blob: Mapped[Blob | None] = relationship(lazy="raise")

    @property
    def content(self) -> Any:
        """The frozen facts."""
        return json.loads(self.facts)


def new_token() -> str:
    """26 characters nobody can guess (130 bits), for the public address /v/<token>."""
    return base64.b32encode(secrets.token_bytes(20)).decode().lower()[:26]


def freeze(form: str, thing: Any, facts: dict[str, Any], *, title: str, number: str, zone: str, public_url: str,
           by: Me | None, now: datetime, signers: tuple[dict[str, str], ...] = (), letterhead: str = "",
           demo: bool = False) -> Document:
    """Freeze `facts` about `thing` as a document of `form`. Writes the row and the journal; renders nothing yet.

    Facts are JSON values without floats (points in hundredths, instants as ISO UTC strings).
    """
    token = new_token()
    meta = {"title": title, "number": number, "date": now.astimezone(ZoneInfo(zone)).date().isoformat(),
            "issued_at": now.isoformat(), "zone": zone, "verify_url": f"{public_url}/v/{token}",
            "letterhead": letterhead, "demo": demo}
    document = Document(form=form, title=title, number=number, object_type=thing.__tablename__, object_id=thing.id,
                        facts=canonical(facts).decode(), facts_sha256=digest(facts), meta=meta, signers=list(signers),
                        token=token, created_at=now, created_by_id=by.account_id if by else None)
    session.add(document)
    session.flush()
    journal.record("document.frozen", document, by=by, now=now, form=form, facts_sha256=document.facts_sha256)
    return document


def job_of(document: Document) -> RenderJob:
    """What the render process needs."""
    template: str = registry.forms[document.form].template
    return RenderJob(template, document.content, DocumentMeta(**document.meta), tuple(document.signers))


_process_lock = threading.Lock()
_process: RenderProcess | None = None


def process() -> RenderProcess:
    """The warm render child of this process, started at first use."""
    global _process
    with _process_lock:
        if _process is None:
            _process = RenderProcess()
    return _process


def ensure_rendered(document_id: int, *, now: datetime) -> None:
    """Render and store a document unless that is done. Opens units of work of its own; call it outside writing ones.

    In a request call it through `core.web.offload`-like edges before the first write; it waits for the child.
    """
    with db.reading():
        document = session.get(Document, document_id)
        if document is None or document.blob_id is not None:
            return
        job = job_of(document)
    rendered = process().render(job)
    received = storage.receive(rendered.pdf, allowed=storage.PDF, max_bytes=100 * 1024 * 1024)
    with db.transaction():
        document = session.get(Document, document_id, with_for_update=True)
        if document is None or document.blob_id is not None:
            return
        blob = storage.keep(received, now=now)
        document.blob_id, document.sha256, document.rendered_at = blob.id, blob.sha256, now
        document.anchors = [[anchor.name, anchor.page, list(anchor.rect)] for anchor in rendered.anchors]
        journal.record("document.rendered", document, by=None, now=now, sha256=blob.sha256)


def render_waiting(now: datetime) -> int:
    """Render what nobody has rendered yet (worker's duty). One broken template never keeps the others waiting."""
    with db.reading():
        waiting = session.scalars(select(Document.id).where(Document.blob_id.is_(None)).order_by(Document.id).limit(20))
        ids = list(waiting)
    done = 0
    for document_id in ids:
        try:
            ensure_rendered(document_id, now=now)
            done += 1
        except RenderFailed:
            log.exception("render failed", document=document_id)
    return done


def of(thing: Any, form: str) -> Document | None:
    """The newest document of `form` about `thing`."""
    return session.scalar(select(Document).where(
        Document.object_type == thing.__tablename__, Document.object_id == thing.id, Document.form == form)
        .order_by(Document.id.desc()).limit(1))
