"""Places from totals. A tie is broken by the declared chain of named functions, or stays visible for the commission.

Never by a code, an id or a surname: equal facts give equal places whatever the order of the input.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import Refused
from scoring.rules import reading
from scoring.rules.scheme import DIRECTIONS, LESS, MORE


@dataclass(frozen=True)
class Standing:
    """What ranking may look at: totals in whole hundredths as printed, time in seconds; None is unknown."""

    code: str
    total: int
    practice: int
    safety: int
    theory: int | None = None
    seconds: int | None = None


@dataclass(frozen=True)
class Place:
    """A place; `rules` are the names of what broke ties on the way; `unresolved` is a tie no rule broke."""

    code: str
    place: int
    rules: tuple[str, ...] = ()
    unresolved: bool = False
    shared: bool = False
    basis: str = ""  # the commission's decision, where there was one


@dataclass(frozen=True)
class Resolution:
    """The commission's word on one tie: kind "order" (codes, best first) or "shared"; basis names the decision."""

    kind: str
    codes: tuple[str, ...]
    basis: str


# A key: smaller is better, None when the fact is not known. `direction` is the scheme's.
def practice_points(one: Standing, direction: str) -> int | None:
    """Better practice: more points, or fewer where less is better."""
    return one.practice if direction == LESS else -one.practice


def fewer_safety_penalties(one: Standing, direction: str) -> int | None:
    """Fewer points taken for safety."""
    return one.safety


def theory_points(one: Standing, direction: str) -> int | None:
    """More points in theory."""
    return None if one.theory is None else -one.theory


def less_time(one: Standing, direction: str) -> int | None:
    """Less time spent."""
    return one.seconds


TIE_BREAKS: dict[str, Callable[[Standing, str], int | None]] = {
    function.__name__: function for function in (practice_points, fewer_safety_penalties, theory_points, less_time)
}
TIE_BREAK_LABELS = {
    "practice_points": "баллы за практику",
    "fewer_safety_penalties": "меньше штрафов по охране труда",
    "theory_points": "баллы за теорию",
    "less_time": "меньше времени",
}
DEFAULT_CHAIN = tuple(TIE_BREAKS)
SHARED_LABELS = {"skip": "после общего места следующие места пропускаются", "dense": "места не пропускаются"}


def check_chain(chain: Sequence[str]) -> None:
    """Refuse a chain with an unknown or repeated rule."""
    for name in chain:
        if name not in TIE_BREAKS:
            raise Refused("unknown_tie_break", f"Неизвестное правило при равенстве баллов: «{name[:40]}».")
    if len(set(chain)) != len(chain):
        raise Refused("repeated_tie_break", "Правило при равенстве баллов указано дважды.")


def rank(
    standings: Iterable[Standing],
    *,
    direction: str = MORE,
    chain: Sequence[str] = DEFAULT_CHAIN,
    resolutions: Sequence[Resolution] = (),
    shared: str = "skip",
) -> list[Place]:
    """Return the places, best first; within one shared place by code, which is only the order of printing.

    `shared`: "skip" numbers 1, 1, 3, "dense" numbers 1, 1, 2. A rule is passed over for a tie in which somebody's
    fact is unknown. Refuses a resolution that does not name exactly one unresolved tie, and repeated codes.
    """
    pool = list(standings)
    check_chain(chain)
    if direction not in DIRECTIONS or shared not in SHARED_LABELS:
        raise Refused("unknown_rule", "Неизвестное направление итога или правило нумерации мест.")
    if len({one.code for one in pool}) != len(pool):
        raise Refused("repeated_code", "Код участника повторяется.")
    sign = 1 if direction == LESS else -1
    groups: list[_Group] = []
    for total in sorted({one.total for one in pool}, key=lambda value: sign * value):
        groups += _split([one for one in pool if one.total == total], direction, tuple(chain), ())
    return _number(_resolve(groups, resolutions), shared)


def tie_note(rules: Sequence[str], unresolved: bool, shared: bool, basis: str) -> str:
    """Say in Russian how a place came about, empty when there was no tie."""
    if unresolved:
        return "равенство баллов не разрешено"
    if basis:
        return f"{'место разделено' if shared else 'место определено'} решением комиссии: {basis}"
    return "при равенстве баллов: " + ", ".join(TIE_BREAK_LABELS[rule] for rule in rules) if rules else ""


def unresolved_ties(places: Sequence[Place]) -> list[list[str]]:
    """Return the codes of each tie the commission must decide, best place first."""
    numbers = sorted({one.place for one in places if one.unresolved})
    return [sorted(one.code for one in places if one.place == number) for number in numbers]


def read_resolution(data: object) -> Resolution:
    """Read {"kind", "codes", "basis"} from plain JSON."""
    obj: Mapping[str, Any] = reading.mapping(data, "Решение комиссии")
    reading.only(obj, ("kind", "codes", "basis"), "Решение комиссии")
    codes = reading.items(obj, "codes", "Решение комиссии")
    if len(codes) < 2 or not all(isinstance(code, str) for code in codes) or len(set(codes)) != len(codes):
        raise Refused("bad_resolution", "Решение комиссии должно называть не меньше двух разных участников.")
    kind = reading.choice(obj, "kind", "Решение комиссии", ("order", "shared"))
    return Resolution(kind, tuple(codes), reading.text(obj, "basis", "Решение комиссии"))


@dataclass(frozen=True)
class _Group:
    codes: tuple[str, ...]
    rules: tuple[str, ...] = ()
    unresolved: bool = False
    basis: str = ""


def _split(tied: list[Standing], direction: str, chain: tuple[str, ...], used: tuple[str, ...]) -> list[_Group]:
    if len(tied) == 1 or not chain:
        return [_Group(tuple(sorted(one.code for one in tied)), used, len(tied) > 1)]
    keys = {one.code: TIE_BREAKS[chain[0]](one, direction) for one in tied}
    known = {key for key in keys.values() if key is not None}
    if None in keys.values() or len(known) == 1:
        return _split(tied, direction, chain[1:], used)
    groups: list[_Group] = []
    for key in sorted(known):
        groups += _split([one for one in tied if keys[one.code] == key], direction, chain[1:], (*used, chain[0]))
    return groups


def _resolve(groups: list[_Group], resolutions: Sequence[Resolution]) -> list[_Group]:
    words = {tuple(sorted(resolution.codes)): resolution for resolution in resolutions}
    open_ties = {group.codes for group in groups if group.unresolved}
    if len(words) != len(resolutions) or not set(words) <= open_ties:
        text = "Решение комиссии должно называть ровно тех, чьё равенство не разрешено, один раз."
        raise Refused("resolution_does_not_fit", text)
    resolved: list[_Group] = []
    for group in groups:
        word = words.get(group.codes)
        if word is None:
            resolved.append(group)
        elif word.kind == "shared":
            resolved.append(_Group(group.codes, group.rules, False, word.basis))
        else:
            resolved += [_Group((code,), group.rules, False, word.basis) for code in word.codes]
    return resolved


def _number(groups: list[_Group], shared: str) -> list[Place]:
    places: list[Place] = []
    for index, group in enumerate(groups):
        number = index + 1 if shared == "dense" else len(places) + 1
        is_shared = len(group.codes) > 1
        places += [Place(code, number, group.rules, group.unresolved, is_shared, group.basis) for code in group.codes]
    return places
