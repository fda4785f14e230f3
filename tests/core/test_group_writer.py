"""Group commits: what is acknowledged is committed, in order, and one bad item spoils nobody else's."""

import os
import subprocess
import sys
import threading
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError

from core.accounts import Account
from core.db import GroupWriter, engine, reading, session, transaction
from core.errors import Busy, Unknown

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
both_databases = pytest.mark.both_databases
told: ContextVar[str] = ContextVar("told", default="nothing")


def add(names):
    """Writes accounts; the name «бомба» is a fault."""
    session.execute(insert(Account), [{"name": name, "email": f"{name}@example.org", "one_time": False,
                                       "created_at": AT} for name in names])
    if "бомба" in names:
        raise ValueError("бомба")
    return [name.upper() for name in names]


def names():
    with reading() as unit:
        return list(unit.scalars(select(Account.name).order_by(Account.id)))


def at_once(calls):
    """Results or exceptions of calls made side by side."""
    found = [None] * len(calls)

    def run(index, call):
        try:
            found[index] = call()
        except Exception as error:
            found[index] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@both_databases
def test_a_result_comes_after_the_commit_and_in_order(db):
    writer = GroupWriter("test", add)
    assert writer.submit("а") == "А"
    assert names() == ["а"]
    assert writer.submit_many(["б", "в"]) == ["Б", "В"]
    assert names() == ["а", "б", "в"]
    assert (writer.batches, writer.items) == (2, 3)


def test_what_gathers_while_the_writer_is_busy_is_one_group(db):
    writer = GroupWriter("test", add, batch=4)
    writer.submit("первый")
    with transaction() as unit:
        unit.execute(text("UPDATE account SET name = name"))  # nobody else writes meanwhile
        waiting = [threading.Thread(target=lambda n=n: writer.submit(f"н{n}")) for n in range(9)]
        for thread in waiting:
            thread.start()
        while writer.items - 1 + writer._waiting < 9:
            waiting[0].join(0.001)
    for thread in waiting:
        thread.join()
    assert (writer.items, sorted(names())) == (10, sorted(["первый", *(f"н{n}" for n in range(9))]))
    assert writer.batches - 1 <= 4, "one of those who found the writer idle, then groups of at most four"


@both_databases
def test_a_faulty_item_gets_its_fault_and_the_others_are_kept(db):
    writer = GroupWriter("test", add)
    found = writer.submit_many(["а", "бомба", "в"])
    assert (found[0], found[2], str(found[1])) == ("А", "В", "бомба")
    assert names() == ["а", "в"]
    with pytest.raises(ValueError, match="бомба"):
        writer.submit("бомба")
    assert writer.submit("г") == "Г"


def test_a_full_queue_refuses_at_once(db):
    writer = GroupWriter("test", add, limit=2)
    with pytest.raises(Busy) as refused:
        writer.submit_many(["а", "б", "в"])
    assert (refused.value.status, refused.value.code, refused.value.retry_after) == (503, "busy", 1)
    assert writer.submit_many(["а", "б"]) == ["А", "Б"]


def test_whoever_waits_too_long_is_told_that_nobody_knows(db):
    writer = GroupWriter("test", add, patience=0.05)
    writer.submit("а")
    with transaction() as unit:
        unit.execute(text("UPDATE account SET name = name"))
        (found,) = at_once([lambda: writer.submit("б")])
    assert isinstance(found, Unknown)
    assert (found.status, found.code) == (503, "unknown")
    assert "неизвестно" in found.text
    assert GroupWriter("later", add).submit("в") == "В"
    assert "б" in names(), "it was written after all: that is why nobody knew"


def test_waiting_inside_a_writing_unit_of_work_is_refused(unit):
    with pytest.raises(RuntimeError, match="wait for itself"):
        GroupWriter("test", add).submit("а")


def test_nothing_of_the_caller_comes_along(db):
    writer = GroupWriter("test", lambda items: [told.get() for _ in items])
    told.set("a secret of the caller")
    assert writer.submit("?") == "nothing"


def test_a_wrong_number_of_results_is_a_fault(db):
    with pytest.raises(RuntimeError, match="2 results for 1 items"):
        GroupWriter("test", lambda items: [1, 2]).submit("а")


def test_a_full_disk_is_said_to_all_and_tried_once(db):
    tries = []

    def fill(items):
        tries.append(len(items))
        session.connection().exec_driver_sql("PRAGMA max_page_count=1")
        try:
            session.execute(insert(Account), [{"name": "x" * 190, "email": f"{n}{'y' * 200}@e.org", "one_time": False,
                                               "created_at": AT} for n in range(2000)])
        finally:
            session.connection().exec_driver_sql("PRAGMA max_page_count=1000000")
        return items

    found = GroupWriter("test", fill).submit_many(["а", "б"])
    assert [type(each) for each in found] == [OperationalError, OperationalError]
    assert "full" in str(found[0])
    assert (tries, names()) == ([2], [])


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("losses", "known"), [(1, True), (2, False)])
def test_a_lost_connection_is_tried_once_more(db, losses, known):
    left = [losses]

    def lose(items):
        found = add(items)
        if left[0]:
            left[0] -= 1
            key = session.scalar(text("SELECT pg_backend_pid()"))
            with engine().connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:key)"), {"key": key})
            session.execute(text("SELECT 1"))
        return found

    (found,) = GroupWriter("test", lose).submit_many(["а"])
    assert (found == "А", isinstance(found, Unknown)) == (known, not known)
    assert names() == (["а"] if known else [])


SCRIPT = """
import os, sys
if sys.argv[2] == "gevent":
    from gevent import monkey; monkey.patch_all()
from sqlalchemy import text
from core import db
db.connect(sys.argv[1], pool_size=40)
def apply(items):
    for item in items:
        db.session.execute(text("UPDATE account SET name = name || :item"), {"item": item})
    return list(items)
writer = db.GroupWriter("test", apply)
if sys.argv[2] == "gevent":
    import gevent
    writer.submit("1")
    gevent.joinall([gevent.spawn(writer.submit, letter) for letter in "abcdefghijklmnopqrstuvwxyz" * 4])
    print(writer.batches, writer.items)
else:
    writer.submit("1")
    db.dispose()
    child = os.fork()
    db.connect(sys.argv[1])
    writer.submit("3" if child else "2") if child == 0 or os.waitpid(child, 0)[1] == 0 else sys.exit("the child failed")
    if child == 0: os._exit(0)
"""


def run(url, mode):
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, url, mode], cwd=ROOT, capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_on_gevent_everybody_who_is_ready_shares_a_group(db, make):
    make.account("0")
    batches, items = map(int, run(db, "gevent").split())
    assert items == 105
    assert batches <= 4, "all were ready before the writer began"
    assert names() == ["01" + "abcdefghijklmnopqrstuvwxyz" * 4], "in the order in which they came"


def test_a_fork_has_a_writer_of_its_own(db, make):
    make.account("0")
    run(db, "fork")
    assert names() == ["0123"]


def test_a_writer_that_gathers_waits_for_others(db):
    """Nobody comes at the same moment, everybody within the time: one group, and a result no earlier."""
    writer, begun = GroupWriter("test", add, gather=0.5), time.monotonic()
    waiting = [threading.Thread(target=writer.submit, args=(name,)) for name in ("а", "б", "в")]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    assert (sorted(names()), writer.batches) == (["а", "б", "в"], 1)
    assert time.monotonic() - begun >= 0.5
