"""The window of appeals: working days, local hours, the way back to UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rules.deadlines import appeals_end

TOMSK = "Asia/Tomsk"  # UTC+7


@pytest.mark.parametrize(
    ("published", "days", "end"),
    [
        ("2026-06-15T03:00+00:00", 1, "2026-06-16T11:00+00:00"),
        ("2026-06-15T03:00+00:00", 3, "2026-06-18T11:00+00:00"),
        ("2026-06-19T03:00+00:00", 1, "2026-06-22T11:00+00:00"),
        ("2026-06-20T03:00+00:00", 1, "2026-06-22T11:00+00:00"),
        ("2026-06-21T03:00+00:00", 1, "2026-06-22T11:00+00:00"),
        ("2026-06-18T03:00+00:00", 2, "2026-06-22T11:00+00:00"),
        ("2026-06-15T16:59:59+00:00", 1, "2026-06-16T11:00+00:00"),
        ("2026-06-15T17:00:00+00:00", 1, "2026-06-17T11:00+00:00"),
        ("2026-06-15T10:00:00+07:00", 1, "2026-06-16T11:00+00:00"),
    ],
)
def test_end_of_the_window(published, days, end):
    assert appeals_end(datetime.fromisoformat(published), days, TOMSK) == datetime.fromisoformat(end)


@pytest.mark.parametrize("days", [0, -1])
def test_without_days_the_window_ends_with_the_publication(days):
    published = datetime(2026, 6, 15, 10, 0, 0, 5, tzinfo=ZoneInfo(TOMSK))
    assert appeals_end(published, days, TOMSK) == published
    assert appeals_end(published, days, TOMSK).tzinfo is UTC


def test_a_naive_instant_is_an_error():
    with pytest.raises(ValueError, match="naive"):
        appeals_end(datetime(2026, 6, 15, 10), 1, TOMSK)


@given(published=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), days=st.integers(1, 30),
       zone=st.sampled_from(["Europe/Kaliningrad", "Europe/Moscow", TOMSK, "Asia/Kamchatka"]))
def test_the_window_holds_that_many_working_days(published, days, zone):
    published = published.replace(tzinfo=UTC)
    end = appeals_end(published, days, zone).astimezone(ZoneInfo(zone))
    first = published.astimezone(ZoneInfo(zone)).date()
    after = [first + timedelta(days=number) for number in range(1, (end.date() - first).days + 1)]
    assert sum(day.weekday() < 5 for day in after) == days
    assert (end.weekday() < 5, end.hour, end.minute) == (True, 18, 0)
