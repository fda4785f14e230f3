"""The sealed package: useless before the hour, opened by its own key only, delivered once; files bear their reader."""

import base64
import io
import json
from datetime import timedelta

import pikepdf
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pypdf import PdfReader
from sqlalchemy import select

from core import storage
from core.db import reading, session
from core.journal import JournalEntry
from exam import sealed_tasks, tasks
from exam.models import FirstAccess, LaterAccess, SealedDelivery, StaffView

MICRO = timedelta(microseconds=1)
BROKEN = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def drawing(size: int = 0) -> bytes:
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(595, 842))
        document.pages[0].obj.Noise = pikepdf.Stream(document, bytes(size))
        made = io.BytesIO()
        document.save(made, compress_streams=False)
    return made.getvalue()


@pytest.fixture
def nomination(make):
    return make.nomination(make.contest())


@pytest.fixture
def task(make, nomination, operation):
    found = [operation(storage.receive, content, allowed=storage.PDF, max_bytes=10**8)
             for content in (drawing(), BROKEN)]
    made = make.task(nomination, files=[("чертёж.pdf", found[0]), ("бланк.pdf", found[1])])
    with reading():
        return tasks.load(made.id)


@pytest.fixture
def person(make, nomination):
    return make.participant(nomination, ready=True, code="У-0417")


@pytest.fixture
def browser(login, person):
    return login(person.account_id)


def rows(model):
    with reading():
        return session.scalars(select(model).order_by(model.id)).all()


def opened(body: bytes, key: str, bound: str) -> tuple[dict, list[bytes]]:
    """The head and the files of a package, read as its format says."""
    assert body[0] == 1
    plain = AESGCM(base64.urlsafe_b64decode(key + "=")).decrypt(body[1:13], body[13:], bound.encode())
    length = int.from_bytes(plain[:4])
    head, files, at = json.loads(plain[4:4 + length]), [], 4 + length
    for file in head["files"]:
        files.append(plain[at:at + file["size"]])
        at += file["size"]
    assert at == len(plain)
    return head, files


def asked(browser, task):
    return browser.post(f"/tasks/{task.id}/key", json={}, headers={"Accept": "application/json"})


def test_a_package_opens_with_the_key_given_at_the_hour(browser, task, clock):
    delivered_at = clock.move(minutes=10)
    body = browser.get(f"/tasks/{task.id}/package").data
    assert "Сварите".encode() not in body
    clock.set(task.releases_at - MICRO)
    early = asked(browser, task)
    assert (early.status_code, early.json["error"], rows(FirstAccess)) == (409, "too_early", [])
    assert "key" not in early.json
    clock.set(task.releases_at)
    reply = asked(browser, task)
    assert len(base64.urlsafe_b64decode(reply.json["key"] + "=")) == 32
    [first] = rows(FirstAccess)
    assert (first.at, first.sealed, first.sent_at, first.opened_at) == (task.releases_at, True, task.releases_at, None)
    head, files = opened(body, reply.json["key"], f"task:{task.id}:{task.sha256}")
    assert "Сварите стык" in head["html"]
    assert [file["name"] for file in head["files"]] == ["чертёж.pdf", "бланк.pdf"]
    assert "У-0417, выдано 2 марта 2026 г., 14:00:00" in PdfReader(io.BytesIO(files[0])).pages[0].extract_text()
    assert files[1] == BROKEN
    [delivery] = rows(SealedDelivery)
    assert (delivery.delivered_at, delivery.address) == (delivered_at, "127.0.0.1")


def test_the_key_asked_for_again_is_a_later_access_and_the_same_key(browser, task, clock):
    browser.get(f"/tasks/{task.id}/package").get_data()
    clock.set(task.releases_at)
    keys = {asked(browser, task).json["key"] for _ in range(3)}
    assert (len(keys), len(rows(FirstAccess)), len(rows(LaterAccess))) == (1, 1, 2)


def test_a_package_is_bound_to_its_reader_its_task_and_its_version(browser, login, make, nomination, task, clock):
    other = login(make.participant(nomination, ready=True).account_id)
    body, foreign = (one.get(f"/tasks/{task.id}/package").data for one in (browser, other))
    assert body != browser.get(f"/tasks/{task.id}/package").data
    clock.set(task.releases_at)
    key = asked(other, task).json["key"]
    assert opened(foreign, key, f"task:{task.id}:{task.sha256}")[0]["title"] == "Стык трубы"
    for wrong, bound in ((body, f"task:{task.id}:{task.sha256}"), (foreign, f"task:{task.id + 1}:{task.sha256}"),
                         (foreign[:-1] + bytes([foreign[-1] ^ 1]), f"task:{task.id}:{task.sha256}")):
        with pytest.raises(InvalidTag):
            opened(wrong, key, bound)


def test_the_key_lies_in_no_column_of_the_database(browser, task, clock, db):
    browser.get(f"/tasks/{task.id}/package").get_data()
    clock.set(task.releases_at)
    key = asked(browser, task).json["key"]
    from core.db import engine
    with engine().connect() as connection:
        text = "\n".join(connection.connection.driver_connection.iterdump())
    assert key not in text
    assert base64.urlsafe_b64decode(key + "=").hex() not in text.lower()


def test_who_has_no_package_gets_no_key_and_no_access_is_written(browser, task, clock):
    clock.set(task.releases_at)
    refused = asked(browser, task)
    assert (refused.status_code, refused.json["error"], rows(FirstAccess)) == (409, "no_package", [])


