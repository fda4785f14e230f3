"""Facts of the journal that are written once, in a transaction of their own."""
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import db
from core.canonical import canonical
from core.db import session
from core.journal import JournalEntry, record
from exam.models import Attempt


def record_once(action: str, attempt_id: int, *, by: Any, now: datetime, **payload: Any) -> bool:
    """Journal what happened to an attempt unless the same words of it stand there already; whether it was written."""
    with db.reading():
        if _stands(action, attempt_id, payload):
            return False
    with db.transaction():
        session.get_one(Attempt, attempt_id, with_for_update={"of": Attempt})
        if _stands(action, attempt_id, payload):
            return False
        record(action, ("attempt", attempt_id), by=by, now=now, **payload)
    return True


def _stands(action: str, attempt_id: int, payload: dict[str, Any]) -> bool:
    found = session.scalar(select(JournalEntry.seq).where(
        JournalEntry.object_type == "attempt", JournalEntry.object_id == str(attempt_id),
        JournalEntry.action == action, JournalEntry.payload == canonical(payload).decode()).limit(1))
    return found is not None
