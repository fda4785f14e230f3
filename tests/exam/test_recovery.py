"""The attempt of a page is gone after a restore: it is made again, or its answers join the one begun instead."""

import threading
from contextvars import copy_context
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from contest.models import Participant
from core.db import reading, session, transaction
from core.journal import JournalEntry, verify
from exam import answers, attempts, sittings
from exam.models import Attempt, AttemptQuestion, Save, Sitting
from tests.exam.answering import lines, sent, value
from tests.exam.restoring import account_of, answered, chain_holds, lose, page_of, paper, rows


@pytest.fixture
def attempt(make):
    return make.attempt()


@pytest.fixture
def browser(login, attempt):
    return login(account_of(attempt))


@pytest.fixture
def page(app, make, attempt):
    return page_of(app, make, attempt)


def _row(attempt_id):
    with reading():
        return session.get(Attempt, attempt_id)


def _sitting(attempt):
    with reading():
        return sittings.load(attempt.sitting_id)


def _person(attempt):
    with reading():
        return session.get_one(Participant, attempt.participant_id)


def _facts(attempt_id):
    row = _row(attempt_id)
    return {name: getattr(row, name) for name in (
        "id", "sitting_id", "participant_id", "seed", "request_key", "device", "started_at", "head_hash", "save_count",
        "last_ack_at", "finished_at")}


def _journal(action):
    with reading():
        return session.scalar(select(func.count()).select_from(JournalEntry).where(JournalEntry.action == action))


def _paper(attempt_id):
    with reading():
        return [(line.id, line.question_id, line.position) for line in attempts.paper(attempt_id)]


@pytest.mark.both_databases
def test_an_attempt_that_is_gone_is_made_again_as_it_was(app, make, client, browser, attempt, clock):
    with transaction():
        session.execute(update(Attempt).values(device="d" * 64))
    page = page_of(app, make, attempt)
    done = answered(browser, attempt, clock, rounds=2)
    before = _facts(attempt.id), _paper(attempt.id), rows(attempt.id)
    lose(attempt)
    _renumber(attempt.id, min(line for line, _bank, _place in before[1]))
    clock.move(minutes=4)
    reply = page.deliver(client, [page.item(save, ack) for save, ack in done])
    assert [result["saved"] for result in reply.json["results"]] == [True] * 14
    assert (reply.json["attempt"], reply.json["url"]) == (attempt.id, f"/attempts/{attempt.id}")
    assert (_facts(attempt.id), _paper(attempt.id), rows(attempt.id)) == before
    assert (_journal("attempt.recovered"), chain_holds(attempt.id)) == (1, True)
    assert browser.get(f"/attempts/{attempt.id}").status_code == 200
    page.deliver(client, [page.item(*done[0])])
    assert _journal("attempt.recovered") == 1
    assert make.attempt(_sitting(attempt)).id > attempt.id
    with reading():
        assert verify().bad_seq == 0


@pytest.mark.both_databases
def test_the_number_of_the_attempt_now_belongs_to_somebody_else(
        app, make, login, client, browser, attempt, page, clock):
    done, questions = answered(browser, attempt, clock), [place[1:] for place in _paper(attempt.id)]
    starts = min(line for line, _right, _none in paper(attempt))
    lose(attempt)
    _renumber(attempt.id, starts)
    other = make.attempt(_sitting(attempt))
    assert other.id == attempt.id
    theirs, before = page_of(app, make, other), _paper(other.id)
    line, right, _none = paper(other)[0]
    login(account_of(other)).post(f"/attempts/{other.id}/answers", json=sent(line, right))
    kept = rows(other.id)
    clock.move(minutes=2)
    reply = page.deliver(client, [page.item(save, ack) for save, ack in done])
    assert [(result["saved"], result["t"]) for result in reply.json["results"]] == [
        (True, ack["t"]) for _save, ack in done]
    made = reply.json["attempt"]
    assert made != other.id
    assert login(account_of(attempt)).get(reply.json["url"]).status_code == 200
    assert (rows(other.id), _paper(other.id), chain_holds(other.id)) == (kept, before, True)
    assert (_row(made).participant_id, _row(made).started_at) == (attempt.participant_id, attempt.started_at)
    assert [place[1:] for place in _paper(made)] == questions
    assert ([row[5] for row in rows(made)], chain_holds(made)) == (
        [_at(ack) for _save, ack in done], True)
    again = page.deliver(client, [page.item(save, ack) for save, ack in done])
    assert [result["hash"] for result in again.json["results"]] == [
        result["hash"] for result in reply.json["results"]]
    assert theirs.deliver(client, [theirs.item(sent(line, right))]).json["attempt"] == other.id
    with reading():
        assert len(answers.standing(made)) == 7


def _at(ack):
    from datetime import datetime
    return datetime.fromisoformat(ack["t"])


def _renumber(attempt_id, line):
    """Give the next attempt the numbers of the lost one, as restored counters do on PostgreSQL."""
    from sqlalchemy import text

    from core import db
    if not db.is_sqlite():
        with transaction():
            for table, least in (("attempt", attempt_id), ("attempt_question", line)):
                session.execute(text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :least, false)"),
                                {"table": table, "least": least})


