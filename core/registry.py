"""What every package contributes to one thing. Filled by the packages' `register()`, joined in app.py."""
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Step:
    """One line of «Что дальше»: what to do, where, until when."""

    title: str
    url: str
    button: str = "Открыть"
    hint: str = ""
    due: datetime | None = None
    done: bool = False
    lead: bool = False
    weight: int = 50


@dataclass(frozen=True)
class NavItem:
    """One entry of the menu of those who hold one of `roles` (empty: everybody, logged in or not)."""

    text: str
    endpoint: str
    roles: frozenset[str] = frozenset()
    weight: int = 50


@dataclass(frozen=True)
class Duty:
    """A background duty: `run()` is called by the ticker every `every` seconds, and may be called twice."""

    name: str
    every: float
    run: Callable[[], object]


@dataclass(frozen=True)
class Growth:
    """A table whose rows are never removed: key and hash of its last row tell how far it has come.

    `words` is what its rows are called: «Записи … дошли до № 7».
    """

    table: str
    key: Any
    mark: Any
    words: str


@dataclass
class Registry:
    """All contributions, in the order of registration."""

    steps: list[Callable[..., Iterable[Step]]] = field(default_factory=list)
    nav: list[NavItem] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    growing: list[Growth] = field(default_factory=list)
    forms: dict[str, Any] = field(default_factory=dict)
    personal_data: list[Any] = field(default_factory=list)
    demo: list[Callable[..., Any]] = field(default_factory=list)
    help: dict[str, str] = field(default_factory=dict)
    role_words: dict[str, str] = field(default_factory=dict)
    installation_roles: list[str] = field(default_factory=list)
    action_words: dict[str, str] = field(default_factory=dict)

    def clear(self) -> None:
        """Empty every list in place: an application is filled once, tests build several."""
        for part in fields(self):
            getattr(self, part.name).clear()

    def next_steps(self, me: Any, now: datetime) -> list[Step]:
        """Every step any package has for this person: open ones first, the urgent first."""
        found = [step for source in self.steps for step in source(me, now)]
        return sorted(found, key=lambda s: (s.done, s.due.timestamp() if s.due else float("inf"), s.weight, s.title))


registry = Registry()
