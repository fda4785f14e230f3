"""The facts a sitting's clock reads and the verdicts it gives (exam.md §1). The clock itself is `timing`.

Every instant is an aware UTC `datetime`; a naive one or another zone is a programming error (`ValueError`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from exam.rules.intervals import Interval
from exam.rules.states import FinishReason, Phase

DEFAULT_GRACE = timedelta(seconds=30)
MAX_GRACE = timedelta(seconds=120)
HARD_END_AFTER_CLOSE = timedelta(hours=2)
DEFAULT_MIN_SHARE = Fraction(1, 2)
ZERO = timedelta(0)


class Scope(StrEnum):
    """For whom a pause was called; all but `own` are common."""

    OWN = "own"
    SITE = "site"
    WAVE = "wave"
    SITTING = "sitting"


@dataclass(frozen=True)
class Sitting:
    """Rule 1: window, limit and borders of a sitting; `min_share` of L must be left at the start."""

    opens: datetime
    closes: datetime
    limit: timedelta
    grace: timedelta
    hard_end: datetime
    min_share: Fraction = DEFAULT_MIN_SHARE

    def __post_init__(self) -> None:
        require_utc(self.opens, self.closes, self.hard_end)
        if not self.opens < self.closes <= self.hard_end:
            raise ValueError("a sitting needs opens < closes <= hard_end")
        if self.limit <= ZERO:
            raise ValueError("the limit must be positive")
        if not ZERO <= self.grace <= MAX_GRACE:
            raise ValueError("the grace must be within 0..120 s")
        if not 0 <= self.min_share <= 1:
            raise ValueError("the minimum share must be within 0..1")


@dataclass(frozen=True)
class Pause:
    """Rule 11: [start, end), open while `end` is None. `compensated` matters for own pauses only: it moves C."""

    start: datetime
    end: datetime | None
    scope: Scope
    compensated: bool = True

    def __post_init__(self) -> None:
        require_utc(self.start, *(() if self.end is None else (self.end,)))
        if self.end is not None and self.end < self.start:
            raise ValueError("a pause cannot end before it starts")

    def as_of(self, now: datetime) -> Interval:
        """The interval; an open pause is taken as ended at `now`."""
        return self.start, max(self.start, now) if self.end is None else self.end


@dataclass(frozen=True)
class Finish:
    """A close in force: when the work ended and why."""

    at: datetime
    reason: FinishReason

    def __post_init__(self) -> None:
        require_utc(self.at)


@dataclass(frozen=True)
class Reopening:
    """Rule 12: an earlier close and the grant that opened the attempt again."""

    closed: datetime
    at: datetime

    def __post_init__(self) -> None:
        require_utc(self.closed, self.at)


@dataclass(frozen=True)
class AttemptFacts:
    """All that is stored of an attempt and decides its time.

    `pauses` are those that concern it (own, its site's, wave's, sitting's). `finished` is the close in force: None when
    the attempt was reopened; the earlier closes live in `reopened`. `extra` is the sum of all grants (E).
    """

    started: datetime | None = None
    extra: timedelta = ZERO
    shift: timedelta = ZERO
    pauses: tuple[Pause, ...] = ()
    finished: Finish | None = None
    reopened: tuple[Reopening, ...] = ()
    annulled: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(*(moment for moment in (self.started, self.annulled) if moment is not None))
        if self.extra < ZERO or self.shift < ZERO:
            raise ValueError("extra time and shift cannot be negative")


@dataclass(frozen=True)
class StartConditions:
    """What must be true of the person at the start (rule 2)."""

    identity_approved: bool
    consents_signed: bool
    briefing_acknowledged: bool
    running_elsewhere: bool = False

    @property
    def admitted(self) -> bool:
        return self.identity_approved and self.consents_signed and self.briefing_acknowledged


@dataclass(frozen=True)
class Decision:
    """An answer with its reason; `code` is empty and `text` too when allowed."""

    allowed: bool
    code: str = ""
    text: str = ""


@dataclass(frozen=True)
class StartTerms:
    """What a start at this moment would give: `shortened` is told to the participant beforehand (rule 3)."""

    deadline: datetime
    time: timedelta
    shortened: bool


@dataclass(frozen=True)
class Granted:
    """A lawful grant: the new E, the deadline it gives, and whether it reopens a closed attempt."""

    extra: timedelta
    deadline: datetime
    reopens: bool


@dataclass(frozen=True)
class Accepted:
    """The save counts; `late_in_grace` says that its estimated edit time stood in for the receive time (rule 5)."""

    late_in_grace: bool = False


@dataclass(frozen=True)
class LateBox:
    """Refused, the body kept among «Ответы, поступившие после окончания времени»."""

    code: str = "deadline_passed"
    text: str = "Время выполнения задания истекло. Ответ сохранён отдельно, решение о нём примет комиссия."


@dataclass(frozen=True)
class RefusedSave:
    """Refused without a trace among the answers."""

    code: str
    text: str


@dataclass(frozen=True)
class Countdown:
    """What every reply carries (rule 8) and the page draws; it ticks only while the attempt runs."""

    phase: Phase
    reason: FinishReason | None
    now: datetime
    deadline: datetime | None
    remaining: timedelta | None
    ticking: bool
    in_grace: bool
    paused_since: datetime | None


def require_utc(*moments: datetime) -> None:
    """`ValueError` unless each instant is aware and in UTC."""
    for moment in moments:
        if moment.tzinfo is None or moment.utcoffset() != ZERO:
            raise ValueError(f"an aware UTC instant is required, got {moment!r}")
