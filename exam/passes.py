"""The pass of an attempt: a signed ticket its page holds, from which the attempt can be made again.

It authorises nothing: the proof, which lies only inside sealed items and in the page's memory, shows that an item was
made on the participant's own page.
"""
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from core import web
from core.errors import Refused
from exam import sealing
from exam.models import Attempt, AttemptQuestion

SALT = "pass of an attempt"
LONGEST = 20_000


@dataclass(frozen=True)
class Pass:
    """An attempt as it was when its page was made. `lines` are (line of the paper, question of the bank) in order;
    `paper` is the fingerprint of these questions."""

    attempt_id: int
    participant_id: int
    account_id: int
    sitting_id: int
    started_at: datetime
    seed: str
    request_key: str
    device: str
    lines: tuple[tuple[int, int], ...]
    paper: str


def issue(attempt: Attempt, lines: Sequence[AttemptQuestion]) -> str:
    """The pass of an attempt; `lines` are its paper with questions loaded, `participant` is loaded too."""
    return _signer().dumps([
        attempt.id, attempt.participant_id, attempt.participant.account_id, attempt.sitting_id,
        attempt.started_at.isoformat(), attempt.seed, attempt.request_key, attempt.device,
        [[line.id, line.question_id] for line in lines], fingerprint([line.question.sha256 for line in lines])])


def read(text: str) -> Pass:
    """The pass behind a ticket; Refused `bad_pass` for one this service has not signed."""
    try:
        if len(text) > LONGEST:
            raise BadData("too long")
        return _unpacked(_signer().loads(text))
    except (BadData, ValueError, TypeError):
        raise Refused("bad_pass", "Эти ответы записаны не нашей страницей или повреждены. Покажите их наблюдателю.",
                      status=422) from None


def _unpacked(signed: list[Any]) -> Pass:
    """ValueError or TypeError for the pass of another version of this program."""
    attempt, participant, account, sitting, started, seed, key, device, lines, paper = signed
    return Pass(attempt, participant, account, sitting, datetime.fromisoformat(started), seed, key, device,
                tuple((line, question) for line, question in lines), paper)


def proof(attempt_id: int, seed: str) -> str:
    """What only the page of the attempt itself was given: 64 hex figures."""
    return hmac.digest(sealing.proof_key(), f"{attempt_id}:{seed}".encode(), "sha256").hex()


def proven(ticket: Pass, given: object) -> bool:
    """Whether an item holds the proof of its pass; compared in constant time."""
    if not isinstance(given, str) or not given.isascii():
        return False
    return hmac.compare_digest(proof(ticket.attempt_id, ticket.seed), given)


def fingerprint(sha256s: Sequence[str]) -> str:
    """16 hex figures of the questions of a paper, in order."""
    return hashlib.sha256(",".join(sha256s).encode()).hexdigest()[:16]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(web.settings().secret_key, salt=SALT, signer_kwargs={"digest_method": hashlib.sha256})
