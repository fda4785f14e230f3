"""The web process's own settings, with a small application in the place of ours."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from setup.supervise import ROOT
from tests.servers import alive, free_port, wait_until

APPLICATION = """
import os
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


def ask(port: int) -> int | None:
    """Number of the process that answers, or None."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as reply:
            return int(reply.read())
    except OSError:
        return None


@pytest.mark.slow
def test_worker_ends_at_once_with_a_killed_master(tmp_path):
    (tmp_path / "small.py").write_text(APPLICATION)
    port = free_port()
    program = Path(sys.executable).with_name("gunicorn")
    master = subprocess.Popen(
        [program, "--config", str(ROOT / "gunicorn.conf.py"), "--chdir", str(tmp_path), "small:app"],
        env={**os.environ, "HOST": "127.0.0.1", "PORT": str(port), "TLS_CERT": "", "TLS_KEY": ""},
    )
    try:
        wait_until(lambda: ask(port), "the web process answers")
        worker = ask(port)
        assert worker != master.pid
        master.send_signal(signal.SIGKILL)
        master.wait(10)
        wait_until(lambda: not alive(worker), "the worker ends", seconds=0.5)
        assert ask(port) is None
    finally:
        master.kill()
        master.wait(10)
