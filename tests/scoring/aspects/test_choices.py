"""The kinds that choose: yes or no, judgement, steps."""

from fractions import Fraction

import pytest

from scoring.aspects import judgement, steps, yes_no
from scoring.aspects.base import AspectInvalid
from tests.scoring.aspects.samples import LEVELS, STEPS


def test_yes_gives_all_and_no_nothing():
    assert [yes_no.points({}, {"yes": yes}, 500) for yes in (True, False)] == [500, 0]
    assert [yes_no.describe({}, {"yes": yes}) for yes in (True, False)] == ["да", "нет"]


@pytest.mark.parametrize("mark", [{"yes": 1}, {"yes": None}, {}, {"yes": True, "more": 1}])
def test_yes_no_mark_must_be_a_flag(mark):
    with pytest.raises(AspectInvalid):
        yes_no.check_mark({}, mark)


@pytest.mark.parametrize(("level", "points"), [(0, 0), (1, Fraction(500, 3)), (2, Fraction(1000, 3)), (3, 500)])
def test_judgement_gives_exact_thirds(level, points):
    assert judgement.points(LEVELS, {"level": level}, 500) == points


def test_judgement_describes_its_level():
    assert judgement.describe(LEVELS, {"level": 1}) == "1 — сносно"
    assert [choice["label"] for choice in judgement.form(LEVELS)["fields"][0]["options"]][3] == "3 — отлично"


@pytest.mark.parametrize("levels", [["а", "б", "в"], ["а", "б", "в", " "], ["а", "б", "в", 4], "абвг", None])
def test_judgement_needs_four_described_levels(levels):
    with pytest.raises(AspectInvalid):
        judgement.validate({"levels": levels}, 500)


@pytest.mark.parametrize("level", [-1, 4, True, "3", None])
def test_judgement_mark_outside_is_refused(level):
    with pytest.raises(AspectInvalid):
        judgement.check_mark(LEVELS, {"level": level})


def test_step_gives_its_points():
    assert [steps.points(STEPS, {"step": step}, 1000) for step in (0, 1)] == [1000, 0]
    assert steps.describe(STEPS, {"step": 1}) == "нет"


@pytest.mark.parametrize(
    "given",
    [
        [{"title": "один", "points_hundredths": 1000}],
        [{"title": "а", "points_hundredths": 900}, {"title": "б", "points_hundredths": 0}],
        [{"title": "а", "points_hundredths": 1001}, {"title": "б", "points_hundredths": 0}],
        [{"title": "", "points_hundredths": 1000}, {"title": "б", "points_hundredths": 0}],
        [{"title": "а", "points_hundredths": 10.5}, {"title": "б", "points_hundredths": 0}],
        [{"title": "а", "points_hundredths": 1000, "x": 1}, {"title": "б", "points_hundredths": 0}],
        ["а", "б"],
        None,
    ],
)
def test_bad_steps_are_refused(given):
    with pytest.raises(AspectInvalid):
        steps.validate({"steps": given}, 1000)


@pytest.mark.parametrize(
    ("kind", "spec", "name"), [(yes_no, {}, "answer"), (judgement, LEVELS, "level"), (steps, STEPS, "step")]
)
@pytest.mark.parametrize(("typed", "code"), [("", "empty"), ("7", "unknown_choice"), ("да", "unknown_choice")])
def test_choice_must_be_one_of_those_offered(kind, spec, name, typed, code):
    with pytest.raises(AspectInvalid) as caught:
        kind.parse_mark(spec, {name: typed})
    assert caught.value.code == code


def test_field_that_was_not_sent_is_nothing_chosen():
    with pytest.raises(AspectInvalid, match="Отметьте"):
        yes_no.parse_mark({}, {})
