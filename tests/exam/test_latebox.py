"""The late box: who sees it, who admits from it, what an admitted answer is worth."""

import pytest
from sqlalchemy import select

from core.db import reading, session, transaction
from core.errors import Refused
from core.journal import JournalEntry
from exam import answers, attempts, holds, latebox
from exam.models import LateSave, Sitting
from tests.exam.answering import lines, sent, value
from tests.exam.test_grants import GRACE, LIMIT, MICRO, Room


@pytest.fixture
def room(make):
    found = Room(make)
    found.head = make.member(found.nomination, "commission", "chair")
    return found


def late(room, login, clock, *, words="железо", kind="single", seq=2, client=""):
    """An answer that came too late."""
    clock.set(max(clock.now, room.started + LIMIT + GRACE + MICRO))
    with reading():
        line = lines(room.attempt)[kind]
        body = sent(line.id, value(line, words), seq=seq, client=client)
    assert login(room.account).post(f"{room.url}/answers", json=body).json["error"] == "deadline_passed"
    return room.rows(LateSave)[-1]


def admit(room, row, reason="прибор завис у организатора"):
    return room.do(lambda attempt, by, now: latebox.admit(session.get_one(LateSave, row.id), attempt, reason=reason,
                                                          by=by, now=now), by=room.head)


def code_of(call, *args):
    with pytest.raises(Refused) as found:
        call(*args)
    return found.value.code


def test_the_chair_of_the_commission_admits_one_and_it_counts_at_once(room, login, clock):
    wrong, _right = late(room, login, clock, words="медь", seq=2), late(room, login, clock, seq=3)
    assert room.row().points == 0
    head = login(room.head)
    assert "Ответы после окончания времени" in head.get("/").text
    url = f"/sittings/{room.attempt.sitting_id}/late"
    page = head.get(url).text
    assert page.count("Допустить…") == 2
    assert "поступил после окончания времени" in page
    assert "Оценивается сейчас: нет ответа" in page
    right = room.rows(LateSave)[-1]
    form = f"/late-answers/{right.id}/admission"
    assert "Напишите причину" in head.post_form(form, {"reason": " "}).text
    assert head.post_form(form, {"reason": "прибор завис у организатора"}).status_code == 303
    assert room.row().points == 100
    with reading():
        line = lines(room.attempt)["single"]
        assert answers.standing(room.attempt.id) == {line.id: (3, value(line))}
        assert answers.counts([room.attempt.id]) == {room.attempt.id: 1}
        entry = session.scalars(select(JournalEntry).where(JournalEntry.action == "late.admitted")).one()
        row = session.get_one(LateSave, right.id)
    assert (entry.object_type, entry.object_id) == ("attempt", str(room.attempt.id))
    assert '"points":100' in entry.payload
    assert '"points_before":0' in entry.payload
    assert (row.admitted_at, row.admitted_by_id, row.admit_reason) == (
        clock.now, room.head.id, "прибор завис у организатора")
    assert "допущен" in head.get(url).text
    assert head.post_form(form, {"reason": "ещё раз"}, page=url).status_code == 422
    assert code_of(admit, room, wrong) == "superseded"


def test_commission_and_staff_look_and_nobody_else(room, make, login, clock):
    row = late(room, login, clock)
    url = f"/sittings/{room.attempt.sitting_id}/late"
    member, secretary = make.member(room.nomination, "commission"), make.staff(room.nomination.contest, "secretary")
    for account, sees, admits in ((room.head, 200, 200), (member, 200, 404), (secretary, 200, 404),
                                  (room.proctor, 404, 404), (room.chair, 404, 404), (room.account, 404, 404),
                                  (Room(make).proctor, 404, 404)):
        browser = login(account)
        assert browser.get(url).status_code == sees
        assert browser.get(f"/late-answers/{row.id}/admission").status_code == admits
        assert browser.post(f"/late-answers/{row.id}/admission", data={"reason": "x"}).status_code == (
            303 if admits == 200 else 404)
        if admits == 200:
            with transaction():
                kept = session.get_one(LateSave, row.id)
                kept.admitted_at, kept.admitted_by_id = None, None
    assert room.code in login(member).get(url).text
    assert "Допустить…" not in login(secretary).get(url).text
    assert "Посмотреть ответы" in login(secretary).get(f"{room.url}/time").text
    assert "Посмотреть ответы" not in login(room.proctor).get(f"{room.url}/time").text


