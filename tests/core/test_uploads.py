"""The file field: a judged file, or the field's error in words."""
import io

import pytest
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from werkzeug.datastructures import FileStorage, MultiDict

from core import storage
from core.uploads import UploadField
from tests.core import files


class Attach(FlaskForm):
    scan = UploadField("Скан", allowed=storage.PDF | storage.IMAGES, max_bytes=storage.MB, validators=[FileRequired()])


@pytest.fixture
def form(app, db, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config["core"].__dict__, "data_dir", tmp_path)

    def fill(data=None, name="скан.pdf"):
        file = FileStorage(io.BytesIO(data or b""), filename=name if data is not None else "")
        return Attach(MultiDict({"scan": file}), meta={"csrf": False})
    with app.test_request_context(method="POST"):
        yield fill


def test_chosen_file_is_received(form, now):
    made = form(files.pdf())
    assert made.validate()
    assert (made.scan.received.mime, made.scan.filename) == ("application/pdf", "скан.pdf")


@pytest.mark.parametrize(("data", "part"), [
    (None, "required"), (b"", "пустой"), (b"MZ\x90\x00", "Подходят: JPEG, PNG, WebP, PDF."),
    (b"%PDF-" + bytes(storage.MB), "больше 1 МБ")])
def test_refusal_is_the_fields_error(form, data, part):
    made = form(data)
    assert not made.validate()
    assert part in " ".join(made.scan.errors)
    assert made.scan.received is None


def test_field_says_what_it_takes(form):
    field = form().scan
    assert field.description == "JPEG, PNG, WebP, PDF, до 1 МБ"
    assert 'accept=".jpg,.pdf,.png,.webp"' in str(field())
