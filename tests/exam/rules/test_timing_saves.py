"""Tables of what the clock decides: start, save, edit time, grant. Times are minutes after 10:00 UTC."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from exam.rules.facts import (
    Accepted,
    AttemptFacts,
    Decision,
    Finish,
    Granted,
    LateBox,
    RefusedSave,
    Reopening,
    Scope,
)
from exam.rules.states import FinishReason
from exam.rules.timing import (
    deadline,
    edit_time,
    finish,
    judge_grant,
    judge_save,
    may_start,
    remaining,
    start_terms,
)
from tests.exam.rules.moments import READY, SITTING, STARTED, TICK, at, minutes, pause


class TestStart:
    @pytest.mark.parametrize(
        ("now", "facts", "code"),
        [
            (at(0) - TICK, AttemptFacts(), "too_early"),
            (at(0), AttemptFacts(), ""),
            (at(40), AttemptFacts(), ""),
            (at(40) + TICK, AttemptFacts(), "too_little_time"),
            (at(60), AttemptFacts(), "too_little_time"),
            (at(60) + TICK, AttemptFacts(), "too_late"),
            (at(15) - TICK, AttemptFacts(shift=minutes(15)), "too_early"),
            (at(15), AttemptFacts(shift=minutes(15)), ""),
            (at(55), AttemptFacts(shift=minutes(15)), ""),
            (at(55) + TICK, AttemptFacts(shift=minutes(15)), "too_little_time"),
            (at(75) + TICK, AttemptFacts(shift=minutes(15)), "too_late"),
            (at(50), AttemptFacts(extra=minutes(10)), ""),
            (at(50), AttemptFacts(pauses=(pause(10, 20),)), ""),
            (at(50) + TICK, AttemptFacts(pauses=(pause(10, 20),)), "too_little_time"),
            (at(20) - TICK, AttemptFacts(pauses=(pause(10, 20),)), "paused"),
            (at(20), AttemptFacts(pauses=(pause(10, 20),)), ""),
            (at(20), AttemptFacts(pauses=(pause(10, None),)), "paused"),
            (at(10), STARTED, "already_started"),
            (at(10), AttemptFacts(annulled=at(1)), "annulled"),
        ],
    )
    def test_borders(self, now, facts, code):
        decision = may_start(SITTING, facts, READY, now)
        assert (decision.allowed, decision.code) == (code == "", code)
        assert bool(decision.text) is not decision.allowed

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"identity_approved": False}, "no_identity"),
            ({"consents_signed": False}, "no_consents"),
            ({"briefing_acknowledged": False}, "no_briefing"),
            ({"running_elsewhere": True}, "running_elsewhere"),
        ],
    )
    def test_conditions(self, change, code):
        conditions = replace(READY, **change)
        assert may_start(SITTING, AttemptFacts(), conditions, at(1)).code == code
        assert conditions.admitted is (code == "running_elsewhere")

    def test_share_zero_lets_in_until_the_end_and_one_only_with_all_the_time(self):
        assert may_start(replace(SITTING, min_share=Fraction(0)), AttemptFacts(), READY, at(60)) == Decision(True)
        whole = replace(SITTING, min_share=Fraction(1))
        assert may_start(whole, AttemptFacts(), READY, at(20)).allowed
        assert not may_start(whole, AttemptFacts(), READY, at(20) + TICK).allowed

    def test_share_is_exact_not_rounded(self):
        sitting = replace(SITTING, limit=timedelta(microseconds=3), closes=at(1), min_share=Fraction(1, 2))
        assert may_start(sitting, AttemptFacts(), READY, at(1) - 2 * TICK).allowed
        assert may_start(sitting, AttemptFacts(), READY, at(1) - TICK).code == "too_little_time"

    @pytest.mark.parametrize(
        ("now", "facts", "ends", "shortened"),
        [
            (20, AttemptFacts(), 60, False),
            (21, AttemptFacts(), 60, True),
            (21, AttemptFacts(extra=minutes(5)), 65, True),
            (25, AttemptFacts(pauses=(pause(1, 6),)), 65, False),
            (70, AttemptFacts(), 60, True),
        ],
    )
    def test_terms_told_beforehand(self, now, facts, ends, shortened):
        terms = start_terms(SITTING, facts, at(now))
        assert (terms.deadline, terms.shortened) == (at(ends), shortened)
        assert terms.time == max(minutes(0), at(ends) - at(now))


class TestSave:
    @pytest.mark.parametrize(
        ("received", "edited", "expected"),
        [
            (at(5), None, Accepted()),
            (at(45), None, Accepted()),
            (at(45), at(45), Accepted()),
            (at(45) + TICK, None, LateBox()),
            (at(45) + TICK, at(45), Accepted(late_in_grace=True)),
            (at(45) + TICK, at(45) + TICK, LateBox()),
            (at(45, 30), at(45), Accepted(late_in_grace=True)),
            (at(45, 30) + TICK, at(45), LateBox()),
            (at(300), at(6), LateBox()),
        ],
    )
    def test_around_the_deadline(self, received, edited, expected):
        assert judge_save(SITTING, STARTED, received, edited) == expected
        assert LateBox().code == "deadline_passed"

    @pytest.mark.parametrize(
        ("facts", "received", "code"),
        [
            (AttemptFacts(), at(6), "not_started"),
            (STARTED, at(5) - TICK, "not_started"),
            (replace(STARTED, annulled=at(7)), at(6), "annulled"),
            (replace(STARTED, finished=Finish(at(9), FinishReason.PARTICIPANT)), at(9), "finished"),
            (replace(STARTED, finished=Finish(at(9), FinishReason.REMOVAL)), at(10), "finished"),
            (replace(STARTED, finished=Finish(at(9), FinishReason.COMMISSION)), at(10), "finished"),
        ],
    )
    def test_refused(self, facts, received, code):
        verdict = judge_save(SITTING, facts, received, received)
        assert isinstance(verdict, RefusedSave)
        assert verdict.code == code
        assert verdict.text.endswith(".")

    def test_closed_by_time_goes_to_the_late_box_even_within_the_grace(self):
        facts = replace(STARTED, finished=Finish(at(45), FinishReason.DEADLINE))
        assert judge_save(SITTING, facts, at(45, 10), at(44)) == LateBox()

    @pytest.mark.parametrize("end", [25, None])
    @pytest.mark.parametrize(
        ("received", "edited", "expected"),
        [
            (at(20) - TICK, None, Accepted()),
            (at(20), None, "paused"),
            (at(20), at(20), "paused"),
            (at(20, 5), at(20) - TICK, Accepted(late_in_grace=True)),
            (at(20, 30), at(19), Accepted(late_in_grace=True)),
            (at(20, 30) + TICK, at(19), "paused"),
            (at(25) - TICK, None, "paused"),
        ],
    )
    def test_around_the_beginning_of_a_pause(self, end, received, edited, expected):
        facts = replace(STARTED, pauses=(pause(20, end, Scope.WAVE),))
        verdict = judge_save(SITTING, facts, received, edited)
        assert (verdict.code if isinstance(verdict, RefusedSave) else verdict) == expected

    def test_end_of_a_pause_is_outside_it(self):
        facts = replace(STARTED, pauses=(pause(20, 25),))
        assert judge_save(SITTING, facts, at(25)) == Accepted()
        assert judge_save(SITTING, facts, at(50)) == Accepted()
        assert judge_save(SITTING, facts, at(50) + TICK) == LateBox()

    def test_overlapping_pauses_are_one_for_the_edit_time(self):
        facts = replace(STARTED, pauses=(pause(20, 21), pause(20.5, 25, Scope.OWN)))
        sitting = replace(SITTING, grace=timedelta(seconds=120))
        assert judge_save(sitting, facts, at(21.5), at(20.25)).code == "paused"
        assert judge_save(sitting, facts, at(21.5), at(19.9)) == Accepted(late_in_grace=True)

    def test_edit_inside_a_pause_does_not_count_in_the_grace(self):
        facts = AttemptFacts(started=at(30), pauses=(pause(40, 59.9, Scope.OWN, False),))
        assert judge_save(SITTING, facts, at(60, 10), at(59.95)) == Accepted(late_in_grace=True)
        assert judge_save(SITTING, facts, at(60, 10), at(59)) == LateBox()

    def test_between_close_and_reopening_stays_in_the_late_box(self):
        facts = replace(STARTED, extra=minutes(25), reopened=(Reopening(at(45), at(60)),))
        assert judge_save(SITTING, facts, at(45)) == Accepted()
        assert judge_save(SITTING, facts, at(45) + TICK, at(44)) == LateBox()
        assert judge_save(SITTING, facts, at(60) - TICK) == LateBox()
        assert judge_save(SITTING, facts, at(60)) == Accepted()
        assert judge_save(SITTING, facts, at(70)) == Accepted()

    def test_dense_timeline_around_the_deadline(self):
        """Every 50 ms of the last second, the grace and the second after it: received at once and edited 2 s before."""
        for step in range(-20, 640):
            received = at(45) + timedelta(milliseconds=50 * step)
            plain = Accepted() if step <= 0 else LateBox()
            assert judge_save(SITTING, STARTED, received) == plain, step
            carried = plain if step <= 0 or step > 40 else Accepted(late_in_grace=True)
            assert judge_save(SITTING, STARTED, received, received - timedelta(seconds=2)) == carried, step


class TestEditTime:
    @pytest.mark.parametrize(
        ("last_sync", "sync_mono", "mono", "ack", "expected"),
        [
            (at(10), 1000, 31_000, None, at(10, 30)),
            (at(10), 1000, 1000.5, None, at(10) + timedelta(microseconds=500)),
            (at(10), 1000, 91_000, None, at(11)),
            (at(10), 1000, 121_000, None, at(11)),
            (at(10), 1000, 31_000, at(10, 40), at(10, 40)),
            (at(10), 31_000, 1000, at(9, 50), at(9, 50)),
            (at(10), 31_000, 1000, None, at(9, 30)),
            (None, 0, 5, at(9), at(11)),
            (at(10), float("nan"), 5, None, at(11)),
            (at(10), 5, float("inf"), None, at(11)),
            (at(10), 0, 1e300, None, at(11)),
            (at(10), 1000, 31_000, at(12), at(11)),
        ],
    )
    def test_rule_5(self, last_sync, sync_mono, mono, ack, expected):
        assert edit_time(last_sync, sync_mono, mono, ack, at(11)) == expected

    def test_far_past_is_bounded(self):
        assert edit_time(at(10), 1e300, 0, at(5), at(11)) == at(5)


class TestGrant:
    def test_running_attempt_gets_the_time(self):
        assert judge_grant(SITTING, STARTED, at(20), minutes(10)) == Granted(minutes(10), at(55), reopens=False)
        again = replace(STARTED, extra=minutes(10))
        assert judge_grant(SITTING, again, at(20), minutes(5)) == Granted(minutes(15), at(60), reopens=False)

    def test_before_the_start(self):
        assert judge_grant(SITTING, AttemptFacts(), at(-100), minutes(10)) == Granted(
            minutes(10), at(50), reopens=False
        )

    def test_before_the_start_of_a_shifted_attempt(self):
        shifted = AttemptFacts(shift=minutes(15))
        assert judge_grant(SITTING, shifted, at(-100), minutes(10)) == Granted(minutes(10), at(65), reopens=False)

    def test_hard_end(self):
        late = replace(SITTING, hard_end=at(62))
        facts = AttemptFacts(started=at(30))
        assert judge_grant(late, facts, at(40), minutes(2)) == Granted(minutes(2), at(62), reopens=False)
        assert judge_grant(late, facts, at(40), minutes(2) + TICK).code == "hard_end"

    @pytest.mark.parametrize(
        ("facts", "now", "granted", "code"),
        [
            (STARTED, at(20), minutes(0), "not_positive"),
            (replace(STARTED, annulled=at(9)), at(20), minutes(1), "annulled"),
            (replace(STARTED, finished=Finish(at(9), FinishReason.PARTICIPANT)), at(20), minutes(1), "finished"),
            (replace(STARTED, finished=Finish(at(9), FinishReason.REMOVAL)), at(20), minutes(1), "finished"),
            (STARTED, at(75), minutes(1), "reopen_too_late"),
            (STARTED, at(74), minutes(107), "hard_end"),
        ],
    )
    def test_refused(self, facts, now, granted, code):
        decision = judge_grant(SITTING, facts, now, granted)
        assert isinstance(decision, Decision)
        assert (decision.allowed, decision.code) == (False, code)
        assert decision.text.endswith(".")

    def test_clock_that_stepped_back_before_the_close_takes_nothing_away(self):
        closed = replace(STARTED, finished=Finish(at(45), FinishReason.DEADLINE))
        assert judge_grant(SITTING, closed, at(30), minutes(5)) == Granted(minutes(5), at(50), reopens=True)

    @pytest.mark.parametrize(
        "facts",
        [
            STARTED,
            replace(STARTED, finished=Finish(at(45), FinishReason.DEADLINE)),
            replace(STARTED, extra=minutes(0), pauses=(pause(50, 55),)),
            replace(STARTED, pauses=(pause(50, None, Scope.SITE),)),
            AttemptFacts(started=at(4), pauses=(pause(10, 11, Scope.OWN, False),)),
        ],
    )
    def test_reopening_sets_the_deadline(self, facts):
        now = at(75) - TICK
        verdict = judge_grant(SITTING, facts, now, minutes(10))
        assert isinstance(verdict, Granted)
        assert (verdict.deadline, verdict.reopens) == (now + minutes(10), True)
        closed = finish(SITTING, facts, now).at
        running = replace(facts, finished=None, extra=verdict.extra, reopened=(Reopening(closed, now),))
        assert deadline(SITTING, running, now) == now + minutes(10)
        assert remaining(SITTING, running, now) >= minutes(10) - TICK
        assert verdict.extra >= facts.extra
