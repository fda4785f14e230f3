"""Fields only this package has: a length of time, ids of what was uploaded."""
import re
from datetime import timedelta
from typing import Any

from wtforms import StringField, ValidationError

LONGEST = timedelta(hours=12)
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)", re.ASCII)
_UNITS = {"": 60, "мин": 60, "минут": 60, "с": 1, "сек": 1, "ч": 3600}
_NUMBER = re.compile(r"(\d{1,5})\s*(мин|минут|сек|с|ч)?\.?", re.ASCII)


def read_length(text: str) -> timedelta | None:
    """«00:40:00», «40» and «40 мин» (minutes), «90 с», «2 ч»; None for anything else, 0, or over 12 hours."""
    text = text.strip().lower()
    clock, number = _CLOCK.fullmatch(text), _NUMBER.fullmatch(text)
    if clock:
        hours, minutes, seconds = (int(part) for part in clock.groups())
        found = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    elif number:
        found = timedelta(seconds=int(number[1]) * _UNITS[number[2] or ""])
    else:
        return None
    return found if timedelta(0) < found <= LONGEST else None


def length_words(length: timedelta) -> str:
    """The text `read_length` reads back: «00:40:00»."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


class TimeSpan(StringField):
    """A length of time; `.length` is a timedelta after validation."""

    length: timedelta | None = None

    def pre_validate(self, form: Any) -> None:
        """Parse strictly: «40» is minutes."""
        self.length = read_length(self.data or "")
        if self.length is None:
            raise ValidationError("Укажите время так: 00:40:00, 40 мин или 90 с. Не больше 12 часов.")
