"""Forms of the question bank."""
from flask_wtf.file import FileRequired
from wtforms import HiddenField, RadioField

from contest.forms.fields import Text, required
from core import storage
from core.forms import Form
from core.uploads import UploadField
from exam.formats.encoding import MAX_BYTES

MODES = [("all", "Загрузить, только если ошибок нет"), ("good", "Загрузить записи без ошибок")]


class BankForm(Form):
    """A file to check."""

    title = Text("Название банка", required())
    file = UploadField("Файл вопросов", allowed=storage.TEXT, max_bytes=MAX_BYTES,
                       validators=[FileRequired("Выберите файл с вопросами.")])
    mode = RadioField("Если в файле есть ошибки", choices=MODES, default="all")

    def received(self) -> storage.Received:
        """The file after validation."""
        assert self.file.received is not None
        return self.file.received

    def content(self) -> bytes:
        """What was sent; at most MAX_BYTES."""
        self.file.data.stream.seek(0)
        return bytes(self.file.data.stream.read())


class ConfirmForm(Form):
    """A checked file to be stored: the ticket stands for it."""

    ticket = HiddenField("Файл", [required("Загрузите файл ещё раз.")])
    title = HiddenField("Название банка", [required()])
    mode = HiddenField("Если в файле есть ошибки", default="all")
