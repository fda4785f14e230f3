"""The real processes: gunicorn on gevent with real sockets, the worker; killed and started again."""
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import socketio as client_side
from sqlalchemy import select

from core import access, mail, realtime
from core import db as database
from core.accounts import Account, LoginSession
from core.db import session
from core.jobs import Job
from tests import programs, servers
from tests.programs import ROOT, Web

pytestmark = pytest.mark.slow
WORKER = """
import sys
from pathlib import Path
from core import jobs
from core.worker import main
jobs.task("touch")(lambda name: Path(sys.argv[1], name).write_text(name))
raise SystemExit(main())
"""
# Commits a letter and a job, and dies before anything is said to anybody.
DIES_AFTER_COMMIT = """
import os, signal, sys
from core import clock, db, jobs, mail
db.connect(sys.argv[1])
jobs.task("touch")(lambda name: None)
with db.scope(write=True) as unit:
    db.after_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    mail.send("a@example.org", "Тема", "Текст", now=clock.now())
    jobs.enqueue("touch", name="done")
    unit.commit()
"""


class Worker(programs.Worker):
    """The worker with a job of the test."""

    def command(self):
        return [sys.executable, "-c", WORKER, str(self.data)]


@pytest.fixture
def start(db, tmp_path):
    made = []

    def begin(kind):
        made.append(kind(db, tmp_path / "data"))
        made[-1].start()
        return made[-1]
    (tmp_path / "data").mkdir()
    yield begin
    for program in made:
        program.stop()


@pytest.fixture
def people(db):
    """Two accounts with a real login session each: (account id, session id, cookie)."""
    now = datetime.now(UTC)
    found = []
    with database.transaction():
        for number in (1, 2):
            account = Account(name=f"Осипова {number}", email=f"p{number}@example.org", created_at=now)
            session.add(account)
            session.flush()
            login = LoginSession(token_hash=access.token_hash(f"token{number}"), account_id=account.id, via="password",
                                 created_at=now, last_seen_at=now, expires_at=now + timedelta(days=1))
            session.add(login)
            session.flush()
            found.append((account.id, login.id, f"login=token{number}"))
    return found


class Page:
    """A browser's page: its socket, and what it heard."""

    def __init__(self, web, cookie, origin=None):
        self.heard, self.gone = [], threading.Event()
        self.socket = client_side.Client(reconnection=False, websocket_extra_options={
            "origin": origin or f"http://127.0.0.1:{web.port}"})
        self.socket.on("changed", self.heard.append)
        self.socket.on("disconnect", lambda *_: self.gone.set())
        self.socket.connect(f"http://127.0.0.1:{web.port}", headers={"Cookie": cookie}, transports=["websocket"],
                            wait_timeout=10)


@pytest.fixture
def page():
    made = []

    def begin(*args, **kwargs):
        made.append(Page(*args, **kwargs))
        return made[-1]
    yield begin
    for one in made:
        one.socket.disconnect()


def test_sockets_on_gevent(start, people, page):
    web = start(Web)
    (first, first_session, first_cookie), (second, _session, second_cookie) = people
    with pytest.raises(client_side.exceptions.ConnectionError):
        page(web, "login=wrong")
    with pytest.raises(client_side.exceptions.ConnectionError):
        page(web, first_cookie, origin="https://evil.example")
    one, two = page(web, first_cookie), page(web, second_cookie)
    assert one.socket.call("join", {"room": f"person:{first}"}) == {"room": f"person:{first}"}
    assert two.socket.call("join", {"room": f"person:{first}"})["error"] == "not_found"
    assert two.socket.call("join", {"room": f"person:{second}"}) == {"room": f"person:{second}"}

    with database.transaction():  # this process is neither web nor request: like the worker, it writes the outbox
        realtime.notify(f"person:{first}", data={"step": "письмо"})
    servers.wait_until(lambda: one.heard, "the page hears what another process wrote")
    assert (one.heard, two.heard) == ([{"room": f"person:{first}", "step": "письмо"}], [])

    with database.transaction():
        realtime.drop_session(first_session)
    assert one.gone.wait(5)
    assert not two.gone.is_set()
    assert two.socket.call("leave", {"room": f"person:{second}"}) == {"room": f"person:{second}"}


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # SQLite has one web process
def test_sockets_hear_each_other_through_redis(start, people, page, redis_url):
    (first, _session, cookie), _other = people

    def with_redis(db, data):
        web = Web(db, data)
        web.env["REDIS_URL"] = redis_url
        return web
    pages = [page(start(with_redis), cookie), page(start(with_redis), cookie)]
    for one in pages:
        one.socket.call("join", {"room": f"person:{first}"})
    with database.transaction():
        realtime.notify(f"person:{first}")
    servers.wait_until(lambda: all(one.heard for one in pages), "both web processes tell their pages")
    threading.Event().wait(1.5)  # a second telling, by the other's tail, would come now
    assert [len(one.heard) for one in pages] == [1, 1]


