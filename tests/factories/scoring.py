"""Schemes and sheets, made through the operations, in the state a test needs."""

from functools import lru_cache
from typing import Any

from contest.models import Nomination
from core import access, passwords, storage
from core.accounts import Account
from core.content import XLSX
from core.db import session
from scoring import schemes, sheets
from scoring.formats.scheme_xlsx import write_scheme_xlsx
from scoring.models.sheets import Scheme, Sheet
from scoring.rules.entry import Entry
from tests.scoring import schemes as samples

SECRET = "сварка-и-резка-2026"


@lru_cache(maxsize=1)
def _hash() -> str:
    return passwords.hash_secret(SECRET)


def secret(make: Any, account: Account) -> str:
    """The account can sign: its password is the one this returns."""
    session.get_one(Account, account.id).password_hash = _hash()
    return SECRET


def scheme(make: Any, nomination: Nomination, content: Any = None, *, frozen: bool = True) -> Scheme:
    """A scheme of the nomination, the sample of twenty points unless given; frozen when asked."""
    by, nomination = make.organiser(), session.get_one(Nomination, nomination.id)
    content = content or samples.scheme()
    blob = storage.store(write_scheme_xlsx(content), allowed=frozenset({XLSX}), max_bytes=storage.MB, now=make.now)
    received = storage.Received(blob.sha256, blob.size, blob.mime)
    made = schemes.upload(nomination, content, received, name="схема.xlsx", by=by, now=make.now)
    if frozen:
        schemes.freeze(made, reason="новая редакция", by=by, now=make.now)
    return made


def sheets_of(make: Any, nomination: Nomination) -> list[Sheet]:
    """All sheets of a nomination after assigning them to everybody: by code and expert."""
    sheets.assign(session.get_one(Nomination, nomination.id), by=access.Me(0, "тест"), now=make.now)
    rows = [sheets.load(row.id) for row in session.query(Sheet).filter_by(nomination_id=nomination.id)]
    return sorted((row for row in rows if row), key=lambda row: (row.participant.code or "", row.expert_id, row.module))


def fill(make: Any, sheet: Sheet, to: str = "signed", **given: Any) -> Sheet:
    """Marks of the sample module (see tests/scoring/schemes.py), brought to a state: saved, submitted, signed."""
    row, by = sheets.load(sheet.id), access.Me(sheet.expert_id, "эксперт")
    assert row is not None
    marks = samples.marks(**given)
    sheets.save(row, {key: Entry(mark, "") for key, mark in marks.items()}, by=by, now=make.now)
    if to in ("submitted", "signed"):
        sheets.submit(row, by=by, now=make.now)
    if to == "signed":
        sheets.sign(row, basis="видеозапись", by=by, now=make.now)
    return row
