"""The pass of an attempt: read again as it was issued; forged, foreign and damaged ones are refused; the proof."""

import base64
import json

import pytest
from itsdangerous import URLSafeSerializer

from core.db import reading
from core.errors import Refused
from exam import attempts, exam_page, passes, sealing
from tests.exam.outbox import Page


@pytest.fixture
def page(app, make):
    """(attempt, its lines, the attributes of its page)."""
    attempt = make.attempt()
    with app.test_request_context(), reading():
        own = attempts.own(make.me(_account(attempt)), attempt.id)
        lines = attempts.paper(attempt.id)
        yield own, lines, exam_page.data(own, lines)


def _account(attempt):
    from contest.models import Participant
    from core.db import session
    return session.get_one(Participant, attempt.participant_id).account_id


def test_a_pass_holds_what_the_attempt_is_made_again_from(page):
    attempt, lines, data = page
    read = passes.read(data["pass"])
    assert (read.attempt_id, read.participant_id, read.sitting_id) == (
        attempt.id, attempt.participant_id, attempt.sitting_id)
    assert (read.started_at, read.seed, read.request_key, read.device) == (
        attempt.started_at, attempt.seed, attempt.request_key, attempt.device)
    assert read.lines == tuple((line.id, line.question_id) for line in lines)
    assert len(data["pass"]) < 1500


def test_a_pass_names_nobody_and_holds_no_proof(page):
    attempt, _lines, data = page
    assert data["owner-label"] == f"Теория, код {attempt.participant.code}"
    body = data["pass"].split(".")[0 if data["pass"][0] != "." else 1]
    assert data["proof"] not in data["pass"]
    assert data["proof"].encode() not in base64.urlsafe_b64decode(body + "==")


@pytest.mark.parametrize("spoil", [
    lambda text: "", lambda text: text[:-1], lambda text: text + "a", lambda text: "A" + text, lambda text: text[::-1],
    lambda text: text.replace(".", ""), lambda text: "\ud800" + text, lambda text: "ё" * 100, lambda text: text * 100,
    lambda text: URLSafeSerializer("another secret", salt=passes.SALT).dumps([1] * 10),
    lambda text: URLSafeSerializer("of the tests", salt="another salt").dumps([1] * 10), *[
        lambda text, body=body: passes._signer().dumps(body) for body in (
            None, 5, [], {}, [1] * 10, [1, 1, 1, 1, "never", "", "", "", [], ""], "a" * 10,
            [1, 1, 1, 1, "2026-03-02T06:00:00+00:00", "", "", "", [1], ""])]])
def test_a_forged_pass_is_refused(page, spoil):
    with pytest.raises(Refused) as refused:
        passes.read(spoil(page[2]["pass"]))
    assert (refused.value.code, refused.value.status) == ("bad_pass", 422)


def test_the_proof_belongs_to_one_attempt(page):
    attempt, _lines, data = page
    read = passes.read(data["pass"])
    assert passes.proven(read, data["proof"])
    wrong = ["", data["proof"][:-1], data["proof"].upper(), passes.proof(attempt.id + 1, attempt.seed),
             passes.proof(attempt.id, "0" * 32), None, 5, [data["proof"]], "ё" * 64, {"proof": data["proof"]}]
    assert [passes.proven(read, given) for given in wrong] == [False] * len(wrong)


def test_the_page_carries_what_its_outbox_needs(page):
    attempt, _lines, data = page
    assert {name: data[name] for name in ("attempt", "version", "number", "head", "delivery-url", "room")} == {
        "attempt": attempt.id, "version": 1, "number": 0, "head": attempt.head_hash, "delivery-url": "/deliveries",
        "room": f"attempt:{attempt.id}"}
    assert json.dumps(data)


def test_the_page_as_sent_carries_the_same(login, make):
    attempt = make.attempt()
    with reading():
        browser = login(_account(attempt))
    sent = Page.of_html(browser.get(f"/attempts/{attempt.id}").text)
    read = passes.read
    with browser.application.app_context():
        assert (sent.attempt, read(sent.ticket).seed) == (attempt.id, attempt.seed)
        assert passes.proven(read(sent.ticket), sent.proof)
        assert sent.data["outbox-key"] == sealing.public_point()
