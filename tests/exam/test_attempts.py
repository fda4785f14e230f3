"""Theory over HTTP: the door, answers, borders of time, the close, the marks."""

import hashlib
import json
import sqlite3
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from contest.models import Participant
from core import db as database
from core.canonical import canonical
from core.db import reading, session
from core.journal import JournalEntry, verify
from exam import attempts, receipts, sealing
from exam.models import Attempt, LateSave, Save
from tests.exam.answering import lines, sent, value

MICRO = timedelta(microseconds=1)
LIMIT = timedelta(minutes=40)
GRACE = timedelta(seconds=30)


@pytest.fixture
def attempt(make):
    return make.attempt()


@pytest.fixture
def browser(login, attempt):
    return login(_account(attempt))


def _account(attempt):
    with reading():
        return session.get_one(Participant, attempt.participant_id).account_id


def _paper(attempt):
    with reading():
        return {kind: (line.id, value(line)) for kind, line in lines(attempt).items()}


def _row(attempt):
    with reading():
        return session.get_one(Attempt, attempt.id)


def _count(model):
    with reading():
        return session.scalar(select(func.count()).select_from(model))


def _save(browser, attempt, body):
    return browser.post(f"/attempts/{attempt.id}/answers", json=body)


def test_the_whole_paper_is_answered_marked_and_acknowledged(browser, attempt, clock):
    paper = _paper(attempt)
    head = hashlib.sha256(str(attempt.id).encode()).hexdigest()
    for number, (line, answer) in enumerate(paper.values(), start=1):
        reply = _save(browser, attempt, sent(line, answer))
        assert reply.status_code == 200
        body = {"attempt": attempt.id, "question": line, "seq": 1, "mono": None, "page": "p1", "client": f"c{line}-1",
                "value": reply_value(attempt, line), "at": clock.now}
        prev, head = head, hashlib.sha256(head.encode() + canonical(body)).hexdigest()
        assert reply.json == {
            "saved": True, "question": line, "seq": 1, "client_id": f"c{line}-1", "t": clock.now.isoformat(),
            "number": number, "hash": head, "prev": prev, "late": False, "seal": _seal(browser, attempt, number, head),
            "now": clock.now.isoformat(), "deadline": (attempt.started_at + LIMIT).isoformat(), "phase": "running",
            "reason": None, "version": 1, "head": head}
    asked = browser.get(f"/attempts/{attempt.id}/finish").text
    assert "Отвечено: 7 из 7" in asked
    assert "Без ответа: 0" in asked
    clock.move(minutes=5)
    assert browser.post_form(f"/attempts/{attempt.id}/finish").headers["Location"] == f"/attempts/{attempt.id}/receipt"
    done = _row(attempt)
    assert (done.points, done.max_points, done.finish_reason, done.finished_at, done.head_hash) == (
        800, 800, "participant", clock.now, head)
    receipt = browser.get(f"/attempts/{attempt.id}/receipt").text
    assert "8 из 8" in receipt
    assert "7 из 7" in receipt
    assert head[:8] in receipt
    assert browser.get(f"/attempts/{attempt.id}").headers["Location"] == f"/attempts/{attempt.id}/receipt"
    with reading():
        assert verify().bad_seq == 0


def _seal(browser, attempt, number, head):
    with browser.application.app_context():
        return receipts.seal(sealing.receipt_key(), attempt.id, number, head)


def reply_value(attempt, line):
    with reading():
        return session.scalar(select(Save.value).where(Save.attempt_id == attempt.id, Save.question_id == line))


@pytest.mark.parametrize(("kind", "words", "points"), [
    ("single", "медь", 0), ("multiple", ["щиток"], 100), ("multiple", ["щиток", "галстук"], 0), ("yes_no", False, 0),
    ("matching", {"ток": "ампер"}, 50), ("ordering", ["сборка", "подготовка", "сварка"], 33), ("numeric", "211", 100),
    ("numeric", "209", 0), ("short", " Тавровый. ", 50), ("short", "стыковой", 0)])
def test_each_kind_is_marked(browser, attempt, kind, words, points):
    with reading():
        line = lines(attempt)[kind]
        body = sent(line.id, value(line, words))
    assert _save(browser, attempt, body).status_code == 200
    browser.post_form(f"/attempts/{attempt.id}/finish")
    done = _row(attempt)
    assert done.points == points
    assert {mark["question"]: mark["earned"] for mark in done.marks}[line.id] == points


