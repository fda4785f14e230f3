"""Points: the frozen scheme, sheets and their marks, interests and conflicts, divergences, the kept summary."""
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contest.models import Nomination, Participant
from core.accounts import Account
from core.db import Base, UtcDateTime
from core.storage import Blob


class Scheme(Base):
    """The scheme of marking of a nomination in versions; `payload` is canonical JSON (scoring/rules/scheme.py)."""

    __tablename__ = "scheme"
    __table_args__ = (
        UniqueConstraint("nomination_id", "version"),
        CheckConstraint("state IN ('draft', 'frozen', 'superseded')", name="state"),
        CheckConstraint("(state = 'draft') = (frozen_at IS NULL)", name="frozen"),
        CheckConstraint("(state = 'superseded') = (superseded_at IS NOT NULL)", name="superseded"),
        CheckConstraint("length(sha256) = 64", name="sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default="draft")
    title: Mapped[str] = mapped_column(String(300))
    payload: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    source_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    source_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500), default="")
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source: Mapped[Blob] = relationship(lazy="raise")


class Sheet(Base):
    """One expert × participant × module of one scheme. States: scoring/rules/states.py."""

    __tablename__ = "sheet"
    __table_args__ = (
        UniqueConstraint("scheme_id", "participant_id", "expert_id", "module", "version"),
        CheckConstraint("state IN ('assigned', 'in_progress', 'submitted', 'alert', 'reconciling', 'signed', "
                        "'included', 'recused', 'unfinished', 'reopened', 'annulled')", name="state"),
        CheckConstraint("state NOT IN ('submitted', 'alert', 'reconciling', 'signed', 'included') "
                        "OR submitted_at IS NOT NULL", name="submitted"),
        CheckConstraint("(state IN ('signed', 'included', 'annulled')) = (signed_at IS NOT NULL)", name="signed"),
        CheckConstraint("(signed_at IS NULL) = (sha256 IS NULL)", name="hashed"),
        Index("ix_sheet_work", "expert_id", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    module: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(20), default="assigned")
    reason: Mapped[str] = mapped_column(String(500), default="")
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("sheet.id"))
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    basis: Mapped[str] = mapped_column(String(300), default="")
    payload: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    scheme: Mapped[Scheme] = relationship(lazy="raise")
    nomination: Mapped[Nomination] = relationship(lazy="raise")
    participant: Mapped[Participant] = relationship(lazy="raise")
    expert: Mapped[Account] = relationship(lazy="raise")
    marks: Mapped[list["Mark"]] = relationship(lazy="raise", order_by="Mark.id")


class Mark(Base):
    """What an expert said of one aspect; `value` as its kind keeps it, or {"not_assessed": reason}."""

    __tablename__ = "mark"
    __table_args__ = (UniqueConstraint("sheet_id", "aspect_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id"), index=True)
    aspect_id: Mapped[str] = mapped_column(String(60))
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(String(1000), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Interest(Base):
    """An organisation an expert works or worked for, as the expert declared it: compared with the participants'."""

    __tablename__ = "interest"
    __table_args__ = (UniqueConstraint("nomination_id", "account_id", "inn"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    inn: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Conflict(Base):
    """An expert who must not mark a participant: bars assignment and writing."""

    __tablename__ = "conflict"
    __table_args__ = (UniqueConstraint("account_id", "participant_id"),
                      CheckConstraint("ground IN ('declared', 'organisation', 'self')", name="ground"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    ground: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Divergence(Base):
    """Experts far apart on one aspect of one participant: blocks the protocol until the chair closes it."""

    __tablename__ = "divergence"
    __table_args__ = (CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    module: Mapped[str] = mapped_column(String(60))
    aspect_id: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(String(500))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    resolution: Mapped[str] = mapped_column(String(1000), default="")
    participant: Mapped[Participant] = relationship(lazy="raise")
    stances: Mapped[list["Stance"]] = relationship(lazy="raise", order_by="Stance.id")


class Stance(Base):
    """One sheet in one divergence: what the mark was when it opened, and whether the expert kept or changed it."""

    __tablename__ = "stance"
    __table_args__ = (UniqueConstraint("divergence_id", "sheet_id"),
                      CheckConstraint("outcome IN ('keep', 'change')", name="outcome"),
                      CheckConstraint("(outcome IS NULL) = (at IS NULL)", name="given"))

    id: Mapped[int] = mapped_column(primary_key=True)
    divergence_id: Mapped[int] = mapped_column(ForeignKey("divergence.id"), index=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id"), index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    outcome: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(1000), default="")
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sheet: Mapped[Sheet] = relationship(lazy="raise")


class Summary(Base):
    """The summary table as it stood when a protocol was drafted: inputs and result in canonical JSON."""

    __tablename__ = "summary"
    __table_args__ = (UniqueConstraint("nomination_id", "revision"),
                      CheckConstraint("length(sha256) = 64", name="sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("scheme.id"))
    revision: Mapped[int]
    inputs: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
