"""The web process under measurement: its CPU, its memory, and loads played against it."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load import part
from bench.people import Person, csrf
from bench.place import Place
from tests.programs import ROOT, Program, Web
from tests.servers import end_with_parent

ROUNDS = 3


class Measured(Web):
    """The web process with the empty handler beside the service."""

    application = "bench.server:app"

    def cpu(self) -> float:
        """Seconds of CPU of gunicorn's worker, all threads."""
        cpu_clock = 2  # CPUCLOCK_SCHED of <linux/posix-timers.h>, by nanoseconds where /proc counts hundredths
        return time.clock_gettime((~self.worker() << 3) | cpu_clock)

    def memory(self) -> int:
        """Resident bytes of gunicorn's worker."""
        lines = Path(f"/proc/{self.worker()}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024

    def worker(self) -> int:
        """The process that serves."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])


def launch(program: Program) -> None:
    """Start a process without waiting until it answers. From the main thread: it ends with the thread that made it."""
    with (program.folder / "log").open("ab") as log:
        program.process = subprocess.Popen(program.command(), cwd=program.folder, stdout=log, stderr=log,
                                           env=program.env, stdin=subprocess.DEVNULL,
                                           preexec_fn=end_with_parent(program.ending))


@dataclass
class Played:
    """What a load cost and how long its requests took."""

    cpu: float  # seconds per request
    seconds: list[float]
    took: float
    lag: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.took

    def ms(self, hundredth: int) -> float:
        """Milliseconds below which so many hundredths of the requests lie; 0 without any."""
        return round(part(self.seconds, hundredth) * 1000, 1) if self.seconds else 0.0


class Bench:
    """A place with its web process and a load generator; what every measurement gets."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.web = Measured(place.url, place.data)
        self.session, self.token = csrf()

    def __enter__(self) -> "Bench":
        self.web.start()
        self.generator = subprocess.Popen([sys.executable, "-m", "bench.load", str(self.web.port)], cwd=ROOT, text=True,
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        self.generator.communicate()
        self.web.stop()

    def headers(self, person: Person) -> dict[str, str]:
        """Of a browser in which the person is logged in."""
        return {"Cookie": f"login={person.cookie}; session={self.session}", "X-CSRF-Token": self.token}

    def play(self, method: str, lanes: list[dict[str, Any]], statuses: tuple[int, ...] = (200,)) -> Played:
        """Have a load generator play; a lane is {"headers", "requests": [[at, path, body], …]}."""
        before = self.web.cpu()
        found = ask(self.generator, {"method": method, "lanes": lanes, "statuses": statuses})
        assert "refused" not in found, found
        spent = self.web.cpu() - before
        return Played(spent / max(len(found["seconds"]), 1), found["seconds"], found["took"], found["lag"])


def ask(program: "subprocess.Popen[str]", plan: dict[str, Any]) -> dict[str, Any]:
    """Give a program a line of JSON and wait for its line."""
    assert program.stdin is not None
    program.stdin.write(json.dumps(plan) + "\n")
    program.stdin.flush()
    return heard(program)


def heard(program: "subprocess.Popen[str]") -> dict[str, Any]:
    """The next line of JSON from a program."""
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line, f"{program.args} ended"
    found: dict[str, Any] = json.loads(line)
    return found


def lanes_of(path: str, count: int, headers: list[dict[str, str]]) -> list[dict[str, Any]]:
    """`count` equal requests in all, shared among lanes with these headers."""
    each = max(count // len(headers), 1)
    return [{"headers": one, "requests": [[None, path, None]] * each} for one in headers]


def floor(bench: Bench, count: int, lanes: int) -> Played:
    """The empty handler of the same process under the same load."""
    return bench.play("GET", lanes_of("/floor", count, [{}] * lanes))


def noise(floors: list[float]) -> float:
    """How much dearer the dearest round of the floor was than the cheapest: 1.0 is a quiet machine."""
    return round(max(floors) / min(floors), 2)
