"""Setting up theory, and the steps of «Что дальше» that lead to it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from contest import contests
from contest.models import Event, Participant
from core.access import person_of
from core.db import reading, session
from exam import steps
from exam.forms.fields import length_words, read_length
from exam.models import Sitting


@pytest.mark.parametrize(("text", "seconds"), [
    ("00:40:00", 2400), ("0:00:05", 5), ("40", 2400), (" 40 мин. ", 2400), ("90 с", 90), ("90сек", 90), ("2 ч", 7200),
    ("12:00:00", 43200), ("1", 60), ("1 с", 1)])
def test_a_length_of_time_is_read(text, seconds):
    assert read_length(text) == timedelta(seconds=seconds)
    assert read_length(length_words(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "0", "-5", "00:00:00", "40:00", "00:60:00", "1.5", "1,5 ч", "сорок", "12:00:01",
                                  "13 ч", "99999", "40 минут назад", "٤٠", "1 д", "nan"])
def test_what_is_no_length_of_time_is_refused(text):
    assert read_length(text) is None


@pytest.fixture
def nomination(make):
    return make.nomination(make.contest(), grace_seconds=5, min_time_share=20)


@pytest.fixture
def account(make, nomination):
    return make.account(roles=[("organiser", "contest", nomination.contest_id)])


def _titles(account_id, now):
    with reading():
        return [(step.title, step.url) for step in steps.next_steps(person_of(account_id, now), now)]


def test_the_organiser_is_led_from_bank_to_sitting(make, login, nomination, account, now):
    event, browser = make.event(nomination, "theory"), login(account)
    name = nomination.title
    assert _titles(account.id, now) == [(f"Загрузите банк вопросов: {name}", f"/nominations/{nomination.id}/bank")]
    url = f"/events/{event.id}/sitting"
    assert "Сначала загрузите банк" in browser.get(url).text
    bank = make.bank(nomination)
    assert _titles(account.id, now) == [(f"Настройте теорию: {name}", url)]
    fields = {"bank_id": bank.id, "limit": "90 с", "question_count": 5}
    done = browser.post_form(url, fields)
    assert done.status_code == 303
    with reading():
        row = session.scalars(select(Sitting)).one()
        assert (row.limit_seconds, row.question_count, row.grace_seconds, row.min_share, row.bank_id) == (
            90, 5, 5, 20, bank.id)
        assert (row.opens_at, row.closes_at) == (event.starts_at, event.ends_at)
    assert 'value="00:01:30"' in browser.get(url).text
    assert _titles(account.id, now) == []
    assert "90 с" in browser.get(done.headers["Location"]).text


@pytest.mark.parametrize(("changes", "said"), [
    ({"limit": "долго"}, "Укажите время так"), ({"question_count": 8}, "от 1 до 7"), ({"question_count": 0}, "от 1 до"),
    ({"question_count": "много"}, "Вопросов в варианте"), ({"bank_id": 999}, "Банк вопросов")])
def test_wrong_settings_are_refused_beside_the_field(make, login, nomination, account, changes, said):
    event, bank = make.event(nomination, "theory"), make.bank(nomination)
    answer = login(account).post_form(f"/events/{event.id}/sitting", {
        "bank_id": bank.id, "limit": "40", "question_count": 7} | changes)
    assert answer.status_code == 422
    assert said in answer.text
    with reading():
        assert session.scalars(select(Sitting)).all() == []


def test_what_has_begun_is_not_set_again(make, login, nomination, account, now):
    sitting = make.sitting(nomination)
    make.attempt(sitting)
    answer = login(account).post_form(f"/events/{sitting.event_id}/sitting", {
        "bank_id": sitting.bank_id, "limit": "10", "question_count": 7})
    assert answer.status_code == 422
    assert "уже начали выполнять" in answer.text


def test_a_moved_event_asks_for_the_settings_again(make, login, nomination, account, operation, now):
    sitting = make.sitting(nomination, opens=timedelta(hours=1))

    def move(event_id):
        event = session.get_one(Event, event_id)
        contests.edit_event(event, by=person_of(account.id, now), now=now, ends_at=event.ends_at,
                            starts_at=event.starts_at + timedelta(minutes=30))

    operation(move, sitting.event_id)
    url = f"/events/{sitting.event_id}/sitting"
    assert _titles(account.id, now) == [(f"Расписание теории изменено: {nomination.title}", url)]
    browser = login(account)
    assert "Расписание изменено" in browser.get(f"/sittings/{sitting.id}").text
    browser.post_form(url, {"bank_id": sitting.bank_id, "limit": "40", "question_count": 7})
    assert _titles(account.id, now) == []


def test_theory_is_set_only_on_theory_by_its_organiser(make, login, nomination, account):
    practice, theory = make.event(nomination, "practice"), make.event(nomination, "theory")
    assert login(account).get(f"/events/{practice.id}/sitting").status_code == 404
    other = login(make.account(roles=[("organiser", "contest", make.contest().id)]))
    assert other.get(f"/events/{theory.id}/sitting").status_code == 404
    secretary = login(make.account(roles=[("secretary", "contest", nomination.contest_id)]))
    assert secretary.get(f"/events/{theory.id}/sitting").status_code == 404


def test_steps_of_a_participant_follow_theory(make, nomination, clock, operation):
    from exam import attempts, sittings
    sitting = make.sitting(nomination, opens=timedelta(minutes=10))
    person = make.participant(nomination, ready=True)
    me = person.account_id

    def seen():
        with reading():
            found = list(steps.next_steps(person_of(me, clock.now), clock.now))
            return [(step.title, step.url, step.due, step.lead, step.done) for step in found]

    door = f"/sittings/{sitting.id}/door"
    assert seen() == [("Теория", door, sitting.opens_at, False, False)]
    clock.move(minutes=10)
    assert seen() == [("Теория: можно начинать", door, sitting.closes_at, True, False)]

    def begin():
        here = sittings.load(sitting.id)
        return attempts.start(here, session.get_one(Participant, person.id), request_key="k",
                              by=person_of(me, clock.now), now=clock.now).id

    attempt_id = operation(begin)
    assert seen() == [("Теория выполняется", f"/attempts/{attempt_id}", clock.now + timedelta(minutes=40), True, False)]
    clock.move(minutes=40, seconds=5, microseconds=1)
    assert seen() == [("Теория завершена", f"/attempts/{attempt_id}/receipt", None, False, True)]


def test_participants_of_one_variant_get_the_same_questions_in_their_own_order(make, nomination):
    from exam import attempts
    sitting = make.sitting(nomination, count=4)
    papers = []
    for _ in range(3):
        attempt = make.attempt(sitting)
        with reading():
            papers.append([line.question_id for line in attempts.paper(attempt.id)])
    assert len({frozenset(paper) for paper in papers}) == 1
    assert len({tuple(paper) for paper in papers}) > 1
