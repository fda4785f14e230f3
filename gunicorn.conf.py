"""Settings of the web process; the address and the certificate come from the environment."""

import ctypes
import os
import signal
import sys
from pathlib import Path

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
certfile = os.environ.get("TLS_CERT") or None
keyfile = os.environ.get("TLS_KEY") or None
umask = 0o077  # what the process writes is its owner's alone
worker_class = "gevent"
workers = 1  # one web process beside SQLite; more need PostgreSQL and Redis
worker_connections = 4000
timeout = 60
graceful_timeout = 8  # below the supervisor's 10 s
keepalive = 65
control_socket_disable = True
errorlog = "-"
loglevel = "warning"
# Only a proxy on this machine is believed about the visitor's address.
forwarded_allow_ips = "127.0.0.1,::1"


def on_starting(server: object) -> None:
    """Before anything is opened: may a web process work over this data folder? The lock lasts as long as the master."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from core import config, presence
    try:
        presence.serve_web(config.load())
    except presence.Taken as error:
        raise SystemExit(str(error)) from error


def post_fork(server: object, worker: object) -> None:
    """The worker ends at once with its master: two web processes at a time would each hold half of the sockets."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def post_worker_init(worker: object) -> None:
    """Before the first request: is this the database that was here before?"""
    _keep_checkpoint(worker)


def worker_exit(server: object, worker: object) -> None:
    """At the end, what was committed last is noted, too."""
    _keep_checkpoint(worker)


def _keep_checkpoint(worker: object) -> None:
    settings = getattr(getattr(worker, "wsgi", None), "config", {}).get("core")
    if settings is not None:
        from core import checkpoint, clock
        checkpoint.keep_quietly(settings, clock.now())
