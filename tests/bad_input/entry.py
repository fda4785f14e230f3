"""What an entry says about a writing route: a thing the actor may write to, and what a page would send.

An entry is a function of a World that makes the thing by the factories and gives a Target. From it every bad request is
generated (tests/bad_input/cases.py), so the valid one must be accepted: the suite sends it first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bad_input.world import World


@dataclass(frozen=True)
class File:
    """A file a form sends."""

    name: str
    content: bytes


@dataclass
class Target:
    """`args` of the URL, `form` (texts, lists of texts, Files) or `json` that is accepted from `actor` (None: visitor).

    `closed` brings the thing, by name of a state, where the same request must be refused. `own`: everybody has such a
    thing of their own, so there is no foreign one. `optional`: a form without any of its fields may be accepted.
    `also`: fields of the page this request need not send (another button's). `rights` names the other people whom the
    page is hidden from. `keeps`: tables that may grow by a refusal, because what was refused is evidence. `tokenless`:
    the route reads no cookie, so it asks for no CSRF token.
    """

    args: dict[str, Any]
    actor: Any = None
    form: dict[str, Any] = field(default_factory=dict)
    json: dict[str, Any] | None = None
    closed: dict[str, Callable[[], Any]] = field(default_factory=dict)
    own: bool = False
    optional: bool = False
    also: frozenset[str] = frozenset()
    rights: dict[str, Any] = field(default_factory=dict)
    keeps: frozenset[str] = frozenset()
    tokenless: bool = False

    def fields(self) -> dict[str, Any]:
        """What is sent, by field name."""
        return self.json if self.json is not None else self.form


Builder = Callable[["World"], Target]
ENTRIES: dict[str, Builder] = {}


def entry(*endpoints: str) -> Callable[[Builder], Builder]:
    """The decorated function makes the target of these routes."""

    def keep(builder: Builder) -> Builder:
        for endpoint in endpoints:
            assert endpoint not in ENTRIES, f"two entries of {endpoint}"
            ENTRIES[endpoint] = builder
        return builder

    return keep
