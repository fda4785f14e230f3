"""The rehearsal's own clock: when things are planned, and waiting for a moment that the timetable names."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rehearsal.world import ZONE


def now() -> datetime:
    """This machine's time; the service of a rehearsal runs on the same machine."""
    return datetime.now(UTC)


def local(moment: datetime) -> str:
    """As it is typed into a form, in the contest's zone."""
    return moment.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M:%S")


def whole(moment: datetime) -> datetime:
    """The next whole second: forms know no parts of one."""
    return moment.replace(microsecond=0) + timedelta(seconds=1)


def wait_until(moment: datetime) -> None:
    """Sleep until a moment has come."""
    while (left := (moment - now()).total_seconds()) > 0:
        time.sleep(min(left, 0.5))
