"""Time without a connection: intervals, since when, what is proposed. Times are minutes and seconds after 10:00 UTC."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.rules.intervals import length, whole_seconds
from exam.rules.offline import OFFLINE_AFTER, compensation, intervals, offline_since
from tests.exam.rules.moments import TICK, at

# contacts, start, until, outside → offline intervals; figures are seconds after 10:00.
CASES = {
    "never heard of": ([], 0, 60, [], [(0, 60)]),
    "heard all the time": ([(1, 60)], 0, 60, [], []),
    "silent for exactly 20 s": ([(0, 10), (30, 60)], 0, 60, [], []),
    "silent for a little more": ([(0, 10), (30.001, 60)], 0, 60, [], [(10, 30.001)]),
    "two gaps": ([(0, 10), (40, 50), (90, 95)], 0, 100, [], [(10, 40), (50, 90)]),
    "silent at the end": ([(0, 10)], 0, 60, [], [(10, 60)]),
    "just begun": ([], 0, 20, [], []),
    "first heard late": ([(25, 60)], 0, 60, [], [(0, 25)]),
    "heard after the end only": ([(0, 5), (70, 80)], 0, 60, [], [(5, 60)]),
    "heard before the start only": ([(-50, -40)], 0, 60, [], [(0, 60)]),
    "stretches that overlap": ([(0, 30), (10, 20), (25, 40)], 0, 60, [], []),
    "a gap inside a longer stretch of another page": ([(0, 50), (5, 10), (45, 46)], 0, 60, [], []),
    "order does not matter": ([(40, 60), (0, 10)], 0, 60, [], [(10, 40)]),
    "one instant is a sign of life": ([(30, 30)], 0, 60, [], [(0, 30), (30, 60)]),
    "time that did not run is left out": ([(0, 10)], 0, 100, [(30, 60)], [(60, 100)]),
    "what is left of a gap counts by itself": ([(0, 10), (100, 101)], 0, 101, [(15, 95)], []),
    "a gap cut in two": ([(0, 10), (110, 111)], 0, 111, [(40, 50)], [(10, 40), (50, 110)]),
    "nothing ran": ([], 0, 0, [], []),
}


def spans(pairs):
    return [(at(seconds=start), at(seconds=end)) for start, end in pairs]


@pytest.mark.parametrize("case", CASES)
def test_intervals(case):
    contacts, started, until, outside, expected = CASES[case]
    found = intervals(spans(contacts), at(seconds=started), at(seconds=until), spans(outside))
    assert found == spans(expected)


@pytest.mark.parametrize(
    ("contacts", "now", "since"),
    [([], 20, None), ([], 20.001, 0), ([(0, 10)], 30, None), ([(0, 10)], 31, 10), ([(0, 10), (5, 25)], 40, None),
     ([(0, 10), (50, 60)], 40, 10), ([(0, 100)], 50, None), ([(-9, -5)], 30, 0)],
)  # fmt: skip
def test_since_when_nothing_is_heard(contacts, now, since):
    found = offline_since(spans(contacts), at(), at(seconds=now))
    assert found == (None if since is None else at(seconds=since))


@pytest.mark.parametrize(
    ("span", "seconds"),
    [(timedelta(0), 0), (TICK, 1), (timedelta(seconds=200), 200), (timedelta(seconds=200) + TICK, 201)],
)
def test_a_part_of_a_second_is_a_second(span, seconds):
    assert whole_seconds(span) == seconds


@pytest.mark.parametrize(
    ("proposed", "seconds"),
    [([], 201), ([(0, 200.3)], 0), ([(0, 100)], 101), ([(50, 60), (55, 70)], 181), ([(300, 400)], 201),
     ([(-50, 500)], 0)],
)  # fmt: skip
def test_what_was_proposed_is_not_proposed_again(proposed, seconds):
    assert compensation((at(), at(seconds=200.3)), spans(proposed)) == seconds


seconds = st.integers(0, 600)


@given(st.lists(st.tuples(seconds, seconds).map(sorted), max_size=8), seconds, seconds)
def test_intervals_agree_with_a_count_by_the_second(stretches, started, lasts):
    """A slow model: signs of life by the second, and every silence between two of them of more than 20 s."""
    until = started + lasts
    found = intervals(spans(stretches), at(seconds=started), at(seconds=until))
    signs = sorted({started} | {point for first, last in stretches for point in range(first, last + 1)
                                if started <= point <= until})
    expected = [(one, two) for one, two in zip(signs, [*signs[1:], until], strict=True) if two - one > 20]
    assert found == spans(expected)
    assert all(end - start > OFFLINE_AFTER for start, end in found)
    assert length(found) <= timedelta(seconds=lasts)
