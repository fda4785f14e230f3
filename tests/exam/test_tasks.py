"""Practice over HTTP: the gate, first access once, later ones each, results by code, the report."""

import io
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from contest import contests
from contest.models import Event, Nomination, Participant
from core import clock as core_clock
from core.access import person_of
from core.accounts import Account
from core.db import reading, session
from core.journal import JournalEntry
from exam import steps
from exam.models import FirstAccess, LaterAccess, ResultFile, StaffView, Task

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HOUR = timedelta(hours=1)
MICRO = timedelta(microseconds=1)


@pytest.fixture
def nomination(make):
    return make.nomination(make.contest())


@pytest.fixture
def task(make, nomination):
    return make.task(nomination)


@pytest.fixture
def person(make, nomination):
    return make.participant(nomination, ready=True, code="У-0417")


@pytest.fixture
def browser(login, person):
    return login(person.account_id)


@pytest.fixture
def organiser(make, login, nomination):
    return login(make.account("Кузнецова Ольга Ивановна", roles=[("organiser", "contest", nomination.contest_id)]))


def _all(model):
    with reading():
        return session.scalars(select(model)).all()


def _first():
    [row] = _all(FirstAccess)
    return row


def _file():
    return {"file": (io.BytesIO(PDF), "Зайцев Роман, шов.pdf"), "note": "шов сверху"}


def test_the_gate_opens_at_the_hour_and_not_a_microsecond_before(browser, task, clock):
    url = f"/tasks/{task.id}"
    clock.set(task.releases_at - MICRO)
    page = browser.get(f"{url}/gate").text
    assert "Задание откроется" in page
    assert "Сварите стык" not in page
    assert "Открыть задание</button>" not in page
    refused = browser.post_form(f"{url}/opening", page=f"{url}/gate")
    assert refused.status_code == 422
    assert "ещё не наступило" in refused.text
    assert browser.get(f"{url}/text").headers["Location"] == f"{url}/gate"
    assert _all(FirstAccess) == []
    clock.set(task.releases_at)
    assert "Открыть задание</button>" in browser.get(f"{url}/gate").text
    opened = browser.post_form(f"{url}/opening", page=f"{url}/gate", headers={"User-Agent": "Тестовый/1"})
    assert (opened.status_code, opened.headers["Location"]) == (303, f"{url}/text")
    first = _first()
    assert (first.at, first.offered_at, first.sent_at, first.opened_at) == (clock.now, task.releases_at, None, None)
    assert (first.version_sha256, first.address) == (task.sha256, "127.0.0.1")


def test_first_sent_opened_and_later_are_told_apart(browser, task, clock):
    url = f"/tasks/{task.id}"
    opened_at = clock.set(task.releases_at)
    browser.post(f"{url}/opening")
    sent_at = clock.move(seconds=1)
    page = browser.get(f"{url}/text")
    assert "Сварите стык" in page.text
    assert page.content_length == len(page.data)
    shown_at = clock.move(seconds=1)
    assert browser.post(f"{url}/opened", json={}).status_code == 204
    clock.move(seconds=1)
    browser.post(f"{url}/opened", json={})
    assert _all(LaterAccess) == []
    pressed = clock.move(minutes=1)
    browser.post(f"{url}/opening")
    assert (_first().at, _first().sent_at, _first().opened_at) == (opened_at, sent_at, shown_at)
    again = clock.move(minutes=1)
    browser.get(f"{url}/text")
    browser.get(f"{url}/text")
    assert [(row.at, row.file_id) for row in _all(LaterAccess)] == [(pressed, None), (again, None), (again, None)]
    assert (_first().at, _first().sent_at) == (opened_at, sent_at)
    assert browser.get(f"{url}/gate").headers["Location"] == f"{url}/text"


@pytest.mark.parametrize("headers", [{"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"},
                                     {"X-Purpose": "preview"}, {"X-Moz": "prefetch"}])
def test_a_browser_that_fetches_in_advance_gets_and_writes_nothing(browser, organiser, task, clock, headers):
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    reply = browser.get(f"/tasks/{task.id}/text", headers=headers)
    assert (reply.status_code, reply.data) == (204, b"")
    organiser.get(f"/tasks/{task.id}", headers=headers)
    assert (_first().sent_at, _all(LaterAccess), _all(StaffView)) == (None, [], [])


def test_head_writes_nothing(browser, organiser, task, clock):
    clock.set(task.releases_at)
    browser.head(f"/tasks/{task.id}/gate")
    browser.head(f"/tasks/{task.id}/text")
    assert _all(FirstAccess) == []
    browser.post(f"/tasks/{task.id}/opening")
    browser.get(f"/tasks/{task.id}/text")
    before = _first().sent_at
    clock.move(minutes=1)
    assert browser.head(f"/tasks/{task.id}/text").status_code == 204
    organiser.head(f"/tasks/{task.id}")
    assert (_first().sent_at, _all(LaterAccess), _all(StaffView)) == (before, [], [])


