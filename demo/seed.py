"""`flask demo seed`: plays the story once, in an empty installation, and marks in the journal that it is done."""
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select

from core import db, journal, passwords
from core.accounts import Account
from core.db import session
from core.errors import Refused
from core.journal import JournalEntry
from demo import cast, plan
from demo.story import Story

DONE = "demo.seeded"


def seeded_at() -> datetime | None:
    """When the demonstration was filled in; None when it was not, or not to the end."""
    return session.scalar(select(JournalEntry.at).where(JournalEntry.action == DONE))


def seed(now: datetime, tell: Callable[[str], None] = lambda _: None) -> bool:
    """Fill an empty installation; False when that was done before. Opens units of work of its own.

    Refused when there is anything else in the database: a demonstration never mixes with real data.
    """
    with db.reading():
        if seeded_at() is not None:
            return False
        if session.scalar(select(func.count()).select_from(Account)):
            raise Refused("not_empty", "В базе уже есть данные: рабочие или прерванное заполнение. Задайте другую "
                                       "папку (DATA_DIR=…) или начните заново (FRESH=1).")
    story = Story(now, cast={"password_hash": passwords.hash_secret(cast.PASSWORD)})
    plan.tell(story)
    story.play(tell)
    with db.transaction():
        journal.record(DONE, ("contest", story.cast["tomsk"]), by=None, now=now, contests=3)
    return True
