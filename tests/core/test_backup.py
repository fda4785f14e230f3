"""Backups of a running service: whole or not there, verified, rotated, returned; on both databases."""
import hashlib
import itertools
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from core import backup, checkpoint, config, dumps, journal, presence, restoring, schema, storage
from core import db as database
from core.errors import Refused
from tests.servers import wait_until

ROOT = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)
serial = itertools.count(1)


class House:
    """An installation of its own: migrated database, data folder, commands."""

    def __init__(self, app, url, folder):
        self.app = app
        self.settings = config.Settings(
            ENVIRONMENT="test", DATA_DIR=folder, DATABASE_URL=url, REDIS_URL="", SECRET_KEY="of the house",
            CA_PASSPHRASE="of the house")
        self.runner = app.test_cli_runner()

    def run(self, *words):
        return self.runner.invoke(args=words)

    def happen(self, times, now):
        with database.transaction():
            for number in range(times):
                journal.record("account.created", ("account", number), by=None, now=now)

    def file(self, content, now):
        with self.app.app_context(), database.transaction():
            return storage.store(content, allowed=storage.TEXT, max_bytes=1000, now=now).sha256

    def rows(self):
        with database.reading() as unit:
            return unit.execute(text("SELECT count(*) FROM journal")).scalar()


@pytest.fixture(scope="session")
def migrated_file(app, tmp_path_factory):
    """A SQLite file brought to the last revision."""
    path = tmp_path_factory.mktemp("migrated") / "contest.db"
    database.connect(f"sqlite:///{path}")
    schema.upgrade()
    database.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_database(app, postgres):
    """Name of a PostgreSQL database brought to the last revision."""
    url = postgres.new_database()
    database.connect(url.replace("postgresql:", "postgresql+psycopg:"))
    schema.upgrade()
    database.dispose()
    return url.rsplit("/", 1)[1]


@pytest.fixture
def house(app, database_kind, request, tmp_path, monkeypatch):
    """A migrated database of its own, and a data folder."""
    (tmp_path / "data").mkdir()
    if database_kind == "sqlite":
        made = House(app, "", tmp_path / "data")
        shutil.copyfile(request.getfixturevalue("migrated_file"), tmp_path / "data" / "contest.db")
    else:
        server, name = request.getfixturevalue("postgres"), f"house_{next(serial)}"
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('migrated_database')}")
        made = House(app, server.url(name), tmp_path / "data")
    monkeypatch.setitem(app.config, "core", made.settings)
    monkeypatch.setitem(database._url, "of", lambda: made.settings.database_url)
    database.dispose()
    yield made
    database.dispose()
    if database_kind == "postgresql":
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            own = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (f"{name}%",)).fetchall()
            for (other,) in own:
                connection.execute(f"DROP DATABASE {other}")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.both_databases
def test_a_backup_is_whole_and_names_what_it_is(house, now, database_kind):
    house.happen(7, now)
    sha256 = house.file(b"kept with the backup", now)
    done = house.run("backup", "make")
    assert done.exit_code == 0, done.output
    (made,) = backup.found(house.settings.backup_dir)
    assert (made.kind, made.heads["journal"][0], made.files, made.missing) == (database_kind, 7, 1, 0)
    assert made.schema
    assert set(made.keys) == {"secret", "ca_passphrase"}
    assert "of the house" not in (made.folder / "backup.json").read_text()
    assert names(house.settings.backup_dir) == [made.name, "blobs"]
    assert names(made.folder) == ["SHA256SUMS", "backup.json", dumps.FILES[database_kind], "files.txt"]
    sums = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=made.folder, check=False)
    assert sums.returncode == 0
    kept = storage.place_in(house.settings.backup_dir / "blobs", sha256)
    assert kept.read_bytes() == b"kept with the backup"
    assert kept.stat().st_ino == storage.place_in(house.settings.data_dir / "blobs", sha256).stat().st_ino
    assert {path.stat().st_mode & 0o077 for path in made.folder.iterdir()} == {0}
    assert "Копия цела" in house.run("backup", "check", made.name).output
    assert made.name in house.run("backup", "list").output