def test_a_reader_who_goes_away_has_not_been_sent_everything(app, browser, task, person, clock):
    from exam import accesses, task_pages
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    with reading():
        access = accesses.first_access(task, person)
    half = task_pages._told(b"text", access, accesses.note_sent)
    assert next(half) == b"text"
    half.close()
    assert _first().sent_at is None
    assert b"".join(task_pages._told(b"text", access, accesses.note_sent)) == b"text"
    assert _first().sent_at == clock.now


def test_somebody_not_ready_is_told_what_is_missing(make, login, nomination, task, clock):
    person = make.participant(nomination, code="У-0001")
    clock.set(task.releases_at)
    refused = login(person.account_id).post(f"/tasks/{task.id}/opening")
    assert refused.status_code == 422
    assert "не подписан инструктаж, не установлена личность" in refused.text
    assert _all(FirstAccess) == []


def test_files_of_the_task_are_kept_with_it_and_each_access_is_a_row(organiser, browser, make, nomination, clock):
    event = make.event(nomination, "practice")
    made = organiser.post_form(f"/events/{event.id}/tasks/new", {
        "title": "Стык трубы", "text": "Сварите стык.", "closes_at": "2026-03-02 18:00:00",
        "file": [(io.BytesIO(PDF), "чертёж.pdf"), (io.BytesIO(PDF + b"\n"), "бланк.pdf")]},
        content_type="multipart/form-data")
    assert made.status_code == 303
    with reading():
        task = session.scalars(select(Task)).one()
        assert (task.releases_at, task.closes_at.isoformat()) == (event.starts_at, "2026-03-02T11:00:00+00:00")
    page = organiser.get(f"/tasks/{task.id}").text
    links = [part for part in page.split('"') if part.startswith(f"/tasks/{task.id}/files/")]
    assert len(links) == 2
    assert "чертёж.pdf" in page
    assert "Участники ещё не получили" in page
    assert browser.get(links[0]).status_code == 404
    clock.set(task.releases_at)
    assert browser.get(links[0]).status_code == 404
    browser.post(f"/tasks/{task.id}/opening")
    assert browser.get(links[0]).data == PDF
    assert [str(row.file_id) for row in _all(LaterAccess)] == [links[0].rsplit("/", 1)[1]]
    other = make.task()
    assert browser.get(f"/tasks/{other.id}/files/{links[0].rsplit('/', 1)[1]}").status_code == 404


