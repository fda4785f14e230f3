"""What holds of the clock for any facts: hypothesis over pauses, grants and instants, in whole seconds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from exam.rules.facts import (
    Accepted,
    AttemptFacts,
    Granted,
    LateBox,
    Pause,
    RefusedSave,
    Scope,
    Sitting,
    StartConditions,
)
from exam.rules.intervals import covers, length, minus, union
from exam.rules.states import Phase
from exam.rules.timing import close_due, deadline, edit_time, judge_grant, judge_save, may_start, phase, remaining

NOON = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
SITTING = Sitting(
    NOON,
    NOON + timedelta(hours=1),
    timedelta(minutes=40),
    timedelta(seconds=30),
    NOON + timedelta(hours=3),
    Fraction(1, 2),
)
seconds = st.integers(0, 3 * 3600)
READY = StartConditions(identity_approved=True, consents_signed=True, briefing_acknowledged=True)


def instant(offset: int) -> datetime:
    return NOON + timedelta(seconds=offset)


def spans(limit=4 * 3600):
    return st.tuples(st.integers(0, limit), st.integers(0, 2400)).map(lambda pair: (pair[0], pair[0] + pair[1]))


pauses = st.builds(
    lambda span, scope, compensated: Pause(instant(span[0]), instant(span[1]), scope, compensated),
    spans(),
    st.sampled_from(Scope),
    st.booleans(),
)
attempts = st.builds(
    lambda start, extra, shift, marks: AttemptFacts(
        started=instant(start), extra=timedelta(seconds=extra), shift=timedelta(seconds=shift), pauses=tuple(marks)
    ),
    st.integers(0, 3600),
    st.integers(0, 1800),
    st.integers(0, 900),
    st.lists(pauses, max_size=4),
)


@given(attempts, seconds, seconds)
def test_deadline_never_passes_the_hard_end_and_never_moves_back(facts, first, second):
    early, late = sorted((instant(first), instant(second)))
    assert deadline(SITTING, facts, early) <= deadline(SITTING, facts, late) <= SITTING.hard_end


@given(attempts, seconds, st.integers(1, 600))
def test_once_over_it_stays_over(facts, moment, later):
    """No pause, nor the passing of time, revives an attempt whose deadline has gone by."""
    now = instant(moment)
    if now > deadline(SITTING, facts, now):
        assert deadline(SITTING, facts, now + timedelta(seconds=later)) == deadline(SITTING, facts, now)


@given(attempts, seconds)
def test_order_of_pauses_does_not_matter(facts, moment):
    mixed = replace(facts, pauses=tuple(reversed(facts.pauses)))
    assert deadline(SITTING, mixed, instant(moment)) == deadline(SITTING, facts, instant(moment))
    assert phase(SITTING, mixed, instant(moment)) is phase(SITTING, facts, instant(moment))


@given(attempts, seconds, st.integers(0, 600))
def test_extra_time_adds_itself_or_meets_the_hard_end(facts, moment, extra):
    """E is in both terms of the minimum; only pauses it newly reaches may add more."""
    now = instant(moment)
    longer = replace(facts, extra=facts.extra + timedelta(seconds=extra))
    floor = min(deadline(SITTING, facts, now) + timedelta(seconds=extra), SITTING.hard_end)
    assert deadline(SITTING, longer, now) >= floor
    if not facts.pauses:
        assert deadline(SITTING, longer, now) == floor


@given(attempts, seconds)
def test_page_save_and_closing_agree(facts, moment):
    now = instant(moment)
    if now < facts.started:
        return
    current, verdict = phase(SITTING, facts, now), judge_save(SITTING, facts, now)
    assert (current is Phase.FINISHED) is (close_due(SITTING, facts, now) is not None)
    if isinstance(verdict, Accepted):
        assert current is Phase.RUNNING
        assert now <= deadline(SITTING, facts, now)
    if current is Phase.FINISHED:
        assert isinstance(verdict, LateBox | RefusedSave)
        assert remaining(SITTING, facts, now) == timedelta(0)
        assert close_due(SITTING, facts, now).at <= now - SITTING.grace


@given(attempts, st.integers(0, 2400), st.integers(0, 3600), st.integers(0, 3600))
def test_remaining_is_frozen_in_an_open_pause(facts, start, first, second):
    paused = replace(
        facts, pauses=(*facts.pauses, Pause(facts.started + timedelta(seconds=start), None, Scope.SITTING))
    )
    begins = min(p.start for p in paused.pauses if p.end is None)
    values = set()
    for wait in (first, second):
        now = begins + timedelta(seconds=wait)
        if phase(SITTING, paused, now) is Phase.PAUSED:
            values.add(remaining(SITTING, paused, now))
    assert len(values) <= 1


@given(st.integers(0, 1200), st.integers(0, 600), st.integers(1, 600))
def test_a_pause_costs_nothing_where_the_window_is_wide(start, wait, lasted):
    wide = replace(SITTING, closes=NOON + timedelta(hours=2))
    facts = AttemptFacts(started=instant(start))
    begins = instant(start + wait)
    ends = begins + timedelta(seconds=lasted)
    paused = replace(facts, pauses=(Pause(begins, ends, Scope.OWN),))
    assert remaining(wide, paused, ends) == remaining(wide, facts, begins)


@given(attempts, seconds, st.integers(1, 7200))
def test_a_grant_gives_what_it_says_or_is_refused(facts, moment, granted):
    now = max(instant(moment), facts.started)
    verdict = judge_grant(SITTING, facts, now, timedelta(seconds=granted))
    if isinstance(verdict, Granted):
        longer = replace(facts, extra=verdict.extra)
        known = replace(longer, pauses=tuple(p for p in longer.pauses if p.start < now and p.end <= now))
        assert verdict.extra > facts.extra
        assert verdict.deadline <= SITTING.hard_end
        if len(known.pauses) == len(facts.pauses):
            assert deadline(SITTING, longer, now) == verdict.deadline
            if verdict.reopens:
                assert verdict.deadline == now + timedelta(seconds=granted)
    else:
        assert verdict.code in {"hard_end", "reopen_too_late"}


@given(seconds, st.integers(0, 900), st.lists(pauses, max_size=3))
def test_who_may_start_has_the_share_of_time(moment, shift, marks):
    facts = AttemptFacts(shift=timedelta(seconds=shift), pauses=tuple(marks))
    now = instant(moment)
    if may_start(SITTING, facts, READY, now).allowed:
        begun = replace(facts, started=now)
        assert remaining(SITTING, begun, now) * 2 >= SITTING.limit
        assert phase(SITTING, begun, now) is Phase.RUNNING


@given(seconds, st.floats(), st.floats(), st.none() | seconds, seconds)
def test_edit_time_is_within_its_bounds(sync, sync_mono, mono, ack, received):
    previous = None if ack is None else instant(min(ack, received))
    estimate = edit_time(instant(sync), sync_mono, mono, previous, instant(received))
    assert estimate <= instant(received)
    assert previous is None or estimate >= previous


@given(st.lists(spans(60), max_size=6), st.lists(spans(60), max_size=6), st.integers(0, 3000))
def test_intervals_agree_with_sets_of_seconds(first, second, probe):
    def as_set(pairs):
        return {n for low, high in pairs for n in range(low, high)}

    left = [(instant(low), instant(high)) for low, high in first]
    right = [(instant(low), instant(high)) for low, high in second]
    assert length(union(left)) == timedelta(seconds=len(as_set(first)))
    assert length(minus(left, right)) == timedelta(seconds=len(as_set(first) - as_set(second)))
    assert any(covers(span, instant(probe)) for span in union(left)) is (probe in as_set(first))
    assert length(union(left), within=(instant(10), instant(20))) == timedelta(
        seconds=len(as_set(first) & set(range(10, 20)))
    )
