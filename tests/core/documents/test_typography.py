from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from core.documents.typography import day, hash_groups, local_day, local_time, moment, nobreak, points

N = "\xa0"


@pytest.mark.parametrize(("hundredths", "text"), [
    (0, "0,00"), (5, "0,05"), (1250, "12,50"), (9000, "90,00"), (-500, "−5,00"), (-1, "−0,01"), (100000, "1000,00")])
def test_points_are_hundredths_with_a_comma(hundredths, text):
    assert points(hundredths) == text


@pytest.mark.parametrize("value", [12.5, "1250", True, None])
def test_points_take_integers_only(value):
    with pytest.raises(TypeError):
        points(value)


@pytest.mark.parametrize(("text", "html"), [
    ("за 57 мин", f"за{N}57{N}мин"), ("в Томске и в Омске", f"в{N}Томске и{N}в{N}Омске"), ("№ 62", f"№{N}62"),
    ("18 июня 2026 г.", f"18{N}июня 2026{N}г."), ("И. Н. Лебедев", f"И.{N}Н.{N}Лебедев"),
    ("Лебедев И. Н.", f"Лебедев{N}И.{N}Н."), ("Гордеев П.А.", f"Гордеев{N}П.{N}А."), ("да – нет", f"да{N}– нет"),
    ("У-0417", '<span class="nb">У-0417</span>'), ("протокол ЭГ-70-03.", 'протокол <span class="nb">ЭГ-70-03</span>.'),
    ("<b>5 мм</b> & «x»", f"&lt;b&gt;5{N}мм&lt;/b&gt; &amp; «x»"), ("электрод", "электрод"), ("сварка", "сварка")])
def test_words_that_belong_together_stay_on_one_line(text, html):
    assert nobreak(text) == Markup(html)


def test_marked_up_text_is_left_alone():
    assert nobreak(Markup("<b>в Томске</b>")) == "<b>в Томске</b>"


def test_control_characters_of_the_filter_make_no_markup():
    assert "<script" not in nobreak("\x02<script>\x03")


@pytest.mark.parametrize(("zone", "text"), [
    ("Asia/Tomsk", f"18.06.2026{N}16:01:12{N}(МСК+4)"), ("Europe/Moscow", f"18.06.2026{N}12:01:12{N}(МСК)"),
    ("Europe/Kaliningrad", f"18.06.2026{N}11:01:12{N}(МСК−1)"), ("Asia/Kamchatka", f"18.06.2026{N}21:01:12{N}(МСК+9)"),
    ("Asia/Kolkata", f"18.06.2026{N}14:31:12{N}(МСК+2:30)")])
def test_moment_is_told_in_the_zone_with_its_distance_from_moscow(zone, text):
    assert moment("2026-06-18T09:01:12Z", zone) == text


def test_day_of_a_moment_is_the_day_in_the_zone():
    assert local_day("2026-06-18T20:00:00Z", "Asia/Tomsk") == f"19{N}июня 2026{N}г."
    assert local_time(datetime(2026, 6, 18, 20, tzinfo=UTC), "Asia/Tomsk") == "03:00:00"


def test_naive_moment_is_refused():
    with pytest.raises(ValueError, match="without a zone"):
        moment("2026-06-18T09:01:12", "Asia/Tomsk")


def test_day_and_hash_are_told_in_groups():
    assert day("2026-01-09") == f"9{N}января 2026{N}г."
    assert hash_groups("0123456789abcdef01") == "01234567 89abcdef 01"
