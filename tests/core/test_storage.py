"""Files by hash: judged before they are stored, stored once, sent safely."""
import io
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from core import db as database
from core import storage
from core.errors import Busy, Refused
from core.storage import Blob
from tests.core import files


@pytest.fixture
def inside(app, db, tmp_path, monkeypatch):
    """An application context over a data folder of this test."""
    monkeypatch.setitem(app.config["core"].__dict__, "data_dir", tmp_path)
    with app.app_context():
        yield tmp_path / "blobs"


def lying(folder):
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def keep(data, now, allowed=storage.PDF):
    received = storage.receive(data, allowed=allowed, max_bytes=storage.MB)
    with database.transaction():
        return storage.keep(received, now)


def test_received_file_lies_under_its_hash(inside, now):
    blob = keep(io.BytesIO(files.pdf()), now)
    assert storage.path(blob) == inside / blob.sha256[:2] / blob.sha256[2:4] / blob.sha256
    assert (blob.size, blob.mime, blob.created_at) == (len(files.pdf()), "application/pdf", now)
    assert storage.read(blob) == files.pdf()
    assert lying(inside) == [blob.sha256]


@pytest.mark.both_databases
def test_same_content_is_kept_once(inside, now):
    first, second = keep(files.pdf(), now), keep(files.pdf(), now + timedelta(hours=1))
    assert first.id == second.id
    with database.reading() as unit:
        assert unit.scalar(select(func.count(Blob.id))) == 1
    assert lying(inside) == [first.sha256]


