"""Kinds of protocols: what differs between the expert group's and the commission's. Filled at import from wiring."""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.access import Me
from scoring.models.papers import Protocol


@dataclass(frozen=True)
class Kind:
    """A kind of protocol. `current_facts(protocol, now)`: the facts as they are now, compared with the draft;
    `on_frozen(protocol, by=…, now=…)`; `readers(me, protocol)`: who may read it besides signers, chair and staff."""

    key: str
    form: str
    title: str
    prefix: str
    setting: str
    chair: str
    members: frozenset[str]
    steps: Mapping[str, frozenset[str]]
    current_facts: Callable[[Protocol, datetime], dict[str, Any]]
    on_frozen: Callable[..., object] = field(default=lambda protocol, **_: None)
    readers: Callable[[Me, Protocol], bool] = field(default=lambda me, protocol: False)
    opens_names: bool = False


KINDS: dict[str, Kind] = {}


@dataclass(frozen=True)
class Signer:
    """Somebody present who may have to sign: duty in the body, full name and role in words as printed."""

    account_id: int
    duty: str
    name: str
    role: str
