import pytest

from scoring.aspects import defects
from scoring.aspects.base import AspectInvalid
from tests.scoring.aspects.samples import DEFECTS


@pytest.mark.parametrize(
    ("counts", "points"), [([0, 0], 800), ([1, 0], 700), ([0, 1], 550), ([3, 2], 0), ([4, 1], 150), ([999, 999], 0)]
)
def test_each_defect_takes_its_points_but_never_below_zero(counts, points):
    assert defects.points(DEFECTS, {"counts": counts}, 800) == points


def test_description_names_what_was_found():
    assert defects.describe(DEFECTS, {"counts": [2, 0]}) == "до 5 мм: 2"
    assert defects.describe(DEFECTS, {"counts": [0, 0]}) == "дефектов нет"


@pytest.mark.parametrize("typed", ["", "-1", "1,5", "1000", "два", "٣"])
def test_count_must_be_whole_and_said(typed):
    with pytest.raises(AspectInvalid, match="до 5 мм"):
        defects.parse_mark(DEFECTS, {"count_0": typed, "count_1": "0"})


@pytest.mark.parametrize("counts", [[1], [1, 2, 3], [1, -1], [1, True], [1, 1.0], "12", None])
def test_bad_stored_counts_are_refused(counts):
    with pytest.raises(AspectInvalid):
        defects.check_mark(DEFECTS, {"counts": counts})


@pytest.mark.parametrize(
    "given",
    [
        [],
        [{"title": "а", "minus_hundredths": 0}],
        [{"title": "а", "minus_hundredths": 801}],
        [{"title": "а"}],
        [3],
        [{"title": "а", "minus_hundredths": 1}] * 21,
    ],
)
def test_bad_spec_is_refused(given):
    with pytest.raises(AspectInvalid):
        defects.validate({"defects": given}, 800)
