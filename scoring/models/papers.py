"""Papers: certificates and keys of members, protocols with their signers and file revisions, handover."""
import json
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contest.models import Contest, Nomination
from core.accounts import Account
from core.db import Base, UtcDateTime
from core.documents.papers import Document
from core.storage import Blob


class ElectronicAgreement(Base):
    """One version of «Соглашение об электронном взаимодействии»; what is accepted is one version's hash."""

    __tablename__ = "electronic_agreement"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(unique=True)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AgreementAcceptance(Base):
    """A person accepted one version of the agreement."""

    __tablename__ = "agreement_acceptance"
    __table_args__ = (UniqueConstraint("agreement_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("electronic_agreement.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    text_sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")


class Certificate(Base):
    """A member's certificate of the internal authority. `serial` is what the stamp prints, `sha256` that of the DER."""

    __tablename__ = "certificate"
    __table_args__ = (CheckConstraint("valid_to > valid_from", name="term"),
                      CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    acceptance_id: Mapped[int] = mapped_column(ForeignKey("agreement_acceptance.id"))
    owner: Mapped[str] = mapped_column(String(200))
    serial: Mapped[str] = mapped_column(String(16), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    pem: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_to: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    revoke_reason: Mapped[str] = mapped_column(String(300), default="")


class SigningKey(Base):
    """The private key of a certificate, sealed under the owner's passphrase; removed when that is revoked."""

    __tablename__ = "signing_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Protocol(Base):
    """A protocol of any kind (scoring/protocols.py: KINDS), one row per edition; `facts` are canonical JSON.

    `head_sha256` is the hash of the newest file revision: whoever signs must have signed exactly that one. The lease
    gives one signer at a time the right to append.
    """

    __tablename__ = "protocol"
    __table_args__ = (
        UniqueConstraint("subject_type", "subject_id", "kind", "edition"),
        CheckConstraint("state IN ('draft', 'on_approval', 'frozen', 'signing', 'signed', 'signed_with_dissent', "
                        "'failed', 'handed_over', 'returned', 'accepted', 'published', 'superseded')", name="state"),
        CheckConstraint("state NOT IN ('draft', 'on_approval') OR document_id IS NULL", name="open"),
        CheckConstraint("state IN ('draft', 'on_approval', 'frozen') OR head_sha256 IS NOT NULL", name="registered"),
        CheckConstraint("state NOT IN ('signed', 'signed_with_dissent', 'handed_over', 'accepted', 'returned', "
                        "'published') OR completed_at IS NOT NULL", name="completed"),
        CheckConstraint("(names_opened_at IS NULL) = (names_opened_by_id IS NULL)", name="names"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    contest_id: Mapped[int] = mapped_column(ForeignKey("contest.id"), index=True)
    nomination_id: Mapped[int | None] = mapped_column(ForeignKey("nomination.id"), index=True)
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int]
    edition: Mapped[int] = mapped_column(default=1)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("protocol.id"))
    number: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(20), default="draft", index=True)
    rule: Mapped[str] = mapped_column(String(20))
    facts: Mapped[str] = mapped_column(Text)
    facts_sha256: Mapped[str] = mapped_column(String(64))
    drafted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    drafted_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    approval_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    signing_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), unique=True)
    head_sha256: Mapped[str | None] = mapped_column(String(64))
    lease_signatory_id: Mapped[int | None]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    names_opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    names_opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    contest: Mapped[Contest] = relationship(lazy="raise")
    nomination: Mapped[Nomination | None] = relationship(lazy="raise")
    document: Mapped[Document | None] = relationship(lazy="raise")
    signatories: Mapped[list["Signatory"]] = relationship(lazy="raise", order_by="Signatory.ordinal")
    agreements: Mapped[list["Agreement"]] = relationship(lazy="raise", order_by="Agreement.id")
    revisions: Mapped[list["ProtocolRevision"]] = relationship(lazy="raise", order_by="ProtocolRevision.number")

    @property
    def content(self) -> Any:
        """The facts as they stand."""
        return json.loads(self.facts)


class Signatory(Base):
    """One person who signs one protocol, and how it ended. `certificate_sha256` is the only one the field takes."""

    __tablename__ = "signatory"
    __table_args__ = (
        UniqueConstraint("protocol_id", "account_id"), UniqueConstraint("protocol_id", "field"),
        CheckConstraint("state IN ('waiting', 'signed', 'paper', 'refused', 'missed')", name="state"),
        CheckConstraint("(state = 'waiting') = (at IS NULL)", name="decided"),
        CheckConstraint("state != 'signed' OR certificate_sha256 IS NOT NULL", name="certified"))

    id: Mapped[int] = mapped_column(primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocol.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    ordinal: Mapped[int]
    field: Mapped[str] = mapped_column(String(20))
    duty: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))
    dissent: Mapped["Dissent | None"] = relationship(lazy="raise", back_populates="signatory")
    papers: Mapped[list["PaperSignature"]] = relationship(lazy="raise", order_by="PaperSignature.id",
                                                          back_populates="signatory")


