"""Many participants, three requests of each at the same moment: one first access each, two later ones, in their order.

On SQLite with one web process, on PostgreSQL with two. The short form belongs to `make test`.
"""

import asyncio
import base64
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select, update

from core import journal
from core.db import reading, session, transaction
from exam.models import FirstAccess, LaterAccess, SealedDelivery, StaffView, Task
from tests.programs import Web
from tests.torture.openings import Line, Visitor

STAFF_LOOKS = 5


@pytest.fixture
def webs(db: str, database_kind: str, redis_url: str, tmp_path: Path) -> Iterator[list[Web]]:
    """One web process on SQLite, two on PostgreSQL with Redis between them."""
    (tmp_path / "data").mkdir()
    made = [Web(db, tmp_path / "data") for _ in range(1 if database_kind == "sqlite" else 2)]
    for web in made:
        web.env["REDIS_URL"] = redis_url if len(made) > 1 else ""
    over, begun = threading.Event(), threading.Barrier(len(made) + 1)
    starts = [threading.Thread(target=_run, args=(web, begun, over)) for web in made]
    for start in starts:
        start.start()
    begun.wait()
    yield made
    over.set()
    for start in starts:
        start.join()


def _run(web: Web, begun: threading.Barrier, over: threading.Event) -> None:
    """The process dies with the thread that started it, so the thread stays."""
    try:
        web.start()
    finally:
        begun.wait()
        over.wait()
        web.stop()


def campaign(webs: list[Web], make: Any, login: Any, clock: Any, *, people: int, at_once: int) -> None:
    """Let everybody come, knock too early, open at the hour; then compare every row."""
    clock.set(datetime.now(UTC))
    nomination = make.nomination()
    persons = [make.participant(nomination, ready=True) for _ in range(people)]
    tokens = {person.id: login(person.account_id).get_cookie("login").value for person in persons}
    staff = login(make.account(roles=[("organiser", "contest", nomination.contest_id)])).get_cookie("login").value
    clock.set(datetime.now(UTC))
    task = make.task(nomination)
    ports = [web.port for web in webs]
    visitors = [Visitor(person.id, tokens[person.id], ports, sealed=number % 2 == 0)
                for number, person in enumerate(persons)]
    asyncio.run(day(visitors, task, staff, at_once))
    everything_is_right(task, visitors)


async def day(visitors: list[Visitor], task: Task, staff: str, at_once: int) -> None:
    """The hour of a task, with what is no access before, between and after."""
    place = asyncio.Semaphore(at_once)

    async def one(call: Any) -> None:
        async with place:
            await call

    await asyncio.gather(*(one(visitor.arrive(task.id)) for visitor in visitors))
    await asyncio.gather(*(one(visitor.too_early(task.id)) for visitor in visitors[::5]))
    await asyncio.gather(*(one(visitor.look_without_reading(task.id)) for visitor in visitors[::7]))
    await _the_hour(task)
    looks = [one(_staff_look(visitors[0].ports[0], task, staff)) for _ in range(STAFF_LOOKS)]
    noise = [one(visitor.look_without_reading(task.id)) for visitor in visitors[::7]]
    await asyncio.gather(*(one(visitor.open(task.id)) for visitor in visitors), *looks)
    await asyncio.gather(*noise)
    for visitor in visitors:
        visitor.leave()


async def _the_hour(task: Task) -> None:
    """However long it took until everybody was there, the hour comes now."""
    task.releases_at = datetime.now(UTC) + timedelta(seconds=0.2)
    with transaction():
        session.execute(update(Task).where(Task.id == task.id).values(releases_at=task.releases_at))
    await asyncio.sleep(0.21)


async def _staff_look(port: int, task: Task, token: str) -> None:
    line = Line(port)
    reply = await line.ask("GET", f"/tasks/{task.id}", cookies=f"login={token}")
    assert reply.status == 200
    line.close()


def everything_is_right(task: Task, visitors: list[Visitor]) -> None:
    with reading():
        first = session.scalars(select(FirstAccess)).all()
        later = session.execute(select(LaterAccess.participant_id, func.count(), func.min(LaterAccess.at)).group_by(
            LaterAccess.participant_id)).tuples().all()
        looks = session.scalars(select(StaffView)).all()
        delivered = set(session.scalars(select(SealedDelivery.participant_id)))
        chain = journal.verify()
    assert sorted(row.participant_id for row in first) == sorted(visitor.participant_id for visitor in visitors)
    assert {person: count for person, count, _at in later} == {visitor.participant_id: 2 for visitor in visitors}
    begun = {row.participant_id: row.at for row in first}
    assert [person for person, _count, at in later if at < begun[person]] == []
    assert [row.id for row in first if not task.releases_at <= row.at] == []
    assert [view.before_hour for view in looks] == [False] * STAFF_LOOKS
    assert delivered == {visitor.participant_id for visitor in visitors if visitor.sealed}
    assert {row.participant_id for row in first if row.sealed} == delivered
    assert [visitor for visitor in visitors if visitor.sealed and not _opens(visitor, task)] == []
    assert chain.bad_seq == 0


def _opens(visitor: Visitor, task: Task) -> bool:
    """All three replies held one key, and it opens the person's own package."""
    [text] = visitor.keys
    key = base64.urlsafe_b64decode(text + "=")
    bound = f"task:{task.id}:{task.sha256}".encode()
    plain = AESGCM(key).decrypt(visitor.package[1:13], visitor.package[13:], bound)
    return "Сварите стык" in plain.decode()


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.xdist_group("kills")
def test_three_requests_at_once_are_one_first_access_and_two_later_ones(webs, make, login, clock):
    campaign(webs, make, login, clock, people=30, at_once=30)


@pytest.mark.torture
@pytest.mark.both_databases
def test_a_thousand_people_ask_three_times_each(webs, make, login, clock):
    campaign(webs, make, login, clock, people=1000, at_once=100)
    print(f"{len(webs)} web: 1000 first accesses, 2000 later ones, each first the earliest")
