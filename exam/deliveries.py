"""Answers handed in under the pass of their attempt, without a login: after the next person has logged in on that
computer, after an older copy of the database was restored.

Nothing personal is told: acknowledgements, and the state of the attempt to whoever holds a proof.
"""
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from core import attempts as limits
from core.errors import Refused
from exam import delivered, passes, recovery, saves, sealing
from exam.delivered import Item
from exam.incoming import Incoming, Outcome
from exam.passes import Pass
from exam.recovery import Place

PER_PASS, PER_ADDRESS = "120 per minute", "6000 per minute"


def deliver(raw: bytes, *, address: str, now: datetime) -> dict[str, Any]:
    """Save what a body holds and give the reply. Call outside a writing unit of work.

    Refused as a whole: what cannot be read, an unknown pass, too many calls, a place that takes no answers
    (recovery.place). An item that is damaged, foreign or not acceptable is refused alone.
    """
    _hold(PER_ADDRESS, "delivery from", address)
    text, sealed = delivered.read_body(raw)
    ticket = passes.read(text)
    _hold(PER_PASS, "delivery of", str(ticket.attempt_id), address)
    items = _items(ticket, sealed)
    good = {index: item for index, item in enumerate(items) if isinstance(item, Item)}
    if not good:
        return {"results": [_reply(item, None) for item in items]}
    place = recovery.place(ticket, now=now)
    done = _submit(good, ticket, place, now)
    state = next((outcome.state for outcome in reversed(done.values()) if outcome.state), {})
    return {"results": [_reply(item, done.get(index)) for index, item in enumerate(items)],
            "attempt": place.attempt_id, "url": f"/attempts/{place.attempt_id}", **state}


def _hold(rate: str, *name: str) -> None:
    if not limits.within(rate, *name):
        raise Refused("too_many", "Ответы отправляются слишком часто. Страница повторит отправку сама через минуту.",
                      status=429)


def _items(ticket: Pass, sealed: Sequence[str]) -> list[Item | Refused]:
    raws = [delivered.bytes_of(text) for text in sealed]
    opened = iter(sealing.open_items(ticket.attempt_id, [raw for raw in raws if raw is not None]))
    return [sealing.unreadable() if raw is None else _item(ticket, next(opened)) for raw in raws]


def _item(ticket: Pass, body: dict[str, Any] | Refused) -> Item | Refused:
    if isinstance(body, Refused):
        return body
    if not passes.proven(ticket, body.get("proof")):
        return Refused("bad_proof", "Этот ответ записан не на странице участника. Покажите его наблюдателю.")
    try:
        return delivered.read_item(body)
    except Refused as refusal:
        return refusal


def _submit(items: dict[int, Item], ticket: Pass, place: Place, now: datetime) -> dict[int, Outcome]:
    """Acknowledged ones first, in the order of their chain: so it can be laid again as it was."""
    order = sorted(items, key=lambda index: _turn(items[index], index))
    outcomes = saves.submit([_incoming(items[index], ticket, place, now) for index in order])
    return dict(zip(order, outcomes, strict=True))


def _turn(item: Item, index: int) -> tuple[bool, int, int]:
    return item.proven is None, item.proven.number if item.proven else 0, index


def _incoming(item: Item, ticket: Pass, place: Place, now: datetime) -> Incoming:
    same = place.attempt_id == ticket.attempt_id and all(place.lines.get(line) == line for line, _bank in ticket.lines)
    made = Incoming(place.attempt_id, item.sent, now, None, item.proven)
    return made if same else replace(made, wire_lines=place.lines, wire_attempt=ticket.attempt_id, older=place.joined)


def _reply(item: Item | Refused, outcome: Outcome | None) -> dict[str, Any]:
    if outcome is not None and outcome.ack is not None:
        return {"saved": True, **outcome.ack.reply()}
    refusal = outcome.refusal if outcome is not None else item
    assert isinstance(refusal, Refused)
    named = {"client_id": item.sent.client_id} if isinstance(item, Item) else {}
    return {"saved": False, **named, "error": refusal.code, "text": refusal.text}
