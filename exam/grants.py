"""Time given to an attempt (exam.md §1 rules 11, 12): proposed by those who watch, given by whom the rules name."""
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select

from contest import contests, scope
from contest.models import Nomination
from contest.rules.roles import EXPERT_CHAIR, MEMBER_CHAIR, ORGANISER, PROCTOR, STAFF
from core.access import Me
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from exam import attempts, holds, sittings
from exam.models import Attempt, Sitting, TimeGrant, TimeProposal
from exam.rules import facts, timing
from exam.rules.intervals import Interval, whole_seconds

SETTING = "who_grants_time"
GRANTERS = (EXPERT_CHAIR, MEMBER_CHAIR, ORGANISER)
PROPOSERS = (*STAFF, PROCTOR)


def granter(nomination: Nomination) -> str:
    """The role that gives time in this nomination."""
    return str(contests.setting(nomination, SETTING))


def may_grant(me: Me, nomination: Nomination) -> bool:
    """Whether the rules of the nomination name this person to give time."""
    return me.has(granter(nomination), contest_id=nomination.contest_id, nomination_id=nomination.id)


def may_propose(me: Me, nomination: Nomination) -> bool:
    """Whether the person watches over the sitting and may ask for time."""
    return me.has(*PROPOSERS, contest_id=nomination.contest_id, nomination_id=nomination.id)


def proposals(attempt_ids: Collection[int]) -> dict[int, list[TimeProposal]]:
    """Per attempt: what was proposed, in order."""
    found: dict[int, list[TimeProposal]] = {key: [] for key in attempt_ids}
    for row in session.scalars(select(TimeProposal).where(TimeProposal.attempt_id.in_(attempt_ids)).order_by(
            TimeProposal.id)):
        found[row.attempt_id].append(row)
    return found


def waiting_of(attempt_ids: Collection[int]) -> dict[int, int]:
    """Per attempt with any: how many proposals wait for a decision."""
    rows = session.execute(select(TimeProposal.attempt_id, func.count()).where(
        TimeProposal.attempt_id.in_(attempt_ids), TimeProposal.decided_at.is_(None)).group_by(TimeProposal.attempt_id))
    return dict(rows.tuples().all())


def given(attempt_ids: Collection[int]) -> dict[int, list[TimeGrant]]:
    """Per attempt: what was granted, in order."""
    found: dict[int, list[TimeGrant]] = {key: [] for key in attempt_ids}
    for row in session.scalars(select(TimeGrant).where(TimeGrant.attempt_id.in_(attempt_ids)).order_by(TimeGrant.id)):
        found[row.attempt_id].append(row)
    return found


def proposal_of(attempt: Attempt, proposal_id: int) -> TimeProposal:
    """A proposal of this attempt; NotVisible for any other."""
    found = session.get(TimeProposal, proposal_id)
    if found is None or found.attempt_id != attempt.id:
        raise NotVisible
    return found


def covered(rows: Collection[TimeProposal]) -> list[Interval]:
    """The offline time that proposals speak of already, however they were decided."""
    return [(row.offline_from, row.offline_until) for row in rows
            if row.offline_from is not None and row.offline_until is not None]


def propose(attempt: Attempt, *, span: timedelta, reason: str, offline: Interval | None = None, by: Me,
            now: datetime) -> TimeProposal:
    """Ask the granter for `span` more, for an offline interval or for another reason; whole seconds, rounded up.

    Refused in words when it could not be given anyway (rules 11, 12), and when the same is waiting already.
    """
    attempts.lock(attempt)
    attempts.close_if_due(attempt, now=now)
    _judged(attempt, span, now)
    waiting = [row for row in proposals([attempt.id])[attempt.id] if row.decided_at is None]
    if any((row.offline_from, row.reason) == (offline[0] if offline else None, reason) for row in waiting):
        raise Refused("proposed", "Такое предложение уже ждёт решения.")
    row = TimeProposal(attempt_id=attempt.id, seconds=whole_seconds(span), basis="offline" if offline else "other",
                       reason=reason, proposed_at=now, proposed_by_id=by.account_id,
                       offline_from=offline[0] if offline else None, offline_until=offline[1] if offline else None)
    session.add(row)
    session.flush()
    record("attempt.time_proposed", attempt, by=by, now=now, proposal=row.id, seconds=row.seconds, basis=row.basis)
    attempts.tell(attempt)
    return row