@pytest.mark.both_databases
def test_answers_join_the_attempt_begun_meanwhile_and_its_own_are_the_newer_ones(
        make, login, client, browser, attempt, page, clock):
    done = answered(browser, attempt, clock, rounds=2)
    lose(attempt)
    clock.move(minutes=3)
    begun = make.attempt(_sitting(attempt), _person(attempt))
    assert begun.seed != attempt.seed
    with reading():
        own = lines(begun)["single"]
        mine = sent(own.id, value(own, "медь"), client="mine")
    clock.move(seconds=9)
    assert browser.post(f"/attempts/{begun.id}/answers", json=mine).status_code == 200
    clock.move(minutes=1)
    reply = page.deliver(client, [page.item(save, ack) for save, ack in done])
    assert [(result["saved"], result["t"]) for result in reply.json["results"]] == [
        (True, ack["t"]) for _save, ack in done]
    assert reply.json["attempt"] == begun.id
    assert (_row(begun.id).started_at, _row(begun.id).save_count) == (begun.started_at, 15)
    with reading():
        standing = {line: given for line, (_seq, given) in answers.standing(begun.id).items()}
        right = {line.id: value(line) for line in attempts.paper(begun.id)}
    assert standing == right | {own.id: mine["value"]}
    assert chain_holds(begun.id)
    page.deliver(client, [page.item(*done[0])])
    assert (_journal("attempt.joined"), _journal("attempt.recovered")) == (1, 0)
    assert browser.post(f"/attempts/{begun.id}/answers", json=sent(
        next(line for line in right if line != own.id), None, client="next")).status_code == 200


@pytest.mark.both_databases
def test_two_deliveries_at_once_make_it_again_once(app, make, browser, attempt, page, clock):
    done = answered(browser, attempt, clock)
    lose(attempt)
    replies, gate = [], threading.Barrier(4)

    def deliver(part):
        client = app.test_client()
        gate.wait()
        replies.append(page.deliver(client, [page.item(save, ack) for save, ack in part]))

    threads = [threading.Thread(target=copy_context().run, args=(deliver, done[number::4])) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status_code for reply in replies] == [200] * 4
    assert {reply.json["attempt"] for reply in replies} == {attempt.id}
    assert ({row[4]: row[5] for row in rows(attempt.id)}, chain_holds(attempt.id)) == (
        {save["client_id"]: _at(ack) for save, ack in done}, True)
    assert _journal("attempt.recovered") == 1


def test_nothing_is_made_again_without_a_proof(client, attempt, page):
    line, right, _none = paper(attempt)[0]
    item = page.item(sent(line, right), proof="0" * 64)
    lose(attempt)
    assert page.deliver(client, [item, "x"]).json["results"][0]["error"] == "bad_proof"
    assert _row(attempt.id) is None


def test_after_the_hard_end_no_attempt_is_made_again(client, browser, attempt, page, clock):
    done = answered(browser, attempt, clock)
    lose(attempt)
    ends = _sitting(attempt).hard_end_at
    clock.set(ends + timedelta(microseconds=1))
    reply = page.deliver(client, [page.item(*done[0])])
    assert (reply.status_code, reply.json["error"], _row(attempt.id)) == (409, "sitting_over", None)
    clock.set(ends)
    reply = page.deliver(client, [page.item(*done[0])])
    assert reply.json["results"][0]["saved"]


@pytest.mark.both_databases
def test_an_attempt_made_again_after_its_deadline_is_closed_and_marked_with_what_was_acknowledged(
        client, browser, attempt, page, clock):
    done, line = answered(browser, attempt, clock), paper(attempt)[0][0]
    lose(attempt)
    clock.set(attempt.started_at + timedelta(minutes=55))
    unsent = page.item(sent(line, None, seq=2, client="unsent"))
    reply = page.deliver(client, [unsent, *(page.item(save, ack) for save, ack in done)])
    assert [result["saved"] for result in reply.json["results"]] == [False] + [True] * 7
    assert reply.json["results"][0]["error"] == "deadline_passed"
    assert browser.get(f"/attempts/{attempt.id}/receipt").status_code == 200
    closed = _row(attempt.id)
    assert (closed.finish_reason, closed.finished_at, closed.points) == (
        "deadline", attempt.started_at + timedelta(minutes=40), 800)


def _lose_sitting(attempt):
    session.execute(delete(Sitting).where(Sitting.id == attempt.sitting_id))


def _give_the_participation_to_another_account(attempt):
    from core.accounts import Account
    other = session.scalar(select(Account.id).where(Account.id != session.get_one(
        Participant, attempt.participant_id).account_id).limit(1))
    session.execute(update(Participant).where(Participant.id == attempt.participant_id).values(account_id=other))


def _change_the_questions(attempt):
    from exam.models import BankQuestion
    session.execute(update(BankQuestion).values(sha256="0" * 64))


@pytest.mark.parametrize("change", [_lose_sitting, _give_the_participation_to_another_account, _change_the_questions])
def test_what_is_no_longer_the_same_is_not_made_again(client, browser, attempt, page, clock, change):
    done = answered(browser, attempt, clock)
    lose(attempt)
    with transaction():
        change(attempt)
    reply = page.deliver(client, [page.item(*done[0])])
    assert (reply.status_code, reply.json["error"]) == (409, "not_restorable")
    with reading():
        assert session.scalar(select(func.count()).select_from(Attempt)) == 0
        assert session.scalar(select(func.count()).select_from(AttemptQuestion)) == 0
        assert session.scalar(select(func.count()).select_from(Save)) == 0
