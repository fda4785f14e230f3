"""How long after kill -9 until the first answer is saved again, with a journal of a million rows."""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from bench.people import Person, seat
from bench.web import Bench, launch
from bench.wire import Wire
from core.journal import GENESIS

PAUSE_S = 0.02
PATIENCE_S = 180.0
COLUMNS = "seq, at, actor_id, role, action, object_type, object_id, payload, payload_hash, prev_hash, hash"
# canonical(fields) of core.journal with the keys in their order; tests/bench verifies the rows by core.journal.verify.
FIELDS = ('{"action":"bench.step","actor_id":null,"at":"%s","object_id":"%d","object_type":"bench",'
          '"payload_hash":"%s","role":"","seq":%d}')


def measure(bench: Bench, events: int, kills: int) -> dict[str, Any]:
    """Seconds from the new start of the killed process to its first acknowledgement; the worst of `kills`."""
    person = seat(bench.place.make, 1, begun=True).people[0]
    rows = fill_journal(bench.place.url, events)
    seconds = [_killed(bench, person, number) for number in range(kills)]
    return {"events": rows, "kills": kills, "worst_s": round(max(seconds), 2), "best_s": round(min(seconds), 2)}


def _killed(bench: Bench, person: Person, number: int) -> float:
    asyncio.run(_saved(bench, person, number * 2 + 1))
    bench.web.kill()
    began = time.perf_counter()
    launch(bench.web)
    asyncio.run(_saved(bench, person, number * 2 + 2))
    return time.perf_counter() - began


async def _saved(bench: Bench, person: Person, seq: int) -> None:
    """Send a save until it is acknowledged."""
    wire, deadline = Wire(bench.web.port, bench.headers(person)), time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            status, reply = await wire.ask("POST", f"/attempts/{person.attempt_id}/answers", person.save(seq))
        except OSError:
            await asyncio.sleep(PAUSE_S)
            continue
        assert status == 200, reply
        wire.close()
        return
    raise AssertionError(f"nothing was saved within {PATIENCE_S:g} s")


def fill_journal(url: str, count: int) -> int:
    """Append rows until the journal of a SQLite database has `count`, chained as the service does it."""
    path = Path(make_url(url).database or "")
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-600000")
        seq, prev = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone() or (
            0, GENESIS)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO journal ({COLUMNS}) VALUES ({','.join('?' * 11)})",
                               _rows(seq + 1, prev, count))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found = int(connection.execute("SELECT count(*) FROM journal").fetchone()[0])
    connection.close()
    return found


def _rows(first: int, prev: str, last: int) -> Iterator[tuple[Any, ...]]:
    began = datetime.now(UTC) - timedelta(days=1)
    for seq in range(first, last + 1):
        at = began + timedelta(microseconds=seq * 50_000)
        payload = f'{{"number":{seq}}}'
        payload_hash = hashlib.sha256(payload.encode()).hexdigest()
        fields = FIELDS % (at.isoformat(), seq, payload_hash, seq)
        hash_ = hashlib.sha256(prev.encode() + fields.encode()).hexdigest()
        stored = at.replace(tzinfo=None).isoformat(" ", "microseconds")
        yield seq, stored, None, "", "bench.step", "bench", str(seq), payload, payload_hash, prev, hash_
        prev = hash_
