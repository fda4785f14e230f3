"""What the exam page shows and what its scripts are given (templates/exam/attempt.html)."""
from datetime import datetime, timedelta
from typing import Any

from contest.rules import timetable
from exam import answers, attempts, passes, sealing
from exam.attempt_pages import nomination_of
from exam.models import Attempt, AttemptQuestion
from exam.questions.registry import KINDS


def exam(attempt: Attempt, *, now: datetime, phone: str) -> dict[str, Any]:
    """The context of exam_base.html: every question as the participant sees it, without keys.

    `data` are the attributes data-<name> of the page's body that the outbox and the connection need.
    """
    nomination = nomination_of(attempt.sitting)
    zone = nomination.contest.zone
    counted = attempts.countdown(attempt, now)
    assert counted.deadline is not None
    assert counted.remaining is not None
    here = timetable.zone(zone)
    lines, given = attempts.paper(attempt.id), answers.standing(attempt.id)
    return {
        "title": "Теория", "subtitle": nomination.title, "now": now.astimezone(here).isoformat(),
        "deadline": counted.deadline.astimezone(here).isoformat(), "left": clock_words(counted.remaining),
        "until": f"до {timetable.format_clock(counted.deadline, zone)} "
                 f"({timetable.zone_label(counted.deadline, zone)})",
        **_addresses(attempt), "phone": phone, "data": data(attempt, lines),
        "questions": [_question(line, attempt.seed, given) for line in lines]}


def _addresses(attempt: Attempt) -> dict[str, str]:
    url = f"/attempts/{attempt.id}"
    return {"save_url": f"{url}/answers", "finish_url": f"{url}/finish", "after_url": f"{url}/receipt",
            "flag_url": f"{url}/flags", "state_url": f"{url}/state", "close_url": f"{url}/closing"}


def data(attempt: Attempt, lines: list[AttemptQuestion]) -> dict[str, Any]:
    """By what the page's scripts keep, seal and deliver answers: the keys and queues of this attempt."""
    return {
        "attempt": attempt.id, "pass": passes.issue(attempt, lines), "proof": passes.proof(attempt.id, attempt.seed),
        "outbox-key": sealing.public_point(), "version": attempt.version, "number": attempt.save_count,
        "head": attempt.head_hash, "heartbeat-url": f"/attempts/{attempt.id}/heartbeat", "delivery-url": "/deliveries",
        "room": f"attempt:{attempt.id}", "owner-label": owner_label(attempt)}


def owner_label(attempt: Attempt) -> str:
    """«Теория, код С-03»: whose answers these are, in words that name nobody."""
    return f"Теория, код {attempt.participant.code}"


def _question(line: AttemptQuestion, seed: str, given: dict[int, tuple[int, Any]]) -> dict[str, Any]:
    seq, answer = given.get(line.id, (0, None))
    row = line.question
    return {"id": line.id, "kind": row.kind, "text": row.record["text"], "answer": answer, "seq": max(seq, 0),
            "public": KINDS[row.kind].public(row.record["body"], seed), "flagged": line.flagged,
            "seen": line.id in given}


def clock_words(left: timedelta) -> str:
    """«39:59», «1:02:07»."""
    seconds = max(0, -(-int(left / timedelta(milliseconds=1)) // 1000))
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60:02d}:{rest % 60:02d}"
