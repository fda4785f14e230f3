"""The hot path of answers: groups, batches, heartbeats, who may, receipts believed again."""

import io
import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update

from contest.models import Participant
from core import access
from core import clock as core_clock
from core.access import ANYONE
from core.accounts import Account, LoginSession
from core.db import GroupWriter, reading, session, transaction
from core.journal import JournalEntry
from exam import attempts, receipts, saves, sealing
from exam.incoming import Beat, Incoming, Proven, Sent
from exam.models import Attempt, AttemptQuestion, BankQuestion, Contact, LateSave, Save
from exam.working import Working
from tests.exam.answering import lines, sent, value

both_databases = pytest.mark.both_databases
LIMIT, GRACE = timedelta(minutes=40), timedelta(seconds=30)


class Seat:
    """Somebody in the middle of a theory: attempt, browser, hash of its login, paper by kind of question."""

    def __init__(self, make, login, sitting=None):
        self.attempt = make.attempt(sitting)
        with reading():
            self.account = session.get_one(Participant, self.attempt.participant_id).account_id
            self.paper = {kind: (line.id, value(line)) for kind, line in lines(self.attempt).items()}
        self.browser = login(self.account)
        self.token = access.token_hash(self.browser.get_cookie("login").decoded_value)
        self.id = self.attempt.id

    def post(self, body, what="answers"):
        return self.browser.post(f"/attempts/{self.id}/{what}", json=body)

    def incoming(self, kind, now, **more):
        line, answer = self.paper[kind]
        made = sent(line, answer, **more)
        return Incoming(self.id, Sent(line, made["seq"], made["value"], made["client_id"], made["mono"],
                                      made["page_id"]), now, self.token)


@pytest.fixture
def seat(make, login):
    return Seat(make, login)


@pytest.fixture
def submit(app):
    def run(*items):
        with app.app_context():
            return saves.submit(items)
    return run


def rows(attempt_id):
    with reading():
        return session.scalars(select(Save).where(Save.attempt_id == attempt_id).order_by(Save.number)).all()


def row(attempt_id):
    with reading():
        return session.get_one(Attempt, attempt_id)


def count(model):
    with reading():
        return session.scalar(select(func.count()).select_from(model))


def chain_holds(attempt_id):
    """Whether the receipts of an attempt, computed anew from its rows, are those that were given."""
    head = receipts.genesis(attempt_id)
    for number, save in enumerate(rows(attempt_id), start=1):
        head = receipts.link(head, attempt=attempt_id, question=save.question_id, seq=save.seq, value=save.value,
                             mono=save.mono_ms, page=save.page_id, client=save.client_id, at=save.received_at)
        if (save.number, save.hash) != (number, head):
            return False
    found = row(attempt_id)
    return (found.head_hash, found.save_count) == (head, len(rows(attempt_id)))


@both_databases
def test_one_group_for_many_is_one_chain_for_each(make, login, submit, clock):
    sitting = make.sitting()
    seats = [Seat(make, login, sitting) for _ in range(3)]
    before = saves.WRITER.batches
    found = submit(*(each.incoming(kind, clock.now) for kind in ("single", "short", "numeric") for each in seats))
    assert saves.WRITER.batches == before + 1
    assert [outcome.ack.number for outcome in found] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert all(chain_holds(each.id) for each in seats)
    assert [outcome.state["number"] for outcome in found] == [3] * 9, "a reply tells the chain as the group leaves it"
    assert found[3].ack.prev == found[0].ack.hash
    assert found[3].state["head"] == found[6].ack.hash


@both_databases
def test_items_of_one_group_see_each_other(seat, submit, clock):
    first = seat.incoming("short", clock.now, client="a")
    found = submit(first, first, replace(first, sent=replace(first.sent, client_id="b")),
                   replace(first, sent=replace(first.sent, client_id="c", value={"text": "иное"})),
                   seat.incoming("short", clock.now, seq=2, client="d"))
    assert found[0].ack == found[1].ack == found[2].ack
    assert found[3].refusal.code == "seq_conflict"
    assert found[4].ack.number == 2
    with reading():
        late = session.scalars(select(LateSave)).one()
        assert (late.cause, json.loads(late.value), late.client_id) == ("conflict", {"text": "иное"}, "c")