@pytest.mark.both_databases
def test_same_content_kept_by_several_at_once_is_one_row(inside, app, now):
    found = []

    def request():
        with app.app_context():
            found.append(keep(files.pdf(), now).id)
    threads = [threading.Thread(target=request) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (6, 1)


@pytest.mark.parametrize(("data", "code", "part"), [
    (b"", "file_empty", "пустой"),
    (files.pdf() + b"x" * storage.MB, "file_too_large", "больше 1 МБ"),
    (files.picture("PNG"), "file_type", "по содержанию это PNG). Подходят: PDF."),
    (b"MZ\x90\x00\x03", "file_type", "не распознан"),
    (files.pdf()[:-6], "file_broken", "нет окончания"),
])
def test_refused_file_leaves_nothing(inside, data, code, part):
    with pytest.raises(Refused, match="file_") as refusal:
        storage.receive(data, allowed=storage.PDF, max_bytes=storage.MB)
    assert refusal.value.code == code
    assert part in refusal.value.text
    assert lying(inside) == []


def test_size_at_the_border(inside):
    whole = files.pdf()
    assert storage.receive(whole, allowed=storage.PDF, max_bytes=len(whole)).size == len(whole)
    with pytest.raises(Refused, match="file_too_large"):
        storage.receive(whole, allowed=storage.PDF, max_bytes=len(whole) - 1)


def test_receiving_lets_go_of_the_write_lock(inside, now):
    with database.scope(write=True) as unit:
        unit.session.scalar(select(func.count(Blob.id)))
        assert unit.lock_held
        received = storage.receive(files.pdf(), allowed=storage.PDF, max_bytes=storage.MB)
        assert not unit.lock_held
        storage.keep(received, now)
        with pytest.raises(RuntimeError, match="slow work"):
            storage.receive(files.pdf("два"), allowed=storage.PDF, max_bytes=storage.MB)
        unit.commit()


def test_store_works_where_something_was_written(inside, now):
    with database.transaction():
        first = storage.store(files.pdf(), allowed=storage.PDF, max_bytes=storage.MB, now=now)
        second = storage.store(files.pdf("два"), allowed=storage.PDF, max_bytes=storage.MB, now=now)
    assert lying(inside) == sorted([first.sha256, second.sha256])


def test_changed_or_missing_bytes_are_noticed(inside, now):
    blob = keep(files.pdf(), now)
    storage.path(blob).write_bytes(files.pdf("дру"))
    with pytest.raises(storage.Damaged):
        storage.read(blob)
    storage.path(blob).unlink()
    with pytest.raises(storage.Damaged):
        storage.read(blob)


def test_keeping_what_was_swept_is_refused(inside, now):
    received = storage.receive(files.pdf(), allowed=storage.PDF, max_bytes=storage.MB)
    next(inside.glob("*/*/*")).unlink()
    with database.transaction(), pytest.raises(Busy):
        storage.keep(received, now)


@pytest.mark.both_databases
def test_sweep_takes_old_orphans_only(inside):
    present = datetime.now(UTC)
    kept = keep(files.pdf(), present)
    for name, age in (("old", 25), ("young", 23)):
        received = storage.receive(files.pdf(name), allowed=storage.PDF, max_bytes=storage.MB)
        place = inside / received.sha256[:2] / received.sha256[2:4] / received.sha256
        stamp = (present - timedelta(hours=age)).timestamp()
        os.utime(place, (stamp, stamp))
    young = place.name
    os.utime(storage.path(kept), (0, 0))
    (inside / "tmp-half").write_bytes(b"half")
    os.utime(inside / "tmp-half", (0, 0))
    assert storage.sweep_orphans(present) == 2
    assert lying(inside) == sorted([kept.sha256, young])
    assert storage.sweep_orphans(present) == 0


def test_receiving_again_makes_an_orphan_young(inside):
    received = storage.receive(files.pdf(), allowed=storage.PDF, max_bytes=storage.MB)
    os.utime(inside / received.sha256[:2] / received.sha256[2:4] / received.sha256, (0, 0))
    storage.receive(files.pdf(), allowed=storage.PDF, max_bytes=storage.MB)
    assert storage.sweep_orphans(datetime.now(UTC)) == 0


@pytest.fixture
def sent(inside, app, now):
    """`sent(blob, name, download, **headers)`: the reply as a browser gets it."""
    def get(blob, name, download=False, **headers):
        with app.test_request_context(headers={key.replace("_", "-"): value for key, value in headers.items()}):
            response = storage.send(blob, name, download=download)
            response.direct_passthrough = False
            return response
    return get


def test_reply_is_safe_to_show(sent, now):
    response = sent(keep(files.picture("PNG"), now, storage.IMAGES), "../фото\n стенда.exe")
    assert response.headers["Content-Disposition"].startswith("inline;")
    assert "%D1%84%D0%BE%D1%82%D0%BE%20%D1%81%D1%82%D0%B5%D0%BD%D0%B4%D0%B0.exe.png" in (
        response.headers["Content-Disposition"])
    assert response.headers["Content-Security-Policy"].startswith("sandbox;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.mimetype == "image/png"


def test_download_has_its_cyrillic_name(sent, now):
    response = sent(keep(files.pdf(), now), "Протокол № 1.pdf", download=True)
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%D0%9F%D1%80%D0%BE%D1%82%D0%BE%D0%BA%D0%BE%D0%BB%20%E2%84%96%201.pdf" in (
        response.headers["Content-Disposition"])
    assert "sandbox" not in response.headers["Content-Security-Policy"]


def test_ranges_and_unchanged(sent, now):
    blob = keep(files.pdf(), now)
    part = sent(blob, "a.pdf", Range="bytes=0-7")
    assert (part.status_code, part.data) == (206, b"%PDF-1.7")
    assert sent(blob, "a.pdf", If_None_Match=f'"{blob.sha256}"').status_code == 304
    with pytest.raises(RequestedRangeNotSatisfiable):
        sent(blob, "a.pdf", Range="bytes=90000-")


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251"])
def test_text_is_sent_in_its_charset(sent, now, charset):
    blob = keep("Вопрос {=да}".encode(charset), now, storage.TEXT)
    assert sent(blob, "банк.gift").headers["Content-Type"] == f"text/plain; charset={charset}"


FULL_DISK = """
import resource, signal, sys
from core import config, storage
from core.errors import Busy
from flask import Flask
from tests.core import files
app = Flask("x"); app.config["core"] = config.Settings(DATA_DIR=sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
with app.app_context():
    try:
        storage.receive(files.pdf() + b" " * 9000, allowed=storage.PDF, max_bytes=storage.MB)
    except Busy as busy:
        print(busy.text)
"""


@pytest.mark.slow
def test_full_disk_is_said_in_words_and_leaves_nothing(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=True)
    assert "На сервере закончилось место" in done.stdout
    assert lying(tmp_path / "blobs") == []
