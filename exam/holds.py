"""Why the results of a nomination no longer change: the packages above say so, each by a name of its own."""
from collections.abc import Callable

from core.errors import Refused

holds: dict[str, Callable[[int], str]] = {}


def why(nomination_id: int) -> str:
    """The first reason in words; empty while results may still change."""
    return next((words for words in (say(nomination_id) for say in holds.values()) if words), "")


def refuse_if_fixed(nomination_id: int) -> None:
    """Refused `results_fixed` with the reason: a correction then begins with a new edition of the protocol."""
    if words := why(nomination_id):
        raise Refused("results_fixed", words)