def test_a_wrong_answer_costs_what_the_rules_say(make, login):
    attempt = make.attempt(make.sitting(wrong_answer_penalty=25))
    browser, paper = login(_account(attempt)), _paper(attempt)
    _save(browser, attempt, sent(*paper["multiple"]))
    with reading():
        wrong = sent(paper["single"][0], value(lines(attempt)["single"], "медь"))
    _save(browser, attempt, wrong)
    browser.post_form(f"/attempts/{attempt.id}/finish")
    assert _row(attempt).points == 175


def test_the_page_shows_questions_without_keys_and_answers_as_saved(browser, attempt):
    line, answer = _paper(attempt)["single"]
    _save(browser, attempt, sent(line, answer, seq=4))
    page = browser.get(f"/attempts/{attempt.id}").text
    assert f'value="{answer["choice"]}" checked' in page
    assert f'data-question="{line}" data-kind="single" data-seq="4"' in page
    assert [word for word in ("угловой", "тавровый", "220", "%", "->") if word in _main(page)] == []
    assert f'data-deadline="{(attempt.started_at + LIMIT).astimezone(_tomsk()).isoformat()}"' in page
    assert browser.post(f"/attempts/{attempt.id}/flags", json={"question": line, "flagged": True}).status_code == 200
    assert "data-flag data-seen" in browser.get(f"/attempts/{attempt.id}").text


def _main(page):
    return page.split("<main", 1)[1].split("</main>", 1)[0]


def _tomsk():
    from zoneinfo import ZoneInfo
    return ZoneInfo("Asia/Tomsk")


def test_at_the_deadline_counts_and_a_microsecond_later_does_not(browser, attempt, clock):
    paper = _paper(attempt)
    clock.set(attempt.started_at + LIMIT)
    assert _save(browser, attempt, sent(*paper["single"])).status_code == 200
    clock.move(microseconds=1)
    late = _save(browser, attempt, sent(*paper["yes_no"]))
    assert (late.status_code, late.json["error"]) == (409, "deadline_passed")
    assert "комиссия" in late.json["text"]
    with reading():
        box = session.scalars(select(LateSave)).one()
        assert (box.question_id, json.loads(box.value), box.received_at) == (*paper["yes_no"], clock.now)
    assert (_count(Save), _row(attempt).finished_at) == (1, None)


def test_within_the_grace_the_estimated_edit_time_stands_in(browser, attempt, clock):
    paper = _paper(attempt)
    clock.set(attempt.started_at + LIMIT - timedelta(seconds=10))
    _save(browser, attempt, sent(*paper["single"], mono=1000, page_id="page"))
    clock.set(attempt.started_at + LIMIT + GRACE)
    in_time = _save(browser, attempt, sent(*paper["yes_no"], mono=11_000, page_id="page"))
    assert (in_time.status_code, in_time.json["phase"]) == (200, "running")
    with reading():
        assert session.scalar(select(Save.late_in_grace).where(Save.question_id == paper["yes_no"][0])) is True
    after = _save(browser, attempt, sent(*paper["short"], mono=11_001, page_id="page"))
    unsynced = _save(browser, attempt, sent(*paper["numeric"], mono=1, page_id="another"))
    assert (after.status_code, unsynced.status_code) == (409, 409)
    clock.move(microseconds=1)
    assert _save(browser, attempt, sent(*paper["matching"], mono=10_000, page_id="page")).status_code == 409
    assert (_count(Save), _count(LateSave)) == (2, 3)
    closed = _row(attempt)
    assert (closed.finish_reason, closed.finished_at) == ("deadline", attempt.started_at + LIMIT)
    assert closed.points == 200


def test_time_closes_an_attempt_nobody_watches(browser, attempt, clock, app):
    line, answer = _paper(attempt)["single"]
    _save(browser, attempt, sent(line, answer))
    duty = next(duty for duty in _duties() if duty.name == "attempts.close_overdue")
    clock.set(attempt.started_at + LIMIT + GRACE)
    assert (duty.every, duty.run()) == (2, 0)
    clock.move(microseconds=1)
    assert duty.run() == 1
    assert duty.run() == 0
    closed = _row(attempt)
    assert (closed.points, closed.finish_reason, closed.finished_at) == (100, "deadline", attempt.started_at + LIMIT)
    with reading():
        entries = session.scalars(select(JournalEntry).where(JournalEntry.action == "attempt.finished")).all()
        assert [json.loads(entry.payload)["points"] for entry in entries] == [100]


