"""Times as people write and read them: the contest's zone, and the order of the stages (exam.md §1, last paragraph).

Stored instants are UTC; this module is the way in (`parse_local`) and out (`format_instant`). Zones are IANA names;
those with half hours are as good as others.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from contest.rules.findings import Finding
from core.errors import Refused
from core.words import MONTHS, zone_words

# The moments of a contest or nomination in the order they come; the words stand in findings and on pages.
MOMENTS: dict[str, str] = {
    "applications_open_at": "начало приёма заявок",
    "applications_close_at": "окончание приёма заявок",
    "draw_at": "жеребьёвка",
    "briefing_at": "инструктаж",
    "theory_opens": "открытие теоретического этапа",
    "theory_closes": "закрытие теоретического этапа",
    "practice_opens": "начало практического этапа",
    "practice_closes": "окончание практического этапа",
    "experts_at": "совещание экспертной группы",
    "meeting_at": "заседание комиссии",
    "appeals_open": "начало приёма апелляций",
    "appeals_close": "окончание приёма апелляций",
    "publication_at": "публикация итогов",
}

# What the start and the end of an event mean among the moments, by its kind (contest/rules/events.py).
_EDGES: dict[str, tuple[str, str | None]] = {
    "draw": ("draw_at", None),
    "briefing": ("briefing_at", None),
    "theory": ("theory_opens", "theory_closes"),
    "practice": ("practice_opens", "practice_closes"),
    "experts_meeting": ("experts_at", None),
    "commission_meeting": ("meeting_at", None),
    "appeals": ("appeals_open", "appeals_close"),
    "publication": ("publication_at", None),
}

# Windows must have a length; between stages the later one may follow at once. Theory and practice may change places.
_WINDOWS = (
    ("applications_open_at", "applications_close_at"),
    ("theory_opens", "theory_closes"),
    ("practice_opens", "practice_closes"),
    ("appeals_open", "appeals_close"),
)
_SEQUENCE = (
    ("applications_close_at", "draw_at"),
    ("applications_close_at", "briefing_at"),
    ("draw_at", "theory_opens"),
    ("draw_at", "practice_opens"),
    ("briefing_at", "theory_opens"),
    ("briefing_at", "practice_opens"),
    ("theory_closes", "experts_at"),
    ("practice_closes", "experts_at"),
    ("experts_at", "meeting_at"),
    ("theory_closes", "meeting_at"),
    ("practice_closes", "meeting_at"),
    ("meeting_at", "appeals_open"),
    ("appeals_close", "publication_at"),
    ("meeting_at", "publication_at"),
)

_YEARS = (1990, 2199)
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?:[ T]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?)?")
_DOTTED = re.compile(
    r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})(?:,?[ T]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?)?"
)


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; an unknown one is refused in words."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Refused(
            "unknown_zone", f"Часовой пояс «{name}» неизвестен. Выберите его из списка, например Asia/Irkutsk."
        ) from None


def parse_local(text: str, zone_name: str, *, field: str | None = None) -> datetime:
    """The UTC instant of «2026-06-09 10:00:00» (also «T», «09.06.2026 10:00»; seconds may be left out) in the zone.

    Refused: not such a text, no such day or time, a local time that the change of clocks skips or repeats.
    """
    where = zone(zone_name)
    match = _ISO.fullmatch(text.strip()) or _DOTTED.fullmatch(text.strip())
    if match is None or match["H"] is None:
        raise Refused(
            "bad_time", f"«{text}» – не дата и время. Укажите их так: 2026-06-09 10:00:00.", status=422, field=field
        )
    year, month, day, hour, minute, second = (int(match[part] or 0) for part in ("y", "m", "d", "H", "M", "S"))
    try:
        wall = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
        if not _YEARS[0] <= year <= _YEARS[1]:
            raise ValueError("far from any contest")
    except ValueError:
        raise Refused(
            "no_such_time",
            f"Даты или времени «{text}» не бывает. Проверьте число, месяц и часы.",
            status=422,
            field=field,
        ) from None
    return _unique_instant(wall, where, text, field)


def format_instant(
    moment: datetime, zone_name: str, *, form: str = "long", seconds: bool | None = None, with_zone: bool = True
) -> str:
    """«9 июня 2026, 10:00:00 (МСК+4)» (`long`) or «09.06.2026 10:00 (МСК+4)» (`short`) in the zone.

    Seconds are shown when they are not zero, always with `seconds=True`, never with False. `ValueError` for a naive
    instant or another form.
    """
    local = _local(moment, zone_name)
    if form not in {"long", "short"}:
        raise ValueError(f"no form {form!r}")
    day = format_day(local.date(), form=form)
    clock = format_clock(moment, zone_name, seconds=seconds)
    text = f"{day}, {clock}" if form == "long" else f"{day} {clock}"
    return f"{text} ({zone_label(moment, zone_name)})" if with_zone else text


def format_day(day: date, *, form: str = "long") -> str:
    """«9 июня 2026» or «09.06.2026»."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if form == "long" else f"{day:%d.%m.}{day.year:04d}"