def test_not_while_the_attempt_runs(room, login, clock):
    row = late(room, login, clock)
    room.grant()
    assert code_of(admit, room, row) == "running"


def test_not_once_the_results_are_fixed(room, login, clock, monkeypatch):
    row = late(room, login, clock)
    monkeypatch.setitem(holds.holds, "test", lambda _nomination: "Итоги уже опубликованы.")
    assert code_of(admit, room, row) == "results_fixed"
    page = login(room.head).get(f"/sittings/{room.attempt.sitting_id}/late").text
    assert "Итоги уже опубликованы." in page
    assert "Допустить…" not in page
    assert "Ответы после окончания времени" not in login(room.head).get("/").text
    assert code_of(room.grant) == "results_fixed"
    assert room.row().points == 0


def test_the_second_value_of_one_seq_may_be_admitted(room, login, clock):
    browser = login(room.account)
    with reading():
        line = lines(room.attempt)["single"]
        bodies = [sent(line.id, value(line, words), client=words[:1].encode().hex()) for words in ("медь", "железо")]
    assert browser.post(f"{room.url}/answers", json=bodies[0]).status_code == 200
    assert browser.post(f"{room.url}/answers", json=bodies[1]).json["error"] == "seq_conflict"
    room.do(attempts.finish, by=room.account)
    assert room.row().points == 0
    row = room.rows(LateSave)[0]
    with reading():
        assert latebox.lines([row])[0].cause == "на этот вопрос уже сохранён другой ответ под тем же номером изменения"
    admit(room, row)
    assert room.row().points == 100


def test_what_came_between_the_close_and_the_reopening_says_so(room, login, clock):
    row = late(room, login, clock)
    clock.move(minutes=5)
    room.grant()
    with reading():
        assert latebox.lines([row])[0].cause == "поступил между окончанием времени и его продлением"
    clock.move(minutes=6)
    with room.make.app.app_context():
        assert attempts.close_overdue(clock.now) == 1
    assert room.row().points == 0
    admit(room, row)
    assert room.row().points == 100


def test_a_later_answer_of_the_participant_stands(room, login, clock):
    late(room, login, clock, words="медь", seq=4, client="a")
    admit(room, room.rows(LateSave)[0])
    with reading():
        line = lines(room.attempt)["single"]
        assert answers.standing(room.attempt.id)[line.id][0] == 4
    better = late(room, login, clock, words="железо", seq=3, client="b")
    assert code_of(admit, room, better) == "superseded"
    assert room.row().points == 0


def test_the_late_box_of_a_stranger_is_not_there(room, make, login):
    other = Room(make)
    other.head = make.member(other.nomination, "commission", "chair")
    assert login(other.head).get(f"/sittings/{room.attempt.sitting_id}/late").status_code == 404
    assert login(room.head).get("/late-answers/999/admission").status_code == 404


def test_the_page_asks_the_database_as_often_for_two_participants_as_for_one(room, make, login, clock):
    from sqlalchemy import event

    from core import db as database
    asked = []
    event.listen(database.engine(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    with reading():
        sitting = session.get_one(Sitting, room.attempt.sitting_id)
    other = make.attempt(sitting)
    counts = []
    for attempt in (room.attempt, other):
        with transaction():
            line = lines(attempt)["single"].id
            session.add(LateSave(attempt_id=attempt.id, question_id=line, seq=1, value="null", client_id="c",
                                 received_at=clock.now))
        with reading():
            asked.clear()
            assert len(latebox.of_sitting(sitting.id)) == len(counts) + 1
            counts.append(len(asked))
    assert counts[0] == counts[1]
