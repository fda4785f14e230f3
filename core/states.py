"""Moving a thing from one state to another, by a table, in one place."""
from collections.abc import Mapping
from typing import Any, Protocol

from core.errors import Refused


class Stateful(Protocol):
    """A row with a state."""

    state: Any


def move(thing: Stateful, to: str, table: Mapping[str, frozenset[str] | set[str]], *,
         words: Mapping[str, str] | None = None) -> None:
    """Set `thing.state` to `to` when `table` (from → allowed) has the step; otherwise Refused `wrong_state`."""
    if to not in table.get(thing.state, frozenset()):
        here = (words or {}).get(thing.state, thing.state)
        there = (words or {}).get(to, to)
        raise Refused("wrong_state", f"Сейчас состояние «{here}», перейти в «{there}» нельзя. "
                                     "Обновите страницу: возможно, это уже сделал кто-то другой.")
    thing.state = to
