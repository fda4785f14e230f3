"""The journal: append-only, hash-chained, written in the fact's own transaction (scoring.md §6).

Entries are collected during the unit of work and chained just before its commit, under one short lock, so that a long
request does not hold the chain. Personal data enter by reference or salted hash only.
"""
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import DDL, CheckConstraint, Index, String, Table, Text, event, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import db
from core.canonical import canonical, digest
from core.db import Base, UtcDateTime, session

GENESIS = "0" * 64
LOCK_KEY = 7_301_966


class JournalEntry(Base):
    """One thing that happened."""

    __tablename__ = "journal"
    __table_args__ = (CheckConstraint("length(hash) = 64", name="hash_length"),
                      Index("ix_journal_object", "object_type", "object_id"))

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    role: Mapped[str] = mapped_column(String(40), default="")
    action: Mapped[str] = mapped_column(String(60), index=True)
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(40))
    payload: Mapped[str] = mapped_column(Text)
    payload_hash: Mapped[str] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER journal_no_{verb} BEFORE {verb.upper()} ON journal "
    "BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END" for verb in ("update", "delete"))
POSTGRES_TRIGGERS = (
    "CREATE OR REPLACE FUNCTION journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the journal only grows'; END $$",
    "CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal "
    "FOR EACH STATEMENT EXECUTE FUNCTION journal_only_grows()")
for _statement in SQLITE_TRIGGERS:
    event.listen(JournalEntry.__table__, "after_create", DDL(_statement).execute_if(dialect="sqlite"))
for _statement in POSTGRES_TRIGGERS:
    event.listen(JournalEntry.__table__, "after_create",
                 DDL(_statement.replace("%", "%%")).execute_if(dialect="postgresql"))


told: list[Callable[[str, str], None]] = []  # called with type and id of each object when its row is written


def record(action: str, thing: object, /, *, by: Any, now: datetime, **payload: Any) -> None:
    """Note that `by` (a Me, an account id, None for the service itself) did `action` to `thing`, in this transaction.

    `thing` is a row with an id, or a pair (type, id). `payload` holds facts without personal data; floats are refused.
    """
    canonical(payload)
    session.info.setdefault("journal", []).append((action, thing, by, now, payload))


def entry_hash(prev_hash: str, fields: dict[str, Any]) -> str:
    """hash_i = SHA-256(hash_{i-1} ‖ canonical(seq, at, actor, role, action, object, payload hash))."""
    return hashlib.sha256(prev_hash.encode() + canonical(fields)).hexdigest()


_TABLE = cast(Table, JournalEntry.__table__)
_LAST = select(_TABLE.c.seq, _TABLE.c.hash).order_by(_TABLE.c.seq.desc()).limit(1)
_ADD = insert(_TABLE)


def _seal(unit: Session) -> None:
    pending = unit.info.pop("journal", [])
    if not pending:
        return
    unit.flush()
    if unit.get_bind().dialect.name == "postgresql":
        unit.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    last = unit.execute(_LAST).first()
    seq, prev = (last.seq, last.hash) if last else (0, GENESIS)
    rows = []
    for action, thing, by, at, payload in pending:
        seq += 1
        rows.append(_entry(seq, prev, action, thing, by, at, payload))
        prev = rows[-1]["hash"]
        for tell in told:
            tell(rows[-1]["object_type"], rows[-1]["object_id"])
    unit.execute(_ADD, rows)
    unit.flush()


def _entry(seq: int, prev: str, action: str, thing: Any, by: Any, at: datetime,
           payload: dict[str, Any]) -> dict[str, Any]:
    kind, key = thing if isinstance(thing, tuple) else (thing.__tablename__, thing.id)
    body = canonical(payload).decode()
    fields = {"seq": seq, "at": at, "actor_id": getattr(by, "account_id", by), "role": getattr(by, "acting_as", ""),
              "action": action, "object_type": str(kind), "object_id": str(key), "payload_hash": digest(payload)}
    return {**fields, "payload": body, "prev_hash": prev, "hash": entry_hash(prev, fields)}


@dataclass(frozen=True)
class Check:
    """Result of reading the whole chain: how many rows held, and the first that does not (0: none)."""

    rows: int
    bad_seq: int
    head: str


def verify(unit: Session | None = None) -> Check:
    """Read the chain from its first row; stops at the first row whose number, payload or hash is not as it must be."""
    prev, count = GENESIS, 0
    rows = (unit or session).execute(select(JournalEntry).order_by(JournalEntry.seq).execution_options(yield_per=1000))
    for entry in rows.scalars():
        count += 1
        fields = {"seq": entry.seq, "at": entry.at, "actor_id": entry.actor_id, "role": entry.role,
                  "action": entry.action, "object_type": entry.object_type, "object_id": entry.object_id,
                  "payload_hash": hashlib.sha256(entry.payload.encode()).hexdigest()}
        if (entry.seq != count or entry.prev_hash != prev or entry.payload_hash != fields["payload_hash"]
                or entry.hash != entry_hash(prev, fields)):
            return Check(count, entry.seq, prev)
        prev = entry.hash
    return Check(count, 0, prev)


db.before_commit.append(_seal)
