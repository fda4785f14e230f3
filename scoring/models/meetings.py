"""The commission: meetings, who is present, agenda and votes, and what was published."""
import json
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contest.models import Body, Contest, Nomination
from core.accounts import Account
from core.db import Base, UtcDateTime
from core.documents.papers import Document
from scoring.models.papers import Protocol


class Meeting(Base):
    """A meeting of the commission about some nominations. `rules` are the settings it goes by, fixed at its opening."""

    __tablename__ = "meeting"
    __table_args__ = (
        UniqueConstraint("contest_id", "number"),
        CheckConstraint("state IN ('planned', 'registration', 'in_session', 'suspended', 'not_held', 'closed')",
                        name="state"),
        CheckConstraint("(state = 'planned') = (opened_at IS NULL)", name="opened"),
        CheckConstraint("state NOT IN ('in_session', 'suspended', 'closed') OR "
                        "(started_at IS NOT NULL AND presiding_id IS NOT NULL)", name="started"),
        CheckConstraint("(state IN ('not_held', 'closed')) = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(state = 'not_held') = (document_id IS NOT NULL)", name="not_held"),
        CheckConstraint("(state = 'suspended') = (suspended_at IS NOT NULL)", name="suspended"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contest_id: Mapped[int] = mapped_column(ForeignKey("contest.id"), index=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(20), default="planned", index=True)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    presiding_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    contest: Mapped[Contest] = relationship(lazy="raise")
    body: Mapped[Body] = relationship(lazy="raise")
    document: Mapped[Document | None] = relationship(lazy="raise")
    nominations: Mapped[list["MeetingNomination"]] = relationship(lazy="raise", order_by="MeetingNomination.id")
    roster: Mapped[list["Presence"]] = relationship(lazy="raise", order_by="Presence.ordinal")
    items: Mapped[list["AgendaItem"]] = relationship(lazy="raise", order_by="AgendaItem.number")


class MeetingNomination(Base):
    """A nomination a meeting decides about."""

    __tablename__ = "meeting_nomination"
    __table_args__ = (UniqueConstraint("meeting_id", "nomination_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    nomination: Mapped[Nomination] = relationship(lazy="raise")


class Presence(Base):
    """A member of the commission as the order had it when the registration opened, and whether they are there.

    The member's own word (`declared`) counts once the secretary has confirmed it (`present`).
    """

    __tablename__ = "presence"
    __table_args__ = (
        UniqueConstraint("meeting_id", "account_id"),
        CheckConstraint("state IN ('expected', 'declared', 'present', 'absent', 'left')", name="state"),
        CheckConstraint("state NOT IN ('present', 'left') OR confirmed_at IS NOT NULL", name="confirmed"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name="confirmer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    ordinal: Mapped[int]
    duty: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(10), default="expected")
    reason: Mapped[str] = mapped_column(String(200), default="")
    declared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AgendaItem(Base):
    """A question of the agenda. `details`: the resolution of a tie or the reason of a return. The wording and what it
    rests on (`materials`) are fixed when its vote opens; `result` when it closes."""

    __tablename__ = "agenda_item"
    __table_args__ = (
        UniqueConstraint("meeting_id", "number"),
        CheckConstraint("kind IN ('protocol', 'tie', 'return', 'other')", name="kind"),
        CheckConstraint("state IN ('draft', 'open', 'closed', 'withdrawn')", name="state"),
        CheckConstraint("kind = 'other' OR nomination_id IS NOT NULL", name="subject"),
        CheckConstraint("state NOT IN ('open', 'closed') OR (opened_at IS NOT NULL AND wording_sha256 IS NOT NULL)",
                        name="opened"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(state = 'closed') = (accepted IS NOT NULL)", name="decided"),
        Index("uq_agenda_item_one_open", "meeting_id", unique=True, sqlite_where=text("state = 'open'"),
              postgresql_where=text("state = 'open'")))

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    nomination_id: Mapped[int | None] = mapped_column(ForeignKey("nomination.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    wording: Mapped[str] = mapped_column(Text)
    speaker: Mapped[str] = mapped_column(String(200), default="")
    minutes: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    wording_sha256: Mapped[str | None] = mapped_column(String(64))
    materials: Mapped[str] = mapped_column(Text, default="{}")
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    present_at_open: Mapped[int | None]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    present_at_close: Mapped[int | None]
    accepted: Mapped[bool | None]
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    nomination: Mapped[Nomination | None] = relationship(lazy="raise")
    votes: Mapped[list["Vote"]] = relationship(lazy="raise", order_by="Vote.id")

    @property
    def frozen(self) -> dict[str, Any]:
        """What the vote rests on, as it was when it opened."""
        found: dict[str, Any] = json.loads(self.materials)
        return found


class Vote(Base):
    """One member's word on one question: one row, changed until the close. `recused` stands, it cannot be taken back.

    An oral vote was entered by the secretary with the `moment` of the recording; the member confirms it later.
    """

    __tablename__ = "vote"
    __table_args__ = (
        UniqueConstraint("item_id", "account_id"),
        CheckConstraint("choice IN ('for', 'against', 'abstain', 'recused')", name="choice"),
        CheckConstraint("oral = (entered_by_id IS NOT NULL)", name="oral"),
        CheckConstraint("NOT oral OR moment != ''", name="moment"),
        CheckConstraint("oral OR confirmed_at IS NULL", name="confirmed"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    choice: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    oral: Mapped[bool] = mapped_column(default=False)
    moment: Mapped[str] = mapped_column(String(40), default="")
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account: Mapped[Account] = relationship(lazy="raise", foreign_keys=[account_id])


class Publication(Base):
    """Results of a nomination made public. `payload` is canonical JSON without names: those follow from consents."""

    __tablename__ = "publication"
    __table_args__ = (
        UniqueConstraint("nomination_id", "kind"), CheckConstraint("kind IN ('preliminary', 'final')", name="kind"),
        CheckConstraint("length(sha256) = 64", name="sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"))
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocol.id"))
    kind: Mapped[str] = mapped_column(String(12))
    payload: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    appeals_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    protocol: Mapped[Protocol] = relationship(lazy="raise")

    @property
    def content(self) -> Any:
        """What was published, by code."""
        return json.loads(self.payload)
