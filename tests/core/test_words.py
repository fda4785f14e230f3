"""Instants, sizes and numbers in words."""

from datetime import UTC, date, datetime

import pytest

from core import words

AT = datetime(2026, 4, 28, 20, 2, 37, tzinfo=UTC)


def test_an_instant_is_told_in_its_zone():
    assert words.moment(AT, "Asia/Tomsk") == "29 апреля 2026 г., 03:02:37"
    assert words.minute(AT) == "28 апреля 2026 г., 23:02"
    assert words.day(AT, "Asia/Tomsk") == "29 апреля 2026 г."
    assert words.day(date(2026, 1, 5)) == "5 января 2026 г."


@pytest.mark.parametrize(("zone", "told"), [
    ("Europe/Moscow", "МСК"), ("Asia/Tomsk", "МСК+4"), ("Europe/Kaliningrad", "МСК−1"), ("Asia/Kolkata", "МСК+2:30"),
])
def test_a_zone_is_told_from_moscow(zone, told):
    assert words.zone_words(zone, AT) == told


@pytest.mark.parametrize(("number", "form"), [
    (0, "файлов"), (1, "файл"), (2, "файла"), (4, "файла"), (5, "файлов"), (11, "файлов"), (12, "файлов"),
    (21, "файл"), (111, "файлов"), (122, "файла"), (-1, "файл"),
])
def test_a_noun_goes_with_its_number(number, form):
    assert words.plural(number, "файл", "файла", "файлов") == form


@pytest.mark.parametrize(("count", "told"), [
    (1, "1 байт"), (1023, "1023 байта"), (1024, "1 КБ"), (2_400_000, "2,3 МБ"),
])
def test_a_size_is_told_in_its_unit(count, told):
    assert words.size(count) == told
