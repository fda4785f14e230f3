"""The experts' protocol: draft, agreement, freezing; who sees it; the file with its facts."""

import json

import pytest
from sqlalchemy import select

from contest.models import Participant
from core.db import session, transaction
from scoring import preparation, protocols, recalc
from tests.factories.papers import PASSPHRASE
from tests.scoring import road


@pytest.fixture
def group(make):
    return make.marked_group()


@pytest.mark.slow
def test_the_road_to_a_file_waiting_for_signatures(make, login, group):
    for account in group.experts:
        make.certificate(account)
    chair, expert = login(group.chair), login(group.experts[1])
    answer = chair.post_form(f"/nominations/{group.nomination.id}/protocol")
    assert answer.status_code == 303
    url = answer.location
    assert road.state(chair, url) == "проект"
    assert chair.post_form(f"{url}/approval-opening", page=url).status_code == 303
    assert "Согласуйте проект" in expert.get("/").text
    for browser in (chair, expert):
        assert browser.post_form(f"{url}/agreements", {"outcome": "agree"}, page=url).status_code == 303
    assert chair.post_form(f"{url}/freezing", page=url).status_code == 303
    assert road.state(chair, url) == "подписывается"
    assert "Подпишите протокол" in expert.get("/").text
    facts = expert.get(f"{url}/facts.json").data
    assert recalc.check_document(facts) == []
    assert [row["code"] for row in json.loads(facts)["summary"]["rows"]] == group.codes
    assert expert.get(f"{url}/file.pdf").data.startswith(b"%PDF")


def test_unsigned_sheets_are_told_in_words(make, login):
    nomination = make.nomination(make.contest(), theory_max=0, practice_max=2000)
    make.participant(nomination, code="У-0117")
    chair = make.member(nomination, duty="chair")
    make.scheme(nomination)
    sheet = make.sheets_of(nomination)[0]
    make.fill(sheet, "submitted")
    answer = login(chair).post_form(f"/nominations/{nomination.id}/protocol")
    assert answer.status_code == 422
    assert "не подписаны листы У-0117" in answer.text


def test_too_few_experts_are_told_in_words(make, login):
    group = make.marked_group(min_experts=3)
    answer = login(group.chair).post_form(f"/nominations/{group.nomination.id}/protocol")
    assert answer.status_code == 422
    assert "В группе 2 экспертов, а по правилам нужно не меньше 3" in answer.text


@pytest.mark.slow
def test_a_text_is_not_frozen_before_everybody_agreed(make, login, group):
    made = make.protocol(group)
    url, chair, expert = f"/protocols/{made.id}", login(group.chair), login(group.experts[1])
    assert chair.post_form(f"{url}/freezing", page=url).status_code == 422
    assert expert.post_form(f"{url}/approval-opening", page=url).status_code == 422
    assert chair.post_form(f"{url}/approval-opening", page=url).status_code == 303
    assert chair.post_form(f"{url}/agreements", {"outcome": "agree"}, page=url).status_code == 303
    early = chair.post_form(f"{url}/freezing", page=url)
    assert "ещё не согласовали: Лебедев" in early.text
    assert expert.post_form(f"{url}/agreements", {"outcome": "remark"}, page=url).status_code == 422
    assert expert.post_form(f"{url}/agreements", {"outcome": "remark", "text": "Нет даты"}, page=url).status_code == 303
    assert "на замечания не отвечено: 1" in chair.post_form(f"{url}/freezing", page=url).text
    action = next(part for part in chair.get(url).text.split('"') if part.endswith("/answer"))
    assert chair.post_form(action, {"answer": "Дата стоит в шапке"}, page=url).status_code == 303
    assert "Дата стоит в шапке" in expert.get(url).text
    assert chair.post_form(f"{url}/freezing", page=url).status_code == 303


def test_silence_until_the_term_agrees(make, login, group, clock):
    made = make.protocol(group)
    url = f"/protocols/{made.id}"
    login(group.chair).post_form(f"{url}/approval-opening", page=url)
    clock.move(days=1)
    chair = login(group.chair)
    assert chair.post_form(f"{url}/freezing", page=url).status_code == 303
    assert road.state(chair, url) == "подписывается"


def test_a_draft_that_no_longer_fits_the_sheets_is_stale(make, login, group):
    made = make.protocol(group)
    with transaction():
        row = session.scalars(select(Participant).where(Participant.nomination_id == group.nomination.id)).first()
        row.no_show = "не явился"
    url = f"/protocols/{made.id}"
    answer = login(group.chair).post_form(f"{url}/approval-opening", page=url)
    assert answer.status_code == 422
    assert "данные изменились" in answer.text


def test_a_stranger_and_an_early_commission_see_nothing(make, login, group):
    made = make.protocol(group)
    url, contest = f"/protocols/{made.id}", group.nomination.contest
    member = login(make.member(group.nomination, "commission"))
    assert login(make.staff(make.contest(), "secretary")).get(url).status_code == 404
    assert member.get(url).status_code == 404
    assert login(make.staff(contest, "secretary")).get(url).status_code == 200
    assert make.app.test_client().get(url).status_code == 302


@pytest.mark.slow
def test_a_dead_process_between_freezing_and_the_file_loses_nothing(make, login, group):
    made = make.protocol(group, state="on_approval")
    with make.app.app_context(), transaction():
        protocols.freeze(protocols.locked(made.id), by=make.me(group.chair), now=make.now)
    url, chair = f"/protocols/{made.id}", login(group.chair)
    assert road.state(chair, url) == "текст зафиксирован"
    assert chair.get(f"{url}/file.pdf").status_code == 404
    with make.app.app_context():
        assert preparation.finish_waiting(make.now) == 1
        assert preparation.finish_waiting(make.now) == 0
    assert road.state(chair, url) == "подписывается"


def test_a_certificate_through_the_page(make, login, group):
    browser = login(group.experts[1])
    short = browser.post_form("/signing/key", {"passphrase": "мало", "repeat": "мало", "agree": "y"})
    assert "Фраза короче 8 знаков" in short.text
    assert "Фразы не совпадают" in browser.post_form(
        "/signing/key", {"passphrase": PASSPHRASE, "repeat": "другая фраза", "agree": "y"}).text
    assert browser.post_form("/signing/key", {"passphrase": PASSPHRASE, "repeat": PASSPHRASE}).status_code == 422
    fields = {"passphrase": PASSPHRASE, "repeat": PASSPHRASE, "agree": "y"}
    assert browser.post_form("/signing/key", fields).status_code == 303
    assert "усиленной неквалифицированной" in browser.get("/signing/key").text
    assert browser.post_form("/signing/key", fields).status_code == 422
