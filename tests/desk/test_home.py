"""The first page of each role, and how many queries the lists take."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event as events

from core import db as database


@contextmanager
def queries():
    """Counts the statements sent to the database."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    events.listen(database.engine(), "before_cursor_execute", note)
    try:
        yield seen
    finally:
        events.remove(database.engine(), "before_cursor_execute", note)


@pytest.fixture
def contest(make):
    return make.contest()


@pytest.fixture
def nomination(make, contest):
    return make.nomination(contest, title="Лучший сварщик")


def _main(browser):
    return browser.get("/").text.partition("<main")[2]


def test_a_visitor_sees_announced_contests_only(client, make, contest, nomination):
    make.contest(announced=False, title="Ещё не объявлен")
    for url in ("/", "/contests"):
        page = client.get(url).text
        assert contest.title in page
        assert "Приём заявок открыт" in page
        assert "Лучший сварщик" in page
        assert "Ещё не объявлен" not in page
        assert "Что дальше" not in page


def test_the_organiser_sees_what_is_late_first_and_the_way_of_applications(login, make, contest, nomination, clock):
    for state in ("draft", "submitted", "registered", "proposed"):
        make.application(nomination, state=state)
    make.participant(nomination)
    make.event(nomination, "draw", after=timedelta(hours=1))
    make.event(nomination, "theory", after=timedelta(days=3))
    browser = login(make.staff(contest, "organiser"))
    clock.move(hours=3)
    page = _main(browser)
    for words in ("Проведите жеребьёвку: Лучший сварщик", "Зарегистрируйте заявки: 1", "Рассмотрите заявки: 1",
                  "Путь заявок", "в черновиках 1", "Теоретический этап", "Просрочено на 2 часа"):
        assert words in page
    assert page.index("Проведите жеребьёвку") < page.index("Зарегистрируйте заявки")
    assert "Примите решение" not in page


def test_the_chair_decides_and_the_proctor_compares(login, make, contest, nomination):
    chair = login(make.member(nomination, "commission", "chair"))
    make.application(nomination, state="proposed")
    assert "Примите решение о допуске: ЛП-" in _main(chair)
    make.application(nomination, state="proposed")
    assert "Примите решение о допуске: 2" in _main(chair)
    assert "Примите решение" not in _main(login(make.staff(contest, "secretary")))
    assert "Сейчас от вас ничего не требуется" in _main(login(make.staff(contest, "proctor")))


def test_an_applicant_is_told_the_term(login, make, nomination, clock):
    draft = make.application(nomination)
    browser = login(draft.account_id)
    assert "Заполните и подайте заявку: Лучший сварщик" in _main(browser)
    clock.move(days=21)
    assert "Заполните и подайте" not in _main(browser)


def test_a_participant_is_led_through_briefing_and_identity(login, make, nomination):
    person = make.participant(nomination)
    browser = login(person.account_id)
    assert "Прочитайте и подпишите инструктаж" not in _main(browser)
    make.briefing(nomination)
    page = _main(browser)
    assert "Прочитайте и подпишите инструктаж" in page
    assert "Покажите лицо и документ" in page
    assert "будет после жеребьёвки" in page
    ready = _main(login(make.participant(nomination, ready=True, code="У-0417").account_id))
    assert "Инструктаж подписан" in ready
    assert "Личность установлена" in ready
    assert "У-0417" in ready


def _pages(contest, nomination):
    return ("/", f"/contests/{contest.id}/applications", f"/nominations/{nomination.id}/participants",
            f"/nominations/{nomination.id}/identities", f"/nominations/{nomination.id}/briefing/journal",
            f"/nominations/{nomination.id}/draw", f"/contests/{contest.id}/setup", f"/contests/{contest.id}/people",
            f"/contests/{contest.id}")


@pytest.mark.slow
def test_a_list_of_thirty_takes_as_many_queries_as_a_list_of_one(login, make, contest, nomination):
    browser = login(make.organiser())
    counts = []
    for more in (1, 9):
        for _ in range(more):
            make.participant(nomination, ready=True)
            make.application(nomination, state="proposed")
            make.member(nomination)
            make.event(make.nomination(contest), "theory")
        found = {}
        for url in _pages(contest, nomination):
            with queries() as seen:
                assert browser.get(url).status_code == 200
            found[url] = len(seen)
        counts.append(found)
    assert counts[0] == counts[1]


def test_visitors_list_takes_as_many_queries_for_many_contests(client, make):
    counts = []
    for more in (1, 4):
        for _ in range(more):
            make.event(make.nomination(make.contest()), "theory")
        with queries() as seen:
            client.get("/")
        counts.append(len(seen))
    assert counts[0] == counts[1]