def refuse(attempt: Attempt, proposal: TimeProposal, *, reason: str, by: Me, now: datetime) -> None:
    """Decide against a proposal, with a reason. Refused when it was decided already."""
    attempts.lock(attempt)
    _decide(proposal, granted=False, words=reason, by=by, now=now)
    record("attempt.time_refused", attempt, by=by, now=now, proposal=proposal.id)
    attempts.tell(attempt)


def grant(attempt: Attempt, *, span: timedelta, reason: str, proposal: TimeProposal | None = None, by: Me,
          now: datetime) -> TimeGrant:
    """Give `span` more, on a proposal or without one (rules 11, 12); E grows by whole seconds, never shrinks.

    An attempt closed by time less than 30 min ago runs again until `now` + `span`; its earlier close is kept in the
    row, and what was refused meanwhile stays in the late box. Refused in words by the rules, also where H would cut.
    """
    attempts.lock(attempt)
    attempts.close_if_due(attempt, now=now)
    verdict = _judged(attempt, span, now)
    if verdict.reopens:
        holds.refuse_if_fixed(attempt.sitting.nomination_id)
    if proposal is not None:
        _decide(proposal, granted=True, words=reason, by=by, now=now)
    rules, known = sittings.rules_of(attempt.sitting), sittings.facts_of(attempt)
    extra = whole_seconds(verdict.extra)
    row = TimeGrant(attempt_id=attempt.id, proposal_id=proposal.id if proposal else None, seconds=whole_seconds(span),
                    added_seconds=extra - attempt.extra_seconds, reason=reason, at=now, by_id=by.account_id,
                    deadline_before=timing.deadline(rules, known, now), deadline_after=verdict.deadline,
                    closed_at=attempt.finished_at)
    attempt.extra_seconds, attempt.version = extra, attempt.version + 1
    if verdict.reopens:
        attempts.reopen(attempt)
    session.add(row)
    session.flush()
    row.deadline_after = timing.deadline(rules, sittings.facts_of(attempt), now)
    session.flush()
    _tell(attempt, row, by=by, now=now)
    return row


def _judged(attempt: Attempt, span: timedelta, now: datetime) -> facts.Granted:
    verdict = timing.judge_grant(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now, span)
    if isinstance(verdict, facts.Decision):
        raise Refused(verdict.code, verdict.text)
    return verdict


def _decide(proposal: TimeProposal, *, granted: bool, words: str, by: Me, now: datetime) -> None:
    session.refresh(proposal, with_for_update=True)
    if proposal.decided_at is not None:
        raise Refused("decided", "По этому предложению решение уже принято. Обновите страницу.")
    proposal.decided_at, proposal.decided_by_id = now, by.account_id
    proposal.granted, proposal.decision = granted, words


def _tell(attempt: Attempt, row: TimeGrant, *, by: Me, now: datetime) -> None:
    """Journal; the open page of the participant hears of it after the commit through its room (rule 14)."""
    said = {"grant": row.id, "seconds": row.seconds, "deadline": row.deadline_after, "version": attempt.version}
    if row.closed_at is not None:
        record("attempt.reopened", attempt, by=by, now=now, closed_at=row.closed_at, **said)
    record("attempt.time_granted", attempt, by=by, now=now, **said)
    attempts.tell(attempt)


def waiting(me: Me) -> list[tuple[Sitting, Nomination, int, datetime]]:
    """Sittings with proposals this person decides: how many, and since when the first waits."""
    rows = session.execute(
        select(Sitting, Nomination, TimeProposal.proposed_at).select_from(TimeProposal)
        .join(Attempt, Attempt.id == TimeProposal.attempt_id).join(Sitting, Sitting.id == Attempt.sitting_id)
        .join(Nomination, Nomination.id == Sitting.nomination_id)
        .where(TimeProposal.decided_at.is_(None), scope.nominations_of(me, *GRANTERS))
        .order_by(Sitting.id, TimeProposal.proposed_at)).tuples()
    found: dict[int, tuple[Sitting, Nomination, int, datetime]] = {}
    for sitting, nomination, since in rows:
        _sitting, _nomination, count, first = found.get(sitting.id, (sitting, nomination, 0, since))
        found[sitting.id] = (sitting, nomination, count + 1, first)
    return [one for one in found.values() if may_grant(me, one[1])]
