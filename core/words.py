"""Instants, sizes and numbers in Russian words, the same on every page and in every letter."""
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Europe/Moscow"
MOSCOW = ZoneInfo(DEFAULT_ZONE)
MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
          "декабря")


def day(value: date | datetime, zone: str = DEFAULT_ZONE) -> str:
    """«28 апреля 2026 г.»; an instant is taken in `zone`."""
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).date()
    return f"{value.day} {MONTHS[value.month - 1]} {value.year} г."


def moment(value: datetime, zone: str = DEFAULT_ZONE, *, seconds: bool = True) -> str:
    """«28 апреля 2026 г., 14:02:37» in `zone`, to the second unless told otherwise."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M:%S}" if seconds else f"{day(local.date())}, {local:%H:%M}"


def minute(value: datetime, zone: str = DEFAULT_ZONE) -> str:
    """«28 апреля 2026 г., 14:02» in `zone`."""
    return moment(value, zone, seconds=False)


def zone_words(zone: str, at: datetime) -> str:
    """«МСК», «МСК+4», «МСК−1»: the offset of `zone` from Moscow at the instant."""
    here, moscow = (at.astimezone(place).utcoffset() or timedelta() for place in (ZoneInfo(zone), MOSCOW))
    offset = here - moscow
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    if not offset:
        return "МСК"
    tail = f"{hours}:{minutes:02}" if minutes else str(hours)
    return f"МСК{'−' if offset < timedelta() else '+'}{tail}"


def plural(number: int, one: str, few: str, many: str) -> str:
    """The form of a noun that goes with a number: 1 файл, 2 файла, 5 файлов."""
    tail = abs(number) % 100
    if 10 < tail < 20:
        return many
    return {1: one, 2: few, 3: few, 4: few}.get(tail % 10, many)


def size(count: int) -> str:
    """«840 КБ», «2,3 МБ» of a number of bytes."""
    if count < 1024:
        return f"{count} {plural(count, 'байт', 'байта', 'байт')}"
    if count < 1024 * 1024:
        return f"{count // 1024} КБ"
    return f"{count / 1024 / 1024:.1f} МБ".replace(".", ",")
