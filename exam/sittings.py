"""Sittings: theory set up on an event of the timetable, and the conversion of rows into the facts of the rules."""
from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from contest import contests, participants
from contest.models import Event, Nomination, Participant
from core.access import Me
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from exam.models import Attempt, Bank, Sitting, TimeGrant
from exam.rules import facts
from exam.rules.states import FinishReason

FIRST_VERSION = 1  # of a deadline nobody has changed
_TAKES_PART = select(Participant).where(
    Participant.account_id == bindparam("account"), Participant.nomination_id == bindparam("nomination"),
    Participant.withdrawn_at.is_(None)).order_by(Participant.id).limit(1)
_SITTING = select(Sitting).options(joinedload(Sitting.event)).where(Sitting.id == bindparam("key"))


def set_sitting(event: Event, nomination: Nomination, bank: Bank, *, limit: timedelta, question_count: int, by: Me,
                now: datetime) -> Sitting:
    """Put theory on an event: its window is the event's, grace and share come from the rules of the nomination."""
    if event.kind != "theory" or event.ends_at is None:
        raise Refused("event", "У события теории должны быть начало и окончание. Исправьте расписание.")
    if bank.nomination_id != nomination.id:
        raise NotVisible
    if not 1 <= question_count <= len(bank.questions):
        raise Refused("count", f"В банке {len(bank.questions)} вопросов. Укажите число от 1 до {len(bank.questions)}.",
                      field="question_count")
    row = session.scalar(select(Sitting).where(Sitting.event_id == event.id))
    if row is not None and session.scalar(select(Attempt.id).where(Attempt.sitting_id == row.id).limit(1)):
        raise Refused("started", "Теорию уже начали выполнять, её настройки не меняются.")
    row = row or Sitting(event_id=event.id, nomination_id=nomination.id, created_at=now)
    row.bank_id, row.question_count, row.limit_seconds = bank.id, question_count, int(limit.total_seconds())
    row.opens_at, row.closes_at = event.starts_at, event.ends_at
    row.hard_end_at = event.ends_at + facts.HARD_END_AFTER_CLOSE
    row.grace_seconds = int(contests.setting(nomination, "grace_seconds"))
    row.min_share = int(contests.setting(nomination, "min_time_share"))
    session.add(row)
    session.flush()
    record("sitting.set", row, by=by, now=now, bank=bank.id, limit_seconds=row.limit_seconds, count=question_count)
    return row


def load(sitting_id: int) -> Sitting:
    """A sitting with its event; NotVisible when there is none."""
    found = session.scalar(_SITTING, {"key": sitting_id})
    if found is None:
        raise NotVisible
    return found


def of_nomination(nomination_id: int) -> list[Sitting]:
    """Sittings of a nomination by their opening."""
    return list(session.scalars(select(Sitting).where(
        Sitting.nomination_id == nomination_id).order_by(Sitting.opens_at)))


def rules_of(row: Sitting) -> facts.Sitting:
    """The row as the pure rules see it."""
    return facts.Sitting(opens=row.opens_at, closes=row.closes_at, limit=timedelta(seconds=row.limit_seconds),
                         grace=timedelta(seconds=row.grace_seconds), hard_end=row.hard_end_at,
                         min_share=Fraction(row.min_share, 100))


def facts_of(attempt: Attempt | None) -> facts.AttemptFacts:
    """What is stored of an attempt, as the pure rules see it. Asks the database only where time was granted."""
    return facts.AttemptFacts() if attempt is None else facts_of_many([attempt])[attempt.id]


def facts_of_many(attempts: Iterable[Attempt]) -> dict[int, facts.AttemptFacts]:
    """The same of many by their ids, in one query at most: none when nobody was granted time."""
    rows = list(attempts)
    gaps = _reopenings([row.id for row in rows if row.version > FIRST_VERSION])
    return {row.id: _facts(row, tuple(gaps.get(row.id, ()))) for row in rows}


def _facts(attempt: Attempt, reopened: tuple[facts.Reopening, ...]) -> facts.AttemptFacts:
    finished = None
    if attempt.finished_at is not None and attempt.finish_reason is not None:
        finished = facts.Finish(attempt.finished_at, FinishReason(attempt.finish_reason))
    return facts.AttemptFacts(started=attempt.started_at, extra=timedelta(seconds=attempt.extra_seconds),
                              shift=timedelta(seconds=attempt.shift_seconds), finished=finished, reopened=reopened)


def _reopenings(attempt_ids: list[int]) -> dict[int, list[facts.Reopening]]:
    if not attempt_ids:
        return {}
    found: dict[int, list[facts.Reopening]] = {}
    for attempt, closed, at in session.execute(select(TimeGrant.attempt_id, TimeGrant.closed_at, TimeGrant.at).where(
            TimeGrant.attempt_id.in_(attempt_ids), TimeGrant.closed_at.is_not(None)).order_by(TimeGrant.id)).tuples():
        if closed is not None:
            found.setdefault(attempt, []).append(facts.Reopening(closed, at))
    return found


def conditions(ready: participants.Readiness) -> facts.StartConditions:
    """The three facts about the person that the start asks for."""
    return facts.StartConditions(identity_approved=ready.identity, consents_signed=ready.consents,
                                 briefing_acknowledged=ready.briefing)


def moved(row: Sitting) -> bool:
    """Whether the timetable has been changed since the sitting was set: its window is still the old one."""
    return (row.opens_at, row.closes_at) != (row.event.starts_at, row.event.ends_at)


def of_event(event_id: int) -> Sitting | None:
    """The sitting set on an event."""
    return session.scalar(select(Sitting).where(Sitting.event_id == event_id))


def participation(me: Me, sitting: Sitting) -> Participant:
    """The person's own participation in the sitting's nomination; NotVisible when there is none."""
    found = session.scalar(_TAKES_PART, {"account": me.account_id, "nomination": sitting.nomination_id})
    if found is None:
        raise NotVisible
    return found
