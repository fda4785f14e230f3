"""A form's file field that takes the file through core.storage before the first statement of the operation."""
from typing import Any

from flask_wtf.file import FileField
from wtforms import Form, ValidationError

from core import content, storage
from core.errors import Busy, Refused
from core.storage import Received


class UploadField(FileField):
    """After `validate`, `received` is for `storage.keep` (None: nothing was chosen), `filename` as the person calls it.

    A refusal becomes the field's error. Add `FileRequired` where a file must be given.
    """

    def __init__(self, label: str, *, allowed: frozenset[str], max_bytes: int, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"accept": ",".join(sorted(content.SUFFIXES[mime] for mime in allowed))})
        kwargs.setdefault("description", f"{content.words_of(allowed)}, до {max_bytes // storage.MB} МБ")
        super().__init__(label, **kwargs)
        self.allowed = allowed
        self.max_bytes = max_bytes
        self.received: Received | None = None

    @property
    def filename(self) -> str:
        """As the person's computer called it; only ever shown, never a path."""
        return str(self.data.filename)[:200] if self.data else ""

    def pre_validate(self, form: Form) -> None:
        """Copy and judge the file; its kind or size is the field's error, a full disk is everybody's."""
        if not self.data:
            return
        try:
            self.received = storage.receive(self.data.stream, allowed=self.allowed, max_bytes=self.max_bytes)
        except Busy:
            raise
        except Refused as refusal:
            raise ValidationError(refusal.text) from refusal
