"""Filters of printed documents: no-break spaces, points, dates in the document's zone, hashes in groups of eight."""

import re
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

NBSP = "\N{NO-BREAK SPACE}"
MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
          "декабря")
MOSCOW = ZoneInfo("Europe/Moscow")

_SHORT = re.compile(r"(?<![\w-])(а|в|во|до|за|и|из|из-за|к|ко|на|не|ни|но|о|об|от|по|при|с|со|у) (?=\S)", re.IGNORECASE)
_NUMBER_SIGN = re.compile(r"(№|§|п\.|г\.|ст\.) (?=[\w«])")
_UNIT = re.compile(r"(\d) (?=(?:г\.|мин|с|ч|мм|см|м|кг|%|баллов|балла|балл|руб|тыс|листов|листа|лист|человек|"
                   + "|".join(MONTHS) + r")(?!\w))")
_INITIALS = re.compile(r"\b([А-ЯЁ]\.) ?([А-ЯЁ]\.) (?=[А-ЯЁ][а-яё])")
_SURNAME = re.compile(r"([А-ЯЁ][а-яё]+) ([А-ЯЁ]\.) ?([А-ЯЁ]\.)")
_DASH = re.compile(r" (?=[–—] )")
_CODE = re.compile(r"(?<![\w-])[A-ZА-ЯЁ]{1,4}(?:-[A-ZА-ЯЁ]{1,3})?-\d[\d-]*(?![\w-])")


def nobreak(text: str) -> Markup:
    """Text as HTML whose short words, numbers, initials and codes stay on one line with their neighbour."""
    if not isinstance(text, Markup):
        text = str(text)
        text = _INITIALS.sub(rf"\1{NBSP}\2{NBSP}", text)
        text = _SURNAME.sub(rf"\1{NBSP}\2{NBSP}\3", text)
        for pattern in (_SHORT, _NUMBER_SIGN, _UNIT):
            text = pattern.sub(rf"\1{NBSP}", text)
        text = _DASH.sub(NBSP, text)
        text = _CODE.sub(lambda match: f"\x02{match[0]}\x03", str(escape(text)))
        text = Markup(text.replace("\x02", '<span class="nb">').replace("\x03", "</span>"))  # noqa: S704 (escaped above)
    return text


def points(hundredths: int) -> str:
    """1250 → «12,50»; negative numbers carry a real minus. Takes integer hundredths only."""
    if isinstance(hundredths, bool) or not isinstance(hundredths, int):
        raise TypeError(f"points are integer hundredths, not {hundredths!r}")
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'−' if hundredths < 0 else ''}{whole},{rest:02d}"


def day(value: str | date) -> str:
    """«2026-06-18» → «18 июня 2026 г.», held together by no-break spaces."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.day}{NBSP}{MONTHS[found.month - 1]} {found.year}{NBSP}г."


def moment(value: str | datetime, zone: str) -> str:
    """UTC moment → «18.06.2026 16:01:12 (МСК+4)» in the zone given by its IANA name."""
    local = in_zone(value, zone)
    return f"{local:%d.%m.%Y}{NBSP}{local:%H:%M:%S}{NBSP}({zone_label(local)})"


def local_day(value: str | datetime, zone: str) -> str:
    """UTC moment → its day in the zone, «18 июня 2026 г.»."""
    return day(in_zone(value, zone).date())


def local_time(value: str | datetime, zone: str) -> str:
    """UTC moment → «16:01:12» in the zone."""
    return f"{in_zone(value, zone):%H:%M:%S}"


def in_zone(value: str | datetime, zone: str) -> datetime:
    """The aware moment in the zone; a naive one raises ValueError."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    if found.tzinfo is None:
        raise ValueError(f"moment without a zone: {value!r}")
    return found.astimezone(ZoneInfo(zone))


def zone_label(local: datetime) -> str:
    """Offset from Moscow in words of a Russian timetable: «МСК», «МСК+4», «МСК−1», «МСК+3:30»."""
    minutes = int((_offset(local, local.tzinfo) - _offset(local, MOSCOW)) // 60)
    if minutes == 0:
        return "МСК"
    hours, rest = divmod(abs(minutes), 60)
    return f"МСК{'+' if minutes > 0 else '−'}{hours}{f':{rest:02d}' if rest else ''}"


def hash_groups(value: str, size: int = 8) -> str:
    """Hex digits in groups of eight, so that two people can read them to each other."""
    return " ".join(value[start:start + size] for start in range(0, len(value), size))


def _offset(moment_: datetime, zone: tzinfo | None) -> float:
    offset = moment_.astimezone(zone).utcoffset()
    assert offset is not None
    return offset.total_seconds()
