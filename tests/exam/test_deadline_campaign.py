"""Random saves around the deadline through the queue, the writer and the database, judged by the oracle.

Each story is one attempt of a sitting of its own: pages that sync, go silent and lie, answers alone and together,
grants, sweeps, the participant's finish, answers written after what happened after them. `torture` tells 10 000 saves.
"""

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from contest.models import Event, Nomination
from core.access import Me
from core.db import reading, session, transaction
from core.errors import Refused
from exam import answers, attempts, grants, receipts, saves
from exam.incoming import Incoming, Sent
from exam.models import Attempt, AttemptQuestion, BankQuestion, LateSave, Save, Sitting
from tests.exam import oracle
from tests.exam.oracle import SECOND, Page, World

BASE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
MINUTE = 60 * SECOND
PER_STORY = 25
VERDICTS = {"deadline_passed": oracle.BOX, "finished": oracle.REFUSED, "not_started": oracle.REFUSED}


def instant(micros):
    return BASE + timedelta(microseconds=micros)


class Ground:
    """What all stories stand on: a nomination with a bank, one participant, somebody who grants."""

    def __init__(self, make):
        sitting = make.sitting()
        with reading():
            nomination = session.get_one(Nomination, sitting.nomination_id)
            self.question = session.scalars(select(BankQuestion.id).where(
                BankQuestion.bank_id == sitting.bank_id, BankQuestion.kind == "numeric")).one()
        self.app, self.nomination, self.bank = make.app, nomination.id, sitting.bank_id
        self.person = make.participant(nomination, ready=True).id
        self.by = Me(make.member(nomination, duty="chair").id, "председатель")


