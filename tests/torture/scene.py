"""Web and worker over one database, people who answer, and others whose time runs out: what the campaigns kill."""

import os
import random
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.people import Hall, Person, begin, csrf, seat
from bench.web import launch
from core import db as database
from tests import servers
from tests.programs import Program, Web, Worker
from tests.torture.clients import Page

LONG = timedelta(hours=3)
SHORT = timedelta(seconds=3)


@dataclass
class Scene:
    """The processes, the open pages, and people who may still begin an attempt that ends in a moment."""

    make: Any
    web: Web
    worker: Worker
    pages: list[Page]
    brief: Hall
    random: random.Random
    store: servers.Postgres | None = None
    begun: list[Person] = field(default_factory=list)
    killed: dict[str, int] = field(default_factory=dict)

    def kill(self, *names: str) -> None:
        """kill -9 of "web", "worker", "postgresql", or several at once, and their new start. Meanwhile somebody's time
        runs out."""
        self.let_one_begin()
        for name in names:
            self.killed[name] = self.killed.get(name, 0) + 1
            {"web": self.web.kill, "worker": self._kill_worker, "postgresql": self._kill_postgres}[name]()
        if "postgresql" in names:
            servers.wait_until(self._store_again, "PostgreSQL starts on the data it left")
            database.connect(self.web.env["DATABASE_URL"])
        start([program for name, program in (("web", self.web), ("worker", self.worker)) if name in names])

    def let_one_begin(self) -> None:
        """Somebody begins an attempt of three seconds, without a page that watches."""
        person = self.brief.people[len(self.begun)]
        begin(self.make, self.brief, [person])
        self.begun.append(person)

    def _kill_worker(self) -> None:
        self.worker.kill()
        (self.worker.folder / "log").write_bytes(b"")  # its last words would count as an answer of the next one

    def _kill_postgres(self) -> None:
        """The whole cluster at once: a server process left alone would finish what it has in hand."""
        assert self.store is not None
        assert self.store.process is not None
        leader = self.store.process.pid
        family = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        for pid in (leader, *map(int, family)):
            os.kill(pid, signal.SIGKILL)
        self.store.kill()
        database.dispose()

    def _store_again(self) -> bool:
        try:
            self.store.start()  # type: ignore[union-attr]
        except servers.Unavailable:  # the killed ones have not let go of the memory yet
            return False
        return True


def start(programs: Sequence[Program]) -> None:
    """Start these side by side."""
    for program in programs:
        launch(program)
    for program in programs:
        servers.wait_until(program.answers, f"{program.command()[0]} answers", program.patience)


def begun(url: str, folder: Path, programs: list[Program], make: Any, *, people: int, kills: int, seed: int) -> Scene:
    """Start the processes and let `people` begin a theory of three hours."""
    (folder / "data").mkdir()
    web, worker = Web(url, folder / "data"), Worker(url, folder / "data")
    programs += [web, worker]
    start([web, worker])
    chance, (session, token) = random.Random(seed), csrf()
    hall = seat(make, people, begun=True, limit=LONG)
    brief = seat(make, kills + 1, begun=False, limit=SHORT, grace_seconds=0)
    pages = [Page(web.port, person, {"Cookie": f"login={person.cookie}; session={session}", "X-CSRF-Token": token},
                  random.Random(chance.random())) for person in hall.people]
    return Scene(make, web, worker, pages, brief, chance)
