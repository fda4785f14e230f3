import pytest

from scoring.aspects import penalty
from scoring.aspects.base import AspectInvalid
from tests.scoring.aspects.samples import PENALTY


def mark(count, note="без щитка", moment=None):
    return {"count": count, "note": note, "moment_seconds": moment}


@pytest.mark.parametrize(("count", "points"), [(0, 0), (1, -500), (2, -1000), (3, -1200), (99, -1200)])
def test_each_breach_takes_its_points_up_to_the_cap(count, points):
    assert penalty.points(PENALTY, mark(count), 0) == points


def test_without_a_cap_every_breach_counts():
    assert penalty.points({"each_hundredths": 500}, mark(3), 0) == -1500


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ({"count": "1", "note": " без щитка "}, mark(1)),
        ({"count": "1", "moment": "12:10"}, mark(1, "", 730)),
        ({"count": "", "note": "", "moment": ""}, mark(0, "")),
        ({}, mark(0, "")),
    ],
)
def test_form_is_read(raw, stored):
    assert penalty.parse_mark(PENALTY, raw) == stored


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"count": "1"}, "evidence_missing"),
        ({"count": "1", "note": "   "}, "evidence_missing"),
        ({"count": "100", "note": "а"}, "not_a_count"),
        ({"count": "1", "moment": "12"}, "not_a_time"),
        ({"count": "1", "note": "я" * 1001}, "mark_invalid"),
    ],
)
def test_penalty_without_evidence_or_with_nonsense_is_refused(raw, code):
    with pytest.raises(AspectInvalid) as caught:
        penalty.parse_mark(PENALTY, raw)
    assert caught.value.code == code


@pytest.mark.parametrize("stored", [mark(1, ""), mark(-1), mark(1, None), mark(1, "а", -1), mark(True), {"count": 0}])
def test_bad_stored_mark_is_refused(stored):
    with pytest.raises(AspectInvalid):
        penalty.check_mark(PENALTY, stored)


def test_description_shows_price_and_evidence():
    assert penalty.describe(PENALTY, mark(2, "без щитка", 730)) == "2 × −5; без щитка; запись 12:10"
    assert penalty.describe(PENALTY, mark(1, "", 5)) == "1 × −5; запись 0:05"
    assert penalty.describe(PENALTY, mark(0, "")) == "нарушений нет"


@pytest.mark.parametrize(
    ("spec", "most"),
    [
        ({"each_hundredths": 0}, 0),
        ({"each_hundredths": 500, "cap_hundredths": 499}, 0),
        ({"each_hundredths": 500}, 100),
    ],
)
def test_bad_spec_is_refused(spec, most):
    with pytest.raises(AspectInvalid):
        penalty.validate(spec, most)
