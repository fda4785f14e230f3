"""Keys of sealed tasks, released in groups: what one group holds, who is refused in it, whose moment is which."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, event, func, select, update

from contest.models import Consent, Participant
from core import access, journal
from core import clock as core_clock
from core.accounts import Account, LoginSession
from core.db import GroupWriter, engine, reading, session, transaction
from core.errors import LoginNeeded, NotVisible
from core.journal import JournalEntry
from exam import accesses, key_release, task_versions
from exam.accesses import Visit
from exam.key_release import Asking, Left, Released
from exam.models import FirstAccess, LaterAccess, SealedDelivery, Task

both_databases = pytest.mark.both_databases
MICRO = timedelta(microseconds=1)


def real():
    return datetime.now(UTC)


@pytest.fixture
def nomination(make):
    return make.nomination(make.contest())


@pytest.fixture
def task(make, nomination):
    return make.task(nomination)


class Reader:
    """A participant with a browser, whose packages were delivered."""

    def __init__(self, make, login, nomination, *tasks, ready=True):
        self.person = make.participant(nomination, ready=ready, **({} if ready else {"code": "У-0001"}))
        self.id, self.account_id = self.person.id, self.person.account_id
        self.browser = login(self.account_id)
        self.token = access.token_hash(self.browser.get_cookie("login").decoded_value)
        with transaction():
            session.add_all(SealedDelivery(task_id=task.id, participant_id=self.id, delivered_at=make.now,
                                           sha256="0" * 64) for task in tasks)

    def asks(self, task, visit=Visit("10.0.0.7", "Тест/1", "a" * 64)):  # noqa: B008 (frozen)
        return Asking(task.id, self.token, visit, core_clock.now(), core_clock.source())

    def post(self, task, **headers):
        return self.browser.post(f"/tasks/{task.id}/key", json={}, headers={"Accept": "application/json", **headers})


@pytest.fixture
def reader(make, login, nomination, task):
    return Reader(make, login, nomination, task)


def rows(model):
    with reading():
        return session.scalars(select(model).order_by(model.id)).all()


def change(statement):
    with transaction():
        session.execute(statement)


def codes(found):
    return [each.code if isinstance(each, Exception) else "key" for each in found]


@both_databases
def test_one_group_is_one_commit_with_one_first_access_of_each_and_the_others_later(make, login, nomination, task,
                                                                                    clock):
    one, two = (Reader(make, login, nomination, task) for _ in range(2))
    at, commits = clock.set(task.releases_at), []
    event.listen(engine(), "commit", commits.append)
    found = key_release.WRITER.submit_many([one.asks(task), one.asks(task, Visit("10.0.0.8", "", "b" * 64)),
                                            two.asks(task), one.asks(task)])
    assert len(commits) == 1
    first, later = rows(FirstAccess), rows(LaterAccess)
    assert {(row.participant_id, row.at, row.offered_at, row.address, row.agent, row.device, row.sealed, row.sent_at,
             row.version_sha256) for row in first} == {
        (each.id, at, task.releases_at, "10.0.0.7", "Тест/1", "a" * 64, True, None, task.sha256)
        for each in (one, two)}
    assert [(row.participant_id, row.at, row.address, row.device, row.file_id) for row in later] == [
        (one.id, at, "10.0.0.8", "b" * 64, None), (one.id, at, "10.0.0.7", "a" * 64, None)]
    ids = {row.participant_id: row.id for row in first}
    assert found == [Released(ids[each.id], at, None, task.id, task.sha256, each.id, "Asia/Tomsk")
                     for each in (one, one, two, one)]
    with reading():
        noted = session.scalars(select(JournalEntry).where(JournalEntry.action == "task.first_access").order_by(
            JournalEntry.seq)).all()
        assert [(row.actor_id, row.role, row.object_id, row.at) for row in noted] == [
            (each.account_id, make.me(each.account_id).acting_as, str(ids[each.id]), at) for each in (one, two)]
        assert journal.verify().bad_seq == 0


@both_databases
def test_strangers_and_ended_logins_in_a_group_are_refused_and_the_others_served(make, login, nomination, task, clock):
    good, revoked, expired, fresh, disabled, gone = (Reader(make, login, nomination, task) for _ in range(6))
    stranger = Reader(make, login, make.nomination(make.contest()), task)
    clock.set(task.releases_at)
    change(update(LoginSession).where(LoginSession.account_id == revoked.account_id).values(revoked_at=clock.now))
    change(update(LoginSession).where(LoginSession.account_id == expired.account_id).values(expires_at=clock.now))
    change(update(Account).where(Account.id == fresh.account_id).values(one_time=True))
    change(update(Account).where(Account.id == disabled.account_id).values(disabled_at=clock.now))
    change(update(Participant).where(Participant.id == gone.id).values(withdrawn_at=clock.now))
    found = key_release.WRITER.submit_many([each.asks(task) for each in (
        stranger, revoked, expired, fresh, disabled, gone, good)])
    assert [type(each) for each in found[:3]] == [NotVisible, LoginNeeded, LoginNeeded]
    assert codes(found) == ["not_found", "login_needed", "login_needed", "one_time", "login_needed", "not_found", "key"]
    assert found[3].status == 403
    assert [row.participant_id for row in rows(FirstAccess)] == [good.id]


@both_databases
def test_each_task_of_a_group_has_its_own_hour_and_its_own_version(make, login, operation, nomination, task, clock):
    later, wrong = make.task(nomination, after=timedelta(hours=2)), make.task(nomination)
    reader = Reader(make, login, nomination, task, later, wrong)
    clock.set(task.releases_at)
    asked = [reader.asks(each) for each in (later, task, wrong)]
    asked.append(replace(asked[0], task_id=999))
    operation(lambda: task_versions.withdraw(session.get_one(Task, wrong.id), reason="не тот чертёж",
                                             by=make.organiser(), now=clock.now))
    assert codes(key_release.WRITER.submit_many(asked)) == ["too_early", "key", "withdrawn", "not_found"]
    clock.set(later.releases_at - MICRO)
    assert codes(key_release.WRITER.submit_many([reader.asks(later)])) == ["too_early"]
    clock.set(later.releases_at)
    assert codes(key_release.WRITER.submit_many([reader.asks(later)])) == ["key"]
    assert [row.task_id for row in rows(FirstAccess)] == [task.id, later.id]


@both_databases
def test_a_poisoned_item_harms_nobody_else(make, login, nomination, task, clock):
    good, other = (Reader(make, login, nomination, task) for _ in range(2))
    clock.set(task.releases_at)
    found = key_release.WRITER.submit_many([good.asks(task), other.asks(task, Visit(agent=None)), good.asks(task)])
    assert [type(each) for each in found] == [Released, TypeError, Released]
    assert ([row.participant_id for row in rows(FirstAccess)], len(rows(LaterAccess))) == ([good.id], 1)


def test_refusals_keep_their_words(make, login, nomination, task, reader, clock):
    clock.set(task.releases_at)
    unready = Reader(make, login, nomination, task, ready=False)
    reply = unready.post(task)
    assert (reply.status_code, reply.json["error"]) == (409, "not_ready")
    assert reply.json["text"].startswith("Задание не открывается: не подписан")
    change(delete(Consent).where(Consent.application_id == reader.person.application_id, Consent.kind == "video"))
    assert reader.post(task).json["text"] == "Задание не открывается: не подписаны согласия."
    assert Reader(make, login, nomination).post(task).json["error"] == "no_package"
    change(update(LoginSession).where(LoginSession.account_id == reader.account_id).values(revoked_at=clock.now))
    refused = reader.post(task)
    assert (refused.status_code, refused.json["error"]) == (401, "login_needed")
    assert (rows(FirstAccess), rows(LaterAccess)) == ([], [])


def test_who_is_not_logged_in_or_sends_too_much_reaches_no_group(client, reader, task, clock):
    clock.set(task.releases_at)
    before = key_release.WRITER.items
    assert client.post(f"/tasks/{task.id}/key", json={}).status_code == 401
    assert reader.browser.post(f"/tasks/{task.id}/key", data=b"x" * 1001).status_code == 413
    assert reader.post(task, Purpose="prefetch").status_code == 204
    assert (key_release.WRITER.items, rows(FirstAccess)) == (before, [])


def test_a_computer_without_a_device_cookie_gets_one(reader, task, clock):
    clock.set(task.releases_at)
    reader.post(task)
    device = reader.browser.get_cookie("device").decoded_value
    assert [row.device for row in rows(FirstAccess)] == [access.token_hash(device)]


@both_databases
def test_a_key_sent_is_noted_in_a_group_and_the_first_time_stays(make, login, nomination, task, clock):
    one, two = (Reader(make, login, nomination, task) for _ in range(2))
    at = clock.set(task.releases_at)
    found = key_release.WRITER.submit_many([one.asks(task), two.asks(task)])
    ids = [each.id for each in found]
    before = key_release.WRITER.batches
    key_release.WRITER.submit_many([Left(ids[1], at + 2 * MICRO), Left(ids[0], at + MICRO), Left(ids[1], at + MICRO)])
    assert key_release.WRITER.batches == before + 1
    key_release.note_sent(ids[0], now=at + 9 * MICRO)
    assert {row.id: row.sent_at for row in rows(FirstAccess)} == dict.fromkeys(ids, at + MICRO)
    [again] = key_release.WRITER.submit_many([one.asks(task)])
    assert again.sent_at == at + MICRO


def test_a_clock_set_back_makes_no_access_earlier_than_the_first(reader, task, clock):
    opened = clock.set(task.releases_at + MICRO)
    reader.post(task)
    clock.move(microseconds=-1)
    reader.post(task)
    assert [row.at for row in rows(LaterAccess)] == [opened]


@both_databases
def test_the_key_waits_for_its_turn_and_its_time_is_that_of_its_turn(make, reader, task, clock):
    """Somebody else writes an access of this person: nothing is given meanwhile, and the moment is read afterwards."""
    clock.set(task.releases_at)
    asked, given, me = replace(reader.asks(task), clock=real), [], make.me(reader.account_id)
    asking = threading.Thread(target=lambda: given.append(key_release.WRITER.submit(asked)))
    with transaction():
        accesses.enter(session.get_one(Task, task.id), session.get_one(Participant, reader.id), Visit("door"), by=me)
        asking.start()
        asking.join(0.3)
        assert given == []
        ended = real()
    asking.join()
    [first], [later] = rows(FirstAccess), rows(LaterAccess)
    assert (first.address, first.sealed, later.address) == ("door", False, "10.0.0.7")
    assert ended <= later.at <= real()
    assert (given[0].id, given[0].at) == (first.id, first.at)


@both_databases
def test_two_writers_over_the_same_people_leave_one_first_access_each_and_no_deadlock(make, login, nomination, task,
                                                                                     clock):
    people = [Reader(make, login, nomination, task) for _ in range(4)]
    clock.set(task.releases_at)
    asked = [each.asks(task) for each in people]
    writers, found = [GroupWriter(f"k{n}", key_release._apply, patience=60) for n in range(2)], []

    def work(number, turn):
        found.extend(writers[number].submit_many(asked if turn % 2 else asked[::-1]))

    threads = [threading.Thread(target=work, args=(number, turn)) for turn in range(6) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes(found) == ["key"] * 48
    assert sorted(row.participant_id for row in rows(FirstAccess)) == [each.id for each in people]
    with reading():
        later = session.execute(select(LaterAccess.participant_id, func.count()).group_by(LaterAccess.participant_id))
        assert dict(later.tuples().all()) == {each.id: 11 for each in people}
        assert journal.verify().bad_seq == 0
