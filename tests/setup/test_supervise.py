"""The Procfile under the supervisor: what dies comes back, alone; an end ends all."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from setup import supervise
from tests.servers import alive, wait_until

# Writes its own number and that of a child of its own, then waits; the child must end with it.
PROGRAM = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(600)
"""


class Running:
    """A supervisor over `web`, `worker` and (when asked) a process that always fails."""

    def __init__(self, folder: Path, failing: bool = False) -> None:
        self.folder = folder
        (folder / "program.py").write_text(PROGRAM)
        lines = [f"{name}: python {folder}/program.py {folder}/{name}" for name in ("web", "worker")]
        if failing:
            lines.append(f"failing: python -c \"open('{folder}/failing', 'a').write('x'); raise SystemExit(3)\"")
        (folder / "Procfile").write_text("\n".join(lines))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "setup.supervise", str(folder / "Procfile")],
            cwd=supervise.ROOT, env={**os.environ, "DATA_DIR": str(folder / "var")},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        wait_until(lambda: len(self.starts("web")) == 1 and len(self.starts("worker")) == 1, "both start")

    def starts(self, name: str) -> list[tuple[int, int]]:
        path = self.folder / name
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(own), int(child)) for own, child in (line.split() for line in lines)]

    def everyone(self) -> list[int]:
        return [pid for name in ("web", "worker") for pair in self.starts(name) for pid in pair]


@pytest.fixture
def running(tmp_path):
    made = []

    def start(**how):
        made.append(Running(tmp_path, **how))
        return made[0]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.process.terminate()
        each.process.communicate(timeout=30)


@pytest.mark.slow
def test_killed_process_comes_back_and_the_other_never_notices(running):
    both = running()
    worker = both.starts("worker")
    os.kill(both.starts("web")[0][0], signal.SIGKILL)
    wait_until(lambda: len(both.starts("web")) == 2, "web is started again")
    assert both.starts("worker") == worker
    assert alive(worker[0][0])
    assert both.process.poll() is None


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_end_of_the_supervisor_ends_all_and_their_children(running, how):
    both = running()
    pids = both.everyone()
    assert [alive(pid) for pid in pids] == [True] * 4
    both.process.send_signal(how)
    assert both.process.wait(30) == 0
    wait_until(lambda: not any(alive(pid) for pid in pids), "all have ended")


@pytest.mark.slow
def test_process_that_always_fails_is_tried_again_later_and_harms_nobody(running):
    three = running(failing=True)
    tries = three.folder / "failing"
    wait_until(lambda: tries.exists() and len(tries.read_text()) == 3, "three tries with growing pauses")
    assert [alive(pid) for pid in three.everyone()] == [True] * 4


def test_procfile_of_the_project_is_read_in_order():
    assert supervise.read_procfile((supervise.ROOT / "Procfile").read_text()) == {
        "web": "gunicorn --config gunicorn.conf.py wsgi:app",
        "worker": "python -m core.worker",
    }


@pytest.mark.parametrize(
    ("text", "line"), [("web gunicorn", 1), ("web: a\n\nweb: b", 3), ("# a word\nweb:", 2), ("w b: x", 1)]
)
def test_procfile_line_that_is_no_process_is_refused(text, line):
    with pytest.raises(ValueError, match=f"line {line}:"):
        supervise.read_procfile(text)


def test_configuration_escapes_percent_and_leaves_out_a_socket_with_too_long_a_name():
    how = {"root": Path("/srv"), "user": "0", "password": "p%"}
    short = supervise.configuration({"web": "run 50%"}, data_dir=Path("/data"), **how)
    assert "command=run 50%%\n" in short
    assert "file=/data/run/supervisor.sock\n" in short
    assert short.count("password=p%%\n") == 2
    long = supervise.configuration({"web": "run"}, data_dir=Path("/data" + "x" * 80), **how)
    assert "unix_http_server" not in long
