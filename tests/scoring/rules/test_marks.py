from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from scoring.rules.marks import (
    AGGREGATIONS,
    SheetTotal,
    aggregate,
    check_marks,
    divergences,
    missing_expert_problem,
    module_totals,
    sheet_total,
)
from tests.scoring.schemes import CULTURE, LOOK, PLACE, SAFETY, SIZE, fine, marks, module, scheme

MODULE = module(PLACE, SIZE, LOOK, SAFETY, CULTURE)
SCHEME = scheme(MODULE)
any_marks = st.builds(
    marks, st.booleans(), st.integers(0, 900), st.integers(0, 3), st.integers(0, 5), st.integers(0, 5)
)


@pytest.mark.parametrize(
    ("given_marks", "total"),
    [
        (marks(), SheetTotal(Fraction(2000), Fraction(0), Fraction(0), Fraction(2000))),
        (marks(level=1), SheetTotal(Fraction(5000, 3), Fraction(0), Fraction(0), Fraction(5000, 3))),
        (marks(safety=1, culture=2), SheetTotal(Fraction(2000), Fraction(700), Fraction(500), Fraction(1300))),
        (marks(False, 900, 0, 1), SheetTotal(Fraction(0), Fraction(500), Fraction(500), Fraction(0))),
    ],
)
def test_sheet_is_totalled_and_floored_at_zero(given_marks, total):
    assert sheet_total(SCHEME, MODULE, given_marks) == total


def test_without_the_floor_a_sheet_may_go_below_zero():
    free = replace(MODULE, floor_zero=False)
    assert sheet_total(scheme(free), free, marks(False, 900, 0, 1)).total == -500


def test_where_less_is_better_penalties_add_up():
    less = scheme(module(SAFETY, CULTURE), direction="less")
    given_marks = {"3.1": fine(2), "3.2": fine(1)}
    assert sheet_total(less, less.modules[0], given_marks).total == 1100


def test_weight_multiplies_points_and_penalties():
    heavy = module(replace(PLACE, weight=150), replace(SAFETY, weight=200))
    total = sheet_total(scheme(heavy), heavy, {"1.1": {"yes": True}, "3.1": fine(1)})
    assert (total.points, total.penalty) == (750, 1000)


@given(any_marks)
def test_total_stays_between_zero_and_the_maximum(given_marks):
    assert 0 <= sheet_total(SCHEME, MODULE, given_marks).total <= SCHEME.max_hundredths


@given(any_marks, st.integers(0, 3), st.integers(0, 5))
def test_better_marks_never_lower_the_total(given_marks, level, breaches):
    better = {**given_marks, "2.1": {"level": max(level, given_marks["2.1"]["level"])}}
    worse = {**given_marks, "3.1": fine(given_marks["3.1"]["count"] + breaches)}
    total = sheet_total(SCHEME, MODULE, given_marks).total
    assert sheet_total(SCHEME, MODULE, better).total >= total >= sheet_total(SCHEME, MODULE, worse).total


def test_complete_sheet_passes():
    check_marks(MODULE, marks())
    check_marks(MODULE, {**marks(), "1.1": {"not_assessed": "темно"}})


@pytest.mark.parametrize(
    ("given_marks", "code", "part"),
    [
        ({}, "marks_missing", "«Место», «Зазор», «Вид» и ещё 2."),
        ({key: value for key, value in marks().items() if key != "2.1"}, "marks_missing", "Осталось: «Вид»."),
        ({**marks(), "9.9": {"yes": True}}, "unknown_aspect", "9.9"),
        ({**marks(), "2.1": {"level": 4}}, "mark_invalid", "level"),
    ],
)
def test_incomplete_or_foreign_sheet_is_refused(given_marks, code, part):
    with pytest.raises(Refused) as caught:
        check_marks(MODULE, given_marks)
    assert caught.value.code == code
    assert part in caught.value.text


UNSEEN = {"not_assessed": "не было видно"}


def test_unassessed_aspect_takes_the_mean_of_the_others():
    sheets = [{**marks(), "2.1": UNSEEN}, marks(level=3), marks(level=0)]
    assert [total.total for total in module_totals(SCHEME, MODULE, sheets, "others")] == [1750, 2000, 1500]
    assert [total.total for total in module_totals(SCHEME, MODULE, sheets, "zero")] == [1500, 2000, 1500]


def test_aspect_nobody_assessed_gives_nothing():
    sheets = [{**marks(), "2.1": UNSEEN}] * 2
    assert [total.total for total in module_totals(SCHEME, MODULE, sheets, "others")] == [1500, 1500]


