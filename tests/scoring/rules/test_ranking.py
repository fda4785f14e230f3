import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from scoring.rules.ranking import (
    DEFAULT_CHAIN,
    TIE_BREAK_LABELS,
    TIE_BREAKS,
    Resolution,
    Standing,
    rank,
    read_resolution,
    tie_note,
    unresolved_ties,
)


def one(code, total, practice=0, safety=0, theory=0, seconds=0):
    return Standing(code, total, practice, safety, theory, seconds)


def places(standings, **more):
    return [(place.code, place.place) for place in rank(standings, **more)]


small = st.integers(0, 2)
field = st.lists(
    st.builds(one, st.text("АБВ12", min_size=1, max_size=3), small, small, small, st.none() | small, st.none() | small),
    max_size=8,
    unique_by=lambda standing: standing.code,
)


def test_more_points_come_first():
    assert places([one("А", 100), one("Б", 300), one("В", 200)]) == [("Б", 1), ("В", 2), ("А", 3)]


def test_fewer_points_come_first_where_less_is_better():
    assert places([one("А", 100), one("Б", 300), one("В", 200)], direction="less") == [("А", 1), ("В", 2), ("Б", 3)]


@pytest.mark.parametrize(
    ("better", "worse", "rules"),
    [
        (one("Я", 9, practice=6), one("А", 9, practice=5), ("practice_points",)),
        (one("Я", 9, 5, safety=0), one("А", 9, 5, safety=1), ("fewer_safety_penalties",)),
        (one("Я", 9, 5, 1, theory=4), one("А", 9, 5, 1, theory=3), ("theory_points",)),
        (one("Я", 9, 5, 1, 4, seconds=10), one("А", 9, 5, 1, 4, seconds=11), ("less_time",)),
    ],
)
def test_chain_breaks_a_tie_in_its_order(better, worse, rules):
    found = rank([worse, better])
    assert [(place.code, place.place, place.rules) for place in found] == [("Я", 1, rules), ("А", 2, rules)]
    assert unresolved_ties(found) == []


def test_practice_counts_the_other_way_where_less_is_better():
    assert places([one("А", 9, practice=6), one("Б", 9, practice=5)], direction="less") == [("Б", 1), ("А", 2)]


def test_chain_is_a_setting():
    tied = [one("А", 9, practice=6, seconds=20), one("Б", 9, practice=5, seconds=10)]
    assert places(tied, chain=["less_time"]) == [("Б", 1), ("А", 2)]
    assert [place.unresolved for place in rank(tied, chain=[])] == [True, True]


def test_second_rule_is_asked_only_of_those_the_first_left_equal():
    tied = [one("А", 9, 5, safety=2), one("Б", 9, 6, safety=9), one("В", 9, 5, safety=1)]
    assert [(place.code, place.rules) for place in rank(tied)] == [
        ("Б", ("practice_points",)),
        ("В", ("practice_points", "fewer_safety_penalties")),
        ("А", ("practice_points", "fewer_safety_penalties")),
    ]


def test_rule_is_passed_over_where_a_fact_is_unknown():
    tied = [one("А", 9, theory=None, seconds=20), one("Б", 9, theory=4, seconds=10)]
    found = rank(tied)
    assert [(place.code, place.place, place.rules) for place in found] == [
        ("Б", 1, ("less_time",)),
        ("А", 2, ("less_time",)),
    ]


def test_tie_no_rule_breaks_stays_visible():
    found = rank([one("Б", 9), one("А", 9), one("В", 5)])
    assert [(place.code, place.place, place.unresolved, place.shared) for place in found] == [
        ("А", 1, True, True),
        ("Б", 1, True, True),
        ("В", 3, False, False),
    ]
    assert unresolved_ties(found) == [["А", "Б"]]


def test_commission_orders_a_tie():
    word = Resolution("order", ("Б", "А"), "протокол № 4")
    found = rank([one("А", 9), one("Б", 9), one("В", 5)], resolutions=[word])
    assert [(place.code, place.place, place.basis) for place in found] == [
        ("Б", 1, "протокол № 4"),
        ("А", 2, "протокол № 4"),
        ("В", 3, ""),
    ]
    assert unresolved_ties(found) == []


@pytest.mark.parametrize(("shared", "last"), [("skip", 3), ("dense", 2)])
def test_commission_shares_a_place(shared, last):
    word = Resolution("shared", ("Б", "А"), "протокол № 4")
    found = rank([one("А", 9), one("Б", 9), one("В", 5)], resolutions=[word], shared=shared)
    assert [(place.code, place.place, place.shared, place.unresolved) for place in found] == [
        ("А", 1, True, False),
        ("Б", 1, True, False),
        ("В", last, False, False),
    ]