class ProtocolRevision(Base):
    """The registry of files: revision 0 is prepared for signing, each later one carries one more signature."""

    __tablename__ = "protocol_revision"
    __table_args__ = (UniqueConstraint("protocol_id", "number"), UniqueConstraint("protocol_id", "sha256"),
                      CheckConstraint("(number = 0) = (signatory_id IS NULL)", name="signer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocol.id"), index=True)
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    previous_sha256: Mapped[str | None] = mapped_column(String(64))
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    signatory_id: Mapped[int | None] = mapped_column(ForeignKey("signatory.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    blob: Mapped[Blob] = relationship(lazy="raise")


class Agreement(Base):
    """One line of «Лист согласования»: agreed, or a remark with its answer; about the facts with this hash."""

    __tablename__ = "agreement"
    __table_args__ = (CheckConstraint("outcome IN ('agree', 'remark')", name="outcome"),
                      CheckConstraint("outcome = 'agree' OR text != ''", name="remark"),
                      CheckConstraint("(answered_at IS NULL) = (answered_by_id IS NULL)", name="answered"))

    id: Mapped[int] = mapped_column(primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocol.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    facts_sha256: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    account: Mapped[Account] = relationship(lazy="raise", foreign_keys=[account_id])


class Dissent(Base):
    """«Особое мнение»: a paper of its own, signed by its author; `sha256` of the signed file stands in the record."""

    __tablename__ = "dissent"

    id: Mapped[int] = mapped_column(primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocol.id"), index=True)
    signatory_id: Mapped[int] = mapped_column(ForeignKey("signatory.id"), unique=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    certificate_sha256: Mapped[str] = mapped_column(String(64))
    blob_id: Mapped[int | None] = mapped_column(ForeignKey("blob.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    signatory: Mapped[Signatory] = relationship(lazy="raise", back_populates="dissent")
    document: Mapped[Document] = relationship(lazy="raise")
    blob: Mapped[Blob | None] = relationship(lazy="raise")


class PaperSignature(Base):
    """A wet signature: its scan entered by one person and checked by another; refused scans stay."""

    __tablename__ = "paper_signature"
    __table_args__ = (
        CheckConstraint("state IN ('entered', 'checked', 'refused')", name="state"),
        CheckConstraint("(state = 'entered') = (checked_at IS NULL)", name="checked"),
        CheckConstraint("checked_by_id IS NULL OR checked_by_id != entered_by_id", name="two_people"),
        Index("ix_paper_signature_waiting", "protocol_id", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocol.id"))
    signatory_id: Mapped[int] = mapped_column(ForeignKey("signatory.id"), index=True)
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(10), default="entered")
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    check_note: Mapped[str] = mapped_column(String(500), default="")
    blob: Mapped[Blob] = relationship(lazy="raise")
    signatory: Mapped[Signatory] = relationship(lazy="raise", back_populates="papers")


class Handover(Base):
    """«Акт приёма-передачи протокола»: who gave which package to the commission, and what became of it."""

    __tablename__ = "handover"
    __table_args__ = (CheckConstraint("state IN ('given', 'accepted', 'returned')", name="state"),
                      CheckConstraint("(state = 'given') = (decided_at IS NULL)", name="decided"),
                      CheckConstraint("state != 'returned' OR reason != ''", name="reasoned"))

    id: Mapped[int] = mapped_column(primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocol.id"), unique=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    package_sha256: Mapped[str] = mapped_column(String(64))
    protocol_sha256: Mapped[str] = mapped_column(String(64))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    state: Mapped[str] = mapped_column(String(10), default="given")
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(1000), default="")
    protocol: Mapped[Protocol] = relationship(lazy="raise")
    package: Mapped[Blob] = relationship(lazy="raise")
    given_by: Mapped[Account] = relationship(lazy="raise", foreign_keys=[given_by_id])
    decided_by: Mapped[Account | None] = relationship(lazy="raise", foreign_keys=[decided_by_id])
