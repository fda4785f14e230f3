"""The draw: repeatable by a stranger, blind to the order of input, fair in variants."""

import hashlib
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.rules.draw import Drawn, compose_seed, draw, list_hash, parse_called_numbers, verify
from core.errors import Refused

PEOPLE = ["2026-01-0007", "2026-01-0002", "2026-01-0011"]
SEED = "Протокол № 3 от 5 июня 2026; названы числа: 7, 42, 13"
FIXED = (
    Drawn("2026-01-0002", "У-6948", 1, 2),
    Drawn("2026-01-0011", "У-8127", 2, 1),
    Drawn("2026-01-0007", "У-0680", 3, 1),
)
lists = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=30, unique=True)
seeds = st.text(min_size=1, max_size=30).filter(str.strip)


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_list_hash_is_of_the_sorted_json():
    assert list_hash(PEOPLE) == sha('["2026-01-0002","2026-01-0007","2026-01-0011"]')
    assert list_hash([3, 20, 1]) == list_hash(["1", "20", "3"]) == sha('["1","20","3"]')
    assert list_hash(["Я", "А"]) == sha('["А","Я"]')


def test_result_by_the_words_of_the_module():
    """The algorithm once more, written from its description only."""
    key = sha(f"{SEED}\n{list_hash(PEOPLE)}")

    def lots(purpose):
        return sorted(PEOPLE, key=lambda person: sha(f"{key}\n{purpose}\n{person}"))

    codes = {}
    for person in lots("code"):
        number = int(sha(key + "\ncode\n" + person)[:16], 16) % 9999 + 1
        codes[person] = f"У-{number:04d}"
    variants = {person: index % 2 + 1 for index, person in enumerate(lots("variant"))}
    expected = tuple(Drawn(p, codes[p], n, variants[p]) for n, p in enumerate(lots("order"), start=1))
    assert draw(PEOPLE, SEED, variants=2) == expected


def test_result_is_fixed_for_ever():
    """A change of the algorithm would make published draws unrepeatable."""
    assert draw(PEOPLE, SEED, variants=2) == FIXED


def test_taken_number_goes_to_the_next_free_one():
    free = {lot.participant_id: lot.code for lot in draw(PEOPLE, SEED)}
    first = min(PEOPLE, key=lambda p: sha(sha(f"{SEED}\n{list_hash(PEOPLE)}") + "\ncode\n" + p))
    moved = {lot.participant_id: lot.code for lot in draw(PEOPLE, SEED, taken={free[first]})}
    number = int(free[first].split("-")[1])
    assert moved[first] == f"У-{number % 9999 + 1:04d}"


def test_codes_wrap_round_and_end():
    every = {f"У-{number:04d}" for number in range(1, 10_000)}
    assert draw(["a"], SEED, taken=every - {"У-0001"})[0].code == "У-0001"
    with pytest.raises(Refused, match="no_free_codes"):
        draw(["a"], SEED, taken=every)


def test_long_list_has_wider_codes():
    assert {len(lot.code) for lot in draw(range(5000), SEED)} == {6}
    result = draw(range(5001), SEED)
    assert len({lot.code for lot in result}) == 5001
    assert {len(lot.code) for lot in result} == {7}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"participant_ids": []}, "nobody_to_draw"),
        ({"participant_ids": ["1", 1]}, "repeated_participant"),
        ({"seed": "  "}, "no_seed"),
        ({"code_prefix": ""}, "bad_prefix"),
        ({"code_prefix": "У-"}, "bad_prefix"),
        ({"variants": 0}, "bad_variants"),
    ],
)
def test_refused(change, code):
    with pytest.raises(Refused) as refusal:
        draw(**({"participant_ids": PEOPLE, "seed": SEED} | change))
    assert refusal.value.code == code
    assert refusal.value.text.endswith(".")


class TestSeed:
    def test_composed_from_text_and_called_numbers(self):
        assert compose_seed(" Протокол  № 3\nот 5 июня 2026 ", [7, 42, 13]) == SEED

    def test_zero_may_be_called(self):
        assert compose_seed("а", [0]) == "а; названы числа: 0"

    @pytest.mark.parametrize(("text", "numbers", "code"), [
        ("  ", [1], "no_seed_text"), ("а", [], "no_called_numbers"), ("а", [-1], "no_called_numbers"),
    ])  # fmt: skip
    def test_refused(self, text, numbers, code):
        with pytest.raises(Refused, match=code):
            compose_seed(text, numbers)

    @pytest.mark.parametrize("text", ["7, 42, 13", "7 42 13", " 7;42,13 "])
    def test_called_numbers_read(self, text):
        assert parse_called_numbers(text) == (7, 42, 13)

    @pytest.mark.parametrize("text", ["", "семь", "7, -2", "1.5", "1234567890", "²"])
    def test_called_numbers_refused(self, text):
        with pytest.raises(Refused, match="bad_called_numbers"):
            parse_called_numbers(text)


class TestVerify:
    def test_true_result(self):
        assert verify(draw(PEOPLE, SEED, variants=2), reversed(PEOPLE), SEED, variants=2) == []

    def test_differences_are_told(self):
        result = list(draw(PEOPLE, SEED))
        changed = [replace(result[0], code="У-9999"), result[1], result[1], replace(result[2], participant_id="чужой")]
        assert verify(changed, PEOPLE, SEED) == [
            f"Участник {result[0].participant_id}: записано код У-9999, номер 1, вариант 1, "
            f"жеребьёвка даёт код {result[0].code}, номер 1, вариант 1.",
            f"Участник {result[1].participant_id} записан дважды.",
            "Участника чужой нет в списке жеребьёвки.",
            f"Участник {result[2].participant_id} пропущен.",
        ]

    def test_other_seed_does_not_verify(self):
        assert len(verify(draw(PEOPLE, SEED), PEOPLE, SEED + "!")) == 3


@given(lists, seeds, st.randoms(use_true_random=False), st.integers(1, 4))
def test_order_of_input_does_not_matter(people, seed, random, variants):
    mixed = list(people)
    random.shuffle(mixed)
    assert draw(mixed, seed, variants=variants) == draw(people, seed, variants=variants)


@given(lists, seeds, st.integers(1, 4))
def test_everybody_once_with_unique_codes_and_even_variants(people, seed, variants):
    result = draw(people, seed, variants=variants, code_prefix="Св")
    assert {lot.participant_id for lot in result} == set(people)
    assert [lot.order for lot in result] == list(range(1, len(people) + 1))
    assert len({lot.code for lot in result}) == len(people)
    counts = Counter(lot.variant for lot in result)
    assert set(counts) <= set(range(1, variants + 1))
    assert max(counts.values()) - min(counts.get(number, 0) for number in range(1, variants + 1)) <= 1
    assert verify(result, people, seed, variants=variants, code_prefix="Св") == []


@given(st.lists(st.integers(), min_size=8, max_size=20, unique=True), seeds, seeds)
def test_other_seed_other_result(people, first, second):
    if first != second:
        assert draw(people, first) != draw(people, second)


@given(lists, seeds, st.text(min_size=1, max_size=5))
def test_one_more_participant_changes_the_frozen_list(people, seed, extra):
    if extra not in people:
        assert list_hash([*people, extra]) != list_hash(people)


def test_every_place_is_equally_likely():
    """Over 600 seeds each of three comes first about 200 times (±5 standard deviations)."""
    firsts = Counter(draw(PEOPLE, f"{SEED} {number}")[0].participant_id for number in range(600))
    assert all(142 <= count <= 258 for count in firsts.values())
