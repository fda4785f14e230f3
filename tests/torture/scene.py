"""People in the middle of a theory, each with an open page."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from contest.models import Nomination, Participant
from core.db import reading, session
from exam.models import Attempt
from tests.exam.answering import lines
from tests.torture.clients import Page, Paper


def pages_for(make: Any, login: Callable[..., Any], port: int, *, people: int, limit: timedelta,
              seed: int) -> list[Page]:
    """Pages of `people` who have just begun one sitting."""
    chance = random.Random(seed)
    sitting = make.sitting(limit=limit, lasts=limit + timedelta(hours=1))
    with reading():
        nomination = session.get_one(Nomination, sitting.nomination_id)
    attempts = [make.attempt(sitting, make.participant(nomination, ready=True)) for _ in range(people)]
    return [Page(port, _paper(attempt, login), random.Random(chance.random())) for attempt in attempts]


def _paper(attempt: Attempt, login: Callable[..., Any]) -> Paper:
    with reading():
        account = session.get_one(Participant, attempt.participant_id).account_id
        found = {kind: (line.id, line.question.record["body"]) for kind, line in lines(attempt).items()}
    options = [{"choice": option["id"]} for option in found["single"][1]["options"]]
    choices = {found["single"][0]: options, found["yes_no"][0]: [{"choice": "a1"}, {"choice": "a2"}],
               found["numeric"][0]: [{"number": str(number)} for number in range(200, 240)],
               found["short"][0]: [{"text": word} for word in ("угловой", "тавровый", "стыковой")]}
    return Paper(attempt.id, login(account).get_cookie("login").value, choices)
