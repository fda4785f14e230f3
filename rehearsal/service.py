"""The processes of the service as `make run` starts them: an empty database, a folder and a port of their own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from rehearsal.errors import Failed, expect, needed

ROOT = Path(__file__).resolve().parent.parent
START_S = 180.0
STOP_S = 20.0
CLEARED = ("DATABASE_URL", "REDIS_URL", "MAIL_URL", "SECRET_KEY", "CA_PASSPHRASE", "TSA_URL", "TLS_CERT", "TLS_KEY")


class Service:
    """Start with `start`, look at `url` and `mail`, end with `stop`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rehearsal-"))
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mail = self.folder / "mail"
        self.log = self.folder / "processes.log"
        self.process: subprocess.Popen[bytes] | None = None
        kept = {key: value for key, value in os.environ.items() if key not in CLEARED}
        self.environment = kept | {
            "ENVIRONMENT": "production", "DATA_DIR": str(self.folder), "HOST": "127.0.0.1", "PORT": str(self.port),
            "PUBLIC_URL": self.url, "PYTHONUNBUFFERED": "1", "REGION": "Иркутская область",
            "LOGIN_ATTEMPTS_PER_ADDRESS": "3000 per 10 minutes"}

    def command(self, *words: str) -> str:
        """Run a command of the installation and give what it printed."""
        done = subprocess.run([sys.executable, "-m", "flask", *words], cwd=ROOT, env=self.environment, check=False,
                              capture_output=True, text=True)
        expect(done.returncode == 0, f"flask {' '.join(words)}: код {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def first_admin(self) -> tuple[str, str]:
        """Address and one-time password of the first administrator, as the command shows them."""
        shown = self.command("admin", "first")
        found = re.search(r"Адрес: (\S+)\s+Одноразовый пароль: (\S+)", shown)
        address, password = needed(found, f"flask admin first не показал пароль: {shown}").groups()
        return address, password

    def start(self) -> None:
        """Web and worker under the supervisor; `wait` for them."""
        self.command("db", "upgrade")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "setup.supervise"], cwd=ROOT, env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def wait(self) -> None:
        """Return when the service answers; Failed when it does not come up."""
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"Сервис не запустился:\n{self.tail()}")
            time.sleep(0.2)

    def supervisor(self, *words: str) -> str:
        """A word to the supervisor (`status`, `pid web`, `stop all`); what it printed."""
        done = subprocess.run([sys.executable, "-m", "supervisor.supervisorctl", "-c",
                               str(self.folder / "run" / "supervisord.conf"), *words], cwd=ROOT, check=False,
                              capture_output=True, text=True)
        return done.stdout.strip()

    def kill_web(self) -> None:
        """What a power cut does to the web processes: SIGKILL, children too; the supervisor starts them again."""
        master = int(self.supervisor("pid", "web"))
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        for pid in (master, *map(int, children)):
            os.kill(pid, signal.SIGKILL)

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url + "/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def tail(self, lines: int = 40) -> str:
        """The last lines the processes wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def faults(self) -> list[str]:
        """Lines of internal faults; a clean rehearsal has none."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return [line for line in text.splitlines() if re.search(r"\[error |ERROR in app|CRITICAL", line)]

    def stop(self, keep: bool = False) -> None:
        """End the processes; remove their folder unless it is to be looked at."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(STOP_S)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
