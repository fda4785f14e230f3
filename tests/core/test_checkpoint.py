"""An older copy or another history in the place of the database is noticed, said, journalled once, and accepted."""
import json
import shutil
import sqlite3

import pytest
from sqlalchemy import event, select, text

from core import checkpoint, journal
from core import db as database
from core.db import session
from core.journal import JournalEntry
from core.registry import Growth, registry
from core.storage import Blob


@pytest.fixture
def kept(app, db, tmp_path, monkeypatch):
    """Settings with a data folder of their own."""
    settings = app.config["core"].model_copy(update={"DATA_DIR": tmp_path / "data"})
    settings.__dict__.pop("data_dir", None)
    monkeypatch.setitem(app.config, "core", settings)
    return settings


def happen(times, now):
    with database.transaction():
        for number in range(times):
            journal.record("account.created", ("account", number), by=None, now=now)


def drop_last(rows):
    """What an older copy looks like: the last rows of the journal are not there."""
    off = "DROP TRIGGER journal_no_delete" if database.is_sqlite() else "ALTER TABLE journal DISABLE TRIGGER ALL"
    with database.transaction() as unit:
        unit.execute(text(off))
        unit.execute(text("DELETE FROM journal WHERE seq > (SELECT max(seq) FROM journal) - :n"), {"n": rows})


def restored():
    with database.reading():
        return session.scalars(select(JournalEntry.payload).where(JournalEntry.action == "service.restored")).all()


def note(settings):
    return json.loads((settings.data_dir / "checkpoint.json").read_text())


@pytest.mark.both_databases
def test_the_same_database_grown_on_is_noted(kept, now):
    happen(2, now)
    assert checkpoint.keep(kept, now) is None
    assert note(kept)["heads"]["journal"][0] == 2
    happen(3, now)
    assert checkpoint.keep(kept, now) is None
    assert note(kept)["heads"]["journal"][0] == 5
    assert restored() == []


@pytest.mark.both_databases
def test_an_older_copy_is_found_and_journalled_once(kept, now, clock):
    happen(5, now)
    checkpoint.keep(kept, now)
    drop_last(2)
    found = checkpoint.keep(kept, clock.move(minutes=1))
    assert (found.kind, found.table, found.noted[0], found.here[0]) == ("older", "journal", 5, 3)
    assert "записи журнала дошли до № 5, а в базе последняя – № 3" in checkpoint.words(found)
    assert checkpoint.keep(kept, clock.move(minutes=1)) == found
    assert checkpoint.found(kept) == found
    assert [json.loads(payload)["noted"] for payload in restored()] == [5]
    assert note(kept)["heads"]["journal"][0] == 5, "the old note stays until it is accepted"


def test_a_crash_between_journal_and_note_writes_no_second_row(kept, now, monkeypatch):
    happen(3, now)
    checkpoint.keep(kept, now)
    drop_last(1)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.durable, "write", _fails)
        with pytest.raises(OSError, match="the disk"):
            checkpoint.keep(kept, now)
    assert len(restored()) == 1
    assert checkpoint.keep(kept, now) is not None
    assert len(restored()) == 1


def _fails(*_):
    raise OSError("the disk")


@pytest.mark.both_databases
def test_another_history_of_the_same_length_is_found(kept, now, clock):
    happen(4, now)
    checkpoint.keep(kept, now)
    drop_last(2)
    happen(3, clock.move(minutes=1))
    found = checkpoint.keep(kept, now)
    assert (found.kind, found.noted[0], found.here[0]) == ("other", 4, 5)
    assert "другая история" in checkpoint.words(found)


@pytest.mark.both_databases
def test_lost_rows_of_another_table_are_found_though_the_journal_is_the_same(kept, now, monkeypatch):
    monkeypatch.setattr(registry, "growing", [Growth("blob", Blob.id, Blob.sha256, "файлов")])
    happen(1, now)
    for letter in "ab":
        with database.transaction():
            session.add(Blob(sha256=letter * 64, size=1, mime="text/plain", created_at=now))
    checkpoint.keep(kept, now)
    with database.transaction() as unit:
        unit.execute(text("DELETE FROM blob WHERE id = 2"))
    found = checkpoint.keep(kept, now)
    assert (found.kind, found.table, found.noted, found.here) == ("older", "blob", [2, "b" * 64], [1, "a" * 64])
    assert "записи файлов дошли до № 2, а в базе последняя – № 1" in checkpoint.words(found)


def test_saved_answers_are_watched(app):
    assert [growth.table for growth in checkpoint.growths()] == ["journal", "save"]


def test_acceptance_begins_a_new_history(kept, now, operation):
    happen(5, now)
    checkpoint.keep(kept, now)
    drop_last(3)
    checkpoint.keep(kept, now)
    assert operation(checkpoint.accept, kept, by=None, now=now) is True
    assert checkpoint.found(kept) is None
    assert note(kept)["heads"]["journal"][0] == 4, "two old rows, restored, accepted"
    assert checkpoint.keep(kept, now) is None
    assert operation(checkpoint.accept, kept, by=None, now=now) is False


