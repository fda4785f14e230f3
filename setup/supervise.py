"""Start what the Procfile lists under supervisord, in the foreground: `python -m setup.supervise [PROCFILE]`.

What dies is started again (at once, then after 1, 2, 3 … seconds while it keeps failing) and never ends the others;
Ctrl-C or TERM ends all with their children. DATA_DIR/run keeps the written configuration and the control socket:
`supervisorctl -c DATA_DIR/run/supervisord.conf status`.
"""

import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOCKET_PATH_MAX = 90  # bytes; the system allows 107, and supervisord first makes a longer name beside it

HEAD = """\
[supervisord]
nodaemon=true
user={user}
umask=077
identifier=contest
directory={root}
logfile={logs}/supervisord.log
logfile_maxbytes=10MB
logfile_backups=5
pidfile={run}/supervisord.pid
childlogdir={logs}
"""

CONTROL = """
[unix_http_server]
file={run}/supervisor.sock
chmod=0600
username=contest
password={password}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{run}/supervisor.sock
username=contest
password={password}
"""

# startretries is never reached on a day of work: supervisord would give the process up after so many failures.
# stopwaitsecs is above gunicorn's graceful_timeout.
PROGRAM = """
[program:{name}]
command={command}
environment={environment}
directory={root}
autostart=true
autorestart=true
startsecs=2
startretries=1000000
stopsignal=TERM
stopwaitsecs=10
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile=/dev/fd/1
stdout_logfile_maxbytes=0
"""


def read_procfile(text: str) -> dict[str, str]:
    """Commands by process name, in the file's order. ValueError names a line that is not `name: command`."""
    processes: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = re.fullmatch(r"([A-Za-z0-9_-]+):\s*(\S.*)", line.rstrip())
        if not found or found[1] in processes:
            raise ValueError(f"Procfile, line {number}: expected a new `name: command`, found {line!r}")
        processes[found[1]] = found[2]
    return processes


def configuration(processes: dict[str, str], *, root: Path, data_dir: Path, user: str, password: str) -> str:
    """The supervisord configuration that runs the processes in `root` and keeps its own files under `data_dir`.

    `password` is that of the control socket, which only the owner can open anyway; supervisord complains without one.
    """
    run = data_dir / "run"
    place = {"user": user, "root": root, "run": run, "logs": data_dir / "logs", "password": password}
    parts = [HEAD.format(**_escaped(place))]
    if len(os.fsencode(run / "supervisor.sock")) <= SOCKET_PATH_MAX:
        parts.append(CONTROL.format(**_escaped(place)))
    for name, command in processes.items():
        port = name.removeprefix("web-") if name.startswith("web-") else ""
        own = f'PORT="{port}"' if port else ""
        parts.append(PROGRAM.format(**_escaped({"name": name, "command": command, "root": root, "environment": own})))
    return "".join(parts)


def several(processes: dict[str, str], count: int, port: int) -> dict[str, str]:
    """The processes with `count` web processes instead of one: web-8000, web-8001 … each on the port of its name."""
    if count == 1:
        return processes
    web = {f"web-{port + number}": processes["web"] for number in range(count)}
    return {**web, **{name: command for name, command in processes.items() if name != "web"}}


def _escaped(values: dict[str, object]) -> dict[str, str]:
    return {key: str(value).replace("%", "%%") for key, value in values.items()}


def run(procfile: Path = ROOT / "Procfile") -> None:
    """Write the configuration and become supervisord. Does not return."""
    data_dir = Path(os.environ.get("DATA_DIR", "var")).resolve()
    for folder in ("run", "logs"):
        (data_dir / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    count, port = int(os.environ.get("WEB") or 1), int(os.environ.get("PORT") or 8000)
    processes = several(read_procfile(procfile.read_text()), count, port)
    path = data_dir / "run" / "supervisord.conf"
    path.write_text(
        configuration(
            processes, root=ROOT, data_dir=data_dir, user=str(os.getuid()), password=secrets.token_hex(16)
        )
    )
    path.chmod(0o600)
    programs = Path(sys.executable).parent
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.environ["PYTHONUNBUFFERED"] = "1"
    sys.stdout.flush()
    os.execv(programs / "supervisord", ["supervisord", "-n", "-c", str(path)])


if __name__ == "__main__":
    run(*(Path(argument).resolve() for argument in sys.argv[1:2]))
