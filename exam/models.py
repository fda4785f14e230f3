"""Tasks and answers: bank, sitting, attempt, every save; tasks handed over, first and later accesses, results."""
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from contest.models import Event, Participant
from core.db import Base, UtcDateTime
from core.storage import Blob


class Bank(Base):
    """A set of questions of a nomination, as imported from one file."""

    __tablename__ = "bank"

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    source_name: Mapped[str] = mapped_column(String(200))
    source_sha256: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    questions: Mapped[list["BankQuestion"]] = relationship(lazy="raise", order_by="BankQuestion.position")


class BankQuestion(Base):
    """A question as exam/questions understands it; never edited once used."""

    __tablename__ = "bank_question"
    __table_args__ = (UniqueConstraint("bank_id", "position"), CheckConstraint("points >= 0", name="points"))

    id: Mapped[int] = mapped_column(primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    points: Mapped[int]
    record: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))


class Sitting(Base):
    """Theory of a nomination: window [opens, closes], limit, grace and hard end (exam.md §1 rule 1)."""

    __tablename__ = "sitting"
    __table_args__ = (
        CheckConstraint("closes_at > opens_at", name="window"), CheckConstraint("hard_end_at >= closes_at", name="end"),
        CheckConstraint("limit_seconds > 0", name="time"),
        CheckConstraint("grace_seconds BETWEEN 0 AND 120", name="grace"),
        CheckConstraint("min_share BETWEEN 0 AND 100", name="share"))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    hard_end_at: Mapped[datetime] = mapped_column(UtcDateTime)
    limit_seconds: Mapped[int]
    grace_seconds: Mapped[int] = mapped_column(default=30)
    min_share: Mapped[int] = mapped_column(default=50)
    question_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship(lazy="raise")


