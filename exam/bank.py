"""The bank: import of a question file, dry run first, and the questions as the rules see them."""
import hashlib
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from contest.models import Nomination
from core.access import Me
from core.canonical import digest
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from exam.formats.bankfile import BankFile, Unreadable
from exam.formats.registry import read_bank
from exam.models import Bank, BankQuestion
from exam.questions.base import Question
from exam.questions.registry import question_from_json, question_to_json

THEORY_KINDS = frozenset({"single", "multiple", "yes_no", "matching", "ordering", "numeric", "short"})
"""Kinds that are marked without people; open answers come with their markers."""


def dry_run(name: str, data: bytes) -> BankFile:
    """What the file holds and what is refused, by line. Refused when it cannot be read at all."""
    try:
        return read_bank(name, data)
    except Unreadable as error:
        raise Refused("unreadable", str(error), field="file") from None


def import_bank(nomination: Nomination, found: BankFile, *, title: str, name: str, data: bytes, only_good: bool,
                by: Me, now: datetime) -> Bank:
    """Store the questions of a file. Refused when some blocks are refused, unless only the good ones are asked for."""
    if found.refused and not only_good:
        first = found.refused[0]
        raise Refused("refused_blocks", f"В файле есть записи с ошибками: {len(found.refused)}. Первая: строка "
                      f"{first.line}, {first.reason} Исправьте файл или выберите «Загрузить записи без ошибок».")
    usable = [question for question in found.questions if question.kind in THEORY_KINDS]
    if not usable:
        raise Refused("empty", "В файле нет вопросов, которые можно оценить автоматически.", field="file")
    bank = Bank(nomination_id=nomination.id, title=title, source_name=name[:200], imported_at=now,
                source_sha256=hashlib.sha256(data).hexdigest(), imported_by_id=by.account_id)
    session.add(bank)
    session.flush()
    for position, question in enumerate(usable, start=1):
        kept = question_to_json(question)
        session.add(BankQuestion(bank_id=bank.id, position=position, kind=question.kind, record=kept,
                                 points=int(question.points * Decimal(100)), sha256=digest(kept)))
    session.flush()
    record("bank.imported", bank, by=by, now=now, questions=len(usable), refused=len(found.refused),
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
