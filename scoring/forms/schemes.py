"""Forms of the scheme."""
from flask_wtf.file import FileRequired

from contest.forms.fields import Text
from core import content
from core.forms import Form
from core.uploads import UploadField
from scoring.formats.scheme_xlsx import MAX_BYTES


class SchemeForm(Form):
    """A workbook with the scheme."""

    file = UploadField("Книга со схемой оценки", allowed=frozenset({content.XLSX}), max_bytes=MAX_BYTES,
                       validators=[FileRequired("Выберите файл XLSX.")])


class FreezingForm(Form):
    """Putting a scheme in force; the reason is asked where another one is superseded."""

    reason = Text("Почему схема заменяется", limit=500)