@both_databases
def test_two_writers_over_the_same_attempts_leave_no_gap_and_no_deadlock(make, login, app, clock):
    sitting = make.sitting()
    seats, now = [Seat(make, login, sitting) for _ in range(3)], clock.now
    with app.app_context():
        key = sealing.receipt_key()
    writers, found = [GroupWriter(f"w{n}", saves._apply, patience=60) for n in range(2)], []

    def work(number, turn):
        order = seats if turn % 2 else seats[::-1]
        items = [saves._Entry(each.incoming("numeric", now, seq=10 * turn + number, client=f"{number}-{turn}"), key)
                 for each in order]
        found.extend(writers[number].submit_many(items))

    threads = [threading.Thread(target=work, args=(number, turn)) for turn in range(8) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each for each in found if getattr(each, "ack", None) is None] == []
    assert all(chain_holds(each.id) and len(rows(each.id)) == 16 for each in seats)


def test_a_batch_answers_for_each_save(seat, clock):
    (single, one), (short, two) = seat.paper["single"], seat.paper["short"]
    reply = seat.post({"saves": [
        sent(single, one, client="a", prev="f" * 64), sent(short, {"text": 5}, client="b"),
        {"client_id": "c", "seq": 1}, 17, sent(short, two, client="d")]})
    assert reply.status_code == 200
    results = reply.json["results"]
    assert [result["saved"] for result in results] == [True, False, False, False, True]
    assert [result.get("client_id") for result in results] == ["a", "b", "c", "", "d"]
    assert [result.get("error") for result in results] == [None, "bad_answer", "bad_payload", "bad_payload", None]
    assert all(result["text"] for result in results if not result["saved"])
    assert (results[4]["number"], results[4]["prev"]) == (2, results[0]["hash"])
    assert {name: reply.json[name] for name in ("number", "head", "phase", "version")} == {
        "number": 2, "head": results[4]["hash"], "phase": "running", "version": 1}
    assert [save.prev_seen for save in rows(seat.id)] == ["f" * 64, ""]


@pytest.mark.parametrize("body", [
    {"saves": []}, {"saves": [{}] * 51}, {"saves": {}}, {"saves": None}, {"saves": [{}], "question": 1}])
def test_a_batch_that_is_none_is_refused(seat, body):
    reply = seat.post(body)
    assert (reply.status_code, reply.json["error"]) == (422, "bad_payload")
    assert count(Save) == 0


def test_a_batch_nothing_of_which_can_be_read_still_asks_who_it_is(seat, make, login, client):
    url = f"/attempts/{seat.id}/answers"
    assert Seat(make, login).browser.post(url, json={"saves": [{}]}).status_code == 404
    assert client.post(url, json={"saves": [{}]}).status_code == 401


def test_a_refusal_carries_the_state(seat, clock):
    line, answer = seat.paper["single"]
    clock.set(seat.attempt.started_at + LIMIT + timedelta(seconds=1))
    reply = seat.post(sent(line, answer))
    assert (reply.status_code, reply.json["error"], reply.json["phase"], reply.json["number"]) == (
        409, "deadline_passed", "running", 0)
    assert reply.json["deadline"] == (seat.attempt.started_at + LIMIT).isoformat()


def _contacts(attempt_id, begin):
    with reading():
        found = session.execute(select(Contact.from_at, Contact.last_at).where(
            Contact.attempt_id == attempt_id).order_by(Contact.from_at)).tuples().all()
    return [tuple(int((at - begin).total_seconds()) for at in pair) for pair in found]


@both_databases
def test_heartbeats_and_saves_keep_the_stretches_of_contact(seat, clock):
    begin, (line, answer) = seat.attempt.started_at, seat.paper["single"]
    clock.move(seconds=5)
    reply = seat.post({}, "heartbeat")
    assert (reply.status_code, reply.json["phase"], reply.json["number"], reply.json["version"]) == (
        200, "running", 0, 1)
    assert reply.json["now"] == clock.now.isoformat()
    clock.move(seconds=20)
    assert seat.post(sent(line, answer)).status_code == 200
    clock.move(seconds=20.5)
    seat.post({}, "heartbeat")
    clock.move(seconds=10)
    assert seat.post(sent(line, {"choice": "nonsense"}, seq=2)).status_code == 422
    assert _contacts(seat.id, begin) == [(5, 25), (45, 55)]
    seat.browser.post(f"/attempts/{seat.id}/finish")
    clock.move(minutes=1)
    assert seat.post({}, "heartbeat").json["phase"] == "finished"
    assert _contacts(seat.id, begin) == [(5, 25), (45, 55)]


@both_databases
def test_a_delivery_is_no_contact(seat, submit, clock):
    assert submit(replace(seat.incoming("single", clock.now), token=None))[0].ack.number == 1
    assert count(Contact) == 0


def _revoke(token, now):
    session.execute(update(LoginSession).where(LoginSession.token_hash == token).values(revoked_at=now))


