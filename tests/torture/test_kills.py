"""kill -9 of web, worker and PostgreSQL while people answer: no acknowledged answer is missing, no attempt stays open.

The short form (one kill of web and worker each) belongs to `make test`; `make torture` runs the long ones.
"""

import hashlib
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import canonical, journal
from core import db as database
from core.db import reading, session
from exam import answers
from exam.models import Attempt, Save
from tests import servers
from tests.programs import Program, Web, Worker
from tests.torture.clients import Crowd, Page
from tests.torture.scene import pages_for

SHORT = timedelta(seconds=3)
LONG = timedelta(hours=3)
SHOWN = re.compile(r'data-question="(\d+)" data-kind="\w+" data-seq="(\d+)"')


@dataclass
class Scene:
    """Web and worker over one database, and the pages of the people who answer."""

    web: Web
    worker: Worker
    pages: list[Page]
    random: random.Random
    store: servers.Postgres | None = None

    def kill_web(self) -> None:
        self.web.kill()
        self.web.start()

    def kill_worker(self) -> None:
        self.worker.kill()
        (self.worker.folder / "log").write_bytes(b"")
        self.worker.start()

    def kill_postgres(self) -> None:
        assert self.store is not None
        self.store.kill()
        database.dispose()
        servers.wait_until(self._store_again, "PostgreSQL starts on the data it left")

    def _store_again(self) -> bool:
        try:
            self.store.start()  # type: ignore[union-attr]
        except servers.Unavailable:  # orphans of the killed one have not let go of the memory yet
            return False
        return True


@pytest.fixture
def present(clock: Any) -> datetime:
    """The processes read the real clock, so everything is made at the real moment."""
    moment: datetime = clock.set(datetime.now(UTC))
    return moment


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    made: list[Program] = []
    yield made
    for program in made:
        program.stop()


def begin(db: str, folder: Path, programs: list[Program], make: Any, login: Any, people: int, seed: int) -> Scene:
    """Start the processes and let people begin a theory of three hours."""
    (folder / "data").mkdir()
    web, worker = Web(db, folder / "data"), Worker(db, folder / "data")
    programs += [web, worker]
    web.start()
    worker.start()
    pages = pages_for(make, login, web.port, people=people, limit=LONG, seed=seed)
    return Scene(web, worker, pages, random.Random(seed))


def short_attempt(make: Any, clock: Any) -> Attempt:
    """Somebody whose time is over in a moment, without a page that watches."""
    clock.set(datetime.now(UTC))
    return make.attempt(make.sitting(limit=SHORT, grace_seconds=0))  # type: ignore[no-any-return]


def must_be_closed(attempt: Attempt) -> None:
    """The worker closes what has ended, at the instant of its deadline."""
    servers.wait_until(lambda: _finished(attempt.id) is not None, "the worker closes what time has ended")
    assert _finished(attempt.id) == attempt.started_at + SHORT


def _finished(attempt_id: int) -> datetime | None:
    with reading():
        return session.get_one(Attempt, attempt_id).finished_at


def nothing_is_missing(scene: Scene) -> int:
    """Compare receipts with the database, the pages and the chain; gives the number of receipts."""
    for page in scene.pages:
        assert page.receipts, "nobody's page stayed without an acknowledgement"
        with reading():
            attempt = session.get_one(Attempt, page.paper.attempt_id)
            rows = session.scalars(select(Save).where(Save.attempt_id == attempt.id).order_by(Save.number)).all()
            standing = answers.standing(attempt.id)
        kept = {row.client_id: (row.question_id, row.seq, row.number, row.hash) for row in rows}
        assert [receipt for receipt in page.receipts if kept.get(receipt.client_id)
                != (receipt.question, receipt.seq, receipt.number, receipt.hash)] == []
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert _chain(attempt.id, rows) == attempt.head_hash
        _shown(page, standing)
        page.hang_up()
    with reading():
        assert journal.verify().bad_seq == 0
    return sum(len(page.receipts) for page in scene.pages)


def _chain(attempt_id: int, rows: Any) -> str:
    """The head hash computed anew from the kept saves (exam.md §1 rule 6); each row must carry its link."""
    head = hashlib.sha256(str(attempt_id).encode()).hexdigest()
    for row in rows:
        body = {"attempt": attempt_id, "question": row.question_id, "seq": row.seq, "value": row.value,
                "mono": row.mono_ms, "page": row.page_id, "client": row.client_id, "at": row.received_at}
        head = hashlib.sha256(head.encode() + canonical.canonical(body)).hexdigest()
        assert row.hash == head
    return head


def _shown(page: Page, standing: dict[int, tuple[int, Any]]) -> None:
    """The page opened again shows the newest acknowledged answer of each question, or a newer one."""
    text = page.read()
    newest: dict[int, tuple[int, Any]] = {}
    for receipt in page.receipts:
        newest[receipt.question] = max(newest.get(receipt.question, (0, None)), (receipt.seq, receipt.value),
                                       key=lambda pair: pair[0])
    shown = {int(question): int(seq) for question, seq in SHOWN.findall(text)}
    for question, (seq, value) in newest.items():
        assert shown[question] == standing[question][0] >= seq
        if standing[question][0] == seq:
            assert standing[question][1] == json.loads(json.dumps(value))


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_a_killed_web_and_worker_lose_no_acknowledged_answer(db, tmp_path, programs, present, make, login, clock):
    scene = begin(db, tmp_path, programs, make, login, people=3, seed=1)
    ending = short_attempt(make, clock)
    with Crowd(scene.pages) as crowd:
        servers.wait_until(crowd.more(15), "answers are acknowledged")
        scene.kill_web()
        scene.kill_worker()
        servers.wait_until(crowd.more(15), "answers are acknowledged again")
    assert crowd.faults == []
    must_be_closed(ending)
    assert nothing_is_missing(scene) >= 30


@pytest.mark.torture
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_again_and_again(kind, begun_on):
    """Twenty kills on each database at moments of chance; PostgreSQL itself is among the killed."""
    scene, ending = begun_on(kind)
    kills = [scene.kill_web, scene.kill_web, scene.kill_worker] + ([scene.kill_postgres] if scene.store else [])
    with Crowd(scene.pages) as crowd:
        for _ in range(20):
            servers.wait_until(crowd.more(scene.random.randrange(20, 600)), "answers are acknowledged", 120)
            scene.random.choice(kills)()
        servers.wait_until(crowd.more(50), "answers are acknowledged after the last kill", 120)
    assert crowd.faults == []
    must_be_closed(ending)
    count = nothing_is_missing(scene)
    print(f"{kind}: {count} acknowledged, {sum(page.repeated for page in scene.pages)} sent again, 0 missing")


@pytest.fixture
def begun_on(request, tmp_path, programs, clock):
    """`begun_on("postgresql")` begins on a durable PostgreSQL of its own; on SQLite nothing else is needed."""
    durable: list[servers.Postgres] = []

    def begun(kind: str) -> tuple[Scene, Attempt]:
        clock.set(datetime.now(UTC))
        url = request.getfixturevalue("db")
        if kind == "postgresql":
            durable.append(servers.Postgres(durable=True))
            durable[0].start()
            url = durable[0].new_database().replace("postgresql:", "postgresql+psycopg:")
            database.Base.metadata.create_all(database.connect(url))
        make, login = request.getfixturevalue("make"), request.getfixturevalue("login")
        scene = begin(url, tmp_path, programs, make, login, people=8, seed=20)
        scene.store = durable[0] if durable else None
        return scene, short_attempt(make, clock)

    yield begun
    database.dispose()
    for server in durable:
        server.stop()
