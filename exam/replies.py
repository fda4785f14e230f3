"""What the page gets back for its saves and heartbeats, as JSON."""
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.errors import LoginNeeded, NotVisible
from exam import saves
from exam.incoming import Beat, Incoming, Outcome, Sent
from exam.payloads import Wrong


def one(attempt_id: int, sent: Sent, *, token: str, now: datetime) -> dict[str, Any]:
    """The receipt of one save. Its refusal is raised, with the state for the page's script."""
    (outcome,) = saves.submit([Incoming(attempt_id, sent, now, token)])
    _raise(outcome)
    assert outcome.ack is not None
    return {"saved": True, **outcome.ack.reply(), **outcome.state}


def batch(attempt_id: int, sent: Sequence[Sent | Wrong], *, token: str, now: datetime) -> dict[str, Any]:
    """A result for each save in order, refusals among them. Raised: whatever keeps the person from the attempt."""
    readable = [each for each in sent if isinstance(each, Sent)]
    *outcomes, heard = saves.submit([*(Incoming(attempt_id, each, now, token) for each in readable),
                                     Beat(attempt_id, now, token)])
    _raise(heard)
    done = iter(outcomes)
    return {"results": [_wrong(each) if isinstance(each, Wrong) else _result(each, next(done)) for each in sent],
            **heard.state}


def heartbeat(attempt_id: int, *, token: str, now: datetime) -> dict[str, Any]:
    """The state, after a sign of life."""
    (outcome,) = saves.submit([Beat(attempt_id, now, token)])
    _raise(outcome)
    return outcome.state


def _raise(outcome: Outcome) -> None:
    refusal = outcome.refusal
    if refusal is not None:
        refusal.facts = None if isinstance(refusal, LoginNeeded | NotVisible) else outcome.state
        raise refusal


def _wrong(each: Wrong) -> dict[str, Any]:
    return {"saved": False, "client_id": each.client_id, "error": each.refusal.code, "text": each.refusal.text}


def _result(sent: Sent, outcome: Outcome) -> dict[str, Any]:
    if outcome.ack is not None:
        return {"saved": True, **outcome.ack.reply()}
    assert outcome.refusal is not None
    return {"saved": False, "client_id": sent.client_id, "error": outcome.refusal.code, "text": outcome.refusal.text}
