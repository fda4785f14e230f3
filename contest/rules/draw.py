"""The draw (жеребьёвка): codes, order and variants from a published seed (domain.md §1.3 step 3, product.md step 3).

Anybody can repeat it with paper, a text editor and SHA-256 over UTF-8 text; digests are lower-case hex, `\\n` is
one line feed:

1. The list: identifiers as text (registration numbers), sorted by their UTF-8 bytes.
   `list_hash` = SHA-256 of the JSON array of them, without spaces, non-ASCII kept.
2. The seed: the announced text and the numbers called aloud, joined by `compose_seed`; published in full.
3. `key` = SHA-256(seed + "\\n" + list_hash). `lot(purpose, id)` = SHA-256(key + "\\n" + purpose + "\\n" + id).
4. Order: identifiers sorted by `lot("order", id)`; the first is number 1.
5. Variant: identifiers sorted by `lot("variant", id)`; variants 1…n are dealt round, so that their numbers differ by no
   more than one.
6. Code: in the sequence of `lot("code", id)` each identifier takes the number (first 16 hex digits of its lot, as an
   integer, modulo 9999) + 1; where it is taken already, the next free one, 1 after 9999. Printed with four digits after
   the prefix: «У-0417». With more than 5000 participants: five digits and 99999.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from core.errors import Refused

DEFAULT_PREFIX = "У"


@dataclass(frozen=True)
class Drawn:
    """One participant's lot. `order` counts from 1."""

    participant_id: str
    code: str
    order: int
    variant: int


def list_hash(participant_ids: Iterable[str | int]) -> str:
    """SHA-256 of the frozen list, whatever the order of input. Refuses an empty list and a repeated identifier."""
    text = json.dumps(_frozen_list(participant_ids), ensure_ascii=False, separators=(",", ":"))
    return _sha256(text)


def compose_seed(announced: str, numbers: Sequence[int]) -> str:
    """The published seed: the announced text, then the numbers in the order they were called aloud.

    Spaces are normalised so that the same words read from a paper give the same seed. Refused without a number called.
    """
    text = " ".join(announced.split())
    if not text:
        raise Refused("no_seed_text", "Укажите объявленный текст жеребьёвки, например номер и дату протокола.")
    if not numbers or any(number < 0 for number in numbers):
        raise Refused("no_called_numbers", "Укажите числа, названные вслух: хотя бы одно целое неотрицательное число.")
    return f"{text}; названы числа: {', '.join(str(number) for number in numbers)}"


def parse_called_numbers(text: str) -> tuple[int, ...]:
    """«7, 42 13» → (7, 42, 13); refuses anything that is not whole numbers between commas or spaces."""
    parts = text.replace(",", " ").replace(";", " ").split()
    if not parts or not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts):
        raise Refused("bad_called_numbers", "Введите названные вслух целые числа через запятую, например: 7, 42, 13.")
    return tuple(int(part) for part in parts)


def draw(
    participant_ids: Iterable[str | int],
    seed: str,
    *,
    code_prefix: str = DEFAULT_PREFIX,
    variants: int = 1,
    taken: Collection[str] = (),
) -> tuple[Drawn, ...]:
    """The result in the order drawn; a function of the set of identifiers and the rest, see the module's text.

    `taken` are codes that other draws of the contest have given out. Refuses an empty seed, list or prefix, no variant,
    repeated identifiers, and a list too long for the codes.
    """
    people = _frozen_list(participant_ids)
    _check(seed, code_prefix, variants)
    key = _sha256(f"{seed}\n{list_hash(people)}")
    codes = _codes(people, key, code_prefix, frozenset(taken))
    dealt = {person: index % variants + 1 for index, person in enumerate(_by_lot(people, key, "variant"))}
    return tuple(
        Drawn(person, codes[person], order, dealt[person])
        for order, person in enumerate(_by_lot(people, key, "order"), start=1)
    )


def verify(
    result: Iterable[Drawn],
    participant_ids: Iterable[str | int],
    seed: str,
    *,
    code_prefix: str = DEFAULT_PREFIX,
    variants: int = 1,
    taken: Collection[str] = (),
) -> list[str]:
    """Draw again and compare: Russian sentences about what differs, an empty list when the result is the true one."""
    expected = {
        lot.participant_id: lot
        for lot in draw(participant_ids, seed, code_prefix=code_prefix, variants=variants, taken=taken)
    }
    differences = []
    seen = set()
    for lot in result:
        true = expected.get(lot.participant_id)
        if true is None:
            differences.append(f"Участника {lot.participant_id} нет в списке жеребьёвки.")
        elif lot.participant_id in seen:
            differences.append(f"Участник {lot.participant_id} записан дважды.")
        elif lot != true:
            differences.append(
                f"Участник {lot.participant_id}: записано {_words(lot)}, жеребьёвка даёт {_words(true)}."
            )
        seen.add(lot.participant_id)
    missing = sorted(set(expected) - seen)
    return differences + [f"Участник {person} пропущен." for person in missing]


def _frozen_list(participant_ids: Iterable[str | int]) -> list[str]:
    people = sorted((str(person) for person in participant_ids), key=str.encode)
    if not people:
        raise Refused("nobody_to_draw", "Список участников пуст. Утвердите список допущенных и повторите жеребьёвку.")
    if len(set(people)) != len(people):
        raise Refused("repeated_participant", "В списке есть повторы. Оставьте каждого участника один раз.")
    return people


def _check(seed: str, code_prefix: str, variants: int) -> None:
    if not seed.strip():
        raise Refused("no_seed", "Не указана основа жеребьёвки. Введите объявленный текст и названные вслух числа.")
    if not code_prefix or not code_prefix.isalnum():
        raise Refused("bad_prefix", "Начало кода состоит из букв или цифр, например «У».")
    if variants < 1:
        raise Refused("bad_variants", "Укажите число вариантов задания: хотя бы один.")


def _codes(people: list[str], key: str, prefix: str, taken: frozenset[str]) -> dict[str, str]:
    width = 4 if len(people) <= 5000 else 5
    numbers = 10**width - 1
    used = set(taken)
    codes: dict[str, str] = {}
    for person in _by_lot(people, key, "code"):
        first = int(_lot(key, "code", person)[:16], 16) % numbers
        free = (f"{prefix}-{(first + step) % numbers + 1:0{width}d}" for step in range(numbers))
        code = next((candidate for candidate in free if candidate not in used), None)
        if code is None:
            raise Refused("no_free_codes", "Свободных кодов не осталось. Укажите другое начало кода.")
        used.add(code)
        codes[person] = code
    return codes


def _by_lot(people: Iterable[str], key: str, purpose: str) -> list[str]:
    return sorted(people, key=lambda person: _lot(key, purpose, person))


def _lot(key: str, purpose: str, person: str) -> str:
    return _sha256(f"{key}\n{purpose}\n{person}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _words(lot: Drawn) -> str:
    return f"код {lot.code}, номер {lot.order}, вариант {lot.variant}"
