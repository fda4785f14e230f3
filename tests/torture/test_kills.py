"""kill -9 of web, worker and PostgreSQL while people answer: no acknowledged answer is missing, no attempt stays open.

The short form (one kill of web and worker each) belongs to `make test`; `make torture` runs the long ones.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core import canonical, config, journal
from core import db as database
from core.db import reading, session
from core.journal import JournalEntry
from exam import answers, attempts, receipts, saves, sealing
from exam.incoming import Sent
from exam.models import Attempt, Save
from tests import servers
from tests.fixtures import NOW
from tests.programs import ROOT, Program
from tests.torture.clients import Crowd, Page, Receipt, shown
from tests.torture.scene import SHORT, Scene, begun

SHOWN = re.compile(r'data-question="(\d+)" data-kind="\w+" data-seq="(\d+)"')
PEOPLE, IN_FLIGHT, BETWEEN = 72, 50, 1000
PATIENCE_S = 300.0


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


def killed(scene: Scene, crowd: Crowd, *names: str, acks: int, in_flight: int) -> int:
    """Kill after so many more receipts, with so many saves on their way; gives how many there were."""
    servers.wait_until(crowd.more(acks), "answers are acknowledged", PATIENCE_S)
    servers.wait_until(lambda: crowd.faults or crowd.in_flight() >= in_flight, "enough saves are on their way",
                       PATIENCE_S)
    assert crowd.faults == []
    flying = crowd.in_flight()
    scene.kill(*names)
    return flying


def nothing_stays_open(scene: Scene) -> None:
    """The worker closes what has ended, once each, at the instant of its deadline."""
    ids = [person.attempt_id for person in scene.begun]
    servers.wait_until(lambda: None not in [row.finished_at for row in _attempts(ids)], "what has ended is closed",
                       PATIENCE_S)
    with reading():
        closed = dict(session.execute(select(JournalEntry.object_id, func.count()).where(
            JournalEntry.action == "attempt.finished").group_by(JournalEntry.object_id)).tuples().all())
    for row in _attempts(ids):
        assert (row.finished_at, row.finish_reason) == (row.started_at + SHORT, "deadline")
    assert closed == {str(key): 1 for key in ids}


def _attempts(ids: list[int]) -> list[Attempt]:
    with reading():
        return list(session.scalars(select(Attempt).where(Attempt.id.in_(ids))))


def missing(scene: Scene) -> int:
    """Compare receipts with the database, the pages as they show now, the chain computed anew, and the journal; gives
    how many receipts the database does not have."""
    lost = sum(_lost(page, text) for page, text in zip(scene.pages, shown(scene.pages), strict=True))
    with reading():
        assert journal.verify().bad_seq == 0
    return lost


def _lost(page: Page, text: str) -> int:
    assert page.receipts, "nobody's page stayed without an acknowledgement"
    with reading():
        attempt = session.get_one(Attempt, page.person.attempt_id)
        rows = session.scalars(select(Save).where(Save.attempt_id == attempt.id).order_by(Save.number)).all()
        standing = answers.standing(attempt.id)
    kept = {row.client_id: row for row in rows}
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert (_chain(attempt.id, rows), len(rows)) == (attempt.head_hash, attempt.save_count)
    lost = sum(not _is_kept(receipt, attempt.id, kept.get(receipt.client_id)) for receipt in page.receipts)
    if not lost:  # a page cannot show what is not there
        _shows(page, text, standing)
    return lost


def _is_kept(receipt: Any, attempt_id: int, row: Save | None) -> bool:
    """Whether the row is what the receipt says, and the receipt's seal is the service's own."""
    return row is not None and receipts.genuine(seal_key(), attempt_id, row.number, row.hash, receipt.seal) and (
        receipt.question, receipt.seq, receipt.value, receipt.t, receipt.number, receipt.hash) == (
        row.question_id, row.seq, json.loads(row.value), row.received_at.isoformat(), row.number, row.hash)


@cache
def seal_key() -> bytes:
    """The key that the processes of the tests seal with (tests/programs.py)."""
    bare = Flask("seals")
    bare.config["core"] = config.Settings(SECRET_KEY="x")
    with bare.app_context():
        return sealing.receipt_key()


def _chain(attempt_id: int, rows: Any) -> str:
    """The head hash computed anew from the kept saves (exam.md §1 rule 6); each row must carry its link."""
    head = hashlib.sha256(str(attempt_id).encode()).hexdigest()
    for row in rows:
        body = {"attempt": attempt_id, "question": row.question_id, "seq": row.seq, "value": row.value,
                "mono": row.mono_ms, "page": row.page_id, "client": row.client_id, "at": row.received_at}
        head = hashlib.sha256(head.encode() + canonical.canonical(body)).hexdigest()
        assert row.hash == head
    return head


def _shows(page: Page, text: str, standing: dict[int, tuple[int, Any]]) -> None:
    """The page opened again shows the newest acknowledged answer of each question, or a newer one."""
    newest = {receipt.question: receipt for receipt in sorted(page.receipts, key=lambda receipt: receipt.seq)}
    seqs = {int(question): int(seq) for question, seq in SHOWN.findall(text)}
    for question, receipt in newest.items():
        assert seqs[question] == standing[question][0] >= receipt.seq
        if standing[question][0] == receipt.seq:
            assert standing[question][1] == receipt.value


def test_a_receipt_is_missing_when_anything_of_it_differs():
    at = datetime(2026, 3, 2, 6, 0, 0, 5, tzinfo=UTC)
    row = Save(question_id=3, seq=2, value='{"choice": "a1"}', received_at=at, number=7, hash="b" * 64)
    receipt = Receipt(question=3, seq=2, value={"choice": "a1"}, client_id="c2", t=at.isoformat(), number=7,
                      prev="a" * 64, hash="b" * 64, seal=receipts.seal(seal_key(), 1, 7, "b" * 64))
    others = {"question": 4, "seq": 3, "value": {"choice": "a2"}, "t": NOW.isoformat(), "number": 8, "hash": "c" * 64,
              "seal": receipts.seal(b"of another service", 1, 7, "b" * 64)}
    assert _is_kept(receipt, 1, row)
    assert not _is_kept(receipt, 1, None)
    assert not _is_kept(receipt, 2, row)
    assert [name for name, other in others.items() if _is_kept(replace(receipt, **{name: other}), 1, row)] == []


def test_a_hole_in_the_chain_is_seen(make):
    attempt = make.attempt()
    line = _lines(attempt.id)[0]
    with make.app.app_context(), database.transaction():
        for seq in (1, 2, 3):
            saves.save(session.get_one(Attempt, attempt.id), Sent(line, seq, None, f"c{seq}", None, ""), now=make.now)
    with reading():
        rows = list(session.scalars(select(Save).order_by(Save.number)))
        head = session.get_one(Attempt, attempt.id).head_hash
    assert _chain(attempt.id, rows) == head
    assert _chain(attempt.id, rows[:2]) != head
    with pytest.raises(AssertionError):
        _chain(attempt.id, rows[1:])


def _lines(attempt_id: int) -> list[int]:
    with reading():
        return [line.id for line in attempts.paper(attempt_id)]


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_a_killed_web_and_worker_lose_no_acknowledged_answer(db, tmp_path, programs, present, make):
    scene = begun(db, tmp_path, programs, make, people=4, kills=1, seed=1)
    with Crowd(scene.pages) as crowd:
        flying = killed(scene, crowd, "web", "worker", acks=15, in_flight=3)
        servers.wait_until(crowd.more(15), "answers are acknowledged again")
    assert crowd.faults == []
    assert flying >= 3
    nothing_stays_open(scene)
    assert missing(scene) == 0
    assert crowd.acknowledged() >= 30


@pytest.mark.torture
@pytest.mark.xdist_group("kills")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_again_and_again(kind, begun_on):
    """Twenty kills on each database at moments of chance; PostgreSQL itself is among the killed."""
    campaign(begun_on(kind, people=PEOPLE, kills=20), kind, kills=20, acks=BETWEEN, in_flight=IN_FLIGHT)


def campaign(scene: Scene, kind: str, *, kills: int, acks: int, in_flight: int) -> None:
    """Kill one after the other at moments of chance, compare after the last one, print the totals and keep them."""
    targets = ["web", "worker"] + (["postgresql"] if scene.store else [])
    with Crowd(scene.pages) as crowd:
        flying = [killed(scene, crowd, targets[number % len(targets)], acks=acks + scene.random.randrange(acks // 2),
                         in_flight=in_flight) for number in range(kills)]
        servers.wait_until(crowd.more(acks), "answers are acknowledged after the last kill", PATIENCE_S)
    assert crowd.faults == []
    nothing_stays_open(scene)
    lost = missing(scene)
    totals = {"kills": kills, "killed": ", ".join(f"{what} {count}" for what, count in sorted(scene.killed.items())),
              "receipts": crowd.acknowledged(), "missing": lost, "in_flight": min(flying),
              "sent_again": sum(page.repeated for page in scene.pages), "closed": len(scene.begun)}
    print(f"\n{kind}: {totals}")
    keep_totals(kind, totals)
    assert lost == 0


def keep_totals(kind: str, totals: dict[str, Any]) -> None:
    """For the table of docs/performance.md."""
    path = ROOT / "out" / "kills.json"
    path.parent.mkdir(exist_ok=True)
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**before, kind: totals}, indent=1))


@pytest.fixture
def begun_on(request, tmp_path, programs, clock):
    """`begun_on("postgresql", …)` begins on a durable PostgreSQL of its own; on SQLite nothing else is needed."""
    durable: list[servers.Postgres] = []

    def start(kind: str, *, people: int, kills: int) -> Scene:
        clock.set(datetime.now(UTC))
        url = request.getfixturevalue("db")
        if kind == "postgresql":
            durable.append(servers.Postgres(durable=True))
            durable[0].start()
            url = durable[0].new_database().replace("postgresql:", "postgresql+psycopg:")
            database.Base.metadata.create_all(database.connect(url))
        scene = begun(url, tmp_path, programs, request.getfixturevalue("make"), people=people, kills=kills, seed=20)
        scene.store = durable[0] if durable else None
        return scene

    yield start
    database.dispose()
    for server in durable:
        server.stop()
