"""Throw-away PostgreSQL and Redis from Debian's binaries: own folder, own free port, never one that runs already.

Each test process (an xdist worker too) starts its own at first need and stops it at the end; if the process is killed,
the kernel ends them with it. PostgreSQL refuses root, so it runs as user postgres then.
"""

import ctypes
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

PATIENCE_S = 30.0
PR_SET_PDEATHSIG = 1


class Unavailable(Exception):
    """A server cannot be had on this machine; the text says what is missing."""


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    """Ask again every 20 ms until the condition holds; AssertionError names what did not happen in time."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {seconds:g} s: {what}"
        pause.wait(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs: one that ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_with_parent(how: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the child gets the signal when the process that started it dies."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, int(how))


def find_program(name: str, *patterns: str) -> str:
    """Path of a program, on PATH or by one of the glob patterns under /usr (the newest version)."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    for pattern in patterns:
        found = found or next((str(path) for path in sorted(Path("/usr").glob(pattern), reverse=True)), None)
    if not found:
        raise Unavailable(f"{name} is missing: `make test` installs the Debian packages the tests need")
    return found


class Server:
    """A program with a folder and a port of its own, started by `start` and ended by `stop` or `kill`."""

    ending = signal.SIGTERM
    patience = PATIENCE_S

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="contest-", dir="/tmp"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise AssertionError("each server says its own command")

    def answers(self) -> bool:
        raise AssertionError("each server says how it is asked")

    def identity(self) -> dict[str, object]:
        """Arguments of Popen that set another user."""
        return {}

    def start(self) -> None:
        """Start and wait until it answers; called again after `kill`, on the same data and port."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                preexec_fn=end_with_parent(self.ending), **self.identity(),
            )
        wait_until(lambda: self.ended() or self.answers(), f"{self.command()[0]} answers", self.patience)
        if self.ended():
            raise Unavailable(f"{self.command()[0]} ended at once:\n{(self.folder / 'log').read_text()[-2000:]}")

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """What a power cut does to the process: no chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it and remove its folder."""
        self._end(self.ending)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(self.patience)


class Postgres(Server):
    """A cluster with trust authentication; data is not synced to disk unless `durable`."""

    ending = signal.SIGINT  # fast shutdown: open connections are cut
    serial = itertools.count(1)

    def __init__(self, durable: bool = False) -> None:
        super().__init__()
        self.programs = Path(find_program("initdb", "lib/postgresql/*/bin/initdb")).resolve().parent
        self.durable = durable
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        made = subprocess.run(
            [self.programs / "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
             "--no-sync"], cwd=self.folder, capture_output=True, text=True, check=False, **self.identity(),
        )
        if made.returncode:
            raise Unavailable(f"initdb failed:\n{made.stdout}{made.stderr}")

    def identity(self) -> dict[str, object]:
        if os.getuid() != 0:
            return {}
        owner = pwd.getpwnam("postgres")
        return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def command(self) -> list[str]:
        unsafe = [] if self.durable else ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        options = [
            f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}",
            "max_connections=200", "shared_buffers=64MB", "autovacuum=off", "timezone=UTC", *unsafe,
        ]
        return [str(self.programs / "postgres"), "-D", "data", *(f"--{option}" for option in options)]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """URL of a fresh empty database."""
        name = f"test_{next(self.serial)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database made by `new_database`, cutting whoever is still connected."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)")


class Redis(Server):
    """A Redis that keeps nothing on disk."""

    def command(self) -> list[str]:
        program = find_program("redis-server")
        return [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]

    def answers(self) -> bool:
        try:
            with redis.Redis(port=self.port) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def url(self, number: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{number}"


def only_loopback(connect: Callable) -> Callable:
    """A `connect` of sockets that reaches this machine only: a test must not depend on the network."""

    def guarded(self: socket.socket, address: object) -> object:
        inside = self.family not in (socket.AF_INET, socket.AF_INET6) or _is_local(address)
        assert inside, f"a test tried to reach {address} over the network"
        return connect(self, address)

    return guarded


def _is_local(address: object) -> bool:
    host = str(address[0]) if isinstance(address, tuple) else ""
    return host in ("localhost", "::1", "") or host.startswith("127.")
