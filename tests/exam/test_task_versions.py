"""A wrong task is withdrawn for all at once; the next version has its own hour, accesses and results; the protocol."""

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from core import storage
from core.access import person_of
from core.accounts import Account
from core.db import reading, session
from core.documents.papers import Document
from exam import accesses, steps, task_versions, tasks
from exam.models import FirstAccess, LaterAccess, ResultFile, Task

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
REASON = "В чертеже неверный диаметр"


@pytest.fixture
def nomination(make):
    return make.nomination(make.contest())


@pytest.fixture
def task(make, nomination, operation):
    drawing = operation(storage.receive, PDF, allowed=storage.PDF, max_bytes=10**6)
    return make.task(nomination, files=[("чертёж.pdf", drawing)])


@pytest.fixture
def person(make, nomination):
    return make.participant(nomination, ready=True, code="У-0417")


@pytest.fixture
def browser(login, person):
    return login(person.account_id)


@pytest.fixture
def organiser(make, login, nomination):
    return login(make.account("Кузнецова Ольга Ивановна", roles=[("organiser", "contest", nomination.contest_id)]))


def rows(model):
    with reading():
        return session.scalars(select(model).order_by(model.id)).all()


def withdraw(organiser, task, reason=REASON):
    return organiser.post_form(f"/tasks/{task.id}/withdrawal", {"reason": reason})


def second(organiser, task, **changes):
    """Send the form of the next version; times are local, Tomsk is seven hours ahead."""
    return organiser.post_form(f"/tasks/{task.id}/versions/new", {
        "title": "Стык трубы", "text": "Сварите стык 60 мм.", "releases_at": "2026-03-02 14:20:00",
        "closes_at": "2026-03-02 17:00:00", **changes}, content_type="multipart/form-data")


def test_a_withdrawn_version_is_given_to_nobody_any_more(browser, organiser, make, login, nomination, task, clock):
    url = f"/tasks/{task.id}"
    fresh = login(make.participant(nomination, ready=True).account_id)
    fresh.get(f"{url}/package").get_data()
    clock.set(task.releases_at)
    browser.post(f"{url}/opening")
    with reading():
        file = tasks.load(task.id).files[0].id
    clock.move(minutes=1)
    assert "Уже открыли: 1." in organiser.get(f"{url}/withdrawal").text
    assert withdraw(organiser, task).headers["Location"] == f"{url}/versions/new"
    for one in (browser, fresh):
        page = one.get(f"{url}/gate").text
        assert "Задание отозвано, дождитесь новой версии" in page
        assert REASON in page
        assert "Открыть задание</button>" not in page
        assert one.get(f"{url}/text").headers["Location"] == f"{url}/gate"
        assert one.post(f"{url}/opening").status_code == 422
        assert one.get(f"{url}/package").status_code == 409
    assert fresh.post(f"{url}/key", json={}).json["error"] == "withdrawn"
    assert browser.get(f"{url}/files/{file}").status_code == 409
    assert browser.get(f"{url}/state").json == {
        "now": clock.now.isoformat(), "releases_at": task.releases_at.isoformat(), "withdrawn": True, "next": None}
    assert (len(rows(FirstAccess)), rows(LaterAccess)) == (1, [])
    assert organiser.get(f"{url}/files/{file}").data == PDF


def test_withdrawing_asks_for_a_reason_and_happens_once_before_the_end(organiser, task, clock):
    assert withdraw(organiser, task, " ").status_code == 422
    clock.set(task.closes_at + timedelta(microseconds=1))
    assert "отзывать задание поздно" in withdraw(organiser, task).text
    clock.set(task.closes_at)
    assert withdraw(organiser, task).status_code == 303
    assert "уже отозвана" in withdraw(organiser, task, "ещё раз").text
    [row] = rows(Task)
    assert (row.withdraw_reason, row.withdrawn_at) == (REASON, task.closes_at)


def test_the_new_version_has_its_own_hour_hash_and_first_access(browser, organiser, task, person, clock):
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    withdraw(organiser, task)
    with reading():
        kept = str(tasks.load(task.id).files[0].id)
    assert second(organiser, task, kept=[kept]).status_code == 303
    old, new = rows(Task)
    assert (new.version, new.event_id, new.releases_at, new.closes_at) == (
        2, old.event_id, clock.now + timedelta(minutes=20), clock.now + timedelta(hours=3))
    assert new.sha256 != old.sha256
    with reading():
        assert [(file.name, file.blob.sha256) for file in tasks.load(new.id).files] == [
            (file.name, file.blob.sha256) for file in tasks.load(old.id).files]
    assert browser.get(f"/tasks/{old.id}/gate").headers["Location"] == f"/tasks/{new.id}/gate"
    page = browser.get(f"/tasks/{new.id}/gate").text
    assert "Редакция 1 отозвана, это новая: 2" in page
    assert REASON in page
    assert browser.post(f"/tasks/{new.id}/opening").status_code == 422
    clock.set(new.releases_at)
    browser.post(f"/tasks/{new.id}/opening")
    assert [(row.task_id, row.version_sha256) for row in rows(FirstAccess)] == [
        (old.id, old.sha256), (new.id, new.sha256)]
    assert "60 мм" in browser.get(f"/tasks/{new.id}/text").text
    report = organiser.get(f"/tasks/{old.id}/accesses").text
    assert "Редакция 1, отозвана" in report
    assert old.sha256[:8] in report


@pytest.mark.parametrize(("changes", "words"), [
    ({"releases_at": "2026-03-02 13:59:59"}, "Этот час уже прошёл"),
    ({"closes_at": "2026-03-02 14:20:00"}, "раньше выдачи"), ({"text": " "}, "Напишите, что сделать"),
    ({"kept": "999"}, "Исправьте ошибку")])