def _expire(token, now):
    session.execute(update(LoginSession).where(LoginSession.token_hash == token).values(expires_at=now))


def _disable(token, now):
    key = session.scalar(select(LoginSession.account_id).where(LoginSession.token_hash == token))
    session.execute(update(Account).where(Account.id == key).values(disabled_at=now))


def _one_time(token, now):
    key = session.scalar(select(LoginSession.account_id).where(LoginSession.token_hash == token))
    session.execute(update(Account).where(Account.id == key).values(one_time=True))


@both_databases
@pytest.mark.parametrize(("end", "status", "code"), [
    (_revoke, 401, "login_needed"), (_expire, 401, "login_needed"), (_disable, 401, "login_needed"),
    (_one_time, 403, "one_time")])
def test_a_login_that_is_over_is_refused_in_the_next_group(make, login, submit, operation, clock, end, status, code):
    sitting = make.sitting()
    out, still = Seat(make, login, sitting), Seat(make, login, sitting)
    assert out.post(sent(*out.paper["single"])).status_code == 200
    operation(end, out.token, clock.now)
    refused, kept = submit(out.incoming("short", clock.now), still.incoming("short", clock.now))
    assert (refused.refusal.status, refused.refusal.code, refused.state) == (status, code, {})
    assert kept.ack.number == 1
    assert out.post(sent(*out.paper["short"])).status_code == status
    assert out.post({}, "heartbeat").status_code == status
    assert len(rows(out.id)) == 1


def test_a_strangers_item_finds_nothing_and_the_others_in_its_group_are_kept(make, login, submit, clock):
    sitting = make.sitting()
    mine, other = Seat(make, login, sitting), Seat(make, login, sitting)
    foreign = replace(other.incoming("single", clock.now), token=mine.token)
    nowhere = replace(mine.incoming("single", clock.now), attempt_id=2**31 - 1)
    found = submit(foreign, nowhere, mine.incoming("single", clock.now), Beat(other.id, clock.now, mine.token))
    assert [outcome.refusal and outcome.refusal.status for outcome in found] == [404, 404, None, 404]
    assert [outcome.state == {} for outcome in found] == [True, True, False, True]
    assert (len(rows(other.id)), count(Contact)) == (0, 1)


@both_databases
def test_the_last_sign_of_life_is_kept_once_in_five_minutes(seat, clock):
    def seen():
        with reading():
            return session.scalar(select(LoginSession.last_seen_at).where(LoginSession.token_hash == seat.token))

    begin = seen()
    clock.move(minutes=4, seconds=59)
    seat.post({}, "heartbeat")
    assert seen() == begin
    clock.move(seconds=1)
    seat.post({}, "heartbeat")
    assert seen() == clock.now


@both_databases
def test_one_poisoned_save_refuses_nobody_elses(make, login, submit, operation, clock):
    sitting = make.sitting()
    good, bad = Seat(make, login, sitting), Seat(make, login, sitting)
    line = bad.paper["single"][0]
    operation(lambda: session.execute(update(BankQuestion).where(BankQuestion.id == session.scalar(
        select(AttemptQuestion.question_id).where(AttemptQuestion.id == line))).values(kind="gone", sha256="gone")))
    found = submit(good.incoming("short", clock.now), bad.incoming("single", clock.now),
                   bad.incoming("short", clock.now))
    assert [outcome.ack and outcome.ack.number for outcome in found] == [1, None, 1]
    assert (found[1].refusal.code, found[1].refusal.status) == ("fault", 500)
    reply = bad.post(sent(*bad.paper["single"]))
    assert (reply.status_code, reply.json["error"]) == (500, "fault")
    assert chain_holds(good.id)
    assert chain_holds(bad.id)


def test_a_full_queue_says_when_to_come_again(seat, monkeypatch):
    monkeypatch.setattr(saves.WRITER, "limit", 0)
    reply = seat.post(sent(*seat.paper["single"]))
    assert (reply.status_code, reply.json["error"], reply.headers["Retry-After"]) == (503, "busy", "1")
    assert count(Save) == 0


def test_a_save_of_unknown_fate_gets_its_receipt_when_it_is_repeated(seat, monkeypatch, clock):
    body, moment, replies = sent(*seat.paper["single"]), clock.now, []
    monkeypatch.setattr(saves.WRITER, "patience", 0.1)

    def post():
        with core_clock.stopped_at(moment):
            replies.append(seat.post(body))

    with transaction() as unit:
        unit.execute(text("UPDATE attempt SET version = version"))
        thread = threading.Thread(target=post)
        thread.start()
        thread.join()
    assert (replies[0].status_code, replies[0].json["error"], replies[0].headers["Retry-After"]) == (
        503, "unknown", "1")
    monkeypatch.setattr(saves.WRITER, "patience", 20)
    clock.move(seconds=7)
    again, once_more = seat.post(body), seat.post(body)
    assert again.json["t"] == moment.isoformat(), "it counts from its first arrival"
    assert (again.json["hash"], again.json["seal"], again.json["number"]) == (
        once_more.json["hash"], once_more.json["seal"], 1)
    assert count(Save) == 1


