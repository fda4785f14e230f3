"""The database's side of «genuine or not»: what the registry knows of a paper, the verdict over its file, rule 9."""
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core import db, journal, storage, web
from core.db import session
from core.documents.papers import Document
from core.errors import Refused
from core.journal import JournalEntry
from scoring import genuine, keys, protocols, recalc
from scoring.genuine import RegisteredRevision, Verdict
from scoring.models.papers import Certificate, Dissent, Handover, Protocol, ProtocolRevision
from scoring.pki import REGISTRAR_FIELD
from scoring.rules.numbers import show

TOKEN = re.compile(r"[a-z2-7]{26}")
STATE_WORDS = {
    "frozen": ("info", "Готовится к подписанию"), "signing": ("warn", "Подписывается"),
    "failed": ("bad", "Не подписан"),
    "returned": ("warn", "Возвращён комиссией"), "superseded": ("bad", "Заменён"),
}
IN_FORCE = ("ok", "Действует")
SEEN_MOST = 64
_seen: dict[tuple[object, ...], Verdict] = {}
"""Verdicts over registered files: the same bytes and the same registry give the same answer."""


@dataclass(frozen=True)
class Paper:
    """A paper of the registry: its document, whose it is, and its newest file (None: not rendered yet)."""

    document: Document
    protocol: Protocol | None = None
    dissent: Dissent | None = None
    blob: storage.Blob | None = None

    @property
    def state(self) -> tuple[str, str]:
        """Kind of colour and words: whether the paper is in force."""
        return STATE_WORDS.get(self.protocol.state, IN_FORCE) if self.protocol else IN_FORCE

    @property
    def known(self) -> list[str]:
        """Hashes of every registered file of the paper, the newest last."""
        older = [row.sha256 for row in self.protocol.revisions[:-1]] if self.protocol else []
        return older + ([self.blob.sha256] if self.blob else [])


def by_token(token: str) -> Paper | None:
    """The paper behind a printed code; None when there is none."""
    code = token.strip().lower()
    document = session.scalar(select(Document).options(joinedload(Document.blob)).where(
        Document.token == code)) if TOKEN.fullmatch(code) else None
    return _paper(document) if document is not None else None


