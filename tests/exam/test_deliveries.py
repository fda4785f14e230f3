"""Deliveries: answers under the pass of their attempt, without a login, after a restore, from hostile senders."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.accounts import Account
from core.db import reading, session, transaction
from core.journal import JournalEntry
from exam import answers
from exam.models import Attempt, LateSave, Save
from tests.exam.answering import sent
from tests.exam.outbox import base64url, seal_item
from tests.exam.restoring import account_of, answered, chain_holds, lose_saves, page_of, paper, rows

STATE = {"now", "deadline", "version", "phase", "reason", "number", "head"}
ACK = {"saved", "question", "seq", "client_id", "t", "number", "hash", "prev", "seal", "late"}


@pytest.fixture
def attempt(make):
    return make.attempt()


@pytest.fixture
def browser(login, attempt):
    return login(account_of(attempt))


@pytest.fixture
def page(app, make, attempt):
    return page_of(app, make, attempt)


def _count(model):
    with reading():
        return session.scalar(select(func.count()).select_from(model))


@pytest.mark.both_databases
def test_unsent_answers_arrive_after_the_next_person_has_logged_in(app, make, login, attempt, page, clock):
    sitting = _sitting(attempt)
    other = make.attempt(sitting)
    shared = login(account_of(other))
    before = rows(other.id)
    items = [page.item(sent(line, right)) for line, right, _none in paper(attempt)]
    reply = page.deliver(shared, items)
    assert reply.status_code == 200
    assert set(reply.json) == {"results", "attempt", "url"} | STATE
    assert [set(result) for result in reply.json["results"]] == [ACK] * 7
    assert (reply.json["attempt"], reply.json["url"], reply.json["number"]) == (
        attempt.id, f"/attempts/{attempt.id}", 7)
    with reading():
        assert {line: given for line, (_seq, given) in answers.standing(attempt.id).items()} == {
            line: right for line, right, _none in paper(attempt)}
    assert (chain_holds(attempt.id), rows(other.id)) == (True, before)
    assert shared.get(f"/attempts/{attempt.id}").status_code == 404
    again = page.deliver(app.test_client(), items[:3])
    assert [result["hash"] for result in again.json["results"]] == [
        result["hash"] for result in reply.json["results"][:3]]


def _sitting(attempt):
    from exam import sittings
    with reading():
        return sittings.load(attempt.sitting_id)


def test_no_cookie_and_no_token_decides(app, make, login, attempt, page, csrf):
    account = make.account()
    with transaction():
        session.get_one(Account, account.id).one_time = True
    line, right, _none = paper(attempt)[0]
    reply = page.deliver(login(account), [page.item(sent(line, right))])
    assert reply.json["results"][0]["saved"]
    assert "Set-Cookie" not in reply.headers
    assert app.test_client().get("/deliveries").status_code in (404, 405)


@pytest.mark.both_databases
@pytest.mark.parametrize("kept", [0, 5, 20])
def test_a_restored_copy_gets_its_chain_back_as_it_was(client, browser, attempt, page, clock, kept):
    done = answered(browser, attempt, clock, rounds=3)
    before = rows(attempt.id)
    lose_saves(attempt, kept)
    clock.move(minutes=3)
    items = [page.item(save, ack) for save, ack in done]
    random.Random(kept).shuffle(items)
    reply = page.deliver(client, items)
    assert all(result["saved"] for result in reply.json["results"])
    assert rows(attempt.id) == before
    with reading():
        restored = session.scalars(select(Save.restored_at).where(Save.attempt_id == attempt.id).order_by(Save.number))
        assert list(restored) == [None] * kept + [clock.now] * (21 - kept)
    assert (chain_holds(attempt.id), reply.json["number"], reply.json["head"]) == (True, 21, done[-1][1]["hash"])


@pytest.mark.both_databases
@pytest.mark.parametrize("order", range(3))
def test_in_any_order_and_twice_every_acknowledged_answer_stands(client, browser, attempt, page, clock, order):
    done = answered(browser, attempt, clock, rounds=2)
    with reading():
        right = answers.standing(attempt.id)
    lose_saves(attempt, 4)
    shuffled, chance = list(done) * 2, random.Random(order)
    chance.shuffle(shuffled)
    while shuffled:
        some = [shuffled.pop() for _ in range(min(len(shuffled), chance.randint(1, 6)))]
        clock.move(seconds=chance.randint(0, 30))
        reply = page.deliver(client, [page.item(save, ack) for save, ack in some])
        assert [result["saved"] for result in reply.json["results"]] == [True] * len(some)
        assert [(result["t"], result["client_id"]) for result in reply.json["results"]] == [
            (ack["t"], save["client_id"]) for save, ack in some]
    stored = {row[4]: row[5].isoformat() for row in rows(attempt.id)}
    assert stored == {save["client_id"]: ack["t"] for save, ack in done}
    with reading():
        assert answers.standing(attempt.id) == right
    assert chain_holds(attempt.id)


@pytest.mark.both_databases
def test_answers_restored_after_the_close_are_marked_again_until_the_hard_end(client, browser, attempt, page, clock):
    done = answered(browser, attempt, clock)
    lose_saves(attempt, 2)
    clock.move(minutes=50)
    assert "Расписка" in browser.get(f"/attempts/{attempt.id}/receipt").text
    closed = _row(attempt)
    assert closed.finish_reason == "deadline"
    page.deliver(client, [page.item(save, ack) for save, ack in done[:5]])
    marked = _row(attempt)
    assert marked.points > closed.points
    assert (marked.finished_at, marked.max_points, marked.save_count) == (closed.finished_at, closed.max_points, 5)
    assert _journal(attempt, "attempt.answers_restored") == 1
    clock.set(_sitting(attempt).hard_end_at)
    page.deliver(client, [page.item(*done[5])])
    assert _row(attempt).save_count == 6
    clock.move(seconds=1)
    late = page.deliver(client, [page.item(*done[6])])
    assert late.json["results"][0]["error"] == "deadline_passed"
    assert (_row(attempt).save_count, _count(LateSave)) == (6, 1)


def _row(attempt):
    with reading():
        return session.get_one(Attempt, attempt.id)


def _journal(attempt, action):
    with reading():
        return session.scalar(select(func.count()).select_from(JournalEntry).where(
            JournalEntry.object_id == str(attempt.id), JournalEntry.action == action))


@pytest.mark.parametrize("forged", [
    {"seal": "0" * 32}, {"t": "2026-03-02T06:00:00+00:00"}, {"number": 9}, {"prev": "0" * 64}, {"hash": "0" * 64}])
def test_a_receipt_that_is_not_genuine_is_no_receipt(client, browser, attempt, page, clock, forged):
    clock.move(seconds=5)
    save, ack = answered(browser, attempt, clock)[0]
    lose_saves(attempt, 0)
    clock.move(minutes=1)
    reply = page.deliver(client, [page.item(save, {**ack, **forged})])
    assert reply.json["results"][0]["t"] == clock.now.isoformat()
    lose_saves(attempt, 0)
    clock.move(minutes=50)
    reply = page.deliver(client, [page.item(save, {**ack, **forged})])
    assert reply.json["results"][0]["error"] == "deadline_passed"
    assert rows(attempt.id) == []


def test_another_value_under_a_genuine_receipt_is_no_restored_answer(client, browser, attempt, page, clock):
    save, ack = answered(browser, attempt, clock)[0]
    lose_saves(attempt, 0)
    clock.move(minutes=50)
    reply = page.deliver(client, [page.item({**save, "value": None}, ack)])
    assert reply.json["results"][0]["error"] == "deadline_passed"


def test_what_another_page_made_changes_nothing(app, make, client, attempt, page):
    other = make.attempt(_sitting(attempt))
    theirs = page_of(app, make, other)
    line, right, _none = paper(attempt)[0]
    save = sent(line, right)
    cases = {
        "bad_proof": page.item(save, proof=theirs.proof), "bad_item": theirs.item(save, proof=page.proof),
        "unknown_question": page.item(sent(paper(other)[0][0], paper(other)[0][1]))}
    for code, item in cases.items():
        (result,) = page.deliver(client, [item]).json["results"]
        assert (result["saved"], result["error"]) == (False, code)
    reply = page.deliver(client, [page.item(save, proof="x")])
    assert set(reply.json) == {"results"}
    assert page.deliver(client, [page.item(save)], ticket=page.ticket[:-1]).json["error"] == "bad_pass"
    assert theirs.deliver(client, [page.item(save)]).json["results"][0]["error"] == "bad_item"
    assert (_count(Save), _count(LateSave)) == (0, 0)


def test_a_bad_item_does_not_keep_the_good_ones_back(client, attempt, page):
    (line, right, _none), second = paper(attempt)[:2]
    good = [page.item(sent(line, right)), page.item(sent(second[0], second[1]))]
    reply = page.deliver(client, [good[0], "@@@", base64url(b"x" * 200), good[1]])
    assert [result["saved"] for result in reply.json["results"]] == [True, False, False, True]
    assert reply.json["number"] == 2


BODIES = [b"", b"null", b"[]", b"{}", b'{"pass": 1}', b"\xff", b"[" * 5000, b'{"pass": "a", "items": []}',
          b'{"pass": "a", "items": "a"}', b'{"pass": "a", "items": [1]}', b'{"pass": null, "items": ["a"]}',
          b'{"pass": "a", "items": ["a"], "more": 1}', b'{"pass": "\\ud800", "items": ["\\ud800"]}',
          json.dumps({"pass": "a", "items": ["a"] * 101}).encode()]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_none_is_refused_in_words(client, db, body):
    reply = client.post("/deliveries", data=body, content_type="application/json")
    assert (reply.status_code, bool(reply.json["text"])) == (422, True)


def test_too_much_is_refused(client, page):
    assert client.post("/deliveries", data=b"x" * 1_000_001, content_type="application/json").status_code == 413
    item = base64url(b"x" * 100)
    assert page.deliver(client, [item] * 100).status_code == 200
    statuses = [page.deliver(client, [item]).status_code for _ in range(125)]
    assert (statuses[:119], statuses[119:]) == ([200] * 119, [429] * 6)


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
anything = st.recursive(leaves, lambda some: st.lists(some, max_size=3) | st.dictionaries(
    st.sampled_from(["question", "seq", "value", "client_id", "t", "hash", "x"]), some, max_size=5), max_leaves=8)
SAVE_FIELDS = ("question", "seq", "value", "client_id", "mono", "page_id", "prev")


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_was_sealed_is_answered_in_words(client, attempt, page, data):
    line, right, _none = paper(attempt)[0]
    save = sent(line, right)
    save |= data.draw(st.dictionaries(st.sampled_from(SAVE_FIELDS), anything, max_size=2))
    ack = {"t": "2026-03-02T06:00:00+00:00", "number": 1, "hash": "0" * 64, "prev": "0" * 64, "seal": "0" * 32,
           "late": False} | data.draw(st.dictionaries(st.sampled_from(["t", "number", "hash", "late"]), anything))
    payload = data.draw(st.sampled_from([
        {"proof": page.proof, "save": save, "ack": None}, {"proof": page.proof, "save": save, "ack": ack},
        {"proof": page.proof, "save": data.draw(anything), "ack": data.draw(anything)}]))
    from core import attempts as limits
    limits.forget_all()
    text = json.dumps(payload).encode()
    reply = page.deliver(client, [base64url(seal_item(page.data["outbox-key"], attempt.id, text))])
    assert reply.status_code == 200, reply.text
    (result,) = reply.json["results"]
    assert result["saved"] or (result["text"] and result["error"] != "fault"), (payload, result)
