"""First and later accesses to a task: who, when, from which device; in the order in which they were written."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock as core_clock
from core.db import reading, session, transaction
from exam import accesses, tasks
from exam.accesses import Visit
from exam.models import FirstAccess, LaterAccess, SealedDelivery, StaffView, Task

SECOND = timedelta(seconds=1)
NOWHERE = Visit()


@pytest.fixture
def nomination(make):
    return make.nomination(make.contest())


@pytest.fixture
def task(make, nomination):
    return make.task(nomination)


@pytest.fixture
def person(make, nomination):
    return make.participant(nomination, ready=True, code="У-0417")


def rows(model):
    with reading():
        return session.scalars(select(model).order_by(model.id)).all()


@pytest.fixture
def enter(operation, make, task, person):
    """`enter(visit)` opens the task in a transaction of its own, at this moment."""
    me = make.me(person.account_id)
    return lambda visit=NOWHERE: operation(lambda: accesses.enter(session.get_one(Task, task.id), person, visit, by=me))


def test_the_first_access_says_from_where_and_the_later_ones_too(enter, task, clock):
    opened = clock.set(task.releases_at)
    assert enter(Visit("10.0.0.7", "Тестовый/1", "a" * 64)) is True
    again = clock.move(seconds=1)
    assert enter(Visit("10.0.0.8", "Другой/2", "b" * 64)) is False
    [first], [later] = rows(FirstAccess), rows(LaterAccess)
    assert (first.at, first.offered_at, first.address, first.agent, first.device, first.sealed,
            first.version_sha256) == (opened, task.releases_at, "10.0.0.7", "Тестовый/1", "a" * 64, False, task.sha256)
    assert (later.at, later.address, later.device, later.file_id) == (again, "10.0.0.8", "b" * 64, None)


def test_a_clock_set_back_makes_no_access_earlier_than_the_first(enter, task, clock):
    opened = clock.set(task.releases_at + SECOND)
    enter()
    clock.move(seconds=-1)
    enter()
    assert [row.at for row in rows(LaterAccess)] == [opened]


@pytest.mark.both_databases
def test_who_waits_for_its_turn_is_later_and_its_time_is_that_of_its_turn(task, person, clock, make, app):
    """The second request arrives while the first one still writes: its row bears the moment at which its turn came."""
    clock.set(task.releases_at)
    me, ended, came = make.me(person.account_id), [], threading.Event()

    def waiting():
        with app.app_context():
            came.set()
            with transaction():
                accesses.enter(session.get_one(Task, task.id), person, Visit("second"), by=me)

    def writing():
        with app.app_context(), transaction():
            accesses.enter(session.get_one(Task, task.id), person, Visit("first"), by=me)
            second.start()
            came.wait(5)
            second.join(0.2)
            ended.append(core_clock.now())

    first, second = threading.Thread(target=writing), threading.Thread(target=waiting)
    first.start()
    first.join()
    second.join()
    [begun], [later] = rows(FirstAccess), rows(LaterAccess)
    assert (begun.address, later.address) == ("first", "second")
    assert begun.at < ended[0] <= later.at


def test_text_shown_was_sent_whichever_is_noted_first(enter, operation, task, person, clock):
    clock.set(task.releases_at)
    enter()
    [first] = rows(FirstAccess)
    shown = clock.move(seconds=1)
    operation(lambda: accesses.mark_opened(session.get_one(FirstAccess, first.id), now=shown))
    accesses.note_sent(first.id, now=clock.move(seconds=1))
    operation(lambda: accesses.mark_opened(session.get_one(FirstAccess, first.id), now=clock.now))
    [first] = rows(FirstAccess)
    assert (first.sent_at, first.opened_at) == (shown, shown)


def test_the_text_is_the_first_access_until_it_was_sent_and_a_later_one_after(enter, task, clock):
    clock.set(task.releases_at)
    enter()
    [first] = rows(FirstAccess)
    accesses.note_text(first, Visit())
    assert rows(LaterAccess) == []
    accesses.note_sent(first.id, now=clock.now)
    [first] = rows(FirstAccess)
    accesses.note_text(first, Visit(device="d"))
    assert [row.device for row in rows(LaterAccess)] == ["d"]


@pytest.mark.parametrize("agent", ["TelegramBot (like TwitterBot)", "Mozilla/5.0 (compatible; YandexBot/3.0)",
                                   "facebookexternalhit/1.1", "WhatsApp/2.23", "Mozilla/5.0 SkypeUriPreview"])
def test_robots_that_look_for_a_preview_open_nothing(login, person, task, clock, agent):
    browser = login(person.account_id)
    clock.set(task.releases_at)
    assert browser.post(f"/tasks/{task.id}/opening", headers={"User-Agent": agent}).status_code == 204
    assert browser.post(f"/tasks/{task.id}/key", json={}, headers={"User-Agent": agent}).status_code == 204
    assert rows(FirstAccess) == []


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 40) Chrome/120.0 Mobile Safari/537.36",
                                   "Mozilla/5.0 (X11; Linux x86_64) Chrome/128.0 Safari/537.36", ""])
def test_a_telephone_with_a_robot_in_its_name_is_a_reader(login, person, task, clock, agent):
    clock.set(task.releases_at)
    reply = login(person.account_id).post(f"/tasks/{task.id}/opening", headers={"User-Agent": agent})
    assert reply.status_code == 303
    assert [row.agent for row in rows(FirstAccess)] == [agent]


def test_the_device_is_the_hash_of_its_cookie_and_the_report_shows_it(make, login, person, task, clock, nomination):
    browser = login(person.account_id)
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    [first] = rows(FirstAccess)
    assert len(first.device) == 64
    browser.post(f"/tasks/{task.id}/opening")
    assert [row.device for row in rows(LaterAccess)] == [first.device]
    organiser = login(make.account(roles=[("organiser", "contest", nomination.contest_id)]))
    assert f"устройство {first.device[:8]}" in organiser.get(f"/tasks/{task.id}/accesses").text
    expert = login(make.member(nomination))
    assert first.device[:8] not in expert.get(f"/tasks/{task.id}/accesses").text


def test_somebody_whose_application_was_withdrawn_opens_nothing(login, operation, person, task, clock):
    from contest.models import Participant
    browser = login(person.account_id)
    operation(lambda: setattr(session.get_one(Participant, person.id), "withdrawn_at", clock.now))
    clock.set(task.releases_at)
    assert browser.post(f"/tasks/{task.id}/opening").status_code == 404
    assert rows(FirstAccess) == []


def test_the_report_counts_for_everybody_in_a_few_queries(make, operation, enter, task, nomination, clock):
    idle = make.participant(nomination, ready=True, code="У-0500")
    clock.set(task.releases_at)
    enter()
    enter()
    operation(lambda: session.add(SealedDelivery(task_id=task.id, participant_id=idle.id, delivered_at=clock.now,
                                                 sha256="0" * 64)))
    accesses.note_staff_view(task, by=make.person("Гаврилов Пётр"), now=clock.now - SECOND)
    with reading():
        lines = accesses.report(tasks.load(task.id))
        views = accesses.staff_views(task.id)
    assert [(line.participant.code, line.first is not None, line.later, line.delivered is not None)
            for line in lines] == [("У-0417", True, 1, False), ("У-0500", False, 0, True)]
    assert [(name, view.before_hour) for view, name in views] == [("Гаврилов Пётр", True)]
    assert len(rows(StaffView)) == 1
