"""The bank over HTTP: dry run, confirmation, refused blocks, keys only for those who keep them."""

import io
import re

import pytest
from sqlalchemy import func, select

from core.db import reading, session
from core.journal import JournalEntry
from exam.models import Bank, BankQuestion
from tests.factories.exam import GIFT

BROKEN = GIFT + "\n::Плохой::Сколько? {#}\n\n::Открытый::Опишите порядок сварки. {}\n"
FIELD = re.compile(r'name="(ticket|title|mode)" value="([^"]*)"')


@pytest.fixture
def nomination(make):
    return make.nomination(make.contest())


@pytest.fixture
def organiser(make, login, nomination):
    return login(make.account(roles=[("organiser", "contest", nomination.contest_id)]))


def _check(browser, nomination, text, **fields):
    data = {"title": "Сварщик", "mode": "all", "file": (io.BytesIO(text.encode()), "сварщик.gift")} | fields
    return browser.post_form(f"/nominations/{nomination.id}/bank", data, content_type="multipart/form-data")


def _fields(page):
    return dict(FIELD.findall(page.text))


def _banks():
    with reading():
        return session.scalar(select(func.count()).select_from(Bank))


def test_nothing_is_stored_before_the_confirmation(organiser, nomination):
    page = _check(organiser, nomination, GIFT)
    assert page.status_code == 200
    assert "Будет добавлено вопросов: 7" in page.text
    assert "Сумма баллов: <b>8</b>" in page.text
    assert "Краткий ответ" in page.text
    assert "Отклонено" not in page.text
    assert _banks() == 0
    confirmed = organiser.post_form(f"/nominations/{nomination.id}/banks", _fields(page),
                                    page=f"/nominations/{nomination.id}/bank")
    assert confirmed.status_code == 303
    with reading():
        rows = session.scalars(select(BankQuestion).order_by(BankQuestion.position)).all()
        assert [(row.kind, row.points) for row in rows] == [
            ("single", 100), ("multiple", 200), ("yes_no", 100), ("matching", 100), ("ordering", 100),
            ("numeric", 100), ("short", 100)]
    shown = organiser.get(confirmed.headers["Location"]).text
    assert "Сварщик" in shown
    assert "сварщик.gift" in shown
    assert "щиток; краги" in shown
    listed = organiser.get(f"/nominations/{nomination.id}/bank").text
    assert "вопросов: 7, файл сварщик.gift" in listed
    with reading():
        assert session.scalar(select(func.count()).select_from(JournalEntry).where(
            JournalEntry.action == "bank.viewed")) == 1


def test_refused_blocks_are_named_by_line_and_hold_the_rest_back(organiser, nomination):
    line = BROKEN[:BROKEN.index("::Плохой")].count("\n") + 1
    page = _check(organiser, nomination, BROKEN)
    assert "Отклонено записей: 1" in page.text
    assert f'<th scope="row">{line}</th>' in page.text
    assert "Исправьте файл" in page.text
    assert "Загрузить записи без ошибок" in page.text
    assert "Открытый" in page.text
    fields = _fields(page)
    url = f"/nominations/{nomination.id}/banks"
    refused = organiser.post(url, data=fields | {"mode": "all"})
    assert refused.status_code == 422
    assert f"Первая: строка {line}" in refused.text
    assert _banks() == 0
    assert organiser.post(url, data=fields).status_code == 303
    with reading():
        assert session.scalar(select(func.count()).select_from(BankQuestion)) == 7


@pytest.mark.parametrize(("name", "data", "status", "said"), [
    ("a.gift", b"", 422, "пустой"), ("a.gift", b"MZ\x00\x01", 422, "не принимается"),
    ("a.xml", b"<?xml version='1.0'?><quiz></quiz>", 422, "не поддерживается"),
    ("a.gift", "Просто текст без вопросов".encode(), 200, "Загружать нечего")])
def test_a_file_without_questions_is_refused_in_words(organiser, nomination, name, data, status, said):
    page = _check(organiser, nomination, "", file=(io.BytesIO(data), name))
    assert page.status_code == status
    assert said in page.text
    assert _banks() == 0


def test_a_file_in_windows_1251_is_read(organiser, nomination):
    page = _check(organiser, nomination, "", file=(io.BytesIO(GIFT.replace("°", "").encode("cp1251")), "старый.txt"))
    assert "Будет добавлено вопросов: 7" in page.text


def test_a_ticket_of_another_nomination_or_made_up_is_refused(organiser, nomination, make):
    other = make.nomination()
    fields = _fields(_check(organiser, nomination, GIFT))
    stranger_url = f"/nominations/{other.id}/banks"
    assert organiser.post(stranger_url, data=fields).status_code == 404
    made_up = organiser.post(f"/nominations/{nomination.id}/banks", data=fields | {"ticket": "WzEsMSwiYSJd.x.y"})
    assert made_up.status_code == 422
    assert "Проверка файла устарела" in made_up.text
    assert _banks() == 0


def test_a_ticket_serves_only_its_own_nomination(make, login, nomination):
    other = make.nomination()
    both = login(make.account(roles=["organiser"]))
    fields = _fields(_check(both, nomination, GIFT))
    answer = both.post(f"/nominations/{other.id}/banks", data=fields)
    assert answer.status_code == 422
    assert "Проверка файла устарела" in answer.text


def test_keys_are_for_the_organiser_and_the_chair_of_experts(make, login, nomination, client):
    bank = make.bank(nomination)
    for account, status in ((make.member(nomination, duty="chair"), 200), (make.member(nomination), 404),
                            (make.account(roles=[("secretary", "contest", nomination.contest_id)]), 404),
                            (make.participant(nomination).account_id, 404)):
        browser = login(account)
        assert browser.get(f"/banks/{bank.id}").status_code == status
        assert browser.get(f"/nominations/{nomination.id}/bank").status_code == status
    assert client.get(f"/banks/{bank.id}").status_code == 302
