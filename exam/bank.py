"""The bank: import of a question file, dry run first, and the questions as the rules see them."""
import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from contest.models import Nomination
from core import storage, web
from core.access import Me
from core.canonical import digest
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from exam.formats.bankfile import BankFile, Unreadable
from exam.formats.registry import read_bank
from exam.models import Bank, BankQuestion
from exam.questions.base import Question
from exam.questions.registry import KINDS, question_from_json, question_to_json

THEORY_KINDS = frozenset({"single", "multiple", "yes_no", "matching", "ordering", "numeric", "short"})
"""Kinds that are marked without people; open answers come with their markers."""


TICKET_SECONDS = 24 * 3600
POINTS_OF = Decimal(100)


@dataclass(frozen=True)
class Content:
    """A bank's file as it lies in storage, and what was read from it."""

    name: str
    sha256: str
    found: BankFile

    @property
    def usable(self) -> list[Question]:
        """Questions that can be marked without people."""
        return [question for question in self.found.questions if question.kind in THEORY_KINDS]

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """How many usable questions of each kind, in words."""
        counts = Counter(question.kind for question in self.usable)
        return [(KINDS[kind].title, counts[kind]) for kind in KINDS if counts[kind]]

    @property
    def skipped(self) -> list[tuple[str, int]]:
        """What is read but not taken: texts between questions, answers that only people can mark."""
        counts = Counter(question.kind for question in self.found.questions if question.kind not in THEORY_KINDS)
        return [(KINDS[kind].title, count) for kind, count in sorted(counts.items())]

    @property
    def points(self) -> int:
        """The sum of usable questions, in hundredths."""
        return sum(int(question.points * POINTS_OF) for question in self.usable)


def dry_run(name: str, data: bytes) -> BankFile:
    """What the file holds and what is refused, by line. Refused when it cannot be read at all."""
    try:
        return read_bank(name, data)
    except Unreadable as error:
        raise Refused("unreadable", str(error), field="file") from None


def content_of(name: str, data: bytes) -> Content:
    """A file just received, read. Slow for long banks: call it through `core.web.offload`."""
    return Content(name[:200], hashlib.sha256(data).hexdigest(), dry_run(name, data))


def keep_file(received: storage.Received, nomination: Nomination, *, name: str, now: datetime) -> str:
    """Keep the received file until it is confirmed; gives the ticket that stands for it on the page."""
    blob = storage.keep(received, now=now)
    return _tickets().dumps([nomination.id, blob.id, name[:200]])


def reread(ticket: str, nomination: Nomination) -> Content:
    """The file a ticket stands for, read again. Refused for a ticket of another nomination or older than a day."""
    try:
        owner, blob_id, name = _tickets().loads(ticket, max_age=TICKET_SECONDS)
    except BadData:
        owner = blob_id = None
    blob = session.get(storage.Blob, blob_id) if owner == nomination.id else None
    if blob is None:
        raise Refused("ticket", "Проверка файла устарела. Загрузите файл ещё раз.", field="file")
    return web.offload(_read_blob, name, storage.path(blob))


def _read_blob(name: str, place: Path) -> Content:
    return content_of(name, place.read_bytes())


def _tickets() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(web.settings().secret_key, salt="bank-file")


def import_bank(nomination: Nomination, content: Content, *, title: str, only_good: bool, by: Me,
                now: datetime) -> Bank:
    """Store the questions of a file. Refused when some blocks are refused, unless only the good ones are asked for."""
    refused = content.found.refused
    if refused and not only_good:
        raise Refused("refused_blocks", f"В файле есть записи с ошибками: {len(refused)}. Первая: строка "
                      f"{refused[0].line}, {refused[0].reason} Исправьте файл или выберите "
                      "«Загрузить записи без ошибок».")
    if not content.usable:
        raise Refused("empty", "В файле нет вопросов, которые можно оценить автоматически.", field="file")
    bank = Bank(nomination_id=nomination.id, title=title, source_name=content.name, imported_at=now,
                source_sha256=content.sha256, imported_by_id=by.account_id)
    session.add(bank)
    session.flush()
    for position, question in enumerate(content.usable, start=1):
        kept = question_to_json(question)
        session.add(BankQuestion(bank_id=bank.id, position=position, kind=question.kind, record=kept,
                                 points=int(question.points * POINTS_OF), sha256=digest(kept)))
    session.flush()
    record("bank.imported", bank, by=by, now=now, questions=len(content.usable), refused=len(refused),
           sha256=bank.source_sha256)
    return bank


def of_nomination(nomination_id: int) -> list[Bank]:
    """Banks of a nomination, the newest first, with their questions."""
    return list(session.scalars(select(Bank).options(selectinload(Bank.questions)).where(
        Bank.nomination_id == nomination_id).order_by(Bank.id.desc())))


def load(bank_id: int) -> Bank:
    """A bank with its questions; NotVisible when there is none."""
    found = session.scalar(select(Bank).options(selectinload(Bank.questions)).where(Bank.id == bank_id))
    if found is None:
        raise NotVisible
    return found


def question(row: BankQuestion) -> Question:
    """The question as the rules see it."""
    return question_from_json(row.record)