class Slow(io.BytesIO):
    """A body that comes long after its head."""

    def __init__(self, raw, clock, seconds):
        super().__init__(raw)
        self.clock, self.seconds = clock, seconds

    def readinto(self, buffer):
        self.clock.move(seconds=self.seconds)
        self.seconds = 0
        return super().readinto(buffer)


@pytest.mark.parametrize(("seconds", "status"), [(5, 200), (6, 409)])
def test_a_body_that_trickles_in_counts_from_its_end(seat, clock, seconds, status):
    clock.set(seat.attempt.started_at + LIMIT)
    raw = json.dumps(sent(*seat.paper["single"])).encode()
    reply = seat.browser.post(f"/attempts/{seat.id}/answers", input_stream=Slow(raw, clock, seconds),
                              content_type="application/json", content_length=len(raw))
    assert reply.status_code == status


def test_the_token_of_a_script_is_checked_each_time(seat, make, login, csrf):
    def token(browser):
        return browser.get("/account").text.split('name="csrf-token" content="')[1].split('"')[0]

    other = login(make.account())
    mine, foreign = token(seat.browser), token(other)
    url, body = f"/attempts/{seat.id}/heartbeat", {}
    replies = [seat.browser.post(url, json=body, headers={"X-CSRF-Token": given}).status_code
               for given in (mine, mine, foreign, "", mine + "x", mine)]
    assert replies == [200, 200, 400, 400, 400, 200]
    assert other.post(url, json=body, headers={"X-CSRF-Token": mine}).status_code == 400
    assert seat.browser.post(url, json=body).status_code == 400


def test_only_views_for_anybody_logged_in_are_grouped(app):
    from core.web import _open_grouped
    grouped = {name: view.allowed for name, view in app.view_functions.items()
               if getattr(view, "edge", None) is _open_grouped}
    assert grouped == dict.fromkeys(("attempts.answer", "attempts.heartbeat", "tasks.key"), frozenset({ANYONE}))


def _proven(ack):
    return Proven(ack.at, ack.number, ack.prev, ack.hash, ack.seal, ack.late)


def _lose(attempt_id, left):
    """As an older copy of the database has it: only the first saves."""
    session.execute(delete(Save).where(Save.attempt_id == attempt_id, Save.number > left))
    head = session.scalar(select(Save.hash).where(Save.attempt_id == attempt_id, Save.number == left))
    session.execute(update(Attempt).where(Attempt.id == attempt_id).values(
        save_count=left, head_hash=head or receipts.genesis(attempt_id)))


KINDS = ("single", "short", "numeric")


@pytest.fixture
def lost(seat, submit, operation, clock):
    """Three acknowledged answers, all but the first lost by a restore; the items that bring them back."""
    items = [seat.incoming(kind, clock.now) for kind in KINDS]
    acks = [outcome.ack for outcome in submit(*items)]
    operation(_lose, seat.id, 1)
    clock.move(minutes=10)
    return [replace(item, now=clock.now, token=None, proven=_proven(ack))
            for item, ack in zip(items, acks, strict=True)], acks


@both_databases
def test_acknowledged_answers_come_back_as_they_were(seat, lost, submit, clock):
    items, acks = lost
    assert [outcome.ack for outcome in submit(*items)] == acks
    assert chain_holds(seat.id)
    assert [save.restored_at for save in rows(seat.id)] == [None, clock.now, clock.now]
    assert [outcome.ack for outcome in submit(*items)] == acks, "twice is once"
    with reading():
        entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "attempt.answers_restored")).one()
        assert json.loads(entry.payload) == {"count": 2, "closed": False, "head": acks[-1].hash}


@both_databases
def test_what_was_saved_meanwhile_stays_and_the_old_answers_are_appended(seat, lost, submit, clock):
    items, acks = lost
    assert submit(seat.incoming("yes_no", clock.now))[0].ack.number == 2
    found = [outcome.ack for outcome in submit(*items[1:])]
    assert [(ack.number, ack.at) for ack in found] == [(3, acks[1].at), (4, acks[2].at)]
    assert found[0].hash != acks[1].hash
    assert chain_holds(seat.id)