def test_a_broken_note_counts_as_none(kept, now):
    (kept.data_dir / "checkpoint.json").write_text("{")
    happen(1, now)
    assert checkpoint.keep(kept, now) is None
    assert note(kept)["heads"]["journal"][0] == 1


def test_nothing_is_stopped_by_a_database_without_tables(kept, now, tmp_path):
    database.connect(f"sqlite:///{tmp_path / 'empty.db'}")
    checkpoint.keep_quietly(kept, now)
    assert checkpoint.read(kept) is None


def test_the_comparison_reads_a_row_per_table_and_no_chain(kept, now):
    happen(300, now)
    checkpoint.keep(kept, now)
    plans, steps = [], []
    listen = lambda _c, _cur, statement, *_: steps.append(statement)  # noqa: E731
    event.listen(database.engine(), "before_cursor_execute", listen)
    try:
        checkpoint.keep(kept, now)
    finally:
        event.remove(database.engine(), "before_cursor_execute", listen)
    with database.reading() as unit:
        for statement in {step for step in steps if step.startswith("SELECT")}:
            plans += [row[3] for row in unit.connection().exec_driver_sql(
                "EXPLAIN QUERY PLAN " + statement, (1,) * statement.count("?"))]
    assert len([step for step in steps if step.startswith("SELECT")]) <= 3 * len(checkpoint.growths())
    assert [plan for plan in plans if "SCAN" in plan and "USING" not in plan and "LIMIT" not in plan] in ([], [
        "SCAN journal"], ["SCAN journal", "SCAN save"], ["SCAN save", "SCAN journal"])


def test_the_file_survives_a_full_disk(kept, now, monkeypatch):
    happen(1, now)
    checkpoint.keep(kept, now)
    before = note(kept)
    happen(1, now)
    monkeypatch.setattr(checkpoint.durable.os, "fsync", _fails)
    checkpoint.keep_quietly(kept, now)
    assert note(kept) == before
    assert [path.name for path in kept.data_dir.iterdir() if path.is_file()] == ["checkpoint.json"]


def test_administrators_see_it_and_accept_it(kept, now, make, login, client):
    admin = login(make.account(roles=["admin"]))
    assert "История базы не прерывалась" in admin.get("/installation").text
    happen(4, now)
    checkpoint.keep(kept, now)
    drop_last(2)
    found = checkpoint.keep(kept, now)
    first = admin.get("/").text
    assert "Сервис работает с другой копией базы" in first
    assert checkpoint.words(found) in first
    assert "Подтвердить новую историю" in admin.get("/installation").text
    assert "Сервис работает с другой копией базы" not in login(make.account()).get("/").text
    assert admin.post("/installation/acceptance").location == "/installation"
    assert checkpoint.found(kept) is None
    assert "Новая история базы подтверждена" in admin.get("/installation").text
    assert "Новая история базы подтверждена" in admin.get("/journal").text


def test_commands_say_and_accept_it(kept, app, now, tmp_path):
    run = app.test_cli_runner()
    other = tmp_path / "migrated.db"
    database.connect(f"sqlite:///{other}")
    assert run.invoke(args=["db", "check"]).exit_code == 1
    assert "flask db upgrade" in run.invoke(args=["db", "check"]).output
    assert run.invoke(args=["db", "upgrade"]).exit_code == 0
    happen(3, now)
    assert "история продолжает отметку" in run.invoke(args=["db", "check"]).output
    database.dispose()
    shutil.copy(other, tmp_path / "older.db")
    database.connect(f"sqlite:///{other}")
    happen(2, now)
    assert run.invoke(args=["db", "check"]).exit_code == 0
    database.dispose()
    shutil.copy(tmp_path / "older.db", other)
    for ending in ("-wal", "-shm"):
        other.with_name(other.name + ending).unlink(missing_ok=True)
    database.connect(f"sqlite:///{other}")
    wrong = run.invoke(args=["db", "check"])
    assert (wrong.exit_code, "записи журнала дошли до № 5, а в базе последняя – № 3" in wrong.output) == (1, True)
    assert "flask db accept-restored" in wrong.output
    assert "подтверждена" in run.invoke(args=["db", "accept-restored"]).output
    assert "Подтверждать нечего" in run.invoke(args=["db", "accept-restored"]).output
    assert run.invoke(args=["db", "check"]).exit_code == 0
    with sqlite3.connect(other) as connection:
        actions = [row[0] for row in connection.execute("SELECT action FROM journal ORDER BY seq")]
    connection.close()
    assert actions == ["account.created"] * 3 + ["service.restored", "service.restored_accepted"]
