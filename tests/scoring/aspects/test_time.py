import pytest

from scoring.aspects import time
from scoring.aspects.base import AspectInvalid
from tests.scoring.aspects.samples import TIME


@pytest.mark.parametrize(
    ("seconds", "full", "started"),
    [
        (0, 300, 300),
        (3600, 300, 300),
        (3601, 300, 250),
        (3659, 300, 250),
        (3660, 250, 250),
        (3661, 250, 200),
        (3960, 0, 0),
        (9999, 0, 0),
    ],
)
def test_minutes_over_the_norm_cost(seconds, full, started):
    assert time.points(TIME, {"seconds": seconds}, 300) == full
    assert time.points({**TIME, "minute": "started"}, {"seconds": seconds}, 300) == started


def test_seconds_are_points_themselves():
    assert time.points({"as": "seconds"}, {"seconds": 83}, 0) == 8300


@pytest.mark.parametrize(("typed", "seconds"), [("57:12", 3432), ("0:05", 5), ("90:00", 5400), ("1:02:03", 3723)])
def test_typed_time_is_read(typed, seconds):
    assert time.parse_mark(TIME, {"time": typed}) == {"seconds": seconds}


@pytest.mark.parametrize("typed", ["", "57", "5:7", "5:60", "1:60:00", "-1:00", "49:00:00", "мм:сс"])
def test_bad_time_is_refused_in_russian(typed):
    with pytest.raises(AspectInvalid, match="Время"):
        time.parse_mark(TIME, {"time": typed})


def test_description_tells_how_far_over_the_norm():
    assert time.describe(TIME, {"seconds": 3600}) == "1:00:00"
    assert time.describe(TIME, {"seconds": 3690}) == "1:01:30, сверх нормы 1:30"
    assert time.describe({"as": "seconds"}, {"seconds": 59}) == "0:59"


@pytest.mark.parametrize(
    "change",
    [{"norm_seconds": 0}, {"loss_hundredths": 0}, {"minute": "half"}, {"as": "minutes"}, {"norm_seconds": "60"}],
)
def test_bad_spec_is_refused(change):
    with pytest.raises(AspectInvalid):
        time.validate({**TIME, **change}, 300)


def test_seconds_have_no_maximum():
    with pytest.raises(AspectInvalid):
        time.validate({"as": "seconds"}, 300)
    assert [time.counts_to_max(spec) for spec in (TIME, {"as": "seconds"})] == [True, False]


def test_started_minute_survives_the_rule_text():
    assert time.from_text(time.to_text({**TIME, "minute": "started"})) == {**TIME, "minute": "started"}