def test_a_wrong_new_version_is_named(organiser, task, clock, changes, words):
    clock.set(task.releases_at)
    withdraw(organiser, task)
    answer = second(organiser, task, **changes)
    assert answer.status_code == 422
    assert words in answer.text
    assert len(rows(Task)) == 1


def test_a_new_version_follows_only_a_withdrawn_one_and_once(organiser, task, clock):
    clock.set(task.releases_at)
    assert "Сначала отзовите" in second(organiser, task).text
    withdraw(organiser, task)
    assert second(organiser, task, releases_at="2026-03-02 14:00:00").status_code == 303
    assert "уже добавлена" in second(organiser, task).text
    assert organiser.post(f"/tasks/{task.id}/hour").status_code == 409
    assert organiser.post(f"/tasks/{rows(Task)[1].id}/hour").status_code == 409


def test_results_belong_to_a_version_and_experts_are_told(browser, organiser, make, login, nomination, task, clock):
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    browser.post(f"/tasks/{task.id}/results", data={"file": (io.BytesIO(PDF), "шов.pdf"), "note": "по первой"})
    withdraw(organiser, task)
    late = browser.post(f"/tasks/{task.id}/results", data={"file": (io.BytesIO(PDF), "шов.pdf")})
    assert late.status_code == 422
    assert "новые по ней не принимаются" in late.text
    second(organiser, task)
    new = rows(Task)[1]
    expert = login(make.member(nomination))
    old_page, new_page = (expert.get(f"/tasks/{one.id}/results").text for one in (task, new))
    assert "Результаты по отозванной редакции" in old_page
    assert "по первой" in old_page
    assert "по первой" not in new_page
    assert "Здесь только сданное по редакции 2" in new_page
    assert [row.task_id for row in rows(ResultFile)] == [task.id]


def test_strangers_withdraw_nothing_and_open_pages_are_told_only_their_own(make, login, operation, nomination, task):
    for role in ("secretary", "proctor"):
        other = login(make.account(roles=[(role, "contest", nomination.contest_id)]))
        assert withdraw(other, task).status_code == 404
        assert second(other, task).status_code == 404
    elsewhere = login(make.account(roles=[("organiser", "contest", make.contest().id)]))
    assert withdraw(elsewhere, task).status_code == 404
    own, stranger = (make.participant(where, ready=True) for where in (nomination, make.nomination()))
    with reading():
        may = [task_versions.may_watch(make.me(one.account_id), key)
               for one in (own, stranger) for key in (task.id, 999)]
    assert may == [True, False, False, False]
    assert [row.withdrawn_at for row in rows(Task)] == [None]


def test_steps_say_that_people_wait_for_the_new_version(browser, organiser, person, task, nomination, clock):
    with reading():
        staff = session.scalar(select(Account.id).where(Account.name == "Кузнецова Ольга Ивановна"))

    def seen(account_id):
        with reading():
            return [(step.title, step.url) for step in steps.next_steps(person_of(account_id, clock.now), clock.now)]

    clock.set(task.releases_at)
    withdraw(organiser, task)
    assert seen(person.account_id) == [("Практическое задание отозвано", f"/tasks/{task.id}/gate")]
    assert seen(staff) == [
        (f"Добавьте новую редакцию задания: {nomination.title}", f"/tasks/{task.id}/versions/new")]
    second(organiser, task, releases_at="2026-03-02 14:00:00")
    new = rows(Task)[1]
    assert seen(person.account_id) == [("Откройте практическое задание", f"/tasks/{new.id}/gate")]
    assert seen(staff) == [(f"Работы участников: {nomination.title}", f"/tasks/{new.id}/results")]


def test_the_protocol_of_access_is_made_after_the_end_and_frozen(
        browser, organiser, make, login, nomination, task, clock):
    url, begun = f"/tasks/{task.id}/accesses", clock.now
    make.participant(nomination, ready=True, code="У-0500")
    expert = login(make.member(nomination, name="Гаврилов Пётр"))
    expert.get(f"/tasks/{task.id}")
    browser.get(f"/tasks/{task.id}/package").get_data()
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/key", json={})
    browser.post(f"/tasks/{task.id}/opened", json={})
    browser.get(f"/tasks/{task.id}/text").get_data()
    clock.set(task.closes_at)
    assert "после окончания приёма" in organiser.post_form(url).text
    assert organiser.get(f"{url}.pdf").status_code == 404
    clock.move(microseconds=1)
    assert expert.post(url).status_code == 404
    assert organiser.post_form(url).status_code == 303
    [paper] = [row for row in rows(Document) if row.form == "task_accesses"]
    first = next(row for row in paper.content["rows"] if row["code"] == "У-0417")
    assert {key: first[key] for key in ("at", "sealed", "later", "delivered_at", "sha256")} == {
        "at": task.releases_at.isoformat(), "sealed": True, "later": 1, "delivered_at": begun.isoformat(),
        "sha256": task.sha256}
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(expert.get(f"{url}.pdf").data)).pages)
    for words in ("ПРОТОКОЛ ДОСТУПА К ЗАДАНИЮ", "У-0417", "У-0500", "доступ не осуществлялся", "Гаврилов", "ключ"):
        assert words in text.replace("\N{NO-BREAK SPACE}", " ")
    browser.get(f"/tasks/{task.id}/text").get_data()
    assert [row.content for row in rows(Document) if row.id == paper.id] == [paper.content]
    with reading():
        assert max(line.later for line in accesses.report(tasks.load(task.id))) == 2