@pytest.mark.both_databases
def test_restore_brings_back_rows_files_and_a_journal_that_verifies(house, now, clock, database_kind):
    house.happen(5, now)
    sha256 = house.file(b"brought back", now)
    made = backup.make(house.settings, now=clock.now)
    clock.move(minutes=18)
    house.happen(4, clock.now)
    checkpoint.keep(house.settings, clock.now)
    storage.place_in(house.settings.data_dir / "blobs", sha256).unlink()
    database.dispose()
    done = house.run("backup", "restore", made.name, "--yes")
    assert done.exit_code == 0, done.output
    assert house.rows() == 6, "five of the copy, and that it was restored"
    with database.reading() as unit:
        assert journal.verify(unit) == journal.Check(6, 0, checkpoint.read(house.settings)["heads"]["journal"][1])
    assert storage.place_in(house.settings.data_dir / "blobs", sha256).read_bytes() == b"brought back"
    assert "(18 минут назад)" in done.output
    assert "Записей журнала в копии 5, в прежней базе 9: 4 остались только в ней" in done.output
    assert "Возвращено файлов: 1" in done.output
    assert "их браузеры пришлют сами" in done.output
    assert house.run("db", "check").exit_code == 0, "the restored history is the checkpoint"
    kept = done.output.split("Прежняя база сохранена: ")[1].splitlines()[0]
    assert _rows_of(kept, house, database_kind) == 9


def _rows_of(kept, house, kind):
    if kind == "sqlite":
        with sqlite3.connect(kept) as connection:
            count = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
        connection.close()
        return count
    with psycopg.connect(house.settings.DATABASE_URL.rsplit("/", 1)[0] + f"/{kept}") as connection:
        return connection.execute("SELECT count(*) FROM journal").fetchone()[0]


@pytest.mark.both_databases
def test_restore_asks_first_and_refuses_while_the_service_runs(house, now):
    house.happen(1, now)
    made = backup.make(house.settings, now=now)
    database.dispose()
    asked = house.run("backup", "restore", made.name)
    assert (asked.exit_code, "добавьте --yes" in asked.output) == (1, True)
    with presence.alone(house.settings, "service", ""):
        pass
    handle = presence._take(presence._place(house.settings, "service"), "", shared=True, patience=0)
    try:
        refused = house.run("backup", "restore", made.name, "--yes")
    finally:
        os.close(handle)
    assert (refused.exit_code, "Остановите его (web и worker)" in refused.output) == (1, True)
    assert house.rows() == 1


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_restore_refuses_while_another_machine_is_connected(house, now):
    made = backup.make(house.settings, now=now)
    database.dispose()
    with psycopg.connect(house.settings.DATABASE_URL), pytest.raises(Refused, match="подключений: 1"):
        restoring.restore(house.settings, made, now=now)


