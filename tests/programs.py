"""The service's own processes for tests: gunicorn on gevent and the worker, over a database and a data folder."""

import os
import sys
import urllib.request
from pathlib import Path

from tests import servers

ROOT = Path(__file__).resolve().parents[1]


class Program(servers.Server):
    """A process of ours over the data folder and the database of the test."""

    patience = 120.0  # on a busy machine the imports alone take long

    def __init__(self, db: str, data: Path) -> None:
        super().__init__()
        self.data = data
        self.env = {**os.environ, "DATABASE_URL": db, "DATA_DIR": str(data), "PORT": str(self.port), "SECRET_KEY": "x",
                    "ENVIRONMENT": "test", "PUBLIC_URL": "", "MAIL_URL": "", "REDIS_URL": "", "PYTHONPATH": str(ROOT)}

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
