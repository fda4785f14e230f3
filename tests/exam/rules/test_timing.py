"""Tables and dense timelines of the sitting's clock. Times are minutes (and seconds) after 10:00 UTC."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest

from exam.rules.facts import (
    Accepted,
    AttemptFacts,
    Decision,
    Finish,
    Granted,
    LateBox,
    Pause,
    RefusedSave,
    Reopening,
    Scope,
    Sitting,
    StartConditions,
)
from exam.rules.states import FINISH_WORDS, PHASE_WORDS, FinishReason, Phase, describe
from exam.rules.timing import (
    close_due,
    countdown_state,
    deadline,
    edit_time,
    finish,
    judge_grant,
    judge_save,
    may_start,
    phase,
    remaining,
    start_terms,
)

ZERO_HOUR = datetime(2026, 6, 9, 10, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
READY = StartConditions(identity_approved=True, consents_signed=True, briefing_acknowledged=True)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    return ZERO_HOUR + timedelta(minutes=minutes, seconds=seconds)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def pause(start, end, scope=Scope.SITTING, compensated=True):
    return Pause(at(start), None if end is None else at(end), scope, compensated)


# Window 0..60, limit 40 min, grace 30 s, hard end 180.
SITTING = Sitting(at(0), at(60), minutes(40), timedelta(seconds=30), at(180), Fraction(1, 2))
STARTED = AttemptFacts(started=at(5))


class TestFacts:
    @pytest.mark.parametrize(
        "moment", [datetime(2026, 6, 9, 10, 0), datetime(2026, 6, 9, tzinfo=timezone(minutes(180)))]
    )
    def test_instant_naive_or_of_another_zone_is_refused(self, moment):
        for broken in (
            lambda: Sitting(moment, at(60), minutes(40), minutes(0), at(60)),
            lambda: AttemptFacts(started=moment),
            lambda: Pause(moment, None, Scope.OWN),
            lambda: Finish(moment, FinishReason.DEADLINE),
            lambda: Reopening(moment, moment),
            lambda: deadline(SITTING, STARTED, moment),
            lambda: phase(SITTING, STARTED, moment),
            lambda: may_start(SITTING, AttemptFacts(), READY, moment),
            lambda: judge_save(SITTING, STARTED, moment),
            lambda: judge_save(SITTING, STARTED, at(6), moment),
            lambda: judge_grant(SITTING, STARTED, moment, minutes(1)),
            lambda: edit_time(None, 0, 0, None, moment),
        ):
            with pytest.raises(ValueError, match="UTC"):
                broken()

    @pytest.mark.parametrize(
        "change",
        [
            {"closes": at(0)},
            {"hard_end": at(59)},
            {"limit": minutes(0)},
            {"grace": timedelta(seconds=121)},
            {"grace": timedelta(seconds=-1)},
            {"min_share": Fraction(3, 2)},
            {"min_share": Fraction(-1, 2)},
        ],
    )
    def test_sitting_impossible_is_refused(self, change):
        with pytest.raises(ValueError):
            replace(SITTING, **change)

    def test_pause_backwards_is_refused(self):
        with pytest.raises(ValueError):
            pause(10, 9)

    @pytest.mark.parametrize("field", ["extra", "shift"])
    def test_negative_time_is_refused(self, field):
        with pytest.raises(ValueError):
            AttemptFacts(**{field: -TICK})

    def test_unstarted_attempt_has_no_deadline(self):
        with pytest.raises(ValueError, match="not started"):
            deadline(SITTING, AttemptFacts(), at(1))
        with pytest.raises(ValueError, match="not started"):
            remaining(SITTING, AttemptFacts(), at(1))


# facts, now, deadline: every term of rule 3 by itself and together.
DEADLINES = {
    "limit": (STARTED, 6, 45),
    "extra": (replace(STARTED, extra=minutes(7)), 6, 52),
    "window cuts": (AttemptFacts(started=at(30)), 31, 60),
    "window cuts, extra moves it": (AttemptFacts(started=at(30), extra=minutes(4)), 31, 64),
    "shift moves the window": (AttemptFacts(started=at(30), shift=minutes(15)), 31, 70),
    "shift alone does not lengthen": (replace(STARTED, shift=minutes(15)), 6, 45),
    "common pause": (replace(STARTED, pauses=(pause(10, 20),)), 30, 55),
    "common pause still ahead of now": (replace(STARTED, pauses=(pause(10, 20),)), 15, 50),
    "common pause moves the window": (AttemptFacts(started=at(30), pauses=(pause(35, 45, Scope.SITE),)), 50, 70),
    "common pause before the start moves the window": (AttemptFacts(started=at(30), pauses=(pause(1, 6, Scope.WAVE),)), 31, 65),
    "pause before the start gives nothing to the limit": (AttemptFacts(started=at(9), pauses=(pause(1, 6),)), 31, 49),
    "pause across the start counts its part": (AttemptFacts(started=at(5), pauses=(pause(1, 6),)), 31, 46),
    "own pause compensated": (AttemptFacts(started=at(30), pauses=(pause(35, 45, Scope.OWN),)), 50, 70),
    "own pause not compensated": (AttemptFacts(started=at(30), pauses=(pause(35, 45, Scope.OWN, False),)), 50, 60),
    "own pause not compensated, window far": (replace(STARTED, pauses=(pause(10, 15, Scope.OWN, False),)), 30, 50),
    "overlapping pauses count once": (replace(STARTED, pauses=(pause(10, 20), pause(15, 25, Scope.OWN))), 30, 60),
    "own less common in the window": (
        AttemptFacts(started=at(30), pauses=(pause(35, 45), pause(40, 48, Scope.OWN))), 50, 73,
    ),
    "own across a common one": (
        AttemptFacts(started=at(30), pauses=(pause(36, 38), pause(35, 45, Scope.OWN))), 50, 70,
    ),
    "touching pauses": (replace(STARTED, pauses=(pause(10, 15), pause(15, 20, Scope.OWN))), 30, 55),
    "empty pause": (replace(STARTED, pauses=(pause(10, 10),)), 30, 45),
    "hard end cuts": (replace(STARTED, extra=minutes(300)), 6, 180),
    "open pause as if ended now": (replace(STARTED, pauses=(pause(10, None),)), 25, 60),
    "open pause up to the hard end": (replace(STARTED, pauses=(pause(10, None),)), 300, 180),
    "pause after the time was over": (replace(STARTED, pauses=(pause(46, 56),)), 90, 45),
    "pause exactly at the deadline": (replace(STARTED, pauses=(pause(45, 55),)), 90, 45),
    "pause just before the deadline": (replace(STARTED, pauses=(pause(44, 54),)), 90, 55),
    "second pause inside the time the first gave": (replace(STARTED, pauses=(pause(50, 53), pause(40, 46))), 90, 54),
    "pause after the finish": (
        replace(STARTED, pauses=(pause(20, 30),), finished=Finish(at(15), FinishReason.PARTICIPANT)), 90, 45,
    ),
    "everything": (
        AttemptFacts(
            started=at(10),
            extra=minutes(3),
            shift=minutes(2),
            pauses=(pause(12, 14), pause(20, 26, Scope.OWN, False), pause(25, 30, Scope.OWN), pause(29, 31, Scope.SITE)),
        ),
        40,
        # limit: 10+40+3+ (2 + 11) = 66; window: 60+2+3 + (2+2) + (29−25) = 73
        66,
    ),
}  # fmt: skip


class TestDeadline:
    @pytest.mark.parametrize("case", DEADLINES)
    def test_rule_3(self, case):
        facts, now, expected = DEADLINES[case]
        assert deadline(SITTING, facts, at(now)) == at(expected)

    def test_clock_that_stepped_back_before_the_start_gives_no_more(self):
        assert deadline(SITTING, STARTED, at(3)) == at(45)
        assert remaining(SITTING, STARTED, at(3)) == minutes(40)
        assert phase(SITTING, STARTED, at(3)) is Phase.RUNNING

    def test_dense_timeline_follows_a_slow_model(self):
        """Second by second: time flows while nothing pauses; the model counts seconds, the formula counts intervals."""
        facts = replace(STARTED, pauses=(pause(10, 20), pause(18, 25, Scope.OWN), pause(30, 31, Scope.SITE)))
        left = 40 * 60
        for second in range(5 * 60, 62 * 60):
            now = at(seconds=second)
            stopped = 10 * 60 <= second < 25 * 60 or 30 * 60 <= second < 31 * 60
            known = tuple(replace(p, end=None if p.end > now else p.end) for p in facts.pauses if p.start <= now)
            assert remaining(SITTING, replace(facts, pauses=known), now) == timedelta(seconds=max(0, left)), second
            left -= 0 if stopped else 1
        assert deadline(SITTING, facts, at(61)) == at(61)


class TestPhase:
    def test_before_the_start(self):
        assert phase(SITTING, AttemptFacts(), at(1)) is Phase.ASSIGNED
        assert phase(SITTING, AttemptFacts(), at(1), admitted=True) is Phase.ADMITTED
        assert close_due(SITTING, AttemptFacts(), at(900)) is None

    def test_timeline_of_a_plain_attempt(self):
        line = [
            (at(5), Phase.RUNNING),
            (at(45) - TICK, Phase.RUNNING),
            (at(45), Phase.RUNNING),
            (at(45) + TICK, Phase.RUNNING),
            (at(45, 30), Phase.RUNNING),
            (at(45, 30) + TICK, Phase.FINISHED),
            (at(500), Phase.FINISHED),
        ]
        assert [(now, phase(SITTING, STARTED, now)) for now, _ in line] == line

    def test_annulled_wins_over_all(self):
        facts = replace(STARTED, finished=Finish(at(9), FinishReason.REMOVAL), annulled=at(50))
        assert phase(SITTING, facts, at(51)) is Phase.ANNULLED
        assert remaining(SITTING, facts, at(51)) == minutes(0)
        assert close_due(SITTING, replace(STARTED, annulled=at(9)), at(500)) is None

    def test_pause_and_resume(self):
        open_pause = replace(STARTED, pauses=(pause(44, None),))
        assert phase(SITTING, open_pause, at(44)) is Phase.PAUSED
        assert phase(SITTING, open_pause, at(170)) is Phase.PAUSED
        resumed = replace(STARTED, pauses=(pause(44, 100),))
        assert phase(SITTING, resumed, at(100)) is Phase.RUNNING
        assert deadline(SITTING, resumed, at(100)) == at(101)

    def test_pause_called_after_the_time_does_not_revive(self):
        facts = replace(STARTED, pauses=(pause(45, None),))
        assert phase(SITTING, facts, at(45, 10)) is Phase.RUNNING
        assert phase(SITTING, facts, at(46)) is Phase.FINISHED
        assert close_due(SITTING, facts, at(46)) == Finish(at(45), FinishReason.DEADLINE)

    def test_words(self):
        assert set(PHASE_WORDS) == set(Phase)
        assert set(FINISH_WORDS) == set(FinishReason)
        assert not any("попытк" in word for word in (*PHASE_WORDS.values(), *FINISH_WORDS.values()))
        assert describe(Phase.PAUSED, FinishReason.DEADLINE) == "пауза"
        assert describe(Phase.FINISHED) == "выполнение задания завершено"
        assert (
            describe(Phase.FINISHED, FinishReason.DEADLINE)
            == "выполнение задания завершено: завершено по окончании времени"
        )


class TestClosing:
    @pytest.mark.parametrize(
        ("now", "due"),
        [(at(45), None), (at(45, 30), None), (at(45, 30) + TICK, Finish(at(45), FinishReason.DEADLINE))],
    )
    def test_strictly_after_the_grace(self, now, due):
        assert close_due(SITTING, STARTED, now) == due

    def test_closed_once(self):
        facts = replace(STARTED, finished=Finish(at(45), FinishReason.DEADLINE))
        assert close_due(SITTING, facts, at(90)) is None
        assert finish(SITTING, facts, at(90)) == facts.finished

    @pytest.mark.parametrize("grace", [0, 1, 120])
    def test_grace_is_the_setting(self, grace):
        sitting = replace(SITTING, grace=timedelta(seconds=grace))
        assert close_due(sitting, STARTED, at(45, grace)) is None
        assert close_due(sitting, STARTED, at(45, grace) + TICK).at == at(45)

    def test_open_pause_holds_until_the_hard_end(self):
        facts = replace(STARTED, pauses=(pause(20, None),))
        assert close_due(SITTING, facts, at(180, 30)) is None
        assert close_due(SITTING, facts, at(180, 30) + TICK) == Finish(at(180), FinishReason.DEADLINE)

    def test_pause_not_compensated_eats_the_window(self):
        facts = AttemptFacts(started=at(30), pauses=(pause(40, None, Scope.OWN, False),))
        assert phase(SITTING, facts, at(70)) is Phase.PAUSED
        assert remaining(SITTING, facts, at(70)) == minutes(20)
        ended = replace(facts, pauses=(pause(40, 70, Scope.OWN, False),))
        assert close_due(SITTING, ended, at(70)) == Finish(at(60), FinishReason.DEADLINE)


class TestRemaining:
    @pytest.mark.parametrize(("now", "left"), [(5, 40), (25, 20), (45, 0), (45.25, 0), (50, 0)])
    def test_running(self, now, left):
        assert remaining(SITTING, STARTED, at(now)) == minutes(left)

    def test_frozen_at_the_beginning_of_the_pause(self):
        facts = replace(STARTED, pauses=(pause(15, None),))
        assert {remaining(SITTING, facts, at(now)) for now in (15, 16, 60, 120, 170)} == {minutes(30)}

    def test_frozen_while_pauses_overlap(self):
        facts = replace(STARTED, pauses=(pause(15, 25, Scope.OWN), pause(20, None)))
        assert remaining(SITTING, facts, at(40)) == minutes(30)
        within = replace(STARTED, pauses=(pause(15, None, Scope.OWN), pause(20, 30)))
        assert remaining(SITTING, within, at(40)) == minutes(30)

    def test_pause_open_since_before_the_start(self):
        assert remaining(SITTING, replace(STARTED, pauses=(pause(1, None),)), at(40)) == minutes(40)

    def test_finished(self):
        facts = replace(STARTED, finished=Finish(at(9), FinishReason.PARTICIPANT))
        assert remaining(SITTING, facts, at(10)) == minutes(0)


class TestCountdown:
    def test_before_the_start(self):
        state = countdown_state(SITTING, AttemptFacts(), at(1), admitted=True)
        assert (state.phase, state.deadline, state.remaining, state.ticking) == (Phase.ADMITTED, None, None, False)

    def test_running_grace_and_after(self):
        running = countdown_state(SITTING, STARTED, at(44))
        assert (running.ticking, running.in_grace, running.remaining, running.deadline) == (
            True,
            False,
            minutes(1),
            at(45),
        )
        grace = countdown_state(SITTING, STARTED, at(45, 1))
        assert (grace.ticking, grace.in_grace, grace.remaining) == (True, True, minutes(0))
        after = countdown_state(SITTING, STARTED, at(46))
        assert (after.phase, after.reason, after.ticking, after.in_grace) == (
            Phase.FINISHED, FinishReason.DEADLINE, False, False,
        )  # fmt: skip

    def test_paused(self):
        state = countdown_state(SITTING, replace(STARTED, pauses=(pause(15, None),)), at(20))
        assert (state.phase, state.ticking, state.paused_since, state.remaining, state.deadline) == (
            Phase.PAUSED, False, at(15), minutes(30), at(50),
        )  # fmt: skip


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