def boxes(program):
    return sorted(path.parent.name for path in (program.data / "mail").rglob("*.eml"))


def done():
    with database.reading():
        return session.scalars(select(Job.done_at.is_not(None)).order_by(Job.id)).all()


def test_worker_finds_what_was_committed_before_a_kill(start, db):
    died = subprocess.run([sys.executable, "-c", DIES_AFTER_COMMIT, db], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    worker = start(Worker)
    servers.wait_until(lambda: done() == [True] and boxes(worker), "the worker delivers and runs the job")
    assert boxes(worker) == ["a@example.org"]
    assert (worker.data / "done").read_text() == "done"
    with sqlite3.connect(worker.data / "jobs.db") as queue:
        assert queue.execute("select count(*) from task").fetchall() == [(0,)]
    queue.close()


def test_workers_killed_again_and_again_lose_and_double_nothing(start, db):
    addresses = [f"p{number}@example.org" for number in range(40)]
    with database.transaction():
        for address in addresses:
            mail.send(address, "Тема", "Текст", now=datetime.now(UTC))
    workers = [start(Worker), start(Worker)]
    workers[0].kill()
    with database.transaction():  # what the killed one held is due when its lease is over; here it is over now
        session.execute(mail.update(mail.Letter).where(mail.Letter.sent_at.is_(None)).values(
            next_try_at=datetime.now(UTC)))
    servers.wait_until(lambda: boxes(workers[1]) == sorted(addresses), "the other worker delivers all")


def test_worker_ends_cleanly_and_beats(start, db):
    worker = start(Worker)
    servers.wait_until(lambda: _alive(), "the heartbeat is there")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(servers.PATIENCE_S) == 0
    assert b"ended" in (worker.folder / "log").read_bytes()


def _alive():
    from core import jobs
    with database.reading():
        return jobs.alive(datetime.now(UTC))


RECEIVES = """
from gevent import monkey
monkey.patch_all()
import sys, time
import gevent
from flask import Flask
from core import config, realtime, storage
app = Flask("x"); app.config["core"] = config.Settings(DATA_DIR=sys.argv[1])
gaps, go_on = [], True
def watch():
    before = time.monotonic()
    while go_on:
        gevent.sleep(0.005)
        now = time.monotonic(); gaps.append(now - before); before = now
watching = gevent.spawn(watch)
assert realtime.cooperative()
assert not gevent.get_hub().threadpool.apply(realtime.cooperative)
gevent.sleep(0.05)
with app.app_context():
    for number in range(3):
        data = b"%PDF-1.7\\n" + bytes([number]) * (64 * storage.MB) + b"%%EOF"
        gevent.sleep(0.02)
        gaps.clear()
        began = time.monotonic()
        storage.receive(data, allowed=storage.PDF, max_bytes=100 * storage.MB)
        print(f"{max(gaps) / (time.monotonic() - began):.3f} {len(gaps)}")
go_on = False
watching.join()
"""


def test_large_file_leaves_the_loop_free(tmp_path):
    done = subprocess.run([sys.executable, "-c", RECEIVES, tmp_path], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    longest = min(float(line.split()[0]) for line in done.stdout.splitlines())
    assert longest < 0.5, done.stdout  # no gap of the loop was half as long as the work beside it
    assert min(int(line.split()[1]) for line in done.stdout.splitlines()) > 3, done.stdout
