"""The seed as a story: acts at explicit times in the past, played in their order through the service's operations."""
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core import access, clock, db
from core.access import Me

MARK = "демонстрационные данные"
EVERY = 50


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
    planned: int = 0

    def ago(self, **past: float) -> datetime:
        """A moment before the seed: `story.ago(days=30, hours=2)`."""
        return self.now - timedelta(**past)

    def day(self, days: int, hour: str, zone: str = "Asia/Tomsk") -> datetime:
        """`days` from today (negative: before) at a local hour «10:00», in UTC."""
        where = ZoneInfo(zone)
        date = self.now.astimezone(where).date() + timedelta(days=days)
        hours, minutes = (int(part) for part in hour.split(":"))
        return datetime(date.year, date.month, date.day, hours, minutes, tzinfo=where).astimezone(UTC)

    def at(self, moment: datetime, call: Callable[[datetime], object], *, slow: bool = False) -> None:
        """Plan an act; acts of one moment keep the order in which they were planned. ValueError for the future."""
        if moment > self.now:
            raise ValueError(f"an act of the seed lies in the future: {moment}")
        self.planned += 1
        heapq.heappush(self.acts, Act(moment, self.planned, call, slow))

    def play(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Play every act in time order, each in a transaction of its own, with the clock stopped at its moment.

        Acts may plan further ones, not before their own moment.
        """
        done = 0
        while self.acts:
            act = heapq.heappop(self.acts)
            with clock.stopped_at(act.at):
                if act.slow:
                    act.call(act.at)
                else:
                    with db.transaction():
                        act.call(act.at)
            done += 1
            if done % EVERY == 0:
                tell(f"  {done} действий, дошли до {act.at:%d.%m.%Y}")

    def person(self, name: str) -> Me:
        """The Me of somebody of the cast, with the roles of this moment."""
        if db.in_scope():
            return access.person_of(self.cast[name], clock.now())
        with db.reading():
            return access.person_of(self.cast[name], clock.now())