def test_unassessed_penalty_takes_what_the_others_took():
    sheets = [{**marks(), "3.1": UNSEEN}, marks(safety=1)]
    assert [total.safety for total in module_totals(SCHEME, MODULE, sheets, "others")] == [500, 500]
    assert sheet_total(SCHEME, MODULE, sheets[0]).total == 2000


@pytest.mark.parametrize(
    ("name", "values", "result"),
    [
        ("mean", [1, 2], Fraction(3, 2)),
        ("mean", [10, 0, 0], Fraction(10, 3)),
        ("median", [1, 9, 2], 2),
        ("median", [1, 9, 2, 4], 3),
        ("trimmed", [0, 5, 5, 8, 100], 6),
        ("trimmed", [0, 5, 5, 10], 5),
        ("consensus", [7, 7, 7], 7),
        ("mean", [4], 4),
        ("median", [4], 4),
        ("trimmed", [4], 4),
    ],
)
def test_experts_are_joined_by_the_named_rule(name, values, result):
    assert {aggregate(name, list(map(Fraction, order))) for order in permutations(values)} == {result}


@given(st.sampled_from(["mean", "median", "trimmed"]), st.lists(st.fractions(0, 6000), min_size=1, max_size=7))
def test_joined_value_lies_between_the_extremes(name, values):
    assert min(values) <= aggregate(name, values) <= max(values)


@given(
    st.sampled_from(["mean", "median", "trimmed"]), st.lists(st.integers(0, 6000), min_size=1, max_size=7), st.data()
)
def test_joining_is_monotone(name, values, data):
    index = data.draw(st.integers(0, len(values) - 1))
    raised = [*values[:index], values[index] + data.draw(st.integers(0, 500)), *values[index + 1 :]]
    assert aggregate(name, list(map(Fraction, raised))) >= aggregate(name, list(map(Fraction, values)))


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [("mean", [], "no_sheets"), ("magic", [1], "unknown_aggregation"), ("consensus", [1, 2], "no_consensus")],
)
def test_what_cannot_be_joined_is_refused(name, values, code):
    with pytest.raises(Refused) as caught:
        aggregate(name, list(map(Fraction, values)))
    assert caught.value.code == code
    assert sorted(AGGREGATIONS) == ["consensus", "mean", "median", "trimmed"]


@pytest.mark.parametrize(
    ("rule", "least", "included", "unfinished", "problem"),
    [
        ("block", 1, 3, 0, None),
        ("block", 1, 3, 1, "unfinished_sheets"),
        ("present", 1, 3, 1, None),
        ("present", 3, 3, 1, None),
        ("present", 3, 2, 1, "too_few_sheets"),
        ("block", 1, 0, 0, "too_few_sheets"),
    ],
)
def test_missing_expert_is_told(rule, least, included, unfinished, problem):
    assert missing_expert_problem(rule, least, included, unfinished) == problem


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (marks(level=3), marks(level=2), []),
        (marks(level=3), marks(level=1), ["2.1"]),
        (marks(size=250), marks(size=350), []),
        (marks(size=250), marks(size=351), ["1.2"]),
        (marks(True), marks(False), ["1.1"]),
        (marks(safety=1), marks(safety=0), ["3.1"]),
        (marks(safety=1), marks(safety=1), []),
        (marks(level=3), {**marks(), "2.1": UNSEEN}, []),
    ],
)
def test_experts_far_apart_raise_an_alert(one, other, apart):
    found = divergences(MODULE, {"Э2": one, "Э1": other})
    assert [alert.aspect_id for alert in found] == apart
    assert all(alert.experts == ("Э1", "Э2") for alert in found)


def test_alert_says_what_differs_and_by_how_much():
    (alert,) = divergences(MODULE, {"Э1": marks(size=250), "Э2": marks(size=400), "Э3": marks(size=250)})
    assert alert.text == "«Зазор»: разница 4 из 10, допустимо 20 %."
    assert alert.values == ("10", "6", "10")
    (alert,) = divergences(MODULE, {"Э1": marks(level=3), "Э2": marks(level=0)})
    assert alert.text == "«Вид»: уровни расходятся на 3, допустимо 1."
    (alert,) = divergences(MODULE, {"Э1": marks(safety=2), "Э2": marks()})
    assert alert.text == "«Охрана труда»: штраф у экспертов разный, 10."


def test_limits_are_settings():
    sheets = {"Э1": marks(level=3, size=250, safety=1), "Э2": marks(level=1, size=400)}
    assert divergences(MODULE, sheets, levels=2, percent=40, penalties=False) == []
    assert len(divergences(MODULE, sheets, levels=1, percent=39)) == 3


def test_one_expert_cannot_diverge():
    assert divergences(MODULE, {"Э1": marks(level=0)}) == []
