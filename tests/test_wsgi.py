"""wsgi.py patches before anything else, and PostgreSQL's driver then lets other greenlets run while it waits."""

import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT

pytestmark = pytest.mark.slow

TOGETHER = """
import sys, time
from gevent import monkey
monkey.patch_all()
import gevent, psycopg
def ask():
    with psycopg.connect(sys.argv[1]) as connection:
        connection.execute("SELECT pg_sleep(1)")
began = time.monotonic()
gevent.joinall([gevent.spawn(ask) for _ in range(3)], raise_error=True)
print(time.monotonic() - began < 2)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_three_waiting_queries_take_the_time_of_one(postgres_url):
    done = run(TOGETHER, postgres_url)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


def test_wsgi_patches_first_and_serves_the_application(tmp_path):
    code = (
        "import os; os.environ['DATA_DIR'] = os.sys.argv[1]; import wsgi, socket;"
        "print(socket.socket.__module__, type(wsgi.app).__name__)"
    )
    done = run(code, str(tmp_path))
    assert (done.stdout.strip(), done.returncode) == ("gevent._socket3 Flask", 0), done.stderr


def test_wsgi_refuses_a_driver_that_was_imported_before_the_patch():
    done = run("import psycopg, wsgi")
    assert done.returncode == 1
    assert "psycopg was imported before the patch" in done.stderr
