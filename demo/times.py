"""Time in the seed: where the pages were, more time proposed and given, an answer that came too late."""
from datetime import datetime, timedelta
from functools import partial

from core.db import session
from core.errors import Refused
from demo.cast import PROCTOR, Person
from demo.story import Story
from exam import attempts, contacts, grants, saves, time_pages
from exam.models import Attempt
from exam.questions.registry import KINDS

REASON = "обрыв связи у провайдера площадки, виден в журнале подключений"


def heard(story: Story, person: Person, *, at: datetime, since: datetime, lost: tuple[datetime, timedelta]) -> None:
    """The page is heard of from `since` to `at`, but for the time it is lost (from when, for how long)."""
    begins, length = lost
    back = begins + length if length else since
    for moment, first in ((begins, since), (back, back), (at, back)):
        if length or moment == at:
            story.at(moment, partial(_keep, story, person, first))


def _keep(story: Story, person: Person, first: datetime, now: datetime) -> None:
    contacts.keep(story.cast[f"attempt:{person.key}"], first, now)


def propose(story: Story, person: Person, *, at: datetime) -> None:
    """The proctor proposes the compensation of the first offline interval."""
    def ask(now: datetime) -> None:
        attempt = _attempt(story, person)
        first = contacts.connection(attempt, now=now).intervals[0]
        found, seconds, reason = time_pages.compensation(attempt, first[0].isoformat(), zone="Asia/Tomsk", now=now)
        row = grants.propose(attempt, span=timedelta(seconds=seconds), reason=reason, offline=found,
                             by=story.person(PROCTOR.key), now=now)
        story.cast[f"proposal:{person.key}"] = row.id
    story.at(at, ask)


def grant(story: Story, person: Person, chair: Person, *, at: datetime) -> None:
    """The chair of the experts gives what was proposed."""
    def decide(now: datetime) -> None:
        attempt = _attempt(story, person)
        proposal = grants.proposal_of(attempt, story.cast[f"proposal:{person.key}"])
        grants.grant(attempt, span=timedelta(seconds=proposal.seconds), reason=REASON, proposal=proposal,
                     by=story.person(chair.key), now=now)
    story.at(at, decide)


def late(story: Story, person: Person, *, at: datetime) -> None:
    """An answer that arrives after the end of the grace: kept apart."""
    def send(now: datetime) -> None:
        attempt = _attempt(story, person)
        line = attempts.paper(attempt.id)[0]
        best = KINDS[line.question.kind].best_answer(line.question.record["body"])
        sent = saves.Sent(question=line.id, seq=2, value=best, client_id=f"demo-{attempt.id}-late", mono=None,
                          page_id="")
        try:
            saves.save(attempt, sent, now=now)
        except Refused as refusal:
            if refusal.code != "deadline_passed":
                raise
    story.at(at, send)


def _attempt(story: Story, person: Person) -> Attempt:
    return session.get_one(Attempt, story.cast[f"attempt:{person.key}"])
