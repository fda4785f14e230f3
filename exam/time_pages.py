"""The page of a participant's time: start, deadline, grants, offline intervals, proposals, late answers."""
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from contest import scope
from contest.models import Nomination, Participant
from contest.rules.roles import COMMISSION, EXPERT_CHAIR, PROCTOR, STAFF, WORDS
from core.access import Me
from core.accounts import Account
from core.db import session
from core.errors import NotVisible, Refused
from core.words import moment
from exam import answers, attempt_pages, attempts, contacts, grants, latebox, sittings
from exam.models import Attempt, TimeGrant, TimeProposal
from exam.rules import offline, timing
from exam.rules.intervals import Interval
from exam.rules.states import FINISH_WORDS, describe

WATCHERS = (*STAFF, PROCTOR, EXPERT_CHAIR, *COMMISSION)
BASES = {"offline": "нет связи", "other": "другая причина"}


@dataclass(frozen=True)
class Gap:
    """One offline interval; `open` while it goes on, `seconds` to propose for it (0: proposed already)."""

    start: datetime
    end: datetime
    open: bool
    lasted: str
    seconds: int
    proposing: str


@dataclass(frozen=True)
class Asked:
    """A proposal with the words of the page; `by` and `decided_by` are names of officials."""

    row: TimeProposal
    span: str
    basis: str
    by: str
    decided_by: str


@dataclass(frozen=True)
class Given:
    """A grant with the words of the page."""

    row: TimeGrant
    span: str
    by: str


def watched(me: Me, attempt_id: int, *roles: str) -> tuple[Attempt, Nomination]:
    """An attempt with its participant, for those who hold one of the roles over it; NotVisible otherwise."""
    found = session.scalar(select(Attempt).where(Attempt.id == attempt_id).options(
        joinedload(Attempt.participant).joinedload(Participant.account)))
    if found is None:
        raise NotVisible
    return found, scope.nomination_for(me, found.sitting.nomination_id, *roles)


def page(attempt: Attempt, nomination: Nomination, *, me: Me, now: datetime) -> dict[str, Any]:
    """Everything about the time of one attempt, as far as the person may know it."""
    rules, known = sittings.rules_of(attempt.sitting), sittings.facts_of(attempt)
    ended, ends = timing.finish(rules, known, now), timing.deadline(rules, known, now)
    asked, given = grants.proposals([attempt.id])[attempt.id], grants.given([attempt.id])[attempt.id]
    names = _names([*(key for row in asked for key in (row.proposed_by_id, row.decided_by_id)),
                    *(row.by_id for row in given)])
    heard = contacts.connection(attempt, now=now)
    return {
        "attempt": attempt, "nomination": nomination, "sitting": attempt.sitting, "code": attempt.participant.code,
        "name": attempt.participant.account.name if attempt_pages.knows_names(me, nomination) else "",
        "state": FINISH_WORDS[ended.reason] if ended else describe(timing.phase(rules, known, now)),
        "running": ended is None, "finished": ended.at if ended else None, "deadline": ends,
        "left": "" if ended else attempt_pages.span(timing.remaining(rules, known, now)),
        "limit": attempt_pages.span(rules.limit), "extra": contacts.span_words(attempt.extra_seconds),
        "link": contacts.words(heard, nomination.contest.zone, now), "silent": heard.since is not None,
        "gaps": [_gap(one, heard, grants.covered(asked), now) for one in heard.intervals],
        "offline": contacts.span_words(heard.total), "asked": [_asked(row, names) for row in asked],
        "given": [Given(row, contacts.span_words(row.seconds), names[row.by_id]) for row in given],
        "late": answers.late([attempt.id]).get(attempt.id, 0), "opens_late": _sees_late(me, nomination),
        "may_grant": grants.may_grant(me, nomination), "may_propose": grants.may_propose(me, nomination),
        "granter": WORDS[grants.granter(nomination)]}


def _gap(one: Interval, heard: contacts.Connection, covered: list[Interval], now: datetime) -> Gap:
    seconds = offline.compensation(one, covered)
    lasted = contacts.span_words(int((one[1] - one[0]).total_seconds()))
    goes_on = heard.since is not None and one[1] == now
    return Gap(one[0], one[1], goes_on, lasted, seconds, contacts.span_words(seconds))


def _asked(row: TimeProposal, names: dict[int, str]) -> Asked:
    return Asked(row, contacts.span_words(row.seconds), BASES[row.basis], names[row.proposed_by_id],
                 names[row.decided_by_id] if row.decided_by_id else "")


def _names(ids: Collection[int | None]) -> dict[int, str]:
    return dict(session.execute(select(Account.id, Account.name).where(
        Account.id.in_({key for key in ids if key is not None}))).tuples().all())


def _sees_late(me: Me, nomination: Nomination) -> bool:
    return me.has(*latebox.READERS, contest_id=nomination.contest_id, nomination_id=nomination.id)


def compensation(attempt: Attempt, start: str, *, zone: str, now: datetime) -> tuple[Interval, int, str]:
    """The offline interval that began at `start` (ISO), the seconds to propose for it, and the reason in words.

    Refused when there is no such interval or nothing is left to propose.
    """
    found = next((one for one in contacts.connection(attempt, now=now).intervals if one[0].isoformat() == start), None)
    if found is None:
        raise Refused("no_interval", "Такого перерыва связи уже нет. Обновите страницу.")
    seconds = offline.compensation(found, grants.covered(grants.proposals([attempt.id])[attempt.id]))
    if seconds == 0:
        raise Refused("proposed", "Компенсация этого перерыва связи уже предложена.")
    return found, seconds, f"Нет связи с {moment(found[0], zone)} до {moment(found[1], zone)}"


def may_hear(me: Me, attempt_id: int) -> bool:
    """Whether the person's open page may be told that the attempt changed: the participant, and those who watch."""
    if attempts.is_own(me, attempt_id):
        return True
    try:
        watched(me, attempt_id, *WATCHERS)
    except NotVisible:
        return False
    return True
