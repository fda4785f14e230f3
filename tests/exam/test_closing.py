"""Time closes an attempt exactly once, whoever notices first, and one that cannot be closed keeps no other open."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core import clock as core_clock
from core.db import reading, session, transaction
from core.journal import JournalEntry, verify
from core.registry import registry
from exam import attempts, grants, saves
from exam.incoming import Incoming, Sent
from exam.models import Attempt, AttemptQuestion, BankQuestion, LateSave, Save
from tests.exam.answering import lines, value
from tests.exam.test_grants import FIVE, GRACE, LIMIT, MICRO, Room, at_once


@pytest.fixture
def room(make):
    return Room(make)


def counted(action):
    with reading():
        return len(session.scalars(select(JournalEntry.seq).where(JournalEntry.action == action)).all())


def sweep(room, moment):
    def run():
        with room.make.app.app_context():
            return attempts.close_overdue(moment)
    return run


def save(room, kind, received, *, client, seq=1):
    """One save through the queue, received at `received` whatever the clock says when it is written."""
    with reading():
        line = lines(room.attempt)[kind]
        sent = Sent(question=line.id, seq=seq, value=value(line), client_id=client, mono=None, page_id="p")

    def run():
        with room.make.app.app_context():
            (outcome,) = saves.submit([Incoming(room.attempt.id, sent, received, None)])
            return "saved" if outcome.ack else outcome.refusal.code
    return run


def pressed(room, moment):
    def run():
        with core_clock.stopped_at(moment):
            room.do(attempts.finish, by=room.account)
    return run


@pytest.mark.both_databases
def test_sweeps_touches_finish_save_and_grant_at_once_close_once(room, clock):
    moment = clock.set(room.started + LIMIT + GRACE + MICRO)

    def touch():
        with room.make.app.app_context():
            attempts.touch(room.attempt.id, now=moment)

    found = at_once(clock, sweep(room, moment), sweep(room, moment), touch, touch, pressed(room, moment),
                    save(room, "single", room.started + LIMIT, client="in time"),
                    save(room, "yes_no", moment, client="late"), room.grant)
    assert found[5] == "saved"
    assert found[6] in ("saved", "deadline_passed", "finished")
    assert found[7].closed_at == room.started + LIMIT
    row = room.row()
    assert (row.version, row.finish_reason) in [(2, None), (2, "participant")]
    assert counted("attempt.reopened") == 1
    assert counted("attempt.finished") == 1 + (row.finish_reason is not None)  # pressed after the grant: ended again
    with reading():
        assert verify().bad_seq == 0


@pytest.mark.both_databases
def test_two_sweeps_at_once_close_each_attempt_once(room, make, clock):
    others = [make.attempt(make.sitting()) for _ in range(3)]
    moment = clock.set(room.started + LIMIT + GRACE + MICRO)
    found = at_once(clock, *[sweep(room, moment)] * 4)
    assert sum(found) == 4
    with reading():
        rows = session.scalars(select(Attempt)).all()
        assert {row.id for row in rows} == {room.attempt.id, *(one.id for one in others)}
        assert {(row.finished_at, row.finish_reason) for row in rows} == {(room.started + LIMIT, "deadline")}
        said = Counter(session.scalars(select(JournalEntry.object_id).where(
            JournalEntry.action == "attempt.finished")))
    assert set(said.values()) == {1}


@pytest.mark.both_databases
@pytest.mark.parametrize(("after", "reason"), [(timedelta(0), "participant"), (MICRO, "deadline"), (GRACE, "deadline")])
def test_the_participant_against_the_deadline(room, clock, after, reason):
    moment = clock.set(room.started + LIMIT + after)
    at_once(clock, pressed(room, moment), sweep(room, moment), pressed(room, moment))
    assert (room.row().finished_at, room.row().finish_reason) == (room.started + LIMIT, reason)
    assert counted("attempt.finished") == 1


@pytest.mark.both_databases
def test_saves_at_the_deadline_while_the_sweep_closes_all_count(room, clock):
    moment, kinds = clock.set(room.started + LIMIT + GRACE + MICRO), ("single", "yes_no", "numeric", "short")
    found = at_once(clock, sweep(room, moment), *[
        save(room, kind, room.started + LIMIT, client=kind) for kind in kinds], sweep(room, moment))
    assert found[1:5] == ["saved"] * 4
    assert (room.row().points, room.row().finish_reason, counted("attempt.finished")) == (400, "deadline", 1)
    with reading():
        assert len(session.scalars(select(Save.id)).all()) == 4
        assert session.scalars(select(LateSave.id)).all() == []


def test_an_answer_received_in_time_and_written_after_the_close_counts(room, clock):
    moment = clock.set(room.started + LIMIT + GRACE + MICRO)
    assert sweep(room, moment)() == 1
    assert room.row().points == 0
    assert save(room, "single", room.started + LIMIT, client="a")() == "saved"
    assert (room.row().points, room.row().finished_at) == (100, room.started + LIMIT)
    assert counted("attempt.marked_again") == 1
    assert save(room, "yes_no", room.started + LIMIT + MICRO, client="b")() == "deadline_passed"
    assert room.row().points == 100


def test_an_answer_received_before_the_participant_finished_counts_too(room, clock):
    clock.move(minutes=5)
    room.do(attempts.finish, by=room.account)
    assert save(room, "single", clock.now - MICRO, client="a")() == "saved"
    assert save(room, "yes_no", clock.now, client="b")() == "finished"
    assert room.row().points == 100


def test_one_that_cannot_be_closed_keeps_no_other_open(room, make, clock):
    other = make.attempt(make.sitting())
    with transaction():
        broken = session.get_one(AttemptQuestion, _first_line(room.attempt)).question_id
        record = session.get_one(BankQuestion, broken).record
        session.execute(update(BankQuestion).where(BankQuestion.id == broken).values(record={"text": "?"}))
    moment = clock.set(room.started + LIMIT + GRACE + MICRO)
    assert [sweep(room, moment)(), sweep(room, moment)()] == [1, 0]
    with reading():
        assert session.get_one(Attempt, other.id).finish_reason == "deadline"
    assert (room.row().finished_at, counted("attempt.finished")) == (None, 1)
    assert save(room, "yes_no", moment, client="late")() == "deadline_passed"  # judged by time, not by the row
    with transaction():
        session.execute(update(BankQuestion).where(BankQuestion.id == broken).values(record=record))
    assert sweep(room, clock.move(days=1))() == 1
    assert (room.row().finished_at, room.row().finish_reason) == (room.started + LIMIT, "deadline")


def _first_line(attempt):
    return next(line.id for line in attempts.paper(attempt.id) if line.question.kind != "yes_no")


def test_after_a_restart_the_first_duty_closes_what_ended_meanwhile(room, make, clock):
    make.attempt(make.sitting(limit=timedelta(hours=2)))
    clock.move(hours=1)
    duty = next(one for one in registry.duties if one.name == "attempts.close_overdue")
    with make.app.app_context():
        assert [duty.run(), duty.run()] == [1, 0]
        clock.move(days=2)
        assert duty.run() == 1
    with reading():
        assert session.scalars(select(Attempt.id).where(Attempt.finished_at.is_(None))).all() == []
    assert room.row().finished_at == room.started + LIMIT


def test_without_a_worker_whoever_looks_at_the_board_closes(room, login, clock):
    clock.set(room.started + LIMIT + GRACE)
    proctor, url = login(room.proctor), f"/sittings/{room.attempt.sitting_id}"
    assert "задание выполняется" in proctor.get(url).text
    assert room.row().finished_at is None
    clock.move(microseconds=1)
    assert "завершено по окончании времени" in proctor.get(url).text
    assert room.row().finished_at == room.started + LIMIT


@pytest.mark.both_databases
def test_a_grant_at_the_last_instant_of_the_grace_and_a_sweep_just_after(room, clock):
    last = clock.set(room.started + LIMIT + GRACE)
    found = at_once(clock, room.grant, sweep(room, last + MICRO))
    assert room.row().finished_at is None
    assert found[0].deadline_after >= room.started + LIMIT + FIVE
    assert counted("attempt.finished") == counted("attempt.reopened") == found[1]


@pytest.mark.both_databases
def test_finish_and_grant_at_once_leave_one_truth(room, clock):
    moment = clock.move(minutes=10)
    found = at_once(clock, pressed(room, moment), lambda: room.do(grants.grant, span=FIVE, reason="свет").seconds)
    assert found[1] in (300, "finished")
    assert (room.row().finish_reason, room.row().extra_seconds) == ("participant", 300 if found[1] == 300 else 0)