def _duties():
    from core.registry import registry
    return registry.duties


@pytest.mark.parametrize("path", ["", "/state", "/finish", "/receipt"])
def test_any_touch_after_the_grace_records_the_close(browser, attempt, clock, path):
    clock.set(attempt.started_at + LIMIT + GRACE + MICRO)
    reply = browser.get(f"/attempts/{attempt.id}{path}", follow_redirects=True)
    assert reply.status_code == 200
    assert (_row(attempt).finish_reason, _row(attempt).finished_at) == ("deadline", attempt.started_at + LIMIT)
    if path == "/state":
        assert (reply.json["phase"], reply.json["reason"]) == ("finished", "deadline")
    else:
        assert "Завершено по окончании времени" in reply.text


def test_between_deadline_and_close_the_page_says_what_happens(browser, attempt, clock):
    clock.set(attempt.started_at + LIMIT + MICRO)
    reply = browser.get(f"/attempts/{attempt.id}", follow_redirects=True)
    assert "Принимаем последние ответы" in reply.text
    assert _row(attempt).finished_at is None
    closed = browser.post(f"/attempts/{attempt.id}/closing", json={"reason": "deadline"})
    assert (closed.json["phase"], closed.json["reason"]) == ("finished", "deadline")
    assert "Ответы приняты" in browser.get(f"/attempts/{attempt.id}/receipt").text


def test_a_page_ahead_of_the_server_ends_nothing(browser, attempt, clock):
    clock.set(attempt.started_at + LIMIT)
    assert browser.post(f"/attempts/{attempt.id}/closing", json={}).json["phase"] == "running"
    assert _row(attempt).finished_at is None


def test_a_repeated_save_has_the_same_receipt_and_the_higher_seq_wins(browser, attempt, clock):
    line, answer = _paper(attempt)["short"]
    first = _save(browser, attempt, sent(line, answer, seq=2)).json
    clock.move(seconds=3)
    again = _save(browser, attempt, sent(line, answer, seq=2)).json
    same_value = _save(browser, attempt, sent(line, {"text": " угловой "}, seq=2, client="other")).json
    assert first["hash"] == again["hash"] == same_value["hash"]
    assert first["t"] == again["t"] == same_value["t"]
    conflict = _save(browser, attempt, sent(line, {"text": "иное"}, seq=2, client="third"))
    assert (conflict.status_code, conflict.json["error"]) == (409, "seq_conflict")
    assert _save(browser, attempt, sent(line, {"text": "старое"}, seq=1, client="old")).status_code == 200
    assert (_count(Save), _count(LateSave)) == (2, 1)
    browser.post_form(f"/attempts/{attempt.id}/finish")
    assert _row(attempt).points == 100


def test_an_answer_taken_back_earns_nothing(browser, attempt):
    line, answer = _paper(attempt)["single"]
    _save(browser, attempt, sent(line, answer))
    assert _save(browser, attempt, sent(line, None, seq=2)).status_code == 200
    assert "Без ответа: 7" in browser.get(f"/attempts/{attempt.id}/finish").text
    browser.post_form(f"/attempts/{attempt.id}/finish")
    assert _row(attempt).points == 0


def test_after_finishing_nothing_is_accepted(browser, attempt):
    line, answer = _paper(attempt)["single"]
    browser.post_form(f"/attempts/{attempt.id}/finish")
    reply = _save(browser, attempt, sent(line, answer))
    assert (reply.status_code, reply.json["error"]) == (409, "finished")
    flag = browser.post(f"/attempts/{attempt.id}/flags", json={"question": line, "flagged": True})
    assert (flag.status_code, flag.json["error"]) == (409, "finished")
    assert (_count(Save), _count(LateSave)) == (0, 0)
    assert browser.post_form(f"/attempts/{attempt.id}/finish").status_code == 303


GOOD = {"question": 1, "seq": 1, "value": None, "client_id": "c1", "mono": 5.5, "page_id": "p"}


