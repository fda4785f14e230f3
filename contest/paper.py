"""A document of this package as a file: rendered now if the worker has not come to it yet."""
from datetime import datetime
from typing import Any

from flask import Response

from core import storage
from core.db import session
from core.documents import papers
from core.documents.papers import Document, Form
from core.documents.process import RenderFailed
from core.errors import Busy, NotVisible


def send(thing: Any, form: Form, *, name: str, now: datetime) -> Response:
    """The newest paper of `form` about `thing`. NotVisible when there is none; Busy when it cannot be rendered now.

    For GET routes: rendering waits, and keeps the bytes in a transaction of its own.
    """
    document = papers.of(thing, form.key)
    if document is None:
        raise NotVisible("Такого документа ещё нет.")
    return storage.send(_blob(document, now), f"{name}.pdf")


def _blob(document: Document, now: datetime) -> storage.Blob:
    try:
        papers.ensure_rendered(document.id, now=now)
    except RenderFailed as failure:
        raise Busy("Документ ещё готовится. Откройте его через минуту.") from failure
    session.refresh(document, ["blob_id"])
    return session.get_one(storage.Blob, document.blob_id)