def test_nobody_fetches_a_package_who_could_not_open_it(make, login, browser, nomination, task, clock):
    unready = login(make.participant(nomination, code="У-0001").account_id)
    assert unready.get(f"/tasks/{task.id}/package").status_code == 409
    assert login(make.participant(ready=True).account_id).get(f"/tasks/{task.id}/package").status_code == 404
    staff = login(make.account(roles=[("organiser", "contest", nomination.contest_id)]))
    assert staff.get(f"/tasks/{task.id}/package").status_code == 404
    clock.set(task.releases_at)
    assert browser.get(f"/tasks/{task.id}/package").status_code == 409
    assert rows(SealedDelivery) == []


def test_looking_ahead_delivers_nothing(browser, task):
    assert browser.head(f"/tasks/{task.id}/package").status_code == 204
    assert browser.get(f"/tasks/{task.id}/package", headers={"Sec-Purpose": "prefetch"}).status_code == 204
    assert rows(SealedDelivery) == []


def test_a_package_cut_off_is_not_delivered_and_gives_its_place_back(browser, task, person, app, clock):
    from exam import task_pages
    held = sealed_tasks.Place()
    made = sealed_tasks.Package(bytes(200_000), "0" * 64, ())
    half = task_pages._delivered(made, task.id, person.id, None, "", held)
    assert len(next(half)) == task_pages.PIECE
    half.close()
    assert (rows(SealedDelivery), held._held) == ([], False)


def test_only_a_few_packages_are_in_memory_and_the_next_asker_waits(browser, task):
    held = [sealed_tasks.Place() for _ in range(sealed_tasks.AT_ONCE)]
    busy = browser.get(f"/tasks/{task.id}/package")
    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "3")
    for place in held:
        place.give_back()
        place.give_back()
    for _ in range(sealed_tasks.AT_ONCE + 2):
        assert browser.get(f"/tasks/{task.id}/package").data[0] == 1
    assert len(rows(SealedDelivery)) == 1


def test_a_file_that_does_not_fit_stays_an_ordinary_link(make, nomination, browser, operation, clock, monkeypatch):
    monkeypatch.setattr(sealed_tasks, "MOST", 10_000)
    sizes = [operation(storage.receive, drawing(size), allowed=storage.PDF, max_bytes=10**8)
             for size in (9_900, 5_000, 1_000)]
    task = make.task(nomination, files=[(f"{number}.pdf", file) for number, file in enumerate(sizes)])
    body = browser.get(f"/tasks/{task.id}/package").data
    clock.set(task.releases_at)
    head, _files = opened(body, asked(browser, task).json["key"], f"task:{task.id}:{task.sha256}")
    assert [file["name"] for file in head["files"]] == ["1.pdf", "2.pdf"]
    assert head["html"].count("/files/") == 3


def test_a_file_opened_inside_the_package_is_reported_as_a_later_access(browser, login, make, task, clock):
    clock.set(task.releases_at)
    url = f"/tasks/{task.id}/files/{task.files[0].id}/opening"
    assert browser.post(url, json={}).status_code == 404
    browser.post(f"/tasks/{task.id}/opening")
    at = clock.move(seconds=5)
    assert browser.post(url, json={}).status_code == 204
    assert browser.post(f"/tasks/{task.id}/files/99/opening", json={}).status_code == 404
    assert [(row.file_id, row.at) for row in rows(LaterAccess)] == [(task.files[0].id, at)]


def test_a_pdf_bears_its_reader_and_the_record_keeps_the_original(browser, login, make, nomination, task, clock):
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    clock.move(minutes=3)
    url = f"/tasks/{task.id}/files/{task.files[0].id}"
    first, again = browser.get(url), browser.get(url)
    assert "У-0417, выдано 2 марта 2026 г., 14:00:00" in PdfReader(io.BytesIO(first.data)).pages[0].extract_text()
    assert first.data == again.data
    assert first.headers["Content-Disposition"].endswith("filename*=UTF-8''%D1%87%D0%B5%D1%80%D1%82%D1%91%D0%B6.pdf")
    assert first.headers["Cache-Control"] == "private, no-store"
    staff = login(make.account("Кузнецова Ольга Ивановна", roles=[("organiser", "contest", nomination.contest_id)]))
    text = PdfReader(io.BytesIO(staff.get(url).data)).pages[0].extract_text()
    assert "Кузнецова Ольга Ивановна, выдано 2 марта 2026 г., 14:03:00" in text
    assert (len(rows(LaterAccess)), len(rows(StaffView))) == (2, 1)


def test_a_large_pdf_is_stamped_in_a_process_of_its_own_with_the_same_bytes(browser, task, clock, monkeypatch):
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    urls = [f"/tasks/{task.id}/files/{file.id}" for file in task.files]
    small = browser.get(urls[0]).data
    monkeypatch.setattr(sealed_tasks, "SMALL", 0)
    assert browser.get(urls[0]).data == small
    assert browser.get(urls[1]).data == BROKEN
    monkeypatch.setattr(sealed_tasks, "STAMPING_S", 0.0)
    assert len(browser.get(urls[0]).data) == task.files[0].blob.size


def test_a_pdf_that_cannot_be_stamped_is_given_as_it_is_and_the_journal_says_so_once(browser, task, clock):
    clock.set(task.releases_at)
    browser.post(f"/tasks/{task.id}/opening")
    url = f"/tasks/{task.id}/files/{task.files[1].id}"
    assert (browser.get(url).data, browser.get(url).data) == (BROKEN, BROKEN)
    with reading():
        noted = session.scalars(select(JournalEntry).where(JournalEntry.action == "task.file_unstamped")).all()
        assert [(row.object_type, row.object_id) for row in noted] == [("task_file", str(task.files[1].id))]
