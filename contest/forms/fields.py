"""Fields the forms of all packages share: local times in the contest's zone, names, e-mail, hundredths."""
from datetime import datetime
from typing import Any

from wtforms import StringField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from contest.rules import timetable
from core.errors import Refused
from core.storage import Received
from core.uploads import UploadField

REQUIRED = "Заполните это поле."


class Filled(InputRequired):
    """Something other than spaces was typed or chosen; a zero is something."""

    def __call__(self, form: Any, field: Any) -> None:
        """Stop at the first empty text."""
        if not any(str(text).strip() for text in field.raw_data or ()):
            field.raw_data = []
        super().__call__(form, field)


def required(text: str = REQUIRED) -> InputRequired:
    """The field must be filled in."""
    return Filled(message=text)


def optional() -> Optional:
    """The field may stay empty."""
    return Optional(strip_whitespace=True)


def length(limit: int, least: int = 0) -> Length:
    """No longer than `limit` characters."""
    text = f"Не длиннее {limit} знаков." if not least else f"От {least} до {limit} знаков."
    return Length(min=least or -1, max=limit, message=text)


def stripped(value: Any) -> Any:
    """Filter: no spaces at the ends, no control characters."""
    if not isinstance(value, str):
        return value
    return "".join(sign for sign in value if sign in "\n\t" or ord(sign) >= 32).strip()


class Text(StringField):
    """One line of text: cleaned, with a length limit."""

    def __init__(self, label: str, *validators: Any, limit: int = 200, **kwargs: Any) -> None:
        filters = [stripped, *kwargs.pop("filters", [])]
        super().__init__(label, [*validators, length(limit)], filters=filters, **kwargs)


class Instant(StringField):
    """Local time «2026-06-09 10:00:00» (also «09.06.2026 10:00») in the zone of the form; `.instant` is UTC or None."""

    instant: datetime | None = None

    def pre_validate(self, form: Any) -> None:
        """Parse in `form.zone_name`; a time the zone skips or repeats is refused in words."""
        self.instant = None
        if not (self.data or "").strip():
            return
        try:
            self.instant = timetable.parse_local(self.data.strip(), form.zone_name())
        except Refused as refusal:
            raise ValidationError(refusal.text) from None


def shown(instant: datetime | None, zone: str) -> str:
    """What an Instant field shows for a stored instant."""
    return timetable.for_input(instant, zone) if instant else ""


def of_row(row: Any, *names: str, **instead: Any) -> dict[str, Any]:
    """Data for a form: attributes of a row by name, with replacements (WTForms would prefer the row)."""
    return {name: getattr(row, name) for name in names} | instead


def taken(field: UploadField) -> Received:
    """The file of an upload field that is required and has been validated."""
    if field.received is None:
        raise ValueError("the field was not validated")
    return field.received