class Attempt(Base):
    """One participant's work on one sitting. Phase and deadline are computed from the facts (exam/rules/timing).

    `head_hash` and `save_count` are the end of its receipt chain; `version` counts the changes of its deadline;
    `device` is the hash of the device cookie it was begun with.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("sitting_id", "participant_id"), UniqueConstraint("request_key"),
        CheckConstraint("(finished_at IS NULL) = (finish_reason IS NULL)", name="finished"),
        CheckConstraint("finish_reason IN ('participant', 'deadline', 'removal', 'commission')", name="reason"),
        CheckConstraint("points IS NULL OR finished_at IS NOT NULL", name="marked"),
        CheckConstraint("extra_seconds >= 0 AND shift_seconds >= 0", name="extra"),
        Index("ix_attempt_open", "finished_at", "sitting_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    seed: Mapped[str] = mapped_column(String(32))
    request_key: Mapped[str] = mapped_column(String(64))
    session_id: Mapped[int] = mapped_column(default=0)
    device: Mapped[str] = mapped_column(String(64), default="")
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    extra_seconds: Mapped[int] = mapped_column(default=0)
    shift_seconds: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finish_reason: Mapped[str | None] = mapped_column(String(12))
    head_hash: Mapped[str] = mapped_column(String(64))
    save_count: Mapped[int] = mapped_column(default=0)
    last_ack_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    points: Mapped[int | None]
    max_points: Mapped[int | None]
    marks: Mapped[list[Any] | None] = mapped_column(JSON)
    sitting: Mapped[Sitting] = relationship(lazy="joined", innerjoin=True)
    participant: Mapped[Participant] = relationship(lazy="raise")
    questions: Mapped[list["AttemptQuestion"]] = relationship(lazy="raise", order_by="AttemptQuestion.position")


class AttemptQuestion(Base):
    """One question of a participant's paper, in the participant's order."""

    __tablename__ = "attempt_question"
    __table_args__ = (UniqueConstraint("attempt_id", "position"), UniqueConstraint("attempt_id", "question_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("bank_question.id"))
    position: Mapped[int]
    flagged: Mapped[bool] = mapped_column(default=False)
    question: Mapped[BankQuestion] = relationship(lazy="raise")


class Save(Base):
    """One accepted save: its place in the attempt's receipt chain. The highest seq of a question is its answer.

    `prev_seen` is the hash the page believed to be the last one: evidence, no ground for refusal. `restored_at` is set
    when an older copy of the database had lost the row and the browser brought it back with its sealed receipt.
    """

    __tablename__ = "save"
    __table_args__ = (UniqueConstraint("attempt_id", "question_id", "seq"), UniqueConstraint("attempt_id", "client_id"),
                      UniqueConstraint("attempt_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("attempt_question.id"))
    number: Mapped[int]
    seq: Mapped[int]
    value: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str] = mapped_column(String(64))
    page_id: Mapped[str] = mapped_column(String(64), default="")
    mono_ms: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    late_in_grace: Mapped[bool] = mapped_column(default=False)
    prev_seen: Mapped[str] = mapped_column(String(64), default="")
    restored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hash: Mapped[str] = mapped_column(String(64))


class LateSave(Base):
    """«Ответы, поступившие после окончания времени», and a second value sent under one seq: kept, not graded.

    The commission may admit one with a reason; then it counts like any other answer (exam.md §1 rule 5).
    """

    __tablename__ = "late_save"
    __table_args__ = (
        UniqueConstraint("attempt_id", "client_id"), CheckConstraint("cause IN ('time', 'conflict')", name="cause"),
        CheckConstraint("(admitted_at IS NULL) = (admitted_by_id IS NULL)", name="admitted"),
        CheckConstraint("admitted_at IS NULL OR admit_reason <> ''", name="reason"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("attempt_question.id"))
    seq: Mapped[int]
    value: Mapped[str] = mapped_column(Text)
    client_id: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cause: Mapped[str] = mapped_column(String(10), default="time")
    admitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    admitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    admit_reason: Mapped[str] = mapped_column(String(300), default="")


class Contact(Base):
    """A stretch of time in which the page of an attempt was heard of; what lies between two is time offline."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("attempt_id", "from_at"), CheckConstraint("last_at >= from_at", name="order"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TimeProposal(Base):
    """Somebody proposes more time; the person whom the порядок names decides (exam.md §1 rule 11)."""

    __tablename__ = "time_proposal"
    __table_args__ = (
        CheckConstraint("seconds > 0", name="seconds"), CheckConstraint("basis IN ('offline', 'other')", name="basis"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_id IS NULL)", name="decided"),
        CheckConstraint("(decided_at IS NULL) = (granted IS NULL)", name="granted"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    seconds: Mapped[int]
    basis: Mapped[str] = mapped_column(String(10))
    offline_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    offline_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(300))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    granted: Mapped[bool | None]
    decision: Mapped[str] = mapped_column(String(300), default="")


class TimeGrant(Base):
    """Time given to an attempt: who, when, why, seconds (exam.md §1 rule 12). `closed_at` is the earlier close that a
    grant after the deadline has opened again."""

    __tablename__ = "time_grant"
    __table_args__ = (CheckConstraint("seconds > 0 AND added_seconds >= 0", name="seconds"),
                      CheckConstraint("reason <> ''", name="reason"), UniqueConstraint("proposal_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("time_proposal.id"))
    seconds: Mapped[int]
    added_seconds: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    deadline_before: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline_after: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Task(Base):
    """A practice task: text and files, handed over at its hour. A wrong version is withdrawn for all at once."""

    __tablename__ = "task"
    __table_args__ = (CheckConstraint("closes_at > releases_at", name="order"),
                      UniqueConstraint("event_id", "version"),
                      CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn"),
                      CheckConstraint("withdrawn_at IS NULL OR withdraw_reason <> ''", name="reason"))

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nomination.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    releases_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    withdraw_reason: Mapped[str] = mapped_column(String(300), default="")
    files: Mapped[list["TaskFile"]] = relationship(lazy="raise", order_by="TaskFile.id")


class TaskFile(Base):
    """A file of a task."""

    __tablename__ = "task_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    blob: Mapped[Blob] = relationship(lazy="raise")


class FirstAccess(Base):
    """The first access of one participant to one task: written once, before the body leaves (exam.md §3)."""

    __tablename__ = "first_access"
    __table_args__ = (UniqueConstraint("task_id", "participant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    device: Mapped[str] = mapped_column(String(64), default="")
    sealed: Mapped[bool] = mapped_column(default=False)
    version_sha256: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LaterAccess(Base):
    """Every access after the first: the text again, or a file."""

    __tablename__ = "later_access"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("task_file.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(64), default="")


class SealedDelivery(Base):
    """«Закрытый пакет доставлен»: the encrypted body has reached the participant's browser before the hour."""

    __tablename__ = "sealed_delivery"
    __table_args__ = (UniqueConstraint("task_id", "participant_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    delivered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    sha256: Mapped[str] = mapped_column(String(64))


class StaffView(Base):
    """«Ознакомление с заданием до начала»: every look by staff."""

    __tablename__ = "staff_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    before_hour: Mapped[bool]


class ResultFile(Base):
    """What a participant handed in: photo, video, PDF."""

    __tablename__ = "result_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(300), default="")
    blob_id: Mapped[int] = mapped_column(ForeignKey("blob.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    late: Mapped[bool] = mapped_column(default=False)
    blob: Mapped[Blob] = relationship(lazy="joined", innerjoin=True)