def format_clock(moment: datetime, zone_name: str, *, seconds: bool | None = None) -> str:
    """«10:00» or «10:00:05» in the zone; seconds as in `format_instant`."""
    local = _local(moment, zone_name)
    shown = local.second != 0 if seconds is None else seconds
    return f"{local:%H:%M:%S}" if shown else f"{local:%H:%M}"


def zone_label(moment: datetime, zone_name: str) -> str:
    """The zone as people say it, by its difference to Moscow at that instant: «МСК», «МСК+4», «МСК−1», «МСК+2:30»."""
    zone(zone_name)
    return zone_words(zone_name, moment)


def for_input(moment: datetime, zone_name: str) -> str:
    """The text `parse_local` reads back to the same second: «2026-06-09 10:00:00»."""
    return f"{_local(moment, zone_name):%Y-%m-%d %H:%M:%S}"


def moments_of(
    lines: Iterable[tuple[str, datetime, datetime | None]],
    *,
    applications_open_at: datetime | None = None,
    applications_close_at: datetime | None = None,
) -> dict[str, datetime | None]:
    """`MOMENTS` from a timetable of (kind, start, end): the earliest start and the latest end of each kind."""
    found: dict[str, datetime | None] = {
        "applications_open_at": applications_open_at,
        "applications_close_at": applications_close_at,
    }
    for kind, starts, ends in lines:
        opening, closing = _EDGES.get(kind, (None, None))
        if opening is not None:
            found[opening] = min(starts, found.get(opening) or starts)
        if closing is not None and ends is not None:
            found[closing] = max(ends, found.get(closing) or ends)
    return found


def check_order(
    times: Mapping[str, datetime | None], zone_name: str, *, required: tuple[str, ...] = ()
) -> list[Finding]:
    """What is wrong with the order of `MOMENTS`: absent required ones, windows without length, stages out of order.

    Moments not given are not compared. Keys outside `MOMENTS` are a programming error (`KeyError`).
    """
    given = {key: moment for key, moment in times.items() if moment is not None and MOMENTS[key]}
    findings = [
        Finding("missing", f"Не указано время: {MOMENTS[key]}. Заполните его.", key)
        for key in required
        if key not in given
    ]
    for pairs, equal_allowed in ((_WINDOWS, False), (_SEQUENCE, True)):
        for early, late in pairs:
            if early not in given or late not in given:
                continue
            if given[early] > given[late] or (given[early] == given[late] and not equal_allowed):
                findings.append(_out_of_order(early, late, given, zone_name))
    return findings


def check_limit(opens: datetime, closes: datetime, limit: timedelta) -> list[Finding]:
    """A window shorter than the time given for the work is told to the organiser."""
    if closes - opens >= limit:
        return []
    return [
        Finding(
            "window_shorter_than_limit",
            "Окно этапа короче времени на выполнение задания. Продлите окно или уменьшите время.",
            "limit",
        )
    ]


def _unique_instant(wall: datetime, where: ZoneInfo, text: str, field: str | None) -> datetime:
    first, second = (wall.replace(tzinfo=where, fold=fold) for fold in (0, 1))
    instant = first.astimezone(UTC)
    if _offset(first) == _offset(second):
        return instant
    if instant.astimezone(where).replace(tzinfo=None) != wall:
        raise Refused(
            "skipped_time",
            f"Времени «{text}» в этом часовом поясе нет: часы переводят вперёд. Укажите другое время.",
            status=422,
            field=field,
        )
    raise Refused(
        "repeated_time",
        f"Время «{text}» в этом часовом поясе наступает дважды: часы переводят назад. Укажите другое время.",
        status=422,
        field=field,
    )


def _local(moment: datetime, zone_name: str) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a naive datetime is no instant")
    return moment.astimezone(zone(zone_name))


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta(0)


def _out_of_order(early: str, late: str, given: Mapping[str, datetime], zone_name: str) -> Finding:
    first, second = (format_instant(given[key], zone_name, form="short", seconds=True) for key in (early, late))
    text = (
        f"Порядок времени нарушен: {MOMENTS[late]} ({second}) должно идти после: {MOMENTS[early]} ({first}). "
        "Исправьте одно из двух."
    )
    return Finding("out_of_order", text, late)