WRONG_PAYLOADS = [
    b"", b"[]", b"null", b"17", b"{", b"\xff\xfe", b'{"question": NaN}', b"[" * 100_000, b"1" * 5000,
    *[json.dumps({**GOOD, name: wrong}).encode() for name, wrong in [
        ("question", None), ("question", "1"), ("question", True), ("question", 1.0), ("question", -1),
        ("question", 10 ** 30), ("question", [1]), ("seq", 0), ("seq", "2"), ("seq", True), ("seq", 2 ** 31),
        ("client_id", ""), ("client_id", 5), ("client_id", "x" * 65), ("client_id", "а"), ("client_id", "\ud800"),
        ("page_id", {}), ("page_id", "x" * 65), ("page_id", 1), ("mono", "1"), ("mono", True), ("mono", -1),
        ("mono", 1e300), ("mono", [])]],
    json.dumps({**GOOD, "points": 5}).encode(), json.dumps({"question": 1, "seq": 1, "client_id": "c"}).encode(),
    json.dumps(GOOD).replace("5.5", "Infinity").encode()]


def test_a_payload_of_wrong_types_is_refused_in_words(browser, attempt):
    for raw in WRONG_PAYLOADS:
        reply = browser.post(f"/attempts/{attempt.id}/answers", data=raw, content_type="application/json")
        assert (reply.status_code, reply.json["error"]) == (422, "bad_payload"), raw[:200]
        assert reply.json["text"].startswith("Сервер не понял ответ: ")
    assert _count(Save) == 0


WRONG_ANSWERS = [
    ("single", {"choice": "a99"}), ("single", {"choice": 1}), ("single", "a1"), ("single", {"choice": {}}),
    ("single", {"choice": "a1", "extra": 1}), ("multiple", {"choices": "a1"}), ("multiple", {"choices": [[]]}),
    ("multiple", {"choices": [{}]}), ("matching", {"pairs": []}), ("matching", {"pairs": {"l1": None}}),
    ("matching", {"pairs": {"l1": "r9"}}), ("ordering", {"order": ["i1"]}), ("ordering", {"order": [1, 2, 3]}),
    ("ordering", {"order": ["i1", "i1", "i2"]}), ("numeric", {"number": 220}), ("numeric", {"number": True}),
    ("numeric", {"number": "nan"}), ("numeric", {"number": "1e999999"}), ("numeric", {"number": "9" * 500}),
    ("short", {"text": 5}), ("short", {"text": "x" * 1001}), ("short", {"text": "a\x00b"}),
    ("short", {"text": "\ud800"}), ("yes_no", {"choice": "a3"}), ("yes_no", True), ("yes_no", [])]


def test_an_answer_that_does_not_fit_its_question_is_refused(browser, attempt):
    paper = _paper(attempt)
    for kind, wrong in WRONG_ANSWERS:
        reply = _save(browser, attempt, sent(paper[kind][0], wrong))
        assert reply.status_code == 422, (kind, wrong)
        assert reply.json["text"]
    assert _count(Save) == 0


def test_a_question_of_another_paper_is_refused(browser, attempt, make):
    other = make.attempt()
    line, answer = _paper(other)["single"]
    reply = _save(browser, attempt, sent(line, answer))
    assert (reply.status_code, reply.json["error"]) == (422, "unknown_question")
    huge = browser.post(f"/attempts/{attempt.id}/answers", data=b" " * 200_001, content_type="application/json")
    assert (huge.status_code, huge.json["error"]) == (413, "too_large")


def test_a_stranger_finds_nothing(attempt, make, login, client):
    stranger = login(_account(make.attempt()))
    line, answer = _paper(attempt)["single"]
    for path in ("", "/state", "/finish", "/receipt"):
        assert stranger.get(f"/attempts/{attempt.id}{path}").status_code == 404
    assert _save(stranger, attempt, sent(line, answer)).status_code == 404
    assert stranger.post(f"/attempts/{attempt.id}/finish").status_code == 404
    assert stranger.post(f"/attempts/{attempt.id}/closing", json={}).status_code == 404
    assert stranger.post(f"/attempts/{attempt.id}/flags", json={"question": line, "flagged": True}).status_code == 404
    assert stranger.get(f"/sittings/{attempt.sitting_id}/door").status_code == 404
    assert stranger.post(f"/sittings/{attempt.sitting_id}/attempts").status_code == 404
    assert _save(client, attempt, sent(line, answer)).status_code == 401
    assert (_count(Save), _row(attempt).finished_at) == (0, None)