@both_databases
def test_a_closed_attempt_takes_acknowledged_answers_back_and_is_marked_again(seat, lost, submit, clock, operation):
    items, acks = lost
    clock.set(seat.attempt.started_at + LIMIT + GRACE + timedelta(seconds=1))
    operation(lambda: attempts.close_if_due(session.get_one(Attempt, seat.id), now=clock.now))
    before = row(seat.id)
    found = submit(*(replace(item, now=clock.now) for item in items))
    assert [outcome.ack for outcome in found] == acks
    after = row(seat.id)
    assert (before.points, after.points) == (100, 300)
    assert (after.finished_at, after.finish_reason) == (before.finished_at, "deadline")
    with reading():
        said = [json.loads(entry.payload) for entry in session.scalars(select(JournalEntry).where(
            JournalEntry.action == "attempt.marked_again"))]
    assert [(one["points_before"], one["points"]) for one in said] == [(100, 300)]


@both_databases
def test_after_the_hard_end_they_go_to_the_late_box(seat, lost, submit, clock):
    items, _acks = lost
    with reading():
        clock.set(session.get_one(Attempt, seat.id).sitting.hard_end_at)
    assert submit(replace(items[1], now=clock.now))[0].ack.number == 2
    clock.move(microseconds=1)
    refused = submit(replace(items[2], now=clock.now))[0].refusal
    assert refused.code == "deadline_passed"
    assert (len(rows(seat.id)), count(LateSave)) == (2, 1)


def test_a_receipt_nobody_gave_is_an_answer_of_now(seat, lost, submit, clock):
    items, acks = lost
    forged = [replace(items[1], proven=replace(_proven(acks[1]), seal="0" * 32)),
              replace(items[2], sent=replace(items[2].sent, value={"number": "1"}))]
    found = [outcome.ack for outcome in submit(*forged)]
    assert [(ack.at, ack.number) for ack in found] == [(clock.now, 2), (clock.now, 3)]
    assert [save.restored_at for save in rows(seat.id)] == [None] * 3
    earlier = replace(items[1], sent=replace(items[1].sent, client_id="e", seq=5),
                      proven=replace(_proven(acks[1]), at=acks[1].at - timedelta(minutes=1)))
    assert submit(earlier)[0].ack.at == clock.now, "an earlier moment does not fit the hash"


@both_databases
def test_answers_of_an_attempt_made_again_keep_their_moment_under_todays_numbers(make, login, seat, lost, submit):
    items, acks = lost
    today = Seat(make, login)
    to = {line: today.paper[kind][0] for kind, (line, _answer) in seat.paper.items()}
    moved = [replace(item, attempt_id=today.id, wire_lines=to, wire_attempt=seat.id) for item in items]
    found = [outcome.ack for outcome in submit(*moved)]
    assert [(ack.question, ack.at, ack.number) for ack in found] == [
        (today.paper[kind][0], ack.at, number) for number, (kind, ack) in enumerate(zip(KINDS, acks, strict=True), 1)]
    assert chain_holds(today.id)
    foreign = submit(replace(moved[0], wire_lines={}))[0]
    assert foreign.refusal.code == "unknown_question"


@both_databases
def test_an_answer_that_waited_while_the_time_was_closed_counts(seat, submit, clock, operation):
    inside = seat.incoming("single", seat.attempt.started_at + LIMIT)
    clock.set(seat.attempt.started_at + LIMIT + GRACE + timedelta(seconds=1))
    operation(lambda: attempts.close_if_due(session.get_one(Attempt, seat.id), now=clock.now))
    assert row(seat.id).points == 0
    assert submit(inside)[0].ack.number == 1
    assert row(seat.id).points == 100
    assert submit(seat.incoming("short", clock.now))[0].refusal.code == "deadline_passed"


def test_the_estimated_edit_is_looked_for_only_when_it_matters(seat, submit, clock, monkeypatch):
    asked = []
    real = Working._edited
    monkeypatch.setattr(Working, "_edited", lambda work, item: asked.append(item) or real(work, item))
    submit(seat.incoming("single", clock.now, mono=1000, page_id="p"))
    assert asked == []
    late = seat.attempt.started_at + LIMIT + timedelta(seconds=5)
    clock.set(late - timedelta(seconds=15))
    first = seat.incoming("short", clock.now, mono=2000, page_id="q")
    found = submit(first, seat.incoming("numeric", late, mono=12_000, page_id="q"))
    assert [outcome.ack.late for outcome in found] == [False, True], "the page's last save may be in the same group"
    assert len(asked) == 1
