"""When a protocol is signed: who has to sign under a rule, and what the outcomes of the signers add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.errors import Refused

RULES = ("all", "chair_secretary", "majority")
SIGNED = frozenset({"signed", "paper"})
DECIDED = SIGNED | {"refused", "missed"}
LEADING = frozenset({"chair", "secretary"})
Outcome = Literal["waiting", "complete", "failed"]


@dataclass(frozen=True)
class Signer:
    """A signer's duty in the body (chair, deputy, secretary, member) and outcome: waiting, signed, paper (wet
    signature, checked), refused, missed."""

    duty: str
    state: str


def needed(rule: str, duties: Sequence[str]) -> list[bool]:
    """Which of the present members sign under the rule, in the order given.

    Under chair_secretary only these two; a deputy signs where no chair is present. Refuses when nobody would sign.
    """
    if rule not in RULES:
        raise Refused("rule", f"Неизвестное правило подписания «{rule[:40]}».")
    if rule != "chair_secretary":
        chosen = [True] * len(duties)
    else:
        head = "chair" if "chair" in duties else "deputy"
        chosen = [duty in (head, "secretary") for duty in duties]
    if not any(chosen):
        raise Refused("no_signers", "Протокол некому подписать: проверьте состав и присутствующих.")
    return chosen


def outcome(rule: str, signers: Sequence[Signer]) -> Outcome:
    """What the outcomes add up to. While somebody's outcome is open, the protocol waits: silence is recorded, too.

    all: a refusal or a missed term is on record and does not stop the protocol, as long as the head and more than half
    signed; majority: the same, by the same count; chair_secretary: everybody who signs under it must have signed.
    """
    if any(signer.state not in DECIDED for signer in signers):
        return "waiting"
    signed = [signer for signer in signers if signer.state in SIGNED]
    if rule == "chair_secretary":
        return "complete" if len(signed) == len(signers) else "failed"
    heads = [signer for signer in signers if signer.duty == "chair"]
    headed = not heads or any(signer.state in SIGNED for signer in heads)
    return "complete" if headed and 2 * len(signed) > len(signers) else "failed"
