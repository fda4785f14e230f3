"""Who is enough to meet, and what a vote decided."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from core.errors import Refused

FOR, AGAINST, ABSTAIN = "for", "against", "abstain"
VOTES = {FOR: "за", AGAINST: "против", ABSTAIN: "воздержался"}
BASES = {"present": "присутствующих", "all": "состава", "cast": "проголосовавших «за» и «против»"}
SIMPLE_MAJORITY = ">1/2"
SHARE = re.compile(r"(>|более|больше)?\s*([0-9]{1,4})(?:\s*/\s*([0-9]{1,4})|(?:[.,]([0-9]{1,4}))?\s*%)")


@dataclass(frozen=True)
class Share:
    """A part of a whole: at least `part`, or more than it when `strict`."""

    part: Fraction
    strict: bool = False

    def needed(self, total: int) -> int:
        """Return the smallest whole number that reaches this share of `total`, at least 1."""
        exact = self.part * total
        return max(1, int(exact) + 1 if self.strict else -int(-exact // 1))


def parse_share(text: str) -> Share:
    """Read «2/3», «50 %», «66,7%»; after «>» or «более» the share must be exceeded. Refuses 0 and more than 1."""
    found = SHARE.fullmatch(text.strip().lower())
    if not found or (found[3] is not None and int(found[3]) == 0):
        raise Refused("bad_share", f"«{text.strip()[:40]}» не доля. Введите, например, 2/3, 50 % или >1/2.")
    if found[3] is not None:
        part = Fraction(int(found[2]), int(found[3]))
    else:
        part = Fraction(f"{found[2]}.{found[4] or 0}") / 100
    strict = found[1] is not None
    if not 0 < part <= 1 or (strict and part == 1):
        raise Refused("bad_share", "Доля должна быть больше 0 и не больше целого.")
    return Share(part, strict)


def quorum_needed(total: int, share: str = "2/3") -> int:
    """Return how many of `total` members must be present: the share rounded up to a whole person, never below 1."""
    if total < 1:
        raise Refused("empty_body", "В составе нет ни одного человека.")
    return parse_share(share).needed(total)


def has_quorum(present: int, total: int, share: str = "2/3") -> bool:
    """Say whether `present` of `total` are enough; more present than members is refused."""
    if not 0 <= present <= total:
        raise Refused("bad_attendance", "Присутствующих не может быть больше, чем членов в составе.")
    return present >= quorum_needed(total, share)


@dataclass(frozen=True)
class VoteOutcome:
    """The result of a vote; `needed` votes «за» of `base_count`; `text` for the minutes."""

    accepted: bool
    votes_for: int
    votes_against: int
    abstained: int
    not_cast: int
    base_count: int
    needed: int
    by_casting_vote: bool
    text: str


def vote_outcome(
    votes: Mapping[str, str],
    *,
    entitled: Collection[str],
    present: Collection[str],
    base: str = "present",
    majority: str = SIMPLE_MAJORITY,
    chair: str | None = None,
    casting_vote: bool = True,
) -> VoteOutcome:
    """Count a vote. Members are opaque ids; `entitled` and `present` are without those recused from this item.

    The base of the majority is those present, all entitled, or the votes for and against. The chair's casting vote
    decides only an exact tie (as many for as against, at least one each way), only a simple majority, only where
    enabled, and only if the chair took a side; it then decides whatever the number of abstentions. Refuses votes of
    people who are not present or not entitled.
    """
    _check_voters(votes, entitled, present, base)
    counts = {side: sum(vote == side for vote in votes.values()) for side in VOTES}
    given, against = counts[FOR], counts[AGAINST]
    base_count = {"present": len(set(present)), "all": len(set(entitled)), "cast": given + against}[base]
    share = parse_share(majority)
    needed = share.needed(base_count)
    simple = share == parse_share(SIMPLE_MAJORITY)
    side = votes.get(chair) if chair is not None else None
    by_casting = casting_vote and simple and given == against > 0 and side in (FOR, AGAINST)
    accepted = side == FOR if by_casting else given >= needed
    text = f"за — {given}, против — {against}, воздержались — {counts[ABSTAIN]}; {'' if accepted else 'не '}принято"
    return VoteOutcome(
        accepted=accepted,
        votes_for=given,
        votes_against=against,
        abstained=counts[ABSTAIN],
        not_cast=len(set(present)) - len(votes),
        base_count=base_count,
        needed=needed,
        by_casting_vote=by_casting,
        text=text + (", решающий голос председательствующего" if by_casting else ""),
    )


def _check_voters(votes: Mapping[str, str], entitled: Collection[str], present: Collection[str], base: str) -> None:
    if base not in BASES:
        raise Refused("unknown_base", f"Неизвестная основа большинства «{base[:40]}».")
    if not entitled:
        raise Refused("empty_body", "По этому вопросу некому голосовать.")
    if not set(present) <= set(entitled):
        raise Refused("stranger_present", "Среди присутствующих есть не входящий в состав или взявший самоотвод.")
    if not set(votes) <= set(present):
        raise Refused("vote_of_absent", "Есть голос того, кто не зарегистрирован присутствующим или взял самоотвод.")
    if not set(votes.values()) <= set(VOTES):
        raise Refused("unknown_vote", "Голос может быть «за», «против» или «воздержался».")
