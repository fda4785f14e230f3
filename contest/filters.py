"""Words for times on pages of the contest: Jinja filters, registered by the wiring."""
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from contest.rules import timetable, zones
from core import clock
from core.words import MONTHS, plural


def when(instant: datetime, zone: str) -> str:
    """«9 июня, 10:00», with seconds where there are any and the year where it is another one than now."""
    return f"{_day(instant.astimezone(ZoneInfo(zone)).date(), zone)}, {timetable.format_clock(instant, zone)}"


def span(starts: datetime, zone: str, ends: datetime | None = None) -> str:
    """«9 июня, 10:00» for what ends the same day, «16–17 июня» or «30 мая – 2 июня» for what takes longer."""
    first = starts.astimezone(ZoneInfo(zone)).date()
    last = (ends or starts).astimezone(ZoneInfo(zone)).date()
    if first == last:
        return when(starts, zone)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_day(last, zone)}"
    return f"{_day(first, zone)} – {_day(last, zone)}"


def _day(day: date, zone: str) -> str:
    this_year = clock.now().astimezone(ZoneInfo(zone)).year
    return f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year}" if day.year != this_year else "")


def weekday(instant: datetime, zone: str) -> str:
    """«понедельник, 8 июня, 10:00»."""
    names = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
    return f"{names[instant.astimezone(ZoneInfo(zone)).weekday()]}, {when(instant, zone)}"


def short_day(instant: datetime, zone: str) -> str:
    """«3 июня, ср»."""
    local = instant.astimezone(ZoneInfo(zone)).date()
    return f"{_day(local, zone)}, {('пн', 'вт', 'ср', 'чт', 'пт', 'сб', 'вс')[local.weekday()]}"


def clock_words(instant: datetime, zone: str) -> str:
    """«10:00», with seconds where there are any."""
    return timetable.format_clock(instant, zone)


def lasting(passed: timedelta) -> str:
    """«1 день», «15 часов», «40 минут»: the largest unit of a length of time, at least a minute."""
    seconds = max(60, int(passed.total_seconds()))
    if seconds >= 86400:
        return f"{seconds // 86400} {plural(seconds // 86400, 'день', 'дня', 'дней')}"
    if seconds >= 3600:
        return f"{seconds // 3600} {plural(seconds // 3600, 'час', 'часа', 'часов')}"
    return f"{seconds // 60} {plural(seconds // 60, 'минута', 'минуты', 'минут')}"


def years(number: int) -> str:
    """«3 года»."""
    return f"{number} {plural(number, 'год', 'года', 'лет')}"


def place_of(zone: str) -> str:
    """«Томск, МСК+4»."""
    return zones.place_words(zone, clock.now())


FILTERS = {"when": when, "span": span, "weekday": weekday, "short_day": short_day, "clock_words": clock_words,
           "lasting": lasting, "years": years, "place_of": place_of}
