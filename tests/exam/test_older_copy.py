"""An older copy is put back in the middle of an exam: once the browsers are back, no acknowledged answer is missing."""

import random
from datetime import datetime

import pytest
from sqlalchemy import select

from contest.models import Nomination, Participant
from core.db import reading, session
from core.journal import verify
from exam.models import Attempt, Save
from tests.exam import copies
from tests.exam.answering import sent
from tests.exam.restoring import chain_holds, page_of, paper


class Browser:
    """Somebody at the exam: what they answered last, and what their browser keeps."""

    def __init__(self, app, make, login, clock, attempt, chance):
        self.app, self.clock, self.chance = app, clock, chance
        with reading():
            self.account = session.get_one(Participant, attempt.participant_id).account_id
        self.client, self.page = login(self.account), page_of(app, make, attempt)
        self.attempt, self.lines, self.kept, self.seq = attempt, paper(attempt), [], 0

    def answer(self):
        """One answer, acknowledged."""
        self.seq += 1
        line, right, none = self.chance.choice(self.lines)
        save = sent(line, self.chance.choice([right, none]), seq=self.seq, client=f"{self.account}-{self.seq}")
        reply = self.client.post(f"/attempts/{self.attempt.id}/answers", json=save)
        assert reply.status_code == 200, reply.text
        self.kept.append((save, reply.json))

    def deliver(self, part):
        """Some of what is kept, in any order, without a login."""
        some = [self.page.item(save, ack) for save, ack in part]
        self.chance.shuffle(some)
        reply = self.page.deliver(self.app.test_client(), some)
        assert [result["saved"] for result in reply.json["results"]] == [True] * len(some), reply.json
        return reply.json["attempt"]


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.torture) for seed in range(2, 12))])
def test_a_copy_taken_minutes_before_is_put_back(app, db, make, login, clock, seed):
    chance, sitting = random.Random(seed), make.sitting()
    nomination = _nomination(sitting)
    people = [make.participant(nomination, ready=True) for _ in range(5)]

    def begin(person):
        clock.move(seconds=7)
        return Browser(app, make, login, clock, make.attempt(sitting, person), chance)

    there = [begin(person) for person in people[:2]]
    _work(there, chance, clock, 12)
    copy = copies.take(db)
    there += [begin(person) for person in people[2:4]]
    _work(there, chance, clock, 20)
    copy.put_back()
    clock.move(minutes=1)
    newcomer = make.attempt(sitting, people[4])  # gets a number that was lost
    assert newcomer.id in {one.attempt.id for one in there[2:]}
    places = {one.account: {one.deliver(part) for part in _parts(one.kept, chance) for _ in range(2)} for one in there}
    assert all(len(place) == 1 for place in places.values())
    for one in there:
        _stands(one, next(iter(places[one.account])))
    with reading():
        assert verify().bad_seq == 0
        assert session.scalar(select(Save.id).where(Save.attempt_id == newcomer.id).limit(1)) is None
        assert session.get_one(Attempt, newcomer.id).participant_id == people[4].id


def _nomination(sitting):
    with reading():
        return session.get_one(Nomination, sitting.nomination_id)


def _work(browsers, chance, clock, times):
    for _ in range(times):
        clock.move(seconds=chance.randint(0, 9))
        chance.choice(browsers).answer()


def _parts(kept, chance):
    """What a browser keeps, in several deliveries."""
    mixed, parts = list(kept), []
    chance.shuffle(mixed)
    while mixed:
        size = chance.randint(1, 5)
        parts.append(mixed[:size])
        mixed = mixed[size:]
    return parts


def _stands(browser, attempt_id):
    """Every acknowledged answer is there as it was received, in a chain that holds, in the person's own attempt."""
    with reading():
        attempt = session.get_one(Attempt, attempt_id)
        stored = {row.client_id: (row.seq, row.received_at) for row in session.scalars(select(Save).where(
            Save.attempt_id == attempt_id))}
    assert (attempt.participant_id, attempt.started_at) == (browser.attempt.participant_id, browser.attempt.started_at)
    assert stored == {save["client_id"]: (save["seq"], datetime.fromisoformat(ack["t"]))
                      for save, ack in browser.kept}
    assert chain_holds(attempt_id)
