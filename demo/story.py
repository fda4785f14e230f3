"""The seed as a story: acts at explicit times in the past, played in their order through the operations of the service."""
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core import access, clock, db
from core.access import Me
from core.accounts import Account
from core.db import session

MARK = "демонстрационные данные"


@dataclass(order=True)
class Act:
    """Something somebody did at a moment. `slow` acts open their own units of work (rendering, signing)."""

    at: datetime
    number: int
    call: Callable[[datetime], object] = field(compare=False)
    slow: bool = field(default=False, compare=False)


@dataclass
class Story:
    """Acts to come, and what earlier acts have made: `cast` keeps ids by name, never rows."""

    now: datetime
    acts: list[Act] = field(default_factory=list)
    cast: dict[str, Any] = field(default_factory=dict)

    def ago(self, **past: float) -> datetime:
        """A moment before the seed: `story.ago(days=30, hours=2)`."""
        return self.now - timedelta(**past)

    def at(self, moment: datetime, call: Callable[[datetime], object], *, slow: bool = False) -> None:
        """Plan an act; acts of one moment keep the order in which they were planned."""
        self.acts.append(Act(moment, len(self.acts), call, slow))

    def play(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Play every act in time order, each in a transaction of its own, with the clock stopped at its moment.

        Acts may plan further ones, not before their own moment.
        """
        done = 0
        while self.acts:
            self.acts.sort()
            act = self.acts.pop(0)
            with clock.stopped_at(act.at):
                if act.slow:
                    act.call(act.at)
                else:
                    with db.transaction():
                        act.call(act.at)
            done += 1
            if done % 50 == 0:
                tell(f"  {done} действий, {act.at:%d.%m.%Y}")

    def person(self, name: str) -> Me:
        """The Me of somebody of the cast, with the roles of this moment."""
        return access.person_of(self.cast[name], clock.now())

    def account_id(self, email: str) -> int:
        """The account behind an address."""
        return session.scalars(select(Account.id).where(Account.email == email)).one()
