"""Terms counted in working days: the end of the window of appeals."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

END_OF_DAY = time(18, 0)
SATURDAY = 5


def appeals_end(published_at: datetime, working_days: int, zone: str) -> datetime:
    """The end of the window: 18:00 local time of the last of `working_days` (Monday to Friday) after the publication.

    With 0 days there is no window: it ends with the publication itself. UTC; refuses a naive instant (ValueError).
    """
    if published_at.tzinfo is None:
        raise ValueError("a naive datetime is no instant")
    if working_days <= 0:
        return published_at.astimezone(UTC)
    day = published_at.astimezone(ZoneInfo(zone)).date()
    left = working_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return datetime.combine(day, END_OF_DAY, ZoneInfo(zone)).astimezone(UTC)
