"""What the pages of theory show: the door, the exam, the receipt, the staff's board."""
import secrets
from datetime import datetime, timedelta
from typing import Any

from contest import participants
from contest.models import Nomination, Participant
from contest.rules.roles import PROCTOR, STAFF
from core.access import Me
from core.db import session
from exam import answers, attempts, sittings
from exam.models import Attempt, Sitting
from exam.rules import facts, timing
from exam.rules.states import Phase


def nomination_of(sitting: Sitting) -> Nomination:
    """The nomination of a sitting, with its contest."""
    return session.get_one(Nomination, sitting.nomination_id)


def knows_names(me: Me, nomination: Nomination) -> bool:
    """Whether the person works with names; the others see codes only."""
    return me.has(*STAFF, PROCTOR, contest_id=nomination.contest_id, nomination_id=nomination.id)


def door(sitting: Sitting, participant: Participant, *, now: datetime) -> dict[str, Any]:
    """What is missing before the start, when it opens, how much time a start now would give."""
    ready = participants.readiness(participant)
    decision = attempts.may_start(sitting, participant, now, ready)
    rules = sittings.rules_of(sitting)
    terms = timing.start_terms(rules, facts.AttemptFacts(), now) if decision.allowed else None
    return {"sitting": sitting, "participant": participant, "nomination": nomination_of(sitting), "decision": decision,
            "needs": needs(participant, ready), "terms": terms, "now": now, "limit": span(rules.limit),
            "time": span(terms.time) if terms else "", "request_key": request_key()}


def request_key() -> str:
    """A new key of a page: pressed twice, its button starts once."""
    return secrets.token_hex(16)


def needs(participant: Participant, ready: participants.Readiness) -> list[dict[str, Any]]:
    """The four things that stand before any start: what, done or not, where it is done."""
    own = f"/participants/{participant.id}"
    return [
        {"title": "Согласия", "done": ready.consents, "url": f"/applications/{participant.application_id}"},
        {"title": "Инструктаж", "done": ready.briefing, "url": f"{own}/briefing"},
        {"title": "Личность", "done": ready.identity, "url": f"{own}/identity"},
        {"title": "Жеребьёвка" + (f", ваш код {participant.code}" if participant.code else ""), "done": ready.drawn,
         "url": None}]


def span(length: timedelta) -> str:
    """«40 мин», «1 ч 30 мин», «90 с» when there are seconds."""
    seconds = max(0, int(length.total_seconds()))
    if seconds % 60:
        return f"{seconds} с" if seconds < 120 else f"{seconds // 60} мин {seconds % 60} с"
    hours, minutes = divmod(seconds // 60, 60)
    parts = [f"{number} {unit}" for number, unit in ((hours, "ч"), (minutes, "мин")) if number]
    return " ".join(parts) or "0 с"


def state(attempt: Attempt, *, now: datetime) -> dict[str, Any]:
    """What every reply to the page carries (rule 8)."""
    return attempts.reply_state(attempts.countdown(attempt, now), version=attempt.version, number=attempt.save_count,
                                head=attempt.head_hash)


def time_is_over(attempt: Attempt, *, now: datetime) -> bool:
    """Nothing more can be answered on the page: ended, or past the deadline."""
    counted = attempts.countdown(attempt, now)
    return counted.phase is not Phase.RUNNING or counted.in_grace


def unanswered(attempt: Attempt) -> tuple[int, int, int]:
    """(questions, answered, marked to return to)."""
    lines = attempts.paper(attempt.id)
    return len(lines), answers.counts([attempt.id])[attempt.id], sum(line.flagged for line in lines)


def closes(attempt: Attempt, *, now: datetime) -> datetime:
    """When an attempt whose time is over will be closed by itself: the first moment after DL + G, to the second."""
    ends = timing.deadline(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now)
    return ends + sittings.rules_of(attempt.sitting).grace + timedelta(seconds=1)