@pytest.mark.parametrize(
    "words",
    [
        [Resolution("order", ("А", "В"), "х")],
        [Resolution("order", ("А", "Б", "В"), "х")],
        [Resolution("order", ("А", "Б"), "х"), Resolution("shared", ("Б", "А"), "х")],
        [Resolution("order", ("Г", "Д"), "х")],
    ],
)
def test_resolution_that_names_no_open_tie_is_refused(words):
    with pytest.raises(Refused) as caught:
        rank([one("А", 9), one("Б", 9), one("В", 5)], resolutions=words)
    assert caught.value.code == "resolution_does_not_fit"


def test_resolution_of_a_broken_tie_is_refused():
    with pytest.raises(Refused):
        rank([one("А", 9, 1), one("Б", 9, 2)], resolutions=[Resolution("order", ("А", "Б"), "х")])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"chain": ["surname"]}, "unknown_tie_break"),
        ({"chain": ["less_time", "less_time"]}, "repeated_tie_break"),
        ({"direction": "up"}, "unknown_rule"),
        ({"shared": "maybe"}, "unknown_rule"),
    ],
)
def test_unknown_rule_is_refused(more, code):
    with pytest.raises(Refused) as caught:
        rank([], **more)
    assert caught.value.code == code


def test_repeated_code_is_refused():
    with pytest.raises(Refused, match="повторяется"):
        rank([one("А", 1), one("А", 2)])


@given(field, st.randoms(use_true_random=False), st.sampled_from(["more", "less"]), st.sampled_from(["skip", "dense"]))
def test_input_order_does_not_matter(standings, random, direction, shared):
    shuffled = random.sample(standings, len(standings))
    assert rank(shuffled, direction=direction, shared=shared) == rank(standings, direction=direction, shared=shared)


@given(field)
def test_codes_do_not_decide_places(standings):
    renamed = {standing.code: f"{index:03}" for index, standing in enumerate(reversed(standings))}
    again = [Standing(renamed[s.code], s.total, s.practice, s.safety, s.theory, s.seconds) for s in standings]
    assert {(renamed[p.code], p.place) for p in rank(standings)} == {(p.code, p.place) for p in rank(again)}


@given(field)
def test_better_total_never_has_a_worse_place(standings):
    total = {standing.code: standing.total for standing in standings}
    found = rank(standings)
    assert [total[place.code] for place in found] == sorted(total.values(), reverse=True)
    assert all(sum(other.place < place.place for other in found) == place.place - 1 for place in found)


@given(field)
def test_equal_place_is_exactly_an_unresolved_tie(standings):
    found = rank(standings)
    numbers = [place.place for place in found]
    assert [place.unresolved for place in found] == [numbers.count(number) > 1 for number in numbers]


def test_every_rule_has_a_name_for_people():
    assert set(TIE_BREAK_LABELS) == set(TIE_BREAKS) == set(DEFAULT_CHAIN)


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (([], False, False, ""), ""),
        ((["practice_points"], False, False, ""), "при равенстве баллов: баллы за практику"),
        ((["practice_points"], True, True, ""), "равенство баллов не разрешено"),
        (([], False, True, "протокол № 4"), "место разделено решением комиссии: протокол № 4"),
        (([], False, False, "протокол № 4"), "место определено решением комиссии: протокол № 4"),
    ],
)
def test_tie_is_told_in_russian(arguments, note):
    assert tie_note(*arguments) == note


def test_resolution_is_read_from_json():
    read = read_resolution({"kind": "order", "codes": ["Б", "А"], "basis": "протокол № 4"})
    assert read == Resolution("order", ("Б", "А"), "протокол № 4")


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"kind": "order", "codes": ["А"], "basis": "х"},
        {"kind": "order", "codes": ["А", "А"], "basis": "х"},
        {"kind": "order", "codes": ["А", 5], "basis": "х"},
        {"kind": "draw", "codes": ["А", "Б"], "basis": "х"},
        {"kind": "order", "codes": ["А", "Б"], "basis": ""},
        {"kind": "order", "codes": ["А", "Б"], "basis": "х", "more": 1},
    ],
)
def test_bad_resolution_is_refused(data):
    with pytest.raises(Refused):
        read_resolution(data)
