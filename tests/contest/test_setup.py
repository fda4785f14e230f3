"""Setting up a contest over HTTP: from nothing to announced, every refusal on the way, rules, timetable, people."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from contest import contests
from contest.models import Body, BodyMember, Contest, Event, Nomination
from core.accounts import Account, RoleGrant
from core.db import reading, session
from core.errors import Refused

CONTEST = {"title": "«Лучший по профессии»", "region": "Томская область", "year": "2026", "zone": "Asia/Tomsk",
           "operator_name": "Департамент труда", "operator_inn": "7017000000"}
DATES = {"applications_open_at": "2026-03-01 09:00", "applications_close_at": "15.05.2026 18:00:30"}
TEXTS = dict.fromkeys(("processing", "video", "publication"),
                      "Текст согласия, достаточно длинный, чтобы его можно было утвердить как документ.")


@pytest.fixture
def organiser(login, make):
    return login(make.organiser())


def _only(model):
    with reading():
        return session.scalars(select(model)).one()


def test_from_nothing_to_announced_with_each_refusal_named(organiser, client):
    assert organiser.post_form("/contests/new", CONTEST).status_code == 303
    contest = _only(Contest)
    url = f"/contests/{contest.id}"
    wanted = ["начало и окончание приёма", "хотя бы одну номинацию", "тексты трёх согласий", "конкурсную комиссию"]
    page = organiser.get(f"{url}/setup").text.lower()
    refused = organiser.post_form(f"{url}/announcement", page=f"{url}/setup")
    assert refused.status_code == 409
    assert all(words in page and words in refused.text for words in wanted)
    assert client.get(url).status_code == 404
    assert organiser.post_form(f"{url}/edit", CONTEST | DATES).status_code == 303
    assert organiser.post_form(f"{url}/nominations/new", {
        "title": "Лучший сварщик", "profession": "сварщик", "prize_places": "3", "min_experience_years": "3",
        "min_age": "18"}).status_code == 303
    assert organiser.post_form(f"{url}/consents", TEXTS).status_code == 303
    assert "конкурсную комиссию" in organiser.post_form(f"{url}/announcement", page=f"{url}/setup").text
    assert organiser.post_form(f"{url}/bodies/new", {"kind": "commission", "nomination_id": "0",
                                                     "title": "Комиссия"}).status_code == 303
    assert organiser.post_form(f"{url}/announcement", page=f"{url}/setup").status_code == 303
    assert "Лучший сварщик" in client.get(url).text
    contest = _only(Contest)
    assert (contest.state, contest.applications_close_at) == ("announced", datetime(2026, 5, 15, 11, 0, 30, tzinfo=UTC))


@pytest.mark.parametrize(("field", "text", "words"), [
    ("zone", "Томск", "Такого часового пояса нет"), ("year", "скоро", "числ"),
    ("operator_inn", "123", "10 или 12 цифр"),
    ("contact_email", "почта", "Проверьте адрес"), ("applications_open_at", "завтра", "не дата и время"),
    ("applications_open_at", "2026-02-30 10:00", "не бывает"), ("title", " ", "Заполните")])
def test_a_contest_typed_wrongly_stays_on_the_page(organiser, field, text, words):
    answer = organiser.post_form("/contests/new", CONTEST | {field: text})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Департамент труда" in answer.text
    with reading():
        assert session.scalar(select(func.count(Contest.id))) == 0


def test_a_role_in_one_contest_makes_no_other_contest(login, make):
    browser = login(make.staff(make.contest(), "organiser"))
    assert browser.get("/contests/new").status_code == 404
    assert browser.post("/contests/new", data=CONTEST).status_code == 404


def test_an_announced_contest_keeps_its_zone_and_its_dates(login, make):
    contest = make.contest()
    browser = login(make.staff(contest, "organiser"))
    page = f"/contests/{contest.id}/edit"
    for change, words in (({"zone": "Asia/Omsk"}, "пояс объявленного конкурса не меняют"),
                          ({"applications_close_at": ""}, "изменить, но не убрать")):
        answer = browser.post_form(page, CONTEST | DATES | change)
        assert answer.status_code == 422
        assert words in answer.text
    assert browser.post_form(page, CONTEST | DATES).status_code == 303


def test_a_contest_goes_on_by_the_organisers_acts(login, make, clock):
    contest = make.contest()
    nomination = make.nomination(contest, title="Лучший сварщик")
    make.event(nomination, "theory")
    browser, url = login(make.staff(contest, "organiser")), f"/contests/{contest.id}"
    refused = browser.post_form(f"{url}/beginning")
    assert refused.status_code == 422
    assert "закрепите правила номинаций: Лучший сварщик" in refused.text
    browser.post_form(f"/nominations/{nomination.id}/settings/freezing", page=f"/nominations/{nomination.id}/settings")
    assert browser.post_form(f"{url}/beginning").status_code == 303
    assert "Впереди ещё событие" in browser.post_form(f"{url}/finish").text
    clock.move(hours=4)
    assert browser.post_form(f"{url}/finish").status_code == 303
    assert browser.post_form(f"{url}/finish").status_code == 422
    assert _only(Contest).state == "finished"


def test_the_public_page_before_open_and_closed(client, make, clock):
    contest = make.contest()
    make.nomination(contest, title="Лучший сварщик")
    url = f"/contests/{contest.id}"
    assert "Подать заявку" in client.get(url).text
    clock.set(contest.applications_open_at.replace(year=2025))
    before = client.get(url).text
    assert "ещё не начался" in before
    assert "Подать заявку" not in before
    clock.set(contest.applications_close_at)
    assert "Приём открыт" in client.get(url).text
    clock.move(microseconds=1)
    assert "Приём заявок закончен" in client.get(url).text


def test_rules_are_typed_checked_frozen(login, make):
    nomination = make.nomination(make.contest())
    browser = login(make.organiser())
    page = f"/nominations/{nomination.id}/settings"
    wrong = browser.post_form(page, {"min_time_share": "101", "prize_places": "2", "who_admits__clause": "п. 2.6"})
    assert wrong.status_code == 422
    assert 'value="101"' in wrong.text
    assert "п. 2.6" in wrong.text
    assert browser.post_form(page, {"prize_places": "2", "who_admits__clause": "п. 2.6"}).status_code == 303
    with reading():
        row = session.get_one(Nomination, nomination.id)
        assert (row.prize_places, contests.setting(row, "prize_places")) == (2, 2)
        assert row.settings["who_admits"]["clause"] == "п. 2.6"
    assert browser.post_form(f"{page}/freezing", page=page).status_code == 303
    assert browser.post_form(f"{page}/freezing", page=page).status_code == 409
    frozen = browser.post_form(page, {"prize_places": "1"})
    assert frozen.status_code == 422
    assert "закреплены" in frozen.text


def test_events_in_a_half_hour_zone_and_at_times_that_are_not(login, make):
    nomination = make.nomination(make.contest(zone="Asia/Kolkata"))
    other = make.nomination(make.contest(zone="Europe/Berlin"))
    browser, page = login(make.organiser()), f"/nominations/{nomination.id}/events/new"
    assert browser.post_form(page, {"kind": "theory", "starts_at": "2026-06-09 10:00:05",
                                    "ends_at": "2026-06-09 10:00:25"}).status_code == 303
    event = _only(Event)
    assert (event.starts_at, event.title) == (datetime(2026, 6, 9, 4, 30, 5, tzinfo=UTC), "Теоретический этап")
    assert "10:00:05" in browser.get(f"/events/{event.id}/edit").text
    for wrong, words in (({"starts_at": "2026-06-09 10:00", "ends_at": "2026-06-09 09:00"}, "раньше, чем начинается"),
                         ({"starts_at": ""}, "дату и время начала"),
                         ({"kind": "party", "starts_at": "2026-06-09 10:00"}, "kind")):
        answer = browser.post_form(page, {"kind": "theory"} | wrong)
        assert answer.status_code == 422
        assert words in answer.text
    skipped = browser.post_form(f"/nominations/{other.id}/events/new", {
        "kind": "theory", "starts_at": "2026-03-29 02:30"})
    assert skipped.status_code == 422
    assert "часы переводят вперёд" in skipped.text


def test_the_order_of_stages_is_told_to_the_organiser(login, make):
    from datetime import timedelta
    nomination = make.nomination(make.contest())
    make.event(nomination, "theory", after=timedelta(days=30))
    make.event(nomination, "briefing", after=timedelta(days=31))
    browser = login(make.organiser())
    assert "Порядок времени нарушен" in browser.get(f"/nominations/{nomination.id}").text
    assert "Порядок времени нарушен" in browser.get(f"/contests/{nomination.contest_id}/setup").text


def test_an_event_is_removed_before_it_begins_and_never_after(login, make, clock):
    event = make.event(make.nomination(make.contest()), "briefing")
    browser = login(make.organiser())
    clock.set(event.starts_at)
    refused = browser.post_form(f"/events/{event.id}/removal")
    assert refused.status_code == 422
    assert "уже началось" in refused.text
    clock.move(microseconds=-1)
    assert browser.post_form(f"/events/{event.id}/removal").status_code == 303
    with reading():
        assert session.get(Event, event.id) is None


def test_members_come_by_letter_or_by_a_card_shown_once(login, make, mailbox):
    contest = make.contest()
    browser = login(make.staff(contest, "organiser"))
    browser.post_form(f"/contests/{contest.id}/bodies/new", {"kind": "commission", "nomination_id": "0", "title": "К"})
    twice = browser.post_form(f"/contests/{contest.id}/bodies/new", {"kind": "commission", "nomination_id": "0",
                                                                    "title": "К"})
    assert twice.status_code == 422
    assert "уже создан" in twice.text
    page = f"/bodies/{_only(Body).id}"
    chair = {"name": "Гущин Виктор Павлович", "email": "Gushin@example.org", "duty": "chair"}
    assert browser.post_form(f"{page}/members", chair, page=page).status_code == 303
    assert any("/invitations/" in link for link in mailbox.links("gushin@example.org"))
    taken = browser.post_form(f"{page}/members", chair | {"email": "b@example.org"}, page=page)
    assert taken.status_code == 422
    assert "уже занята" in taken.text
    again = browser.post_form(f"{page}/members", chair | {"duty": "member"}, page=page)
    assert again.status_code == 422
    assert "уже входит" in again.text
    card = browser.post_form(f"{page}/members", {"name": "Ларина Ольга", "duty": "member"}, page=page)
    assert card.status_code == 200
    assert re.search(r"PIN|ПИН", card.text)
    with reading():
        code = session.scalar(select(Account.card_code).where(Account.name == "Ларина Ольга"))
    assert code in card.text
    assert code not in browser.get(page).text


def test_an_address_of_somebody_else_is_refused(login, make):
    contest = make.contest()
    known = make.account("Фёдоров Пётр Ильич", email="fedorov@example.org")
    browser, page = login(make.staff(contest, "organiser")), f"/contests/{contest.id}/people"
    wrong = browser.post_form(page, {"name": "Сидоров Иван", "email": known.email, "role": "proctor"})
    assert wrong.status_code == 422
    assert "другой человек: Фёдоров П. И." in wrong.text
    assert browser.post_form(page, {"name": "федоров пётр", "email": known.email, "role": "proctor"}).status_code == 303
    with reading():
        grant = session.scalars(select(RoleGrant).where(RoleGrant.role == "proctor")).one()
        assert grant.account_id == known.id
    assert browser.post_form(f"{page}/{grant.id}/removal", page=page).status_code == 303
    assert browser.post_form(f"{page}/{grant.id}/removal", page=page).status_code == 409
    with reading():
        assert session.get_one(RoleGrant, grant.id).ended_at is not None


def test_a_role_given_by_an_order_is_not_taken_by_hand(login, make):
    nomination = make.nomination(make.contest())
    make.member(nomination, "commission", "chair")
    with reading():
        grant = session.scalars(select(RoleGrant).where(RoleGrant.role == "member_chair")).one()
    browser = login(make.organiser())
    answer = browser.post_form(f"/contests/{nomination.contest_id}/people/{grant.id}/removal",
                               page=f"/contests/{nomination.contest_id}/people")
    assert answer.status_code == 409
    assert "приказом" in answer.text


def test_a_chair_is_replaced_by_order_once(login, make):
    nomination = make.nomination(make.contest())
    old = make.member(nomination, "expert_group", "chair")
    browser = login(make.organiser())
    with reading():
        member = session.scalars(select(BodyMember)).one()
    page = f"/members/{member.id}/replacement"
    new = {"name": "Кузина Анна Львовна", "email": "kuzina@example.org", "order_ref": "приказ № 70"}
    assert browser.post_form(page, new | {"order_ref": ""}).status_code == 422
    same = browser.post_form(page, new | {"name": old.name, "email": old.email})
    assert same.status_code == 422
    assert "тот же человек" in same.text
    assert browser.post_form(page, new).status_code == 303
    twice = browser.post_form(page, new | {"email": "third@example.org"})
    assert twice.status_code == 422
    assert "уже заменили" in twice.text
    with reading():
        held = session.execute(select(RoleGrant.account_id, RoleGrant.ended_at).where(
            RoleGrant.role == "expert_chair").order_by(RoleGrant.id)).all()
    assert held[0].account_id == old.id
    assert held[0].ended_at is not None
    assert held[1].ended_at is None


def test_the_secretary_sees_the_set_up_and_changes_nothing(login, make):
    contest = make.contest(announced=False)
    nomination = make.nomination(contest)
    browser, url = login(make.staff(contest, "secretary")), f"/contests/{contest.id}"
    page = browser.get(f"{url}/setup")
    assert page.status_code == 200
    assert "Добавить номинацию" not in page.text
    assert "Объявить конкурс" not in page.text
    assert browser.post(f"{url}/announcement").status_code == 404
    assert browser.get(f"/nominations/{nomination.id}/settings").status_code == 404


def test_two_commissions_are_not_made_at_once(unit, make):
    from contest import people
    contest, by = make.contest(), make.organiser()
    facts = {"kind": "commission", "title": "К", "order_ref": "", "nomination_id": None, "by": by, "now": make.now}
    people.make_body(contest, **facts)
    with pytest.raises(Refused) as refused:
        people.make_body(contest, **facts)
    assert refused.value.code == "exists"
