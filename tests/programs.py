"""The service's own processes for tests: gunicorn on gevent and the worker, over a database and a data folder; nginx
in front of several of them."""

import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from setup import nginx
from tests import servers

ROOT = Path(__file__).resolve().parents[1]


class Program(servers.Server):
    """A process of ours over the data folder and the database of the test."""

    patience = 120.0  # on a busy machine the imports alone take long

    def __init__(self, db: str, data: Path, **settings: str) -> None:
        super().__init__()
        self.data = data
        self.env = {**os.environ, "DATABASE_URL": db, "DATA_DIR": str(data), "PORT": str(self.port), "SECRET_KEY": "x",
                    "ENVIRONMENT": "test", "PUBLIC_URL": "", "MAIL_URL": "", "REDIS_URL": "", "BACKUP_DIR": "",
                    "BACKUP_EVERY_MINUTES": "0", "PYTHONPATH": str(ROOT), **settings}

    def identity(self) -> dict[str, object]:
        return {"env": self.env}


class Web(Program):
    """The web process; killing it takes gunicorn's worker along."""

    application = "wsgi:app"

    def command(self) -> list[str]:
        return [str(Path(sys.executable).with_name("gunicorn")), "--config", str(ROOT / "gunicorn.conf.py"), "--chdir",
                str(ROOT), self.application]

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=polling") as reply:
                return bool(reply.status == 200)
        except OSError:
            return False


class Worker(Program):
    """The background process with its own duties."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "core.worker"]

    def answers(self) -> bool:
        return b"working" in (self.folder / "log").read_bytes()


# Around our own part: what Debian's nginx.conf has, in the folder of the test; the log says which process was asked.
NGINX = """
{user}daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    log_format asked '$cookie_route $upstream_addr $request_uri';
    access_log {folder}/access.log asked;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{part}
}}
"""


class Nginx(servers.Server):
    """nginx from Debian with deploy/nginx/contest.conf, in front of web processes."""

    ending = signal.SIGTERM

    def __init__(self, **settings: str) -> None:
        super().__init__()
        self.program = servers.find_program("nginx")
        self.settings = {"SERVER_NAME": "localhost", "LISTEN": f"127.0.0.1:{self.port}", **settings}

    def to(self, ports: Sequence[int]) -> None:
        """Write the configuration for processes on these ports; they need not be neighbours, as installations' are."""
        part = nginx.configuration({**self.settings, "PORT": "1"})
        addresses = "\n".join(f"    server 127.0.0.1:{port} max_fails=1 fail_timeout=5s;" for port in ports)
        part = part.replace("    server 127.0.0.1:1 max_fails=1 fail_timeout=5s;", addresses)
        user = "user root;\n" if os.getuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(NGINX.format(user=user, folder=self.folder, part=part))

    def command(self) -> list[str]:
        return [self.program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/static/css/theme.css"):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def asked(self) -> list[list[str]]:
        """Route, process and address of every request, the oldest first."""
        return [line.split(" ", 2) for line in (self.folder / "access.log").read_text().splitlines()]
