"""Names of zones as people say them."""

from datetime import UTC, datetime

import pytest

from contest.rules.zones import CITIES, place_words

SUMMER = datetime(2026, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "words"),
    [("Asia/Tomsk", "Томск, МСК+4"), ("Europe/Kaliningrad", "Калининград, МСК−1"), ("Asia/Tokyo", "Asia/Tokyo, МСК+6")],
)
def test_place_words(zone, words):
    assert place_words(zone, SUMMER) == words


def test_every_listed_zone_has_its_city_first():
    assert [place_words(zone, SUMMER).split(",")[0] for zone in CITIES] == list(CITIES.values())