@pytest.mark.parametrize(("database_kind", "how"), [
    ("sqlite", "cut"), ("sqlite", "changed"), ("sqlite", "missing"), ("sqlite", "blob"), ("postgresql", "changed")],
    indirect=["database_kind"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(house, now, how):
    house.happen(2, now)
    sha256 = house.file(b"whole", now)
    made = backup.make(house.settings, now=now)
    house.happen(1, now)
    _damage(made, how, sha256)
    database.dispose()
    for words in (("backup", "check", str(made.folder)), ("backup", "restore", str(made.folder), "--yes")):
        refused = house.run(*words)
        assert (refused.exit_code, "Копия повреждена" in refused.output) == (1, True), refused.output
    assert house.rows() == 3


def _damage(made, how, sha256):
    if how == "cut":
        os.truncate(made.database, made.size - 100)
    elif how == "changed":
        with made.database.open("r+b") as file:
            file.seek(made.size // 2)
            byte = file.read(1)
            file.seek(made.size // 2)
            file.write(bytes([byte[0] ^ 1]))
    elif how == "missing":
        (made.folder / "files.txt").unlink()
    else:
        place = storage.place_in(made.folder.parent / "blobs", sha256)
        place.unlink()
        place.write_bytes(b"wrong")


def test_a_database_broken_inside_is_refused_though_its_sums_fit(house, now):
    house.happen(200, now)
    made = backup.make(house.settings, now=now)
    with made.database.open("r+b") as file:
        for page in range(3, made.size // 4096, 2):
            file.seek(page * 4096 + 50)
            file.write(b"\xff" * 300)
    sums = made.folder / "SHA256SUMS"
    old = sums.read_text().splitlines()[0].split()[0]
    sums.write_text(sums.read_text().replace(old, hashlib.sha256(made.database.read_bytes()).hexdigest()))
    with pytest.raises(Refused, match="Копия повреждена"):
        backup.check(made)


def test_a_backup_of_the_other_kind_or_of_a_newer_service_or_with_other_keys_is_refused(house, now):
    made = backup.make(house.settings, now=now)
    facts = json.loads((made.folder / "backup.json").read_text())
    for changed, words in (({"kind": "postgresql"}, "снята с базы postgresql"), ({"schema": "9999"}, "более новой"),
                           ({"keys": {**facts["keys"], "secret": "0" * 16}}, "нет ключей, с которыми сделана копия")):
        (made.folder / "backup.json").write_text(json.dumps({**facts, **changed}))
        with pytest.raises(Refused, match=words):
            restoring.restore(house.settings, backup.find(house.settings, made.name), now=now)


def test_what_is_no_backup_is_said(house, tmp_path):
    found = house.run("backup", "check", str(tmp_path))
    assert (found.exit_code, "Копии" in found.output, "нет" in found.output) == (1, True, True)


def test_writers_go_on_during_a_backup_and_the_copy_is_of_one_instant(house, now):
    house.happen(300, now)
    go_on, written = threading.Event(), []

    def write():
        while not go_on.is_set():
            house.happen(1, now)
            written.append(1)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        wait_until(lambda: written, "the writer writes")
        before = len(written)
        made = backup.make(house.settings, now=now)
        assert len(written) > before
    finally:
        go_on.set()
        thread.join()
    with sqlite3.connect(f"file:{made.database}?immutable=1", uri=True) as copy:
        count, last = copy.execute("SELECT count(*), max(seq) FROM journal").fetchone()
    copy.close()
    assert count == last == made.heads["journal"][0]
    assert 300 < count < house.rows() + 1


KILLED = """
import sys
from pathlib import Path
from core import backup, clock, config, db, dumps
settings = config.load(DATA_DIR=Path(sys.argv[1]))
db.connect(settings.database_url)
dumps.PAGES_PER_STEP, dumps.PAUSE_S = 1, 0.05
print("begins", flush=True)
backup.make(settings, now=clock.now())
"""


@pytest.mark.slow
def test_a_kill_in_the_middle_leaves_the_earlier_one_whole(house, now):
    house.happen(50, now)
    first = backup.make(house.settings, now=now)
    environment = {**os.environ, "DATABASE_URL": "", "SECRET_KEY": "of the house", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(house.settings.data_dir)], cwd=ROOT, env=environment,
                               stdout=subprocess.PIPE)
    root = house.settings.backup_dir
    wait_until(lambda: any(root.glob("tmp-*/contest.db")), "the copy is under way")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert any(root.glob("tmp-*"))
    assert [each.name for each in backup.found(root)] == [first.name]
    backup.check(first)
    second = backup.make(house.settings, now=now + HOUR)
    assert names(root) == [first.name, second.name]


@pytest.mark.both_databases
def test_a_full_disk_leaves_nothing_and_is_said_until_it_is_over(house, now, clock):
    house.happen(3, now)
    first = backup.make(house.settings, now=now)
    later = clock.move(minutes=11)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        assert backup.make_due(house.settings, later) is None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    failure = backup.failure(house.settings)
    assert failure["since"] == later.isoformat()
    assert "закончилось место" in failure["text"]
    assert names(house.settings.backup_dir) == [first.name]
    listed = house.run("backup", "list")
    assert (listed.exit_code, "Копии не делаются с" in listed.output) == (1, True)
    assert backup.make_due(house.settings, later).made_at == later
    assert backup.failure(house.settings) is None


def test_the_duty_makes_one_a_period_and_none_when_it_is_off(house, now, clock):
    house.settings.BACKUP_EVERY_MINUTES = 0
    assert backup.make_due(house.settings, now) is None
    house.settings.BACKUP_EVERY_MINUTES = 10
    assert backup.make_due(house.settings, now).made_at == now
    assert backup.make_due(house.settings, clock.move(minutes=9, seconds=59)) is None
    assert backup.make_due(house.settings, clock.move(seconds=1)).made_at == clock.now


def test_two_at_a_time_are_refused(house, now):
    with presence.alone(house.settings, "backup", ""), pytest.raises(Refused, match="уже делается"):
        backup.make(house.settings, now=now)


def test_the_command_waits_for_the_one_that_the_worker_makes(house, now):
    handle = presence._take(presence._place(house.settings, "backup"), "", shared=False, patience=0)
    threading.Timer(0.2, os.close, (handle,)).start()
    assert house.run("backup", "make").exit_code == 0
    assert len(backup.found(house.settings.backup_dir)) == 1


def test_a_missing_pg_dump_is_said_in_words(monkeypatch):
    monkeypatch.setattr(dumps, "DEBIAN", Path("/nowhere"))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(Refused, match="Программа pg_dump не найдена"):
        dumps.find("pg_dump")


def test_a_backup_elsewhere_is_complete_and_leaves_the_rotation_alone(house, now, tmp_path):
    sha256 = house.file(b"taken along", now)
    done = house.run("backup", "make", "--to", str(tmp_path / "disk"))
    assert done.exit_code == 0
    (made,) = backup.found(tmp_path / "disk")
    assert storage.place_in(tmp_path / "disk" / "blobs", sha256).read_bytes() == b"taken along"
    assert backup.found(house.settings.backup_dir) == []
    assert "Копия цела" in house.run("backup", "check", str(made.database)).output


def test_a_stored_file_that_is_gone_stops_no_backup(house, now):
    sha256 = house.file(b"gone", now)
    storage.place_in(house.settings.data_dir / "blobs", sha256).unlink()
    done = house.run("backup", "make")
    (made,) = backup.found(house.settings.backup_dir)
    assert (done.exit_code, made.files, made.missing) == (0, 0, 1)
    assert "1 сохранённых файлов нет на диске" in done.output


def test_rotation_removes_old_backups_and_the_files_only_they_needed(house, now, clock):
    house.settings.BACKUP_KEEP_LAST, house.settings.BACKUP_KEEP_HOURS, house.settings.BACKUP_KEEP_DAYS = 1, 0, 0
    gone, kept = house.file(b"only in the first", now), house.file(b"in both", now)
    backup.make(house.settings, now=now)
    with database.transaction() as unit:
        unit.execute(text("DELETE FROM blob WHERE sha256 = :gone"), {"gone": gone})
    second = backup.make(house.settings, now=clock.move(hours=1))
    assert [each.name for each in backup.found(house.settings.backup_dir)] == [second.name]
    blobs = house.settings.backup_dir / "blobs"
    assert (storage.place_in(blobs, gone).exists(), storage.place_in(blobs, kept).exists()) == (False, True)
    assert storage.place_in(house.settings.data_dir / "blobs", gone).exists()


def test_what_the_rotation_keeps():
    now = datetime(2026, 3, 20, 12, 30, tzinfo=UTC)
    every_ten_minutes = [now - timedelta(minutes=10) * number for number in range(20 * 24 * 6)]
    kept = sorted(backup.to_keep(every_ten_minutes, now, last=12, hours=24, days=14), reverse=True)
    assert kept[:12] == every_ten_minutes[:12]
    hourly = [time for time in kept[12:] if now - time <= 24 * HOUR]
    assert [time.strftime("%d %H:%M") for time in hourly[:2]] == ["20 09:50", "20 08:50"]
    assert len({time.strftime("%d %H") for time in kept if now - time <= 24 * HOUR}) == 25
    older = [time for time in kept if now - time > 24 * HOUR]
    assert [time.strftime("%d %H:%M") for time in older] == [f"{day:02} 23:50" for day in range(18, 5, -1)]


def test_the_rotation_keeps_the_newest_whatever_its_age():
    old = datetime(2020, 1, 1, tzinfo=UTC)
    assert backup.to_keep([old, old - HOUR], old + timedelta(days=900), last=1, hours=24, days=14) == {old}