def test_a_wrong_task_file_is_named(organiser, make, nomination):
    event = make.event(nomination, "practice")
    answer = organiser.post_form(f"/events/{event.id}/tasks/new", {
        "title": "Стык", "text": "Сварите.", "closes_at": "2026-03-02 18:00:00",
        "file": [(io.BytesIO(b"MZ\x00"), "программа.exe")]}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "программа.exe" in answer.text
    early = organiser.post_form(f"/events/{event.id}/tasks/new", {
        "title": "Стык", "text": "Сварите.", "closes_at": "2026-03-02 13:00:00"})
    assert early.status_code == 422
    assert "раньше начала практики" in early.text
    assert _all(Task) == []


def test_results_are_own_for_the_participant_named_for_staff_and_coded_for_experts(
        browser, organiser, make, login, nomination, task, clock):
    url = f"/tasks/{task.id}"
    clock.set(task.releases_at)
    assert browser.post(f"{url}/results", data=_file()).status_code == 404
    browser.post(f"{url}/opening")
    assert browser.post_form(f"{url}/results", _file()).headers["Location"] == f"{url}/results"
    clock.set(task.closes_at)
    browser.post(f"{url}/results", data=_file())
    clock.move(microseconds=1)
    browser.post(f"{url}/results", data=_file())
    rows = _all(ResultFile)
    assert [row.late for row in rows] == [False, False, True]
    link = f"/results/{rows[0].id}/file"
    assert browser.get(link).data == PDF
    assert "принят после срока" in browser.get(f"{url}/results").text
    expert = login(make.member(nomination))
    coded = expert.get(f"{url}/results").text
    assert "У-0417" in coded
    assert link in coded
    assert "Зайцев" not in coded
    named = expert.get(link)
    assert named.data == PDF
    assert "%D0%97%D0%B0%D0%B9" not in named.headers["Content-Disposition"]
    assert f"-{rows[0].id}.pdf" in named.headers["Content-Disposition"]
    assert "%D0%97%D0%B0%D0%B9" in organiser.get(link).headers["Content-Disposition"]
    neighbour = login(make.participant(nomination, ready=True).account_id)
    assert neighbour.get(link).status_code == 404
    elsewhere = login(make.member(make.nomination()))
    assert elsewhere.get(link).status_code == elsewhere.get(f"{url}/results").status_code == 404


def test_a_wrong_result_is_refused_beside_the_field(browser, task, clock):
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    for data in ({}, {"file": (io.BytesIO(b"MZ\x00"), "a.pdf")}, {"file": (io.BytesIO(b""), "a.pdf")}):
        answer = browser.post(f"/tasks/{task.id}/results", data=data)
        assert answer.status_code == 422
        assert "Исправьте ошибку" in answer.text
    assert _all(ResultFile) == []


def test_the_report_tells_who_opened_and_experts_see_codes(
        browser, organiser, make, login, nomination, task, clock, person):
    idle = make.participant(nomination, ready=True, code="У-0500")
    chair_account = make.member(nomination, duty="chair", name="Гаврилов Пётр")
    chair = login(chair_account)
    chair.get(f"/tasks/{task.id}")
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening", headers={"User-Agent": "Тестовый/1"})
    assert "Сварите стык" in browser.get(f"/tasks/{task.id}/text").text
    assert "Сварите стык" in browser.get(f"/tasks/{task.id}/text").text
    organiser.get(f"/tasks/{task.id}")
    assert [row.before_hour for row in _all(StaffView)] == [True, False]
    with reading():
        name, other = (session.get_one(Account, one.account_id).name for one in (person, idle))
    report = organiser.get(f"/tasks/{task.id}/accesses").text
    assert name in report
    assert other in report
    assert "127.0.0.1" in report
    assert "Гаврилов Пётр" in report
    assert report.count("доступ не осуществлялся") == 1
    assert '<td class="r">1</td>' in report
    coded = chair.get(f"/tasks/{task.id}/accesses").text
    assert "У-0417" in coded
    assert "У-0500" in coded
    assert "доступ не осуществлялся" in coded
    assert [word for word in (name, other, "127.0.0.1") if word in coded] == []
    assert browser.get(f"/tasks/{task.id}/accesses").status_code == 404
    with reading():
        early = session.scalars(select(JournalEntry).where(JournalEntry.action == "task.viewed_by_staff")).all()
        assert len(early) == 2


def test_strangers_find_no_task(make, login, client, task):
    stranger = login(make.participant(ready=True).account_id)
    for path in ("gate", "text", "results", "accesses"):
        assert stranger.get(f"/tasks/{task.id}/{path}").status_code == 404
    assert stranger.post(f"/tasks/{task.id}/opening").status_code == 404
    assert stranger.post(f"/tasks/{task.id}/opened", json={}).status_code == 404
    assert stranger.get(f"/tasks/{task.id}").status_code == 404
    assert client.get(f"/tasks/{task.id}/gate").status_code == 302


def test_a_moved_event_moves_the_hour_only_until_the_first_access(
        organiser, browser, make, nomination, task, clock, operation):
    def move(minutes):
        event = session.get_one(Event, task.event_id)
        contests.edit_event(event, by=make.person(), now=clock.now, ends_at=event.ends_at,
                            starts_at=event.starts_at + timedelta(minutes=minutes))

    operation(move, 10)
    assert "Событие перенесено" in organiser.get(f"/tasks/{task.id}").text
    assert organiser.post(f"/tasks/{task.id}/hour").status_code == 303
    [row] = _all(Task)
    assert row.releases_at == task.releases_at + timedelta(minutes=10)
    clock.set(row.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    operation(move, 10)
    assert organiser.post(f"/tasks/{task.id}/hour").status_code == 409


def test_steps_of_practice(make, browser, organiser, nomination, person, clock):
    event = make.event(nomination, "practice")
    with reading():
        organiser_me = session.scalar(select(Account.id).where(Account.name == "Кузнецова Ольга Ивановна"))

    def seen(account_id):
        with reading():
            return [(step.title, step.url, step.due) for step in steps.next_steps(
                person_of(account_id, clock.now), clock.now)]

    assert seen(organiser_me) == [
        (f"Добавьте практическое задание: {nomination.title}", f"/events/{event.id}/tasks/new", event.starts_at)]
    assert seen(person.account_id) == []
    organiser.post_form(f"/events/{event.id}/tasks/new", {
        "title": "Стык", "text": "Сварите стык.", "closes_at": "2026-03-02 18:00:00"})
    [task] = _all(Task)
    url = f"/tasks/{task.id}"
    assert seen(organiser_me) == []
    assert seen(person.account_id) == [("Практическое задание", f"{url}/gate", task.releases_at)]
    clock.set(task.releases_at)
    assert seen(person.account_id) == [("Откройте практическое задание", f"{url}/gate", task.closes_at)]
    browser.post(f"{url}/opening")
    assert seen(person.account_id) == [("Загрузите результат практики", f"{url}/results", task.closes_at)]
    browser.post(f"{url}/results", data=_file())
    assert seen(person.account_id) == [("Результат практики отправлен", f"{url}/results", None)]


@pytest.mark.both_databases
def test_opening_twice_at_once_is_one_first_access(make, login, clock):
    nomination = make.nomination()
    task = make.task(nomination)
    person = make.participant(nomination, ready=True)
    moment = clock.set(task.releases_at)
    browsers = [login(person.account_id) for _ in range(6)]
    barrier, replies = threading.Barrier(6), []

    def press(browser):
        with core_clock.stopped_at(moment):
            barrier.wait()
            replies.append(browser.post(f"/tasks/{task.id}/opening").status_code)

    threads = [threading.Thread(target=press, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [303] * 6
    assert len(_all(FirstAccess)) == 1
    with reading():
        entries = session.scalars(select(JournalEntry).where(JournalEntry.action == "task.first_access")).all()
        assert len(entries) == 1
        assert session.get_one(Participant, person.id).nomination_id == session.get_one(Nomination, nomination.id).id
