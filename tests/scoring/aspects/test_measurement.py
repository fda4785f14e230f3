import pytest

from scoring.aspects import measurement
from scoring.aspects.base import AspectInvalid
from tests.scoring.aspects.samples import TABLE, TOLERANCE


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (200, 1000),
        (250, 1000),
        (300, 1000),
        (301, 800),
        (350, 800),
        (351, 600),
        (199, 800),
        (150, 800),
        (149, 600),
        (550, 0),
        (551, 0),
        (-9_000, 0),
    ],
)
def test_every_started_step_outside_the_tolerance_costs(value, points):
    assert measurement.points(TOLERANCE, {"value": value}, 1000) == points


def test_without_a_loss_nothing_is_given_outside():
    spec = {**TOLERANCE, "loss_hundredths": 0}
    assert [measurement.points(spec, {"value": value}, 1000) for value in (199, 200, 300, 301)] == [0, 1000, 1000, 0]


@pytest.mark.parametrize(("value", "points"), [(-51, 0), (-50, 400), (199, 400), (200, 1000), (300, 1000), (301, 0)])
def test_table_gives_the_points_of_its_row(value, points):
    assert measurement.points(TABLE, {"value": value}, 1000) == points


@pytest.mark.parametrize(
    ("typed", "value"), [("2,5", 250), ("2.50", 250), (" 3 ", 300), ("−0,05", -5), ("1 200", 120_000)]
)
def test_typed_value_is_read_in_hundredths(typed, value):
    assert measurement.parse_mark(TOLERANCE, {"value": typed}) == {"value": value}


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("2,555", "too_precise"),
        ("2,5 мм", "not_a_number"),
        ("1e3", "not_a_number"),
        ("٣", "not_a_number"),
        ("12345678", "not_a_number"),
    ],
)
def test_bad_value_is_refused_in_russian(typed, code):
    with pytest.raises(AspectInvalid, match="Измерение, мм") as caught:
        measurement.parse_mark(TOLERANCE, {"value": typed})
    assert caught.value.code == code


def test_description_has_the_unit():
    assert measurement.describe(TOLERANCE, {"value": 250}) == "2,5 мм"


def test_rule_without_a_loss_is_read():
    spec = measurement.from_text("допуск 14–17 мм")
    assert spec == {"by": "tolerance", "unit": "мм", "low": 1400, "high": 1700, "loss_hundredths": 0, "step": 100}
    assert measurement.to_text(spec) == "допуск 14–17 мм"


@pytest.mark.parametrize(
    "spec",
    [
        {**TOLERANCE, "low": 301},
        {**TOLERANCE, "step": 0},
        {**TOLERANCE, "loss_hundredths": 0.5},
        {**TOLERANCE, "unit": ""},
        {**TOLERANCE, "by": "guess"},
        {**TABLE, "rows": []},
        {**TABLE, "rows": [{"low": 0, "high": 5, "points_hundredths": 999}]},
        {**TABLE, "rows": [*TABLE["rows"], {"low": 300, "high": 400, "points_hundredths": 1}]},
        {**TABLE, "rows": [{"low": 0, "high": 5, "points_hundredths": 1001}]},
        {**TABLE, "rows": ["2–3"]},
        {**TABLE, "rows": TABLE["rows"] * 60},
    ],
)
def test_bad_spec_is_refused(spec):
    with pytest.raises(AspectInvalid):
        measurement.validate(spec, 1000)


@pytest.mark.parametrize("value", [None, True, 2.5, "250", 10**10])
def test_bad_stored_value_is_refused(value):
    with pytest.raises(AspectInvalid):
        measurement.check_mark(TOLERANCE, {"value": value})
