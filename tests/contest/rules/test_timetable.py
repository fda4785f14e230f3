"""Local times in and out, and the order of the stages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.rules import events
from contest.rules.timetable import (
    MOMENTS,
    check_limit,
    check_order,
    for_input,
    format_clock,
    format_day,
    format_instant,
    moments_of,
    parse_local,
    zone,
    zone_label,
)
from core.errors import Refused

ZONES = [
    "Europe/Moscow",
    "Europe/Kaliningrad",
    "Asia/Kamchatka",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "UTC",
    "Australia/Lord_Howe",
]


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "zone_name", "expected"),
        [
            ("2026-06-09 10:00:00", "Europe/Moscow", utc(2026, 6, 9, 7)),
            ("2026-06-09 10:00", "Asia/Krasnoyarsk", utc(2026, 6, 9, 3)),
            ("2026-06-09T10:00:07", "Asia/Krasnoyarsk", utc(2026, 6, 9, 3, 0, 7)),
            (" 09.06.2026 10:00 ", "Europe/Moscow", utc(2026, 6, 9, 7)),
            ("9.6.2026, 1:05:59", "Europe/Kaliningrad", utc(2026, 6, 8, 23, 5, 59)),
            ("2026-06-09 00:00", "Asia/Kamchatka", utc(2026, 6, 8, 12)),
            ("2026-06-09 10:00", "Asia/Kolkata", utc(2026, 6, 9, 4, 30)),
            ("2026-06-09 10:00", "Asia/Kathmandu", utc(2026, 6, 9, 4, 15)),
            ("2026-03-29 01:59:59", "Europe/Berlin", utc(2026, 3, 29, 0, 59, 59)),
            ("2026-03-29 03:00", "Europe/Berlin", utc(2026, 3, 29, 1)),
            ("2026-10-25 03:00", "Europe/Berlin", utc(2026, 10, 25, 2)),
        ],
    )
    def test_to_utc(self, text, zone_name, expected):
        assert parse_local(text, zone_name) == expected
        assert parse_local(text, zone_name).utcoffset() == timedelta(0)

    @pytest.mark.parametrize(
        ("text", "zone_name", "code"),
        [
            ("", "Europe/Moscow", "bad_time"),
            ("завтра", "Europe/Moscow", "bad_time"),
            ("2026-06-09", "Europe/Moscow", "bad_time"),
            ("2026-06-09 10", "Europe/Moscow", "bad_time"),
            ("2026-06-09 10:00:00.5", "Europe/Moscow", "bad_time"),
            ("2026-06-09 10:00+03:00", "Europe/Moscow", "bad_time"),
            ("2026-02-29 10:00", "Europe/Moscow", "no_such_time"),
            ("2026-06-09 24:00", "Europe/Moscow", "no_such_time"),
            ("31.06.2026 10:00", "Europe/Moscow", "no_such_time"),
            ("0001-01-01 00:00", "Europe/Moscow", "no_such_time"),
            ("2200-01-01 00:00", "Europe/Moscow", "no_such_time"),
            ("2026-03-29 02:00", "Europe/Berlin", "skipped_time"),
            ("2026-03-29 02:59:59", "Europe/Berlin", "skipped_time"),
            ("2011-03-27 02:30", "Europe/Moscow", "skipped_time"),
            ("2026-10-25 02:00", "Europe/Berlin", "repeated_time"),
            ("2026-10-25 02:59:59", "Europe/Berlin", "repeated_time"),
            ("2014-10-26 01:30", "Europe/Moscow", "repeated_time"),
            ("2026-10-04 02:15", "Australia/Lord_Howe", "skipped_time"),
            ("2026-04-05 01:45", "Australia/Lord_Howe", "repeated_time"),
            ("2026-06-09 10:00", "Europe/Nowhere", "unknown_zone"),
            ("2026-06-09 10:00", "../etc/passwd", "unknown_zone"),
            ("2026-06-09 10:00", "", "unknown_zone"),
        ],
    )
    def test_refused(self, text, zone_name, code):
        with pytest.raises(Refused) as refusal:
            parse_local(text, zone_name, field="starts_at")
        assert refusal.value.code == code
        assert refusal.value.text[0].isupper() or refusal.value.text.startswith("«")
        assert refusal.value.field == (None if code == "unknown_zone" else "starts_at")

    @given(
        st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1)).map(lambda d: d.replace(microsecond=0)),
        st.sampled_from(ZONES),
    )
    def test_what_is_shown_is_read_back(self, wall, zone_name):
        moment = wall.replace(tzinfo=UTC)
        shown = for_input(moment, zone_name)
        local = moment.astimezone(zone(zone_name))
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
            with pytest.raises(Refused, match="repeated_time"):
                parse_local(shown, zone_name)
        else:
            assert parse_local(shown, zone_name) == moment


class TestFormat:
    MOMENT = utc(2026, 6, 9, 3)

    @pytest.mark.parametrize(
        ("zone_name", "options", "expected"),
        [
            ("Asia/Krasnoyarsk", {"seconds": True}, "9 июня 2026, 10:00:00 (МСК+4)"),
            ("Asia/Krasnoyarsk", {}, "9 июня 2026, 10:00 (МСК+4)"),
            ("Asia/Krasnoyarsk", {"form": "short"}, "09.06.2026 10:00 (МСК+4)"),
            ("Asia/Krasnoyarsk", {"with_zone": False}, "9 июня 2026, 10:00"),
            ("Europe/Moscow", {"form": "short", "seconds": True}, "09.06.2026 06:00:00 (МСК)"),
            ("Europe/Kaliningrad", {}, "9 июня 2026, 05:00 (МСК−1)"),
            ("Asia/Kolkata", {}, "9 июня 2026, 08:30 (МСК+2:30)"),
            ("America/St_Johns", {}, "9 июня 2026, 00:30 (МСК−5:30)"),
        ],
    )
    def test_forms(self, zone_name, options, expected):
        assert format_instant(self.MOMENT, zone_name, **options) == expected

    def test_seconds_are_shown_when_they_matter(self):
        late = self.MOMENT + timedelta(seconds=5, microseconds=999)
        assert format_instant(late, "Europe/Moscow") == "9 июня 2026, 06:00:05 (МСК)"
        assert format_instant(late, "Europe/Moscow", seconds=False) == "9 июня 2026, 06:00 (МСК)"
        assert format_clock(late, "Asia/Kolkata") == "08:30:05"

    def test_day_of_the_zone_not_of_utc(self):
        assert format_instant(utc(2026, 12, 31, 21), "Europe/Moscow") == "1 января 2027, 00:00 (МСК)"
        assert format_day(date(2026, 5, 1)) == "1 мая 2026"
        assert format_day(date(2026, 5, 1), form="short") == "01.05.2026"

    def test_zone_label_follows_the_clock_of_the_day(self):
        assert zone_label(utc(2026, 1, 1), "Europe/Berlin") == "МСК−2"
        assert zone_label(utc(2026, 7, 1), "Europe/Berlin") == "МСК−1"
        with pytest.raises(Refused, match="unknown_zone"):
            zone_label(utc(2026, 1, 1), "Mars/Base")

    def test_naive_instant_and_unknown_form_are_errors(self):
        with pytest.raises(ValueError, match="naive"):
            format_instant(datetime(2026, 6, 9), "Europe/Moscow")
        with pytest.raises(ValueError, match="form"):
            format_instant(self.MOMENT, "Europe/Moscow", form="tall")

    def test_zone(self):
        assert zone("Asia/Irkutsk").key == "Asia/Irkutsk"


def day(number, hour=10):
    return utc(2026, 6, number, hour)


GOOD = {
    "applications_open_at": day(1),
    "applications_close_at": day(5),
    "draw_at": day(6),
    "briefing_at": day(7),
    "theory_opens": day(8),
    "theory_closes": day(9),
    "practice_opens": day(10),
    "practice_closes": day(11),
    "experts_at": day(12),
    "meeting_at": day(13),
    "appeals_open": day(14),
    "appeals_close": day(15),
    "publication_at": day(16),
}


class TestOrder:
    def test_good_order_in_any_completeness(self):
        assert set(GOOD) == set(MOMENTS)
        assert check_order(GOOD, "Europe/Moscow", required=tuple(GOOD)) == []
        assert check_order({}, "Europe/Moscow") == []
        assert check_order(dict.fromkeys(GOOD), "Europe/Moscow") == []

    def test_practice_before_theory_is_allowed(self):
        times = GOOD | {
            "practice_opens": day(8),
            "practice_closes": day(9),
            "theory_opens": day(9),
            "theory_closes": day(10),
        }
        assert check_order(times, "Europe/Moscow") == []

    @pytest.mark.parametrize(
        ("change", "fields"),
        [
            ({"applications_close_at": day(1)}, ["applications_close_at"]),
            ({"theory_closes": day(8)}, ["theory_closes"]),
            ({"practice_closes": day(10)}, ["practice_closes"]),
            ({"appeals_close": day(14)}, ["appeals_close"]),
            ({"draw_at": day(5)}, []),
            ({"draw_at": day(5, 9)}, ["draw_at"]),
            ({"briefing_at": day(8, 11)}, ["theory_opens"]),
            ({"meeting_at": day(12)}, []),
            ({"meeting_at": day(11)}, ["meeting_at"]),
            ({"publication_at": day(14, 11)}, ["publication_at"]),
            ({"applications_close_at": day(7, 11)}, ["draw_at", "briefing_at"]),
        ],
    )
    def test_findings(self, change, fields):
        findings = check_order(GOOD | change, "Asia/Krasnoyarsk")
        assert [(finding.code, finding.field) for finding in findings] == [("out_of_order", field) for field in fields]

    def test_finding_in_words(self):
        (finding,) = check_order({"applications_close_at": day(5), "draw_at": day(4)}, "Asia/Krasnoyarsk")
        assert finding.text == (
            "Порядок времени нарушен: жеребьёвка (04.06.2026 17:00:00 (МСК+4)) должно идти после: "
            "окончание приёма заявок (05.06.2026 17:00:00 (МСК+4)). Исправьте одно из двух."
        )

    def test_missing(self):
        (finding,) = check_order({"draw_at": None}, "Europe/Moscow", required=("draw_at",))
        assert (finding.code, finding.field, finding.text) == (
            "missing", "draw_at", "Не указано время: жеребьёвка. Заполните его.",
        )  # fmt: skip

    def test_unknown_key_is_an_error(self):
        with pytest.raises(KeyError):
            check_order({"lunch": day(1)}, "Europe/Moscow")

    def test_limit_and_window(self):
        assert check_limit(day(8), day(8, 11), timedelta(hours=1)) == []
        (finding,) = check_limit(day(8), day(8, 11), timedelta(minutes=61))
        assert finding.code == "window_shorter_than_limit"


class TestMomentsOf:
    def test_earliest_start_and_latest_end(self):
        lines = [
            ("theory", day(9), day(9, 12)),
            ("theory", day(8), day(8, 12)),
            ("practice", day(10), None),
            ("draw", day(6), day(7)),
            ("reserve", day(20), day(21)),
        ]
        assert moments_of(lines, applications_open_at=day(1)) == {
            "applications_open_at": day(1),
            "applications_close_at": None,
            "theory_opens": day(8),
            "theory_closes": day(9, 12),
            "practice_opens": day(10),
            "draw_at": day(6),
        }

    def test_every_kind_fits(self):
        found = moments_of([(kind, day(1), day(2)) for kind in events.KINDS])
        assert set(found) <= set(MOMENTS)
        assert {"meeting_at", "experts_at", "theory_opens", "practice_closes", "appeals_close"} <= set(found)
