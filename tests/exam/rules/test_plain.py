"""The short way to the clock says what the whole way says."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from exam.rules import plain, timing
from exam.rules.facts import Finish, Reopening
from exam.rules.states import FinishReason
from tests.exam.rules.moments import SITTING, STARTED, at, pause
from tests.exam.rules.test_timing_properties import attempts, instant

moments = st.integers(-600, 4 * 3600).map(instant) | st.integers(-600, 4 * 3600).map(
    lambda offset: instant(offset) + timedelta(microseconds=1))


@given(attempts, moments)
def test_where_the_short_way_answers_it_agrees(facts, now):
    from tests.exam.rules.test_timing_properties import SITTING as HALL
    ends = plain.fixed_deadline(HALL, facts)
    assert (ends is None) == bool(facts.pauses)
    if ends is not None:
        assert ends == timing.deadline(HALL, facts, now)
    if (said := plain.accepted(facts, ends, now)) is not None:
        assert said == timing.judge_save(HALL, facts, now)
    if (shown := plain.countdown(facts, ends, now)) is not None:
        assert shown == timing.countdown_state(HALL, facts, now)


def test_it_answers_the_usual_case_to_the_last_instant_and_nothing_else():
    ends = plain.fixed_deadline(SITTING, STARTED)
    assert ends == at(45)
    assert plain.accepted(STARTED, ends, ends) is not None
    assert plain.countdown(STARTED, ends, ends) is not None
    assert plain.accepted(STARTED, ends, ends + timedelta(microseconds=1)) is None
    assert plain.countdown(STARTED, ends, ends + timedelta(microseconds=1)) is None
    assert plain.accepted(STARTED, ends, at(4)) is None
    closed = Finish(at(20), FinishReason.PARTICIPANT)
    for other in (replace(STARTED, started=None), replace(STARTED, pauses=(pause(10, 11),)),
                  replace(STARTED, finished=closed), replace(STARTED, reopened=(Reopening(at(20), at(21)),)),
                  replace(STARTED, annulled=at(30))):
        assert plain.fixed_deadline(SITTING, other) is None
