"""The unit of work: who may write, what is kept, and that writing never stops the loop."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from core.accounts import Account, RoleGrant
from core.db import after_commit, reading, scope, session, transaction

both_databases = pytest.mark.both_databases
AT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def account(name="Осипова М. П.", **columns):
    return Account(**{"name": name, "email": f"{name}@example.org", "created_at": AT, **columns})


def names():
    with reading() as unit:
        return list(unit.scalars(select(Account.name).order_by(Account.id)))


@both_databases
def test_transaction_keeps_what_was_written(db):
    with transaction() as unit:
        unit.add(account("А"))
    assert names() == ["А"]


@both_databases
def test_transaction_that_fails_keeps_nothing(db):
    def fail():
        with transaction() as unit:
            unit.add(account("А"))
            unit.flush()
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert names() == []


@both_databases
def test_reading_cannot_write(make):
    make.account("А")
    with pytest.raises(DBAPIError), reading() as unit:
        unit.execute(update(Account).values(name="Б"))
    assert names() == ["А"]


@both_databases
def test_a_connection_used_for_reading_can_write_later(make):
    made = make.account("А")
    for name in ("Б", "В"):
        assert len(names()) == 1
        with transaction() as unit:
            unit.execute(update(Account).where(Account.id == made.id).values(name=name))
    assert names() == ["В"]


def test_a_transaction_inside_a_writing_one_is_refused(unit, make):
    make.account("А")
    with pytest.raises(RuntimeError, match="wait for itself"), transaction():
        pass


def test_there_is_no_session_outside_a_unit_of_work(db):
    with pytest.raises(RuntimeError, match="no unit of work"):
        session.scalar(select(Account.id))


@both_databases
def test_after_commit_runs_once_after_the_commit(db):
    seen = []
    with scope(write=True) as unit:
        unit.session.add(account("А"))
        after_commit(lambda: seen.append(names()))
        assert seen == []
        unit.commit()
        unit.commit()
    assert seen == [["А"]]


def test_after_commit_is_dropped_with_what_it_was_about(db):
    seen = []
    with scope(write=True) as unit:
        unit.session.add(account("А"))
        after_commit(lambda: seen.append("told"))
        unit.rollback()
        unit.commit()
    assert (seen, names()) == ([], [])


@both_databases
def test_release_lets_others_write_and_keeps_what_was_read(make):
    made = make.account("А")
    with scope(write=True) as unit:
        read = unit.session.get(Account, made.id)
        unit.release()
        assert not unit.lock_held
        assert not unit.session.in_transaction()
        assert read.name == "А"
        assert not unit.session.in_transaction(), "what was read is not read again"


@pytest.mark.parametrize("write", [
    lambda unit: unit.add(account("Б")),
    lambda unit: (unit.add(account("Б")), unit.flush()),
    lambda unit: unit.execute(update(Account).values(name="В")),
    lambda unit: setattr(unit.scalar(select(Account)), "name", "Г"),
])
def test_release_after_a_write_is_refused(make, write):
    make.account("А")
    with scope(write=True) as unit:
        write(unit.session)
        with pytest.raises(RuntimeError, match="slow work"):
            unit.release()
    assert names() == ["А"]


@both_databases
def test_instants_come_back_aware_in_utc_with_microseconds(db):
    tomsk = timezone(timedelta(hours=7))
    with transaction() as unit:
        unit.add(account("А", created_at=AT.astimezone(tomsk)))
    with transaction() as unit:
        read = unit.scalar(select(Account.created_at))
    assert (read, read.tzinfo) == (AT, UTC)


@both_databases
def test_a_naive_instant_is_refused(db):
    with pytest.raises(StatementError, match="naive"), transaction() as unit:
        unit.add(account("А", created_at=AT.replace(tzinfo=None)))
    assert names() == []


@both_databases
@pytest.mark.parametrize(("made", "constraint"), [
    (lambda: account("А", email=None), "reachable"),
    (lambda: RoleGrant(account_id=1, role="secretary", scope_kind="contest", scope_id=0, given_at=AT), "scope_id"),
    (lambda: RoleGrant(account_id=1, role="secretary", scope_kind="world", scope_id=1, given_at=AT), "scope_kind"),
])
def test_named_constraints_hold(make, made, constraint):
    make.account()
    with pytest.raises(IntegrityError, match=constraint), transaction() as unit:
        unit.add(made())


@both_databases
def test_foreign_keys_hold(db):
    with pytest.raises(IntegrityError), transaction() as unit:
        unit.add(RoleGrant(account_id=77, role="admin", given_at=AT))


def test_sqlite_is_durable_and_forgets_what_is_deleted(db):
    with reading() as unit:
        found = {name: unit.scalar(text(f"PRAGMA {name}"))
                 for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")}
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


@both_databases
def test_threads_that_write_at_once_all_get_through(make):
    made = make.account("0")

    def add():
        for _ in range(10):
            with transaction() as unit:
                row = unit.scalar(select(Account).where(Account.id == made.id).with_for_update())
                row.name = str(int(row.name) + 1)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names() == ["60"]


GEVENT = """
from gevent import monkey; monkey.patch_all()
import sys, time, gevent
from datetime import UTC, datetime
from sqlalchemy import text
from core import db
db.connect(sys.argv[1], pool_size=40)
def write():
    for turn in range(25):
        with db.transaction() as unit:
            unit.execute(text("UPDATE account SET name = name || '.'"))
            gevent.sleep(0.001)
gaps, done = [], []
def tick():
    last = time.monotonic()
    while not done:
        gevent.sleep(0.01)
        gaps.append(time.monotonic() - last)
        last = time.monotonic()
ticker = gevent.spawn(tick)
gevent.joinall([gevent.spawn(write) for _ in range(16)], raise_error=True)
done.append(True); ticker.join()
print(max(gaps))
"""
WORKER = """
import sys, time
from sqlalchemy import text
from core import db
db.connect(sys.argv[1])
print("ready", flush=True)
while True:
    with db.transaction() as unit:
        unit.execute(text("UPDATE account SET email = email || '.'"))
        time.sleep(0.01)
    time.sleep(0.005)
"""


@pytest.mark.slow
def test_writing_greenlets_beside_a_writing_worker_never_stop_the_loop(db, make):
    make.account("")
    root = Path(__file__).resolve().parents[2]
    worker = subprocess.Popen([sys.executable, "-c", WORKER, db], cwd=root, stdout=subprocess.PIPE)
    try:
        assert worker.stdout.readline() == b"ready\n"
        web = subprocess.run([sys.executable, "-c", GEVENT, db], cwd=root, capture_output=True, text=True, timeout=60,
                             check=False)
        assert worker.poll() is None, "the worker got through as well"
    finally:
        worker.kill()
        worker.communicate()
    assert web.returncode == 0, web.stderr
    # A greenlet waiting inside SQLite stops the loop for whole seconds; the rest is the noise of a busy machine.
    assert float(web.stdout) < 1.0
    assert names()[0].count(".") == 16 * 25
