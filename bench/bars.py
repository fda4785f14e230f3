"""The bars (stack.md «What must be shown in bench/») and how a measured value is judged."""

from dataclasses import dataclass
from typing import Any

NOISY_FLOOR = 1.25  # the dearest round of the floor over the cheapest
NOISY_CORES = 0.25  # used by others while we do nothing
OK, MISSED, NOISY, NO_BAR, ABSENT = "ok", "MISSED", "too noisy: not judged", "", "not measured"


@dataclass(frozen=True)
class Bar:
    """One line of the table: which value of which measurement, and its bar (None: shown without one)."""

    what: str
    how: str
    measurement: str
    value: str
    unit: str
    bar: float | None = None
    at_least: bool = False
    aim: str = ""

    @property
    def words(self) -> str:
        """«≤ 3.0 (aim 2.0)»."""
        if self.bar is None:
            return "–"
        return f"{'≥' if self.at_least else '≤'} {self.bar:g}{self.unit}{self.aim}"


RATIO = " ×"
BARS = (
    Bar("CPU of a durable save / floor", "32 connections, each a person; sqlite FULL", "requests", "ratio.save", RATIO,
        3.0, aim=" (aim 2.0)"),
    Bar("CPU of a heartbeat / floor", "the same", "requests", "ratio.heartbeat", RATIO),
    Bar("CPU of the attempt's state / floor", "the same", "requests", "ratio.state", RATIO),
    Bar("CPU of the exam page / floor", "40 questions", "requests", "ratio.page", RATIO),
    Bar("CPU of a participant's first page / floor", "the same", "requests", "ratio.first page", RATIO),
    Bar("group commit / commit per save", "saves a second, 200 connections", "group", "ratio", RATIO, 1.5,
        at_least=True),
    Bar("CPU of a save among 1000 participants / floor", "open loop, the floor under the same arrivals", "arrivals",
        "ratio", RATIO),
    Bar("a save among 1000 participants, p50", "open loop, a quarter of the capacity", "arrivals", "p50_ms", " ms"),
    Bar("a save among 1000 participants, p99", "the same", "arrivals", "p99_ms", " ms", 100),
    Bar("first access by key, CPU / floor", "1000 people, each once", "key", "ratio", RATIO, 5),
    Bar("first access by key, p99", "spread over 5 s", "key", "p99_ms", " ms", 1000),
    Bar("first access by the page, CPU / floor", "who had no package: a whole page", "opening", "ratio", RATIO),
    Bar("first access by the page, p99", "all 1000 of them, spread over 5 s", "opening", "p99_ms", " ms"),
    Bar("start of a theory, CPU / floor", "1000 people, 40 questions each", "theory", "ratio", RATIO),
    Bar("start of a theory, p99", "spread over 5 s", "theory", "p99_ms", " ms", 1000),
    Bar("1000 sockets: all connected", "upgrade, login, own room joined", "sockets", "connected_s", " s", 5),
    Bar("1000 sockets: broadcast, p99", "from the emit to each page", "sockets", "p99_ms", " ms", 250),
    Bar("1000 sockets: memory per client", "growth of the process", "sockets", "memory_kb", " KB", 120),
    Bar("restart to the first saved answer", "kill -9, a million journal rows, worst of 3", "restart", "worst_s", " s",
        3),
    Bar("gaps of the loop, p99", "saves, worker closing attempts, ten documents rendered", "gap", "p99_ms", " ms", 50),
)


def value_of(bar: Bar, run: dict[str, Any]) -> float | None:
    """What a run measured for this line."""
    found: Any = run["found"].get(bar.measurement)
    for part in bar.value.split("."):
        found = None if found is None else found.get(part)
    return found


def noisy(values: dict[str, Any]) -> bool:
    """Whether something else was at work on the machine."""
    return values.get("noise", 1.0) > NOISY_FLOOR or values["others_cores"] > NOISY_CORES


def verdict(bar: Bar, run: dict[str, Any]) -> str:
    """Other work only adds to a time: one that meets its bar on a busy machine meets it. A ratio may err both ways."""
    value = value_of(bar, run)
    if value is None:
        return ABSENT
    if bar.bar is None:
        return NO_BAR
    met, disturbed = (value >= bar.bar) if bar.at_least else (value <= bar.bar), noisy(run["found"][bar.measurement])
    if disturbed and (bar.unit == RATIO or not met):
        return NOISY
    return OK if met else MISSED