def test_the_door_names_what_is_missing_and_lets_in_once(make, login, clock):
    sitting = make.sitting(opens=timedelta(minutes=10))
    with reading():
        nomination = attempts_nomination(sitting)
    person = make.participant(nomination, code="У-0001")
    browser, url = login(person.account_id), f"/sittings/{sitting.id}/door"
    make.briefing(nomination)
    assert "Откроется" in browser.get(url).text
    early = browser.post_form(f"/sittings/{sitting.id}/attempts", {"request_key": "k"}, page=url)
    assert early.status_code == 422
    assert _count(Attempt) == 0
    clock.move(minutes=10)
    missing = browser.get(url).text
    assert "Инструктаж не подтверждён подписью" in missing
    assert f'href="/participants/{person.id}/briefing"' in missing
    assert f'href="/participants/{person.id}/identity"' in missing
    assert "Начать</button>" not in missing
    ready = make.participant(nomination, ready=True)
    browser = login(ready.account_id)
    assert "Начать</button>" in browser.get(url).text
    first = browser.post_form(f"/sittings/{sitting.id}/attempts", {"request_key": "one"}, page=url)
    second = browser.post(f"/sittings/{sitting.id}/attempts", data={"request_key": "two"})
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert _count(Attempt) == 1
    assert browser.get(url).headers["Location"] == first.headers["Location"]


def attempts_nomination(sitting):
    from exam.attempt_pages import nomination_of
    return nomination_of(sitting)


@pytest.mark.parametrize(("passed", "said"), [
    (timedelta(minutes=80), None), (timedelta(minutes=80, microseconds=1), "Времени меньше обычного"),
    (timedelta(minutes=100), "У вас будет 20 мин"),
    (timedelta(minutes=100, microseconds=1), "меньше установленной доли"),
    (timedelta(hours=2, microseconds=1), "Время, отведённое для начала, истекло")])
def test_the_door_says_when_time_will_be_shorter(make, login, clock, passed, said):
    sitting = make.sitting()
    with reading():
        nomination = attempts_nomination(sitting)
    browser = login(make.participant(nomination, ready=True).account_id)
    clock.move(seconds=passed.total_seconds())
    page = browser.get(f"/sittings/{sitting.id}/door").text
    assert (said or "Времени: <b>40 мин</b>") in page
    assert ("Времени меньше обычного" in page) is (said in ("Времени меньше обычного", "У вас будет 20 мин"))


def test_the_board_has_names_for_staff_and_codes_for_experts(attempt, make, login, clock, browser):
    line, answer = _paper(attempt)["single"]
    _save(browser, attempt, sent(line, answer))
    with reading():
        nomination = attempts_nomination(_row(attempt).sitting)
    with reading():
        person = session.get_one(Participant, attempt.participant_id)
    secretary = login(make.account(roles=[("secretary", "contest", nomination.contest_id)]))
    chair = login(make.member(nomination, duty="chair"))
    expert = login(make.member(nomination))
    url = f"/sittings/{attempt.sitting_id}"
    page = secretary.get(url).text
    name = _name(person.account_id)
    assert name in page
    assert person.code in page
    assert "задание выполняется" in page
    assert "1 из 7" in page
    codes = chair.get(url).text
    assert person.code in codes
    assert name not in codes
    assert expert.get(url).status_code == 404
    assert browser.get(url).status_code == 404
    browser.post_form(f"/attempts/{attempt.id}/finish")
    assert "1 из 8" in secretary.get(url).text
    assert "завершено участником" in secretary.get(url).text
    assert "1 из 8" not in chair.get(url).text


def test_the_board_asks_the_database_as_often_for_three_as_for_one(make, login):
    sitting = make.sitting()
    with reading():
        nomination = attempts_nomination(sitting)
    staff = make.account(roles=[("secretary", "contest", nomination.contest_id)])
    counts = []
    for people in (1, 2):
        for _ in range(people):
            make.attempt(sitting)
        browser, asked = login(staff), []
        event.listen(database.engine(), "before_cursor_execute", lambda *call, seen=asked: seen.append(call[2]))
        assert browser.get(f"/sittings/{sitting.id}").text.count("задание выполняется") == sum((1, 2)[:people])
        counts.append(len(asked))
    assert counts[0] == counts[1]