class Story:
    """One attempt, what the service has of it and what the oracle knows of it."""

    def __init__(self, ground, dice, number):
        self.ground, self.dice, self.number, self.seq = ground, dice, number, 0
        closes = dice.choice((45, 60, 200)) * MINUTE
        self.world = World(closes=closes, limit=dice.randrange(5 * 60, 45 * 60) * SECOND,
                           grace=dice.choice((0, 5, 30, 30, 120)) * SECOND,
                           hard_end=closes + dice.choice((1, 30, 120)) * MINUTE,
                           begun=dice.randrange(1, 20 * MINUTE), shift=dice.choice((0, 0, 300)) * SECOND)
        self.pages = {f"p{index}": Page() for index in range(3)}
        self.births = {name: self.world.begun - dice.randrange(MINUTE) for name in self.pages}
        self.acks, self.met, self.accepted, self.boxed = [], Counter(), {}, 0
        self._begin()

    def _begin(self):
        world = self.world
        with transaction():
            event = Event(nomination_id=self.ground.nomination, kind="theory", title=f"Теория {self.number}",
                          starts_at=BASE, ends_at=instant(world.closes))
            session.add(event)
            session.flush()
            sitting = Sitting(event_id=event.id, nomination_id=self.ground.nomination, bank_id=self.ground.bank,
                              opens_at=BASE, closes_at=instant(world.closes), hard_end_at=instant(world.hard_end),
                              limit_seconds=world.limit // SECOND, grace_seconds=world.grace // SECOND,
                              question_count=1, created_at=BASE)
            session.add(sitting)
            session.flush()
            attempt = Attempt(sitting_id=sitting.id, participant_id=self.ground.person, seed=f"s{self.number}",
                              request_key=f"k{self.number}", started_at=instant(world.begun), head_hash="",
                              shift_seconds=world.shift // SECOND)
            session.add(attempt)
            session.flush()
            attempt.head_hash = receipts.genesis(attempt.id)
            line = AttemptQuestion(attempt_id=attempt.id, question_id=self.ground.question, position=1)
            session.add(line)
            session.flush()
            self.attempt, self.line = attempt.id, line.id

    def ends(self):
        return oracle.end_of_time(self.world, 10**14)

    def send(self, received, *items):
        """Answers of one request: (page, mono) each; a page that is not known has no samples."""
        sent = []
        for page, mono in items:
            self.seq += 1
            sent.append(Sent(question=self.line, seq=self.seq, value={"number": str(self.seq)},
                             client_id=f"c{self.seq}", mono=mono, page_id=page))
        expected = []
        for one in sent:
            previous = max((at for at in self.acks if at < received), default=None)
            edited = oracle.estimate(self.pages.get(one.page_id), one.mono, previous, received)
            expected.append(oracle.judge(self.world, received, edited))
        with self.ground.app.app_context():
            found = saves.submit([Incoming(self.attempt, one, instant(received), None) for one in sent])
        for one, word, outcome in zip(sent, expected, found, strict=True):
            self._compare(one, word, outcome, received)
        if any(word == oracle.BOX for word in expected):
            self.swept(received)

    def _compare(self, sent, expected, outcome, received):
        if outcome.ack is not None:
            verdict = oracle.LATE if outcome.ack.late else oracle.ACCEPTED
        else:
            verdict = VERDICTS[outcome.refusal.code]
        assert verdict == expected, (self.number, self.world, received, sent, self.pages, self.acks)
        self.met[verdict] += 1
        self.boxed += verdict == oracle.BOX
        if outcome.ack is not None:
            self.acks.append(received)
            self.accepted[sent.seq] = received
            if sent.mono is not None:
                self.pages.setdefault(sent.page_id, Page()).samples.append((received, sent.mono))

    def swept(self, now):
        """What a touch or a sweep at `now` leaves behind."""
        ends = oracle.end_of_time(self.world, now)
        if self.world.finished is None and now > ends + self.world.grace:
            self.world = replace(self.world, finished=(ends, "deadline"))

    def sweep(self, now):
        with transaction():
            attempts.close_if_due(session.get_one(Attempt, self.attempt), now=instant(now))
        self.swept(now)
        self.same()

    def grant(self, now, seconds):
        """Given or refused; what was given is the oracle's from then on, and gives the deadline it must."""
        try:
            with transaction():
                row = grants.grant(session.get_one(Attempt, self.attempt), span=timedelta(seconds=seconds),
                                   reason="проверка", by=self.ground.by, now=instant(now))
        except Refused:
            return
        self.swept(now)
        closed = self.world.finished
        assert (row.closed_at is None) == (closed is None)
        gaps = self.world.gaps if closed is None else (*self.world.gaps, (closed[0], now))
        self.world = replace(self.world, extra=self.world.extra + row.added_seconds * SECOND, finished=None, gaps=gaps)
        ends = oracle.end_of_time(self.world, now)
        assert row.deadline_after == instant(ends)
        assert ends <= self.world.hard_end
        if closed is not None:
            assert 0 <= ends - (max(now, closed[0]) + seconds * SECOND) < SECOND
        self.same()

    def finish(self, now):
        with transaction():
            attempts.finish(session.get_one(Attempt, self.attempt), by=self.ground.by, now=instant(now))
        if self.world.finished is None:
            ends = oracle.end_of_time(self.world, now)
            self.world = replace(self.world, finished=(ends, "deadline") if now > ends else (now, "participant"))
        self.same()

    def same(self):
        with reading():
            row = session.get_one(Attempt, self.attempt)
            kept = None if row.finished_at is None else (row.finished_at, row.finish_reason)
        known = self.world.finished
        assert kept == (None if known is None else (instant(known[0]), known[1])), (self.number, self.world)

    def mono(self, page, received):
        """What a page says of its clock: the truth, or not."""
        dice, ends, birth = self.dice, self.ends(), self.births.get(page, 0)
        edited = dice.choice((received, ends, ends, ends - dice.randrange(90 * SECOND), ends + 1000, ends - 1000))
        honest = (min(edited, received) - birth) // 1000
        return dice.choice((honest,) * 5 + (honest + dice.randrange(60_000), honest - dice.randrange(60_000), 0,
                                            1_999_999_999, None))

    def moment(self):
        """Near a border, half the time exact to the microsecond."""
        dice, ends, world = self.dice, self.ends(), self.world
        borders = [ends] * 4 + [ends + world.grace] * 3 + [world.begun, world.hard_end, world.hard_end + world.grace]
        borders += [at for gap in world.gaps for at in gap] + ([world.finished[0]] * 3 if world.finished else [])
        near = dice.choice((0, 0, 1, -1, dice.randrange(-3, 3) * SECOND, dice.randrange(-40 * SECOND, 40 * SECOND)))
        return max(0, dice.choice(borders) + near)

    def one(self):
        """One answer, or several together."""
        received = self.moment()
        items = []
        for _ in range(self.dice.choice((1, 1, 1, 2, 4))):
            page = self.dice.choice((*self.pages, *self.pages, "unheard-of"))
            mono = self.mono(page, received)
            items.append((page, None if mono is None else max(0, mono)))
        self.send(received, *items)

    def tell(self):
        """Pages sync; then answers near the borders, and what happens between them."""
        dice, begun = self.dice, self.world.begun
        for page in self.pages:
            at = begun + dice.randrange(max(1, self.ends() - begun))
            self.send(at, (page, (at - self.births[page] - dice.randrange(2 * SECOND)) // 1000 if dice.random() < 0.9
                           else None))
        while self.seq < PER_STORY:
            chance = dice.random()
            if chance < 0.86:
                self.one()
            elif chance < 0.92:
                self.grant(self.moment(), dice.choice((1, 30, 300, 1800)))
            elif chance < 0.98:
                self.sweep(self.moment())
            else:
                self.finish(self.moment())
        self.sweep(10**13)
        self.check()

    def check(self):
        """Everything accepted is kept once and in order, the rest lies in the late box, the last seq stands."""
        with reading():
            rows = session.scalars(select(Save).where(Save.attempt_id == self.attempt).order_by(Save.number)).all()
            assert {row.seq: row.received_at for row in rows} == {
                seq: instant(at) for seq, at in self.accepted.items()}
            assert [row.number for row in rows] == list(range(1, len(rows) + 1))
            late = session.scalars(select(LateSave.id).where(LateSave.attempt_id == self.attempt)).all()
            assert len(late) == self.boxed
            top = max(self.accepted, default=0)
            assert answers.standing(self.attempt) == ({self.line: (top, {"number": str(top)})} if top else {})
            row = session.get_one(Attempt, self.attempt)
            assert (row.points, row.max_points) == (100 if 210 <= top <= 230 else 0, 100)
            assert json.dumps(row.marks)


def told(make, stories, seed):
    ground, met = Ground(make), Counter()
    for number in range(stories):
        story = Story(ground, random.Random(f"{seed}:{number}"), number)
        story.tell()
        met += story.met
    return met


@pytest.mark.slow
@pytest.mark.both_databases
def test_hundreds_of_saves_around_the_deadline_are_judged_as_the_oracle_judges_them(make):
    met = told(make, 8, 7)
    assert met.total() >= 8 * PER_STORY
    assert min(met[word] for word in (oracle.ACCEPTED, oracle.LATE, oracle.BOX, oracle.REFUSED)) > 2


@pytest.mark.torture
@pytest.mark.both_databases
def test_ten_thousand_saves_around_the_deadline(make):
    met = told(make, 10_000 // PER_STORY, 2026)
    assert met.total() >= 10_000
