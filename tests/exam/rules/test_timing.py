"""Tables and dense timelines of the sitting's clock. Times are minutes (and seconds) after 10:00 UTC."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import pytest

from exam.rules.facts import (
    AttemptFacts,
    Finish,
    Pause,
    Reopening,
    Scope,
    Sitting,
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
)
from tests.exam.rules.moments import READY, SITTING, STARTED, TICK, at, minutes, pause


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
    "common pause before the start": (AttemptFacts(started=at(30), pauses=(pause(1, 6, Scope.WAVE),)), 31, 65),
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
            pauses=(
                pause(12, 14), pause(20, 26, Scope.OWN, False), pause(25, 30, Scope.OWN), pause(29, 31, Scope.SITE)
            ),
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
