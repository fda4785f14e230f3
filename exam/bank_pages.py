"""What the page of a bank shows."""
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core import db
from core.access import Me
from core.journal import record
from exam import bank
from exam.models import Bank
from exam.questions.registry import KINDS


@dataclass(frozen=True)
class Line:
    """One question as people read it. `points` in hundredths."""

    number: int
    text: str
    kind: str
    key: str
    points: int


def lines(found: Bank) -> list[Line]:
    """Every question of a bank with its key."""
    shown = []
    for row in found.questions:
        question = bank.question(row)
        kind = KINDS[row.kind]
        shown.append(Line(row.position, question.text, kind.title, kind.describe_key(question.body), row.points))
    return shown


def points_words(hundredths: int) -> str:
    """«1», «0,5», «12,25»."""
    return f"{Decimal(hundredths) / 100:f}".replace(".", ",") if hundredths % 100 else str(hundredths // 100)


def note_view(found: Bank, *, by: Me, now: datetime) -> None:
    """A look at the keys is journalled: a fact of its own, since GET keeps nothing."""
    with db.transaction():
        record("bank.viewed", found, by=by, now=now)
