"""Forms of practice tasks."""
from typing import Any

from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import SelectMultipleField, TextAreaField, ValidationError

from contest.forms.fields import Instant, Text, length, optional, required, stripped
from core import storage
from core.errors import Busy, Refused
from core.forms import Form
from core.uploads import UploadField
from exam.models import TaskFile
from exam.tasks import Content

TASK_FILES = storage.PDF | storage.IMAGES | storage.OFFICE
RESULT_FILES = storage.PDF | storage.IMAGES | storage.VIDEO
MAX_TASK_FILE = 50 * storage.MB
MAX_RESULT = 190 * storage.MB


class TaskFilesField(MultipleFileField):
    """Several files, each judged before it is stored; `received` are pairs of name and storage.Received."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.received: list[tuple[str, storage.Received]] = []

    def pre_validate(self, form: Any) -> None:
        """Copy and judge every file; the first that is refused is the field's error, with its name."""
        self.received = []
        for file in self.data or []:
            try:
                got = storage.receive(file.stream, allowed=TASK_FILES, max_bytes=MAX_TASK_FILE)
            except Busy:
                raise
            except Refused as refusal:
                raise ValidationError(f"{file.filename}: {refusal.text}") from refusal
            self.received.append((str(file.filename)[:200], got))


class TaskForm(Form):
    """A task; it is handed over when its event starts."""

    title = Text("Название задания", required())
    text = TextAreaField("Текст задания", [required("Напишите, что сделать."), length(50_000)], filters=[stripped])
    file = TaskFilesField("Файлы задания", validators=[optional()])
    closes_at = Instant("Приём результатов до", [required("Укажите дату и время.")])

    def __init__(self, zone: str, **kwargs: Any) -> None:
        self._zone = zone
        super().__init__(**kwargs)

    def zone_name(self) -> str:
        """The contest's zone, for Instant."""
        return self._zone

    def facts(self) -> dict[str, Any]:
        """What an operation takes, after validation."""
        return {"title": self.title.data, "text": self.text.data, "files": self.file.received,
                "closes_at": self.closes_at.instant}


class VersionForm(TaskForm):
    """The version after a withdrawn one: an hour of its own, and the files of the earlier one that are kept."""

    kept = SelectMultipleField("Оставить файлы прежней редакции", coerce=int, validators=[optional()])
    releases_at = Instant("Час выдачи", [required("Укажите дату и время.")])

    def __init__(self, zone: str, files: list[TaskFile], **kwargs: Any) -> None:
        super().__init__(zone, **kwargs)
        self._files = files
        self.kept.choices = [(file.id, file.name) for file in files]

    def facts(self) -> dict[str, Any]:
        """What an operation takes, after validation."""
        kept = tuple(file for file in self._files if file.id in (self.kept.data or []))
        return {"content": Content(self.title.data or "", self.text.data or "", tuple(self.file.received), kept),
                "releases_at": self.releases_at.instant, "closes_at": self.closes_at.instant}


class WithdrawalForm(Form):
    """«Отозвать задание»."""

    reason = Text("Причина", required("Напишите, почему задание отозвано."), limit=300)


class ResultForm(Form):
    """What a participant hands in."""

    file = UploadField("Файл результата", allowed=RESULT_FILES, max_bytes=MAX_RESULT,
                       validators=[FileRequired("Выберите файл: снимок, видео или PDF.")])
    note = Text("Что на нём", optional(), limit=300)

    def facts(self) -> dict[str, Any]:
        """What an operation takes, after validation."""
        return {"received": self.file.received, "name": self.file.filename, "note": self.note.data or ""}


class OpenForm(Form):
    """«Открыть задание»."""


class PaperForm(Form):
    """«Сформировать протокол»."""