def by_sha256(sha256: str) -> Paper | None:
    """The paper one of whose registered files has this hash."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        return None
    found = session.scalar(select(Protocol.document_id).join(ProtocolRevision).where(ProtocolRevision.sha256 == sha256))
    found = found or session.scalar(select(Dissent.document_id).where(Dissent.sha256 == sha256))
    found = found or session.scalar(select(Handover.document_id).where(Handover.package_sha256 == sha256))
    where = Document.id == found if found else Document.sha256 == sha256
    document = session.scalars(select(Document).options(joinedload(Document.blob)).where(where).limit(1)).first()
    return _paper(document) if document is not None else None


def _paper(document: Document) -> Paper:
    protocol_id = session.scalar(select(Protocol.id).where(Protocol.document_id == document.id))
    if protocol_id is not None:
        protocol = protocols.load(protocol_id)
        assert protocol is not None
        return Paper(document, protocol, blob=protocol.revisions[-1].blob if protocol.revisions else None)
    dissent = session.scalar(select(Dissent).options(joinedload(Dissent.blob), joinedload(Dissent.signatory)).where(
        Dissent.document_id == document.id))
    return Paper(document, None, dissent, dissent.blob if dissent else document.blob)


def registered(paper: Paper, registrar: str) -> RegisteredRevision | None:
    """What the registry knows of the newest file; None for papers without signatures of their own."""
    if paper.blob is None:
        return None
    if paper.dissent is not None:
        bound = {"Member01": paper.dissent.certificate_sha256, REGISTRAR_FIELD: registrar}
        return RegisteredRevision(paper.blob.sha256, bound, frozenset({"Member01"}), paper.document.facts_sha256, {})
    if paper.protocol is None:
        return None
    rows = paper.protocol.signatories
    bound = {row.field: row.certificate_sha256 for row in rows if row.certificate_sha256} | {REGISTRAR_FIELD: registrar}
    # A wet signature stands on paper, a missed term in the record: neither has a field to fill.
    required = frozenset(row.field for row in rows if row.state not in ("paper", "missed"))
    refused = {row.field: row.reason for row in rows if row.state == "refused"}
    return RegisteredRevision(paper.blob.sha256, bound, required, paper.document.facts_sha256, refused)


def judge(paper: Paper, pdf: bytes | None, *, now: datetime) -> Verdict | None:
    """The verdict over `pdf`, or over the registered file itself (None). Slow, writes nothing. None for papers that are
    not signed: their file is only compared by hash."""
    held = keys.current_authority(now)
    known = registered(paper, held.registrar.fingerprint)
    if known is None or paper.blob is None:
        return None
    revoked = session.scalar(select(Certificate.id).where(Certificate.revoked_at.is_not(None)).limit(1))
    crls = (keys.revocation_list(held, now=now),) if revoked else ()
    if pdf is not None:
        return _with_journal(web.offload(_judge, pdf, known, held.root, crls, now, printed(pdf)), paper)
    key = (known.sha256, tuple(sorted(known.refused)), known.required, bool(crls))
    if key not in _seen or crls:
        if len(_seen) >= SEEN_MOST:
            _seen.clear()
        registered_file = storage.read(paper.blob)
        _seen[key] = web.offload(_judge, registered_file, known, held.root, crls, now, printed(registered_file))
    return _with_journal(_seen[key], paper)


def _judge(pdf: bytes, known: RegisteredRevision, root: x509.Certificate, crls: tuple[bytes, ...], now: datetime,
           text: list[str] | None) -> Verdict:
    return genuine.verdict(pdf, known, [root], now=now, crls=crls,
                           recompute=lambda facts, _pdf: recompute_table(facts, text))


def recompute(facts: bytes, pdf: bytes) -> str | None:
    """`recompute_table` of a file whose text is read here."""
    return recompute_table(facts, printed(pdf))


def recompute_table(facts: bytes, text: list[str] | None) -> str | None:
    """Rule 8 for the callers of genuine.verdict: the table computed anew from the attached facts, and found in print.

    None when it agrees, or when the facts hold no table; otherwise a Russian sentence about the first difference.
    """
    found = json.loads(facts)
    if not isinstance(found, dict) or "summary" not in found:
        return None
    try:
        differences = recalc.check_document(facts)
    except Refused as refusal:
        return refusal.text
    if differences:
        return f"Таблица не сходится с исходными данными: {differences[0]}."
    return _printed_problem(found["summary"]["rows"], text)


def printed(pdf: bytes) -> list[str] | None:
    """The printed lines of a file; empty when they cannot be read, None where no program reads them.

    Called before the rest is offloaded: gevent starts programs on its main loop only.
    """
    program = shutil.which("pdftotext")
    if program is None:
        return None
    if db.in_scope():
        db.current_scope().release()
    try:
        done = subprocess.run([program, "-layout", "-enc", "UTF-8", "-", "-"], input=pdf, capture_output=True,
                              timeout=30, check=True)
    except (subprocess.SubprocessError, OSError):
        return []
    return done.stdout.decode(errors="replace").replace("\u00a0", " ").splitlines()


def _printed_problem(rows: list[dict[str, Any]], lines: list[str] | None) -> str | None:
    if lines is None:
        return None
    if not lines:
        return "Напечатанные строки не читаются."
    for row in rows:
        if row["total_hundredths"] is not None and not any(
                row["code"] in line and show(row["total_hundredths"]) in line for line in lines):
            return f"В напечатанной таблице нет строки {row['code']} с итогом {show(row['total_hundredths'])}."
    return None


def _with_journal(found: Verdict, paper: Paper) -> Verdict:
    entry = _entry(paper, found.sha256)
    if entry is None:
        return found.with_rule(9, "failed", "В журнале нет записи о файле с таким отпечатком.")
    if not _holds(entry):
        return found.with_rule(9, "failed", f"Запись № {entry.seq} в журнале не сходится со своим отпечатком.")
    return found.with_rule(9, "ok", f"Файл записан в журнал под № {entry.seq}, запись связана с предыдущей.")


def _entry(paper: Paper, sha256: str) -> JournalEntry | None:
    owner = paper.protocol.id if paper.protocol else paper.dissent.protocol_id if paper.dissent else 0
    rows = session.scalars(select(JournalEntry).where(
        JournalEntry.object_type == "protocol", JournalEntry.object_id == str(owner),
        JournalEntry.action.in_(("protocol.registered", "protocol.signed_by", "protocol.dissent"))))
    return next((row for row in rows if json.loads(row.payload).get("sha256") == sha256), None)


def _holds(entry: JournalEntry) -> bool:
    before = session.scalar(select(JournalEntry.hash).where(JournalEntry.seq == entry.seq - 1)) or journal.GENESIS
    names = ("seq", "at", "actor_id", "role", "action", "object_type", "object_id")
    payload_hash = hashlib.sha256(entry.payload.encode()).hexdigest()
    fields = {name: getattr(entry, name) for name in names} | {"payload_hash": payload_hash}
    return entry.prev_hash == before and entry.hash == journal.entry_hash(before, fields)


def certificates(paper: Paper) -> dict[str, Certificate]:
    """Certificates of the signers, by fingerprint."""
    wanted = {row.certificate_sha256 for row in paper.protocol.signatories} if paper.protocol else set()
    if paper.dissent is not None:
        wanted.add(paper.dissent.certificate_sha256)
    rows = session.scalars(select(Certificate).where(Certificate.sha256.in_(wanted - {None})))
    return {row.sha256: row for row in rows}
