"""Who and where: contest, nominations, events, bodies, applications, participants, the draw."""
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.accounts import Account
from core.db import Base, UtcDateTime
from core.storage import Blob


class Contest(Base):
    """A regional stage of one year. Rule settings live here until a nomination has its own."""

    __tablename__ = "contest"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'announced', 'running', 'finished', 'archived')", name="state"),
        CheckConstraint("state = 'draft' OR announced_at IS NOT NULL", name="announced"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    region: Mapped[str] = mapped_column(String(200))
    year: Mapped[int]
    zone: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    about: Mapped[str] = mapped_column(Text, default="")
    conditions: Mapped[str] = mapped_column(Text, default="")
    operator_name: Mapped[str] = mapped_column(String(300))
    operator_address: Mapped[str] = mapped_column(String(300), default="")
    operator_inn: Mapped[str] = mapped_column(String(12), default="")
    order_ref: Mapped[str] = mapped_column(String(300), default="")
    contact_phone: Mapped[str] = mapped_column(String(60), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    applications_open_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applications_close_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    demo: Mapped[bool] = mapped_column(default=False)
    nominations: Mapped[list["Nomination"]] = relationship(back_populates="contest", lazy="raise",
                                                           order_by="Nomination.id")


class Nomination(Base):
    """One profession of a contest: «Лучший сварщик». `settings` are {key: {"value": …, "clause": "п. 4.2"}}."""

    __tablename__ = "nomination"
    __table_args__ = (UniqueConstraint("contest_id", "title"), CheckConstraint("prize_places >= 1", name="prizes"),
                      CheckConstraint("(settings_frozen_at IS NULL) = (settings_sha256 IS NULL)", name="frozen"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contest_id: Mapped[int] = mapped_column(ForeignKey("contest.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    profession: Mapped[str] = mapped_column(String(200))
    prize_places: Mapped[int] = mapped_column(default=3)
    requirements: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    settings_frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settings_sha256: Mapped[str | None] = mapped_column(String(64))
    contest: Mapped[Contest] = relationship(back_populates="nominations", lazy="joined", innerjoin=True)


class Event(Base):
    """One line of the timetable; the common key between packages. Kinds: contest/rules/timetable.py."""

    __tablename__ = "event"
    __table_args__ = (CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(String(300), default="")
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Body(Base):
    """A commission (of the contest), an expert group (of a nomination), an appeals board; made by an order."""

    __tablename__ = "body"
    __table_args__ = (CheckConstraint("kind IN ('commission', 'expert_group', 'appeals')", name="kind"),
                      CheckConstraint("(kind = 'expert_group') = (nomination_id IS NOT NULL)", name="scope"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contest_id: Mapped[int] = mapped_column(ForeignKey("contest.id"), index=True)
    nomination_id: Mapped[int | None] = mapped_column(ForeignKey("nomination.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    order_ref: Mapped[str] = mapped_column(String(200), default="")
    members: Mapped[list["BodyMember"]] = relationship(back_populates="body", lazy="raise", order_by="BodyMember.id")


class BodyMember(Base):
    """A person in a body, from an order until another one."""

    __tablename__ = "body_member"
    __table_args__ = (CheckConstraint("duty IN ('chair', 'deputy', 'secretary', 'member')", name="duty"),
                      UniqueConstraint("body_id", "account_id", "since"))

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    duty: Mapped[str] = mapped_column(String(20))
    position: Mapped[str] = mapped_column(String(300), default="")
    order_ref: Mapped[str] = mapped_column(String(200), default="")
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("body_member.id"))
    body: Mapped[Body] = relationship(back_populates="members", lazy="raise")
    account: Mapped[Account] = relationship(lazy="raise")


class ConsentText(Base):
    """One version of the text of a consent (domain.md §2.2: three separate documents)."""

    __tablename__ = "consent_text"
    __table_args__ = (CheckConstraint("kind IN ('processing', 'video', 'publication')", name="kind"),
                      UniqueConstraint("contest_id", "kind", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contest_id: Mapped[int] = mapped_column(ForeignKey("contest.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Application(Base):
    """An application of one person for one nomination. States: contest/rules/states.py."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'submitted', 'registered', 'on_review', 'returned', 'proposed', "
                        "'admitted', 'rejected', 'withdrawn')", name="state"),
        CheckConstraint("state NOT IN ('registered', 'on_review', 'proposed', 'admitted', 'rejected') "
                        "OR number IS NOT NULL", name="registered"),
        CheckConstraint("state NOT IN ('admitted', 'rejected') OR decided_at IS NOT NULL", name="decided"),
        UniqueConstraint("nomination_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[str] = mapped_column(String(30), default="draft", index=True)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    edited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    number: Mapped[str | None] = mapped_column(String(40), unique=True)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registered_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    proposal: Mapped[str | None] = mapped_column(String(10))
    proposal_reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decision_body: Mapped[str] = mapped_column(String(40), default="")
    reason_code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    nomination: Mapped[Nomination] = relationship(lazy="joined", innerjoin=True)
    account: Mapped[Account] = relationship(foreign_keys=[account_id], lazy="raise")
    attachments: Mapped[list["Attachment"]] = relationship(lazy="raise", order_by="Attachment.id")
    consents: Mapped[list["Consent"]] = relationship(lazy="raise", order_by="Consent.id")
    remarks: Mapped[list["Remark"]] = relationship(lazy="raise", order_by="Remark.id")


class Submission(Base):
    """What was sent each time, frozen: canonical JSON and its SHA-256 are the receipt."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("application_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    version: Mapped[int]
    payload: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Attachment(Base):
    """A file of an application; kinds: contest/rules/eligibility.py."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    name: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blob: Mapped[Blob] = relationship(lazy="raise")


class Consent(Base):
    """A consent given to one version of a text, with the hash of what was signed."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("application_id", "text_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("consent_text.id"))
    kind: Mapped[str] = mapped_column(String(20))
    text_sha256: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Remark(Base):
    """A remark with which an application was returned, and its term."""

    __tablename__ = "remark"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))


class Participant(Base):
    """Somebody admitted. Experts know only `code`; the name is reached through the application."""

    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("nomination_id", "code"), UniqueConstraint("nomination_id", "account_id"),
                      CheckConstraint("(code IS NULL) = (order_no IS NULL)", name="drawn"))

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    admitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    code: Mapped[str | None] = mapped_column(String(20))
    order_no: Mapped[int | None]
    variant: Mapped[int] = mapped_column(default=1)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    no_show: Mapped[str] = mapped_column(String(200), default="")
    account: Mapped[Account] = relationship(lazy="raise")
    application: Mapped[Application] = relationship(lazy="raise", innerjoin=True)  # an outer one reads all applications


class Draw(Base):
    """One run of the draw: frozen list, seed with the numbers called aloud, result; any stranger can repeat it."""

    __tablename__ = "draw"

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    seed: Mapped[str] = mapped_column(String(200))
    called_numbers: Mapped[str] = mapped_column(String(200), default="")
    list_sha256: Mapped[str] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))


class Briefing(Base):
    """The text of a briefing, in versions; what is acknowledged is one version's hash."""

    __tablename__ = "briefing"
    __table_args__ = (UniqueConstraint("nomination_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))


class BriefingSignature(Base):
    """A participant's acknowledgement by simple signature (re-entered secret)."""

    __tablename__ = "briefing_signature"
    __table_args__ = (UniqueConstraint("briefing_id", "participant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    briefing_id: Mapped[int] = mapped_column(ForeignKey("briefing.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    text_sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")


class Identity(Base):
    """One showing of face and document, and what a person decided about it."""

    __tablename__ = "identity"
    __table_args__ = (
        CheckConstraint("method IN ('camera', 'site')", name="method"),
        CheckConstraint("state IN ('waiting', 'approved', 'refused')", name="state"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("method = 'site' OR (face_id IS NOT NULL AND document_id IS NOT NULL)", name="photos"),
        Index("ix_identity_queue", "state", "shown_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    method: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    face_id: Mapped[int | None] = mapped_column(ForeignKey("blob.id"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("blob.id"))
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")