def _name(account_id):
    from core.accounts import Account
    with reading():
        return session.get_one(Account, account_id).name


def test_an_answer_lies_in_the_database_file_before_it_is_acknowledged(browser, attempt, db):
    line, answer = _paper(attempt)["single"]
    seen = []

    def look(response):
        with sqlite3.connect(db.removeprefix("sqlite:///")) as other:
            seen.append(other.execute("SELECT count(*) FROM save").fetchone()[0])
        return response

    browser.application.after_request_funcs.setdefault(None, []).insert(0, look)
    try:
        assert _save(browser, attempt, sent(line, answer)).json["saved"] is True
    finally:
        browser.application.after_request_funcs[None].remove(look)
    with sqlite3.connect(db.removeprefix("sqlite:///")) as other:
        assert other.execute("SELECT seq FROM save").fetchall() == [(1,)]
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with reading():
        assert session.connection().exec_driver_sql("PRAGMA synchronous").scalar() == 2
    assert seen == [1]


def _at_once(calls):
    barrier, found = threading.Barrier(len(calls)), [None] * len(calls)

    def run(index, call):
        barrier.wait()
        found[index] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.both_databases
def test_starting_twice_at_once_makes_one_attempt(make, app, clock):
    from core.access import person_of
    from exam import sittings
    sitting = make.sitting()
    with reading():
        nomination = attempts_nomination(sitting)
    person = make.participant(nomination, ready=True)

    def begin(key):
        with app.app_context(), database.transaction():
            here = sittings.load(sitting.id)
            me = person_of(person.account_id, make.now)
            return attempts.start(here, sittings.participation(me, here), request_key=key, by=me, now=make.now).id

    ids = _at_once([lambda key=key: begin(key) for key in ("a", "b", "c", "d")])
    assert len(set(ids)) == 1
    assert _count(Attempt) == 1
    with reading():
        assert len(attempts.paper(ids[0])) == 7


@pytest.mark.both_databases
def test_finishing_saving_and_sweeping_at_once_close_once(make, login, app, clock):
    attempt = make.attempt()
    paper, account = _paper(attempt), _account(attempt)
    browsers = [login(account) for _ in range(4)]
    moment = attempt.started_at + LIMIT + GRACE + MICRO
    clock.set(moment)

    def sweep():
        with app.app_context():
            return attempts.close_overdue(moment)

    from core import clock as core_clock

    def at(call):
        def run():
            with core_clock.stopped_at(moment):
                return call()
        return run

    replies = _at_once([at(sweep), at(lambda: browsers[0].post(f"/attempts/{attempt.id}/finish").status_code),
                        at(lambda: browsers[1].get(f"/attempts/{attempt.id}/state").status_code),
                        at(lambda: _save(browsers[2], attempt, sent(*paper["single"])).status_code), at(sweep)])
    assert replies[1:4] == [303, 200, 409]
    assert _count(LateSave) == 1
    with reading():
        finished = session.scalars(select(JournalEntry).where(JournalEntry.action == "attempt.finished")).all()
        assert len(finished) == 1
        assert verify().bad_seq == 0


@pytest.mark.both_databases
def test_saves_of_one_attempt_at_once_make_one_chain(make, login, clock):
    attempt = make.attempt()
    paper, account = _paper(attempt), _account(attempt)
    browsers = [login(account) for _ in paper]
    from core import clock as core_clock
    moment = clock.now

    def call(browser, line, answer):
        with core_clock.stopped_at(moment):
            return _save(browser, attempt, sent(line, answer)).status_code

    replies = _at_once([lambda b=browser, p=pair: call(b, *p) for browser, pair in zip(
        browsers, paper.values(), strict=True)])
    assert replies == [200] * 7
    with reading():
        rows = session.scalars(select(Save).order_by(Save.number)).all()
        assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6, 7]
        head = hashlib.sha256(str(attempt.id).encode()).hexdigest()
        for row in rows:
            body = {"attempt": attempt.id, "question": row.question_id, "seq": row.seq, "value": row.value,
                    "mono": None, "page": "p1", "client": row.client_id, "at": row.received_at}
            head = hashlib.sha256(head.encode() + canonical(body)).hexdigest()
            assert row.hash == head
        assert session.get_one(Attempt, attempt.id).head_hash == head
