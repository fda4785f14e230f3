"""More time: proposed by those who watch, given by the person the rules name, with the page and the next steps."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from contest.models import Nomination, Participant
from core import clock as core_clock
from core import realtime
from core.access import person_of
from core.db import reading, session
from core.errors import Refused
from core.journal import JournalEntry
from exam import attempts, contacts, grants, sittings, steps_time
from exam.models import Attempt, Contact, LateSave, Sitting, TimeGrant, TimeProposal
from exam.rules import timing
from tests.exam.answering import lines, sent, value

MICRO = timedelta(microseconds=1)
LIMIT, GRACE, FIVE = timedelta(minutes=40), timedelta(seconds=30), timedelta(minutes=5)


class Room:
    """An attempt and the people round it."""

    def __init__(self, make, **settings):
        self.make, self.attempt = make, make.attempt(make.sitting(**settings))
        with reading():
            found = session.get_one(Attempt, self.attempt.id)
            self.nomination = session.get_one(Nomination, found.sitting.nomination_id)
            person = session.get_one(Participant, found.participant_id)
            self.account, self.code = person.account_id, person.code
        self.url, self.started = f"/attempts/{self.attempt.id}", found.started_at
        self.chair = make.member(self.nomination, duty="chair")
        self.proctor = make.staff(self.nomination.contest, "proctor", "Дроздов Илья Сергеевич")

    def me(self, account):
        with reading():
            return person_of(getattr(account, "id", account), self.make.now)

    def row(self):
        with reading():
            return session.get_one(Attempt, self.attempt.id)

    def deadline(self):
        with reading():
            row = session.get_one(Attempt, self.attempt.id)
            return timing.deadline(sittings.rules_of(row.sitting), sittings.facts_of(row), self.make.now)

    def rows(self, model):
        with reading():
            return session.scalars(select(model).where(model.attempt_id == self.attempt.id).order_by(model.id)).all()

    def actions(self):
        with reading():
            return session.scalars(select(JournalEntry.action).where(
                JournalEntry.object_type == "attempt").order_by(JournalEntry.seq)).all()

    def do(self, call, *args, by=None, **kwargs):
        """An operation on the attempt in a transaction of its own."""
        from core.db import transaction
        person = self.me(by or self.chair)
        with self.make.app.app_context(), transaction():
            return call(session.get_one(Attempt, self.attempt.id), *args, by=person, now=self.make.now, **kwargs)

    def grant(self, span=FIVE, **more):
        return self.do(grants.grant, span=span, reason="отключали свет", **more)

    def propose(self, span=FIVE, reason="отключали свет", **more):
        return self.do(grants.propose, span=span, reason=reason, by=self.proctor, **more)

    def save(self, browser, seq=1, kind="single", client=""):
        with reading():
            line = lines(self.attempt)[kind]
            body = sent(line.id, value(line), seq=seq, client=client)
        return browser.post(f"{self.url}/answers", json=body)


@pytest.fixture
def room(make):
    return Room(make)


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as found:
        call(*args, **kwargs)
    assert found.value.text.endswith(".")
    return found.value.code


def test_a_running_attempt_gets_the_time(room, clock):
    clock.move(minutes=10)
    row = room.grant()
    assert (row.seconds, row.added_seconds, row.closed_at, row.proposal_id) == (300, 300, None, None)
    assert (row.deadline_before, row.deadline_after) == (room.started + LIMIT, room.started + LIMIT + FIVE)
    found = room.row()
    assert (found.extra_seconds, found.version, found.finished_at) == (300, 2, None)
    room.grant(timedelta(seconds=90))
    assert (room.row().extra_seconds, room.row().version) == (390, 3)
    assert room.deadline() == room.started + LIMIT + timedelta(seconds=390)
    assert room.actions() == ["attempt.started", "attempt.time_granted", "attempt.time_granted"]


def test_the_page_of_the_participant_hears_the_new_deadline_and_version(room, login, clock):
    browser = login(room.account)
    before = browser.get(f"{room.url}/state").json
    room.grant()
    after = browser.get(f"{room.url}/state").json
    assert (before["version"], after["version"]) == (1, 2)
    assert after["deadline"] == (room.started + LIMIT + FIVE).isoformat()
    clock.set(room.started + LIMIT + FIVE)
    assert room.save(browser).status_code == 200
    clock.move(microseconds=1)
    assert room.save(browser, kind="yes_no").json["error"] == "deadline_passed"


def test_the_road_of_a_proposal(room, login, clock):
    clock.move(minutes=10)
    proctor, chair, page = login(room.proctor), login(room.chair), f"{room.url}/time"
    shown = proctor.get(page).text
    assert "Предложить добавить время" in shown
    assert "председатель экспертной группы" in shown
    answer = proctor.post_form(f"{room.url}/time-proposals", {"span": "5 мин", "reason": "отключали свет"}, page=page)
    assert answer.status_code == 303
    (asked,) = room.rows(TimeProposal)
    assert (asked.seconds, asked.basis, asked.granted, asked.reason) == (300, "other", None, "отключали свет")
    assert "ждёт решения" in proctor.get(page).text
    assert proctor.get(f"/time-proposals/{asked.id}/decision").status_code == 404
    assert "Решите о добавлении времени" in chair.get("/").text
    assert "Решить: 1" in chair.get(f"/sittings/{room.attempt.sitting_id}").text
    url = f"/time-proposals/{asked.id}/decision"
    assert 'value="00:05:00"' in chair.get(url).text
    decided = chair.post_form(url, {"outcome": "grant", "span": "4 мин", "reason": "по записи"})
    assert decided.status_code == 303
    (given,) = room.rows(TimeGrant)
    assert (given.seconds, given.proposal_id, given.reason) == (240, asked.id, "по записи")
    assert "Решите о добавлении времени" not in chair.get("/").text
    assert "время добавлено" in proctor.get(page).text
    again = chair.post(url, data={"outcome": "refuse", "span": "4 мин", "reason": "передумал"})
    assert (again.status_code, room.row().extra_seconds) == (422, 240)
    assert room.actions()[1:] == ["attempt.time_proposed", "attempt.time_granted"]


def test_a_proposal_is_refused_with_a_reason(room, login):
    asked = room.propose()
    chair, url = login(room.chair), f"/time-proposals/{asked.id}/decision"
    empty = chair.post_form(url, {"outcome": "refuse", "span": "5 мин", "reason": " "})
    assert "Напишите причину" in empty.text
    assert chair.post_form(url, {"outcome": "refuse", "span": "5 мин", "reason": "связь была"}).status_code == 303
    (row,) = room.rows(TimeProposal)
    assert (row.granted, row.decision, row.decided_by_id) == (False, "связь была", room.chair.id)
    assert (room.row().version, room.rows(TimeGrant)) == (1, [])
    assert room.actions()[-1] == "attempt.time_refused"
    assert "отказано" in login(room.proctor).get(f"{room.url}/time").text


def test_the_same_proposal_does_not_wait_twice(room):
    room.propose()
    assert refused(room.propose) == "proposed"
    room.propose(reason="и интернет тоже")
    assert len(room.rows(TimeProposal)) == 2


def test_reopened_within_half_an_hour_and_closed_again(room, login, clock):
    browser = login(room.account)
    assert room.save(browser, seq=1).status_code == 200
    closed = room.started + LIMIT
    clock.set(closed + GRACE + MICRO)
    assert room.save(browser, seq=2).json["error"] == "deadline_passed"
    assert (room.row().finished_at, room.row().points) == (closed, 100)
    clock.set(closed + timedelta(minutes=20, microseconds=7))
    row = room.grant()
    assert (row.closed_at, row.seconds, row.added_seconds) == (closed, 300, 25 * 60 + 1)
    found = room.row()
    assert (found.finished_at, found.finish_reason, found.points, found.marks, found.version) == (
        None, None, None, None, 2)
    assert room.deadline() == closed + timedelta(seconds=25 * 60 + 1) == row.deadline_after
    assert timedelta(0) <= room.deadline() - (clock.now + FIVE) < timedelta(seconds=1)
    assert browser.get(f"{room.url}/state").json["phase"] == "running"
    assert [(row.seq, row.admitted_at) for row in room.rows(LateSave)] == [(2, None)]  # refused between: it stays there
    assert room.save(browser, seq=3, kind="yes_no").status_code == 200
    assert room.actions()[-2:] == ["attempt.reopened", "attempt.time_granted"]
    clock.set(row.deadline_after + GRACE + MICRO)
    with room.make.app.app_context():
        assert [attempts.close_overdue(clock.now), attempts.close_overdue(clock.now)] == [1, 0]
    assert (room.row().finished_at, room.row().points) == (row.deadline_after, 200)


def test_a_close_that_nobody_recorded_is_recorded_and_opened_again(room, clock):
    clock.set(room.started + LIMIT + GRACE + MICRO)
    row = room.grant()
    assert row.closed_at == room.started + LIMIT
    assert room.actions() == ["attempt.started", "attempt.finished", "attempt.reopened", "attempt.time_granted"]
    assert room.row().finished_at is None


def test_within_the_grace_nothing_is_closed_yet(room, clock):
    clock.set(room.started + LIMIT + GRACE)
    row = room.grant()
    assert (row.closed_at, row.deadline_after) == (None, room.started + LIMIT + FIVE)


@pytest.mark.parametrize(
    ("passed", "code"), [(timedelta(minutes=30) - MICRO, ""), (timedelta(minutes=30), "reopen_too_late")])
def test_half_an_hour_after_the_close_is_too_late(room, clock, passed, code):
    clock.set(room.started + LIMIT + passed)
    if code:
        assert refused(room.grant) == code
        assert refused(room.propose) == code
        assert (room.row().extra_seconds, room.rows(TimeGrant)) == (0, [])
    else:
        assert room.grant().closed_at == room.started + LIMIT


def test_what_the_participant_finished_stays_finished(room, clock):
    person = room.me(room.account)
    room.do(attempts.finish, by=room.account)
    assert person.account_id == room.account
    assert refused(room.grant) == "finished"


def test_a_grant_past_the_hard_end_is_refused_in_words(room, clock):
    most = timedelta(hours=4) - LIMIT
    assert refused(room.grant, most + timedelta(seconds=1)) == "hard_end"
    assert room.grant(most).deadline_after == room.started + timedelta(hours=4)


def test_a_refused_form_says_why(room, login, clock):
    chair = login(room.chair)
    for fields, said in (({"span": "0", "reason": "x"}, "Укажите время так"), ({"span": "5 мин"}, "Напишите причину"),
                         ({"span": "11 ч", "reason": "x"}, "крайний срок")):
        answer = chair.post_form(f"{room.url}/grants", fields, page=f"{room.url}/time")
        assert answer.status_code == 422
        assert said in answer.text
    assert room.row().version == 1


@pytest.mark.parametrize("who", ["expert_chair", "member_chair", "organiser"])
def test_only_the_person_the_rules_name_decides(make, login, who):
    room = Room(make, who_grants_time=who)
    people = {"expert_chair": room.chair, "member_chair": make.member(room.nomination, "commission", "chair"),
              "organiser": make.staff(room.nomination.contest, "organiser"), "proctor": room.proctor,
              "secretary": make.staff(room.nomination.contest, "secretary"),
              "expert": make.member(room.nomination)}
    asked = room.propose()
    fields = {"span": "1 мин", "reason": "по записи"}
    for role, account in people.items():
        browser = login(account)
        assert (browser.get(f"/time-proposals/{asked.id}/decision").status_code == 200) is (role == who)
        assert browser.post(f"{room.url}/grants", data=fields).status_code == (303 if role == who else 404)
    assert [row.by_id for row in room.rows(TimeGrant)] == [people[who].id]


def test_a_stranger_and_the_participant_see_nothing(room, make, login):
    asked = room.propose()
    other = Room(make)
    for browser in (login(room.account), login(other.chair), login(other.proctor)):
        for path in (f"{room.url}/time", f"/time-proposals/{asked.id}/decision"):
            assert browser.get(path).status_code == 404
        for path in ("time-proposals", "grants", "compensations"):
            assert browser.post(f"{room.url}/{path}", data={"span": "5 мин", "reason": "x"}).status_code == 404
    assert (len(room.rows(TimeProposal)), room.rows(TimeGrant)) == (1, [])


def test_names_are_for_those_who_work_with_names(room, login):
    from core.accounts import Account
    with reading():
        name = session.get_one(Account, room.account).name
    for account, sees in ((room.proctor, True), (room.chair, False)):
        page = login(account).get(f"{room.url}/time").text
        assert room.code in page
        assert (name in page) is sees


def test_the_room_of_an_attempt_lets_in_its_participant_and_those_who_watch(room, make):
    guard, other = realtime.room_guards["attempt"], Room(make)
    with reading():
        people = [room.me(one) for one in (room.account, room.chair, room.proctor)]
        strangers = [room.me(one) for one in (other.account, other.chair, other.proctor)]
        assert [guard(one, room.attempt.id) for one in people] == [True, True, True]
        assert [guard(one, room.attempt.id) for one in strangers] == [False, False, False]
        assert guard(people[1], 10**6) is False


def test_open_pages_are_told_after_the_commit(room, login, monkeypatch):
    told = []
    monkeypatch.setattr(realtime.socketio, "emit", lambda event, body, to: told.append((event, to)))
    chair, fields = login(room.chair), {"span": "5 мин", "reason": "отключали свет"}
    assert chair.post(f"{room.url}/grants", data=fields | {"span": "11 ч"}).status_code == 422
    assert told == []
    assert chair.post(f"{room.url}/grants", data=fields).status_code == 303
    assert {("changed", f"attempt:{room.attempt.id}"), ("changed", f"sitting:{room.attempt.sitting_id}")} <= set(told)


def heard(room, *stretches):
    """Stretches of contact in seconds after the start."""
    from core.db import transaction
    with transaction():
        session.query(Contact).filter(Contact.attempt_id == room.attempt.id).delete()
        for first, last in stretches:
            session.add(Contact(attempt_id=room.attempt.id, from_at=room.started + timedelta(seconds=first),
                                last_at=room.started + timedelta(seconds=last)))


def test_an_offline_interval_is_shown_and_its_compensation_proposed_once(room, login, clock):
    heard(room, (1, 100), (300.25, 590))
    clock.set(room.started + timedelta(seconds=600))
    proctor, page = login(room.proctor), f"{room.url}/time"
    shown = proctor.get(page).text
    assert "на связи" in shown
    assert "Предложить компенсацию 3 мин 21 с" in shown
    start = (room.started + timedelta(seconds=100)).isoformat()
    assert proctor.post_form(f"{room.url}/compensations", {"start": start}, page=page).status_code == 303
    (asked,) = room.rows(TimeProposal)
    assert (asked.seconds, asked.basis) == (201, "offline")
    assert (asked.offline_from, asked.offline_until) == (
        room.started + timedelta(seconds=100), room.started + timedelta(seconds=300.25))
    assert "Нет связи с " in asked.reason
    again = proctor.post(f"{room.url}/compensations", data={"start": start})
    assert (again.status_code, "уже предложена" in again.text) == (422, True)
    wrong = proctor.post(f"{room.url}/compensations", data={"start": room.started.isoformat()})
    assert (wrong.status_code, "Такого перерыва связи уже нет" in wrong.text) == (422, True)
    assert "компенсация предложена" in proctor.get(page).text
    assert len(room.rows(TimeProposal)) == 1


def test_while_the_interval_goes_on_only_the_rest_is_proposed(room, login, clock):
    heard(room, (1, 100))
    clock.set(room.started + timedelta(seconds=200))
    proctor, url = login(room.proctor), f"{room.url}/compensations"
    start = (room.started + timedelta(seconds=100)).isoformat()
    assert "нет связи с 13:01:40, 1 мин 40 с" in proctor.get(f"/sittings/{room.attempt.sitting_id}").text
    assert proctor.post(url, data={"start": start}).status_code == 303
    clock.move(seconds=50)
    asked = room.rows(TimeProposal)[0]
    room.do(grants.grant, span=timedelta(seconds=100), reason="по записи", proposal=None)
    room.do(lambda attempt, by, now: grants.refuse(attempt, session.get_one(TimeProposal, asked.id), reason="нет",
                                                   by=by, now=now))
    assert proctor.post(url, data={"start": start}).status_code == 303
    assert [row.seconds for row in room.rows(TimeProposal)] == [100, 50]


def test_silence_counts_between_start_and_finish_only(room, clock):
    def found():
        with reading():
            return contacts.connection(session.get_one(Attempt, room.attempt.id), now=clock.now)

    clock.move(seconds=20)
    assert (found().intervals, found().since) == ([], None)
    clock.move(microseconds=1)
    assert (found().intervals, found().since) == ([(room.started, clock.now)], room.started)
    heard(room, (1, 2390))
    clock.set(room.started + LIMIT + GRACE)
    assert (found().intervals, found().ended) == ([], False)
    clock.move(microseconds=1)
    assert found() == contacts.Connection([], None, True)
    heard(room, (1, 100))
    assert found().intervals == [(room.started + timedelta(seconds=100), room.started + LIMIT)]
    clock.set(room.started + LIMIT + timedelta(minutes=20))
    room.grant()
    heard(room, (1, 2399), (2400 + 1201, 2400 + 1210))
    clock.move(seconds=10)
    assert (found().intervals, found().since) == ([], None)


def test_the_board_hears_of_silence_and_of_its_end_once(room, clock):
    contacts._seen.clear()
    with room.make.app.app_context():
        seen = [contacts.tell_changes(clock.move(seconds=step)) for step in (20, 1, 60)]
        heard(room, (0, 100))
        seen += [contacts.tell_changes(clock.move(seconds=step)) for step in (19, 1)]
    assert seen == [0, 1, 0, 1, 0]


def test_next_steps_are_silent_for_those_who_do_not_decide(room):
    room.propose()
    for account, count in ((room.chair, 1), (room.proctor, 0), (room.account, 0)):
        person = room.me(account)
        with reading():
            assert len(list(steps_time.next_steps(person, room.make.now))) == count


def at_once(clock, *calls):
    """Every call in a thread of its own at the same time; a refusal is its code."""
    barrier, found, moment = threading.Barrier(len(calls)), [None] * len(calls), clock.now

    def run(index, call):
        with core_clock.stopped_at(moment):
            barrier.wait()
            try:
                found[index] = call()
            except Refused as refusal:
                found[index] = refusal.code

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.both_databases
def test_grants_at_once_all_count_and_a_proposal_is_decided_once(room, clock):
    asked = room.propose()

    def decide(attempt, by, now):
        grants.grant(attempt, span=FIVE, reason="по записи", proposal=session.get_one(TimeProposal, asked.id), by=by,
                     now=now)
        return "granted"

    found = at_once(clock, *[lambda: room.do(decide)] * 3, *[lambda: room.grant(timedelta(minutes=1)).seconds] * 2)
    assert sorted(found[:3]) == ["decided", "decided", "granted"]
    assert found[3:] == [60, 60]
    assert (room.row().extra_seconds, room.row().version) == (420, 4)
    assert sorted(row.added_seconds for row in room.rows(TimeGrant)) == [60, 60, 300]


def test_facts_of_many_ask_once_and_only_where_time_was_granted(room, make, clock):
    from sqlalchemy import event

    from core import db as database
    other = make.attempt(room.make._call(lambda _make: session.get_one(Sitting, room.attempt.sitting_id)))
    asked = []
    listen = (database.engine(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    event.listen(*listen)
    with reading():
        rows = [session.get_one(Attempt, key) for key in (room.attempt.id, other.id)]
        asked.clear()
        assert [facts.reopened for facts in sittings.facts_of_many(rows).values()] == [(), ()]
        assert asked == []
    event.remove(*listen)
    clock.set(room.started + LIMIT + GRACE + MICRO)
    room.grant()
    with reading():
        (gap,) = sittings.facts_of(session.get_one(Attempt, room.attempt.id)).reopened
        assert (gap.closed, gap.at) == (room.started + LIMIT, clock.now)
