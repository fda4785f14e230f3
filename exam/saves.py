"""Answers: every save is kept durably and acknowledged once; what comes too late goes to the late box.

Handlers queue what arrived, one writer decides about it and commits it in groups (`core.db.GroupWriter`): who asks,
whose attempt it is, whether it counts, its place in the chain of receipts.
"""
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from core import access, db
from core.access import Login
from core.db import GroupWriter, session
from core.errors import LoginNeeded, NotVisible, Refused, Unknown
from core.journal import record
from exam import attempts, save_rows, sealing, sittings
from exam.incoming import Ack, Beat, Incoming, Outcome, Sent
from exam.incoming import Proven as Proven
from exam.models import Attempt
from exam.working import Working

log = structlog.get_logger("exam")


@dataclass(frozen=True)
class _Entry:
    """What is queued: the writer knows no application, so the key of the seals comes along."""

    item: Incoming | Beat
    key: bytes


def submit(items: Sequence[Incoming | Beat]) -> list[Outcome]:
    """Have these written and committed, in order. Raises Busy (the queue is full) and Unknown (no answer in time); the
    fault of one item among several is its refusal `fault`. Needs the application and no open writing unit of work.
    """
    key = sealing.receipt_key()
    found = WRITER.submit_many([_Entry(item, key) for item in items])
    if len(found) == 1 and isinstance(found[0], Exception):
        raise found[0]
    away = next((each for each in found if isinstance(each, OperationalError | Unknown)), None)
    if away is not None:  # of the whole group: nothing is known to be kept, the page sends all of it again
        raise away
    outcomes = [_fault() if isinstance(each, Exception) else each for each in found]
    _close_due(zip(items, outcomes, strict=True))
    return outcomes


def save(attempt: Attempt, sent: Sent, *, now: datetime) -> Ack:
    """Keep one answer within the open unit of work (the demo): nobody else is waiting, nothing is queued."""
    session.flush()
    (outcome,) = _decide([_Entry(Incoming(attempt.id, sent, now, None), sealing.receipt_key())])
    if outcome.ack is None:
        raise outcome.refusal or NotVisible()
    session.refresh(attempt, attempts.CHANGING)
    attempts.tell(attempt)
    return outcome.ack


def _fault() -> Outcome:
    return Outcome(None, Refused("fault", "Этот ответ сохранить не удалось: на сервере произошла ошибка. Сообщите "
                                          "наблюдателю.", status=500), {})


def _close_due(pairs: Iterable[tuple[Incoming | Beat, Outcome]]) -> None:
    """What came too late touches the attempt as any other request does (rule 9)."""
    late = {(item.attempt_id, item.now) for item, outcome in pairs
            if outcome.refusal is not None and outcome.refusal.code == "deadline_passed"}
    for attempt_id, now in late:
        try:
            attempts.touch(attempt_id, now=now)
        except OperationalError as error:  # the sweep will do it
            log.error("attempt not closed", attempt=attempt_id, error=type(error.orig).__name__)


def _apply(entries: Sequence[_Entry]) -> list[Outcome]:
    """What the writer does with a group, in its transaction."""
    try:
        return _decide(entries)
    except Exception:
        save_rows.forget()
        raise


def _decide(entries: Sequence[_Entry]) -> list[Outcome]:
    unit, items = session.connection(), [entry.item for entry in entries]
    works, now = _works(unit, items), max(item.now for item in items)
    logins = access.logins(unit, {item.token for item in items if item.token is not None})
    found = [_one(entry, works.get(entry.item.attempt_id), logins) for entry in entries]
    _write(unit, works.values())
    access.note_all_seen(unit, logins.values(), now)
    for work in works.values():
        _count_again(work, now)
    return [Outcome(ack, refusal, works[item.attempt_id].state(item.now) if _known(refusal) else {})
            for item, (ack, refusal) in zip(items, found, strict=True)]


def _works(unit: Connection, items: Sequence[Incoming | Beat]) -> dict[int, Working]:
    """The attempts of a group, locked, with what stands already of its saves."""
    rows = save_rows.attempts(unit, {item.attempt_id for item in items})
    known = sittings.facts_of_many(rows)
    rules = {key: sittings.rules_of(row) for key, row in {row.sitting_id: row for row in rows}.items()}
    works = {row.id: Working(row, rules[row.sitting_id], known[row.id]) for row in rows}
    saves = [item for item in items if isinstance(item, Incoming)]
    for standing in save_rows.standing(
            unit, [(item.attempt_id, item.sent.client_id) for item in saves],
            [(item.attempt_id, item.line, item.seq) for item in saves]) if saves else []:
        if standing["attempt_id"] in works:
            works[standing["attempt_id"]].remember(standing)
    return works


def _one(entry: _Entry, work: Working | None, logins: Mapping[str, Login]) -> tuple[Ack | None, Refused | None]:
    item = entry.item
    try:
        if item.token is not None:
            _check(item, work, logins.get(item.token))
        if work is None:
            raise NotVisible
        if item.token is not None:
            work.hear(item.now)
        return work.take(item, entry.key) if isinstance(item, Incoming) else None, None
    except Refused as refusal:
        return None, refusal


def _check(item: Incoming | Beat, work: Working | None, login: Login | None) -> None:
    """What the edge checks of other requests: the login session as it is now, and whose attempt it is."""
    if login is None or login.expires_at <= item.now:
        raise LoginNeeded
    if login.one_time:
        raise Refused("one_time", "Сначала задайте свой пароль.", status=403)
    if work is None or work.row.account_id != login.account_id:
        raise NotVisible


def _known(refusal: Refused | None) -> bool:
    """Whether the person may be told of the attempt."""
    return not isinstance(refusal, NotVisible | LoginNeeded) and (refusal is None or refusal.code != "one_time")


def _write(unit: Connection, works: Collection[Working]) -> None:
    save_rows.write(
        unit, [save for work in works for save in work.saves], [late for work in works for late in work.late],
        [{"key": work.row.id, "head": work.head, "number": work.number, "acked": work.acked}
         for work in works if work.saves],
        [(work.row.contact_id, work.heard) for work in works if work.heard and work.heard != work.row.heard_at],
        [{"attempt_id": work.row.id, "from_at": first, "last_at": last} for work in works
         for first, last in work.contacts])
    changed = {work.row.sitting_id for work in works if work.saves or work.late}
    if changed:
        db.after_commit(lambda: attempts.tell_soon(changed))


def _count_again(work: Working, now: datetime) -> None:
    """An answer in time that is written after the close counts: the marks are made again, the journal says so."""
    if work.restored:
        record("attempt.answers_restored", ("attempt", work.row.id), by=None, now=now, count=work.restored,
               head=work.head, closed=work.facts.finished is not None)
    if not work.saves or work.facts.finished is None:
        return
    attempt = session.get_one(Attempt, work.row.id, populate_existing=True)
    before = attempt.points
    attempts.mark_again(attempt)
    record("attempt.marked_again", attempt, by=None, now=now, points_before=before, points=attempt.points,
           head=work.head)


WRITER = GroupWriter("answers", _apply)
