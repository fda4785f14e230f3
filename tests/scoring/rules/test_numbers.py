from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from scoring.rules.numbers import round_half_up, show, show_seconds, to_count, to_hundredths, to_seconds


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("0", 0),
        ("1/2", 1),
        ("49/100", 0),
        ("3/2", 2),
        ("5/2", 3),
        ("-1/2", -1),
        ("-49/100", 0),
        ("-3/2", -2),
        ("500/3", 167),
    ],
)
def test_half_goes_away_from_zero(exact, rounded):
    assert round_half_up(Fraction(exact)) == rounded


@given(st.integers(-(10**9), 10**9))
def test_rounding_agrees_with_decimal(thousandths):
    expected = (Decimal(thousandths) / 1000).quantize(Decimal(1), ROUND_HALF_UP)
    assert round_half_up(Fraction(thousandths, 1000)) == int(expected)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (5, "0,05"), (50, "0,5"), (1250, "12,5"), (1200, "12"), (-305, "−3,05")]
)
def test_numbers_are_shown_with_a_comma(number, text):
    assert show(number) == text


@given(st.integers(-99_999_999, 99_999_999))
def test_shown_number_is_read_back(number):
    assert to_hundredths(show(number)) == number


@given(st.integers(0, 359_999))
def test_shown_time_is_read_back(seconds):
    assert to_seconds(show_seconds(seconds)) == seconds


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (3599, "59:59"), (3600, "1:00:00"), (3432, "57:12")])
def test_time_is_shown_in_minutes(seconds, text):
    assert show_seconds(seconds) == text


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("1.000000001", "too_precise"),
        ("0,001", "too_precise"),
        (".5", "not_a_number"),
        ("5,", "not_a_number"),
        ("--1", "not_a_number"),
    ],
)
def test_bad_number_is_refused(typed, code):
    with pytest.raises(Refused) as caught:
        to_hundredths(typed)
    assert caught.value.code == code


def test_trailing_zeros_are_not_precision():
    assert to_hundredths("1,500") == 150


@pytest.mark.parametrize(
    ("typed", "code"), [("", "empty"), ("11", "not_a_count"), ("9999999", "not_a_count"), ("-0", "not_a_count")]
)
def test_bad_count_is_refused(typed, code):
    with pytest.raises(Refused) as caught:
        to_count(typed, "Дефект", high=10)
    assert caught.value.code == code
    assert to_count(" 10 ", "Дефект", high=10) == 10
