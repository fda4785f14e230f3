"""What arrives from the pages of attempts, and what becomes of it."""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import Refused

OLDER = 2_000_000_001


@dataclass(frozen=True)
class Sent:
    """One save as the browser sent it. `question` is the id of the paper's line, `mono` is milliseconds of the page,
    `prev` the hash the page believes to be the last one."""

    question: int
    seq: int
    value: Any
    client_id: str
    mono: int | None
    page_id: str
    prev: str = ""


@dataclass(frozen=True)
class Proven:
    """An acknowledgement the browser kept and sends back with its save."""

    at: datetime
    number: int
    prev: str
    hash: str
    seal: str
    late: bool


@dataclass(frozen=True)
class Incoming:
    """A save that arrived at `now`. `token` is the hash of the login cookie, checked with everything else; None: the
    caller has seen a pass and its proof.

    Where an attempt was made again from its pass, `wire_attempt` and `wire_lines` (as sent → today's) lead from the
    ids the browser knows to today's. `older`: the answers of an attempt that was lost join the one begun instead, and
    stand only where that one has none of its own.
    """

    attempt_id: int
    sent: Sent
    now: datetime
    token: str | None
    proven: Proven | None = None
    wire_lines: Mapping[int, int] | None = None
    wire_attempt: int | None = None
    older: bool = False

    @property
    def seq(self) -> int:
        """The place among the changes of the answer: whatever was lost comes before 1."""
        return self.sent.seq - OLDER if self.older else self.sent.seq

    @property
    def line(self) -> int:
        """The line of today's paper; 0 where there is none."""
        return self.sent.question if self.wire_lines is None else self.wire_lines.get(self.sent.question, 0)


@dataclass(frozen=True)
class Beat:
    """The page of an attempt is heard of."""

    attempt_id: int
    now: datetime
    token: str | None


@dataclass(frozen=True)
class Ack:
    """The participant's receipt for one save (exam.md §1 rule 6)."""

    question: int
    seq: int
    client_id: str
    at: datetime
    number: int
    prev: str
    hash: str
    seal: str
    late: bool

    def reply(self) -> dict[str, Any]:
        """As the page gets it."""
        return {"question": self.question, "seq": self.seq, "client_id": self.client_id, "t": self.at.isoformat(),
                "number": self.number, "hash": self.hash, "prev": self.prev, "seal": self.seal, "late": self.late}


@dataclass(frozen=True)
class Outcome:
    """What became of it: a receipt or a refusal (a heartbeat has neither), and what every reply carries, if known."""

    ack: Ack | None
    refusal: Refused | None
    state: dict[str, Any]
