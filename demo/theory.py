"""Theory of the seed: banks, sittings, and what each participant answered."""
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from contest.models import Event, Nomination
from core.db import session
from demo import times
from demo.beginnings import organiser
from demo.cast import Person
from demo.entrants import participant
from demo.story import Story
from exam import attempts, bank, saves, sittings
from exam.models import AttemptQuestion
from exam.questions.base import Answer
from exam.questions.registry import KINDS

FILES = Path(__file__).parent / "files"
PACE = timedelta(seconds=70)
LONGEST = timedelta(minutes=40)


@dataclass(frozen=True)
class Work:
    """How somebody worked: positions of the bank answered wrong, how many questions in all, whether they finished, how
    long the connection was lost and after which answer."""

    wrong: Collection[int] = ()
    answered: int = 1000
    finished: bool = True
    lost: timedelta = timedelta(0)
    lost_after: int = 3


def load_bank(story: Story, nomination_key: str, *, at: datetime, file: str, title: str) -> None:
    """The bank from a file of the project."""
    def load(now: datetime) -> None:
        content = bank.content_of(file, (FILES / file).read_bytes())
        row = bank.import_bank(session.get_one(Nomination, story.cast[nomination_key]), content, title=title,
                               only_good=False, by=organiser(story), now=now)
        story.cast[f"{nomination_key}:bank"] = row.id
    story.at(at, load)


def sitting(story: Story, nomination_key: str, *, at: datetime, limit: timedelta) -> None:
    """Theory with all questions of the bank on the nomination's theory event."""
    def make(now: datetime) -> None:
        found = bank.load(story.cast[f"{nomination_key}:bank"])
        row = sittings.set_sitting(
            session.get_one(Event, story.cast[f"{nomination_key}:theory"]),
            session.get_one(Nomination, story.cast[nomination_key]), found, limit=limit,
            question_count=len(found.questions), by=organiser(story), now=now)
        story.cast[f"{nomination_key}:sitting"] = row.id
    story.at(at, make)


def take(story: Story, nomination_key: str, person: Person, work: Work, *, at: datetime) -> None:
    """One attempt: started at `at`, an answer every PACE, finished after the last one."""
    story.at(at, partial(_start, story, nomination_key, person, work))


def _start(story: Story, nomination_key: str, person: Person, work: Work, now: datetime) -> None:
    me = story.person(person.key)
    attempt = attempts.start(sittings.load(story.cast[f"{nomination_key}:sitting"]), participant(story, person),
                             request_key=f"demo-{person.key}", by=me, now=now)
    story.cast[f"attempt:{person.key}"] = attempt.id
    moment = now
    for number, line in enumerate(attempts.paper(attempt.id)[:work.answered], start=1):
        moment = now + number * PACE + (work.lost if number > work.lost_after else timedelta(0))
        value = _answer(line, wrong=line.question.position in work.wrong)
        story.at(moment, partial(_save, story, person, line.id, number, value))
    if work.finished:
        story.at(moment + PACE, partial(_finish, story, person))
    left = moment + PACE if work.finished else min(now + LONGEST, story.now)
    times.heard(story, person, at=left, since=now, lost=(now + work.lost_after * PACE, work.lost))


def _save(story: Story, person: Person, line: int, number: int, value: Answer, now: datetime) -> None:
    attempt = attempts.own(story.person(person.key), story.cast[f"attempt:{person.key}"])
    sent = saves.Sent(question=line, seq=1, value=value, client_id=f"demo-{attempt.id}-{number}", mono=None, page_id="")
    saves.save(attempt, sent, now=now)


def _finish(story: Story, person: Person, now: datetime) -> None:
    me = story.person(person.key)
    attempts.finish(attempts.own(me, story.cast[f"attempt:{person.key}"]), by=me, now=now)


def sweep(story: Story, *, at: datetime) -> None:
    """The worker closes what time has ended."""
    story.at(at, attempts.close_overdue, slow=True)


def _answer(line: AttemptQuestion, *, wrong: bool) -> Answer:
    kind, body = line.question.kind, line.question.record["body"]
    best = KINDS[kind].best_answer(body)
    return _spoiled(kind, body, best) if wrong else best


def _spoiled(kind: str, body: Any, best: Any) -> Answer:
    """An answer to the same question that is not the best one."""
    if kind == "single":
        return {"choice": next(one["id"] for one in body["options"] if one["id"] != best["choice"])}
    if kind == "multiple":
        return {"choices": best["choices"][:1]}
    if kind == "ordering":
        return {"order": [*best["order"][1:], best["order"][0]]}
    if kind == "matching":
        left, right = list(best["pairs"]), list(best["pairs"].values())
        return {"pairs": dict(zip(left, [right[1], right[0], *right[2:]], strict=True))}
    return {"number": "500"} if kind == "numeric" else {"text": "не знаю"}
