"""`make demo` and `make run`: settings, migration, first data, addresses, then the processes under the supervisor."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from setup import supervise
from setup.certificate import CERTIFICATE, KEY, make_certificate, today

MARK = "demonstration"  # a file in the data folder: only a folder that carries it is ever emptied by FRESH=1


def settings(kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """Environment of the processes of `demo` or `run` from what was given; SystemExit says in words what is wrong."""
    demo = kind == "demo"
    data_dir = Path(given.get("DATA_DIR") or ("var/demo" if demo else "var")).resolve()
    host = given.get("HOST") or "127.0.0.1"
    cert, key = given.get("TLS_CERT", ""), given.get("TLS_KEY", "")
    if bool(cert) != bool(key):
        raise SystemExit("TLS_CERT и TLS_KEY задаются вместе: файл сертификата и файл его ключа.")
    for path in filter(None, (cert, key)):
        if not os.access(path, os.R_OK):
            raise SystemExit(f"Файл {path} не читается. Проверьте TLS_CERT и TLS_KEY.")
    if demo and given.get("HTTPS") == "1" and not cert:
        cert, key = str(data_dir / "keys" / CERTIFICATE), str(data_dir / "keys" / KEY)
    port = given.get("PORT") or ("8443" if cert else "8000")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise SystemExit(f"PORT={port}: нужен номер порта от 1 до 65535.")
    return {
        **given,
        "WEB": str(web_processes(given)),
        "ENVIRONMENT": "demo" if demo else "production",
        "DATA_DIR": str(data_dir),
        "HOST": host,
        "PORT": port,
        "TLS_CERT": cert and str(Path(cert).resolve()),
        "TLS_KEY": key and str(Path(key).resolve()),
        "PUBLIC_URL": given.get("PUBLIC_URL") or public_url(host, port, bool(cert)),
    }


def web_processes(given: Mapping[str, str]) -> int:
    """How many web processes are wanted; more than one only where they can share what they know."""
    web = given.get("WEB") or "1"
    if not web.isdecimal() or not 0 < int(web) <= 16:
        raise SystemExit(f"WEB={web}: нужно число веб-процессов от 1 до 16.")
    shared = given.get("DATABASE_URL", "").startswith(("postgres://", "postgresql"))
    if int(web) > 1 and not (shared and given.get("REDIS_URL")):
        raise SystemExit("WEB больше 1 работает только с PostgreSQL и Redis: задайте DATABASE_URL=postgresql://… и "
                         "REDIS_URL=redis://…. Встроенная база SQLite рассчитана на один веб-процесс.")
    return int(web)


def public_url(host: str, port: str, tls: bool) -> str:
    """The address people type."""
    name = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host
    scheme, usual = ("https", "443") if tls else ("http", "80")
    shown = f"[{name}]" if ":" in name else name
    return f"{scheme}://{shown}" + ("" if port == usual else f":{port}")


def must_be_free(host: str, port: int) -> None:
    """SystemExit when the address is taken or not ours: said once here instead of by a process restarted for ever."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SystemExit(
                f"Адрес {host}:{port} недоступен ({error.strerror or error}). Задайте другой: HOST=… PORT=…"
            ) from error


def prepare_demo_folder(data_dir: Path, fresh: bool, database_url: str) -> None:
    """Mark the folder as the demo's own; with `fresh` empty it first. Refuses a folder with somebody's real data."""
    if data_dir.exists() and any(data_dir.iterdir()) and not (data_dir / MARK).exists():
        raise SystemExit(f"В {data_dir} лежат данные не демонстрации. Задайте другую папку: make demo DATA_DIR=…")
    if fresh and database_url:
        raise SystemExit("FRESH=1 очищает только встроенную базу. Базу из DATABASE_URL создайте заново сами.")
    if fresh and data_dir.exists():
        if _runs(data_dir / "run" / "supervisord.pid"):
            raise SystemExit("Демонстрация в этой папке ещё работает. Остановите её (Ctrl-C) и повторите.")
        shutil.rmtree(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    (data_dir / MARK).touch()


def _runs(pidfile: Path) -> bool:
    try:
        os.kill(int(pidfile.read_text()), 0)
    except (OSError, ValueError):
        return False
    return True


def flask(*command: str) -> None:
    """Run a command of the application; its own words say what went wrong, so only the code is passed on."""
    done = subprocess.run([sys.executable, "-m", "flask", *command], cwd=supervise.ROOT, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def demo() -> None:
    given = os.environ
    must_be_free(given["HOST"], int(given["PORT"]))
    data_dir = Path(given["DATA_DIR"])
    prepare_demo_folder(data_dir, given.get("FRESH") == "1", given.get("DATABASE_URL", ""))
    if given["TLS_CERT"] == str(data_dir / "keys" / CERTIFICATE):
        make_certificate(given["HOST"], data_dir / "keys", today())
    flask("db", "upgrade")
    flask("demo", "seed")
    flask("demo", "logins")


def install() -> None:
    for number in range(int(os.environ["WEB"])):
        must_be_free(os.environ["HOST"], int(os.environ["PORT"]) + number)
    flask("db", "upgrade")
    flask("admin", "first")


def announce() -> None:
    print(f"\nСервис открывается по адресу {os.environ['PUBLIC_URL']} (остановить: Ctrl-C)")
    if int(os.environ["WEB"]) > 1:
        print(f"Веб-процессов {os.environ['WEB']}, порты с {os.environ['PORT']}. Перед ними нужен nginx: настройки для "
              "него печатает python -m setup.nginx, сервису задайте TRUSTED_PROXIES=1 и PUBLIC_URL.")
    print(f"Данные: {os.environ['DATA_DIR']}")
    if os.environ["PUBLIC_URL"].startswith("http://") and os.environ["HOST"] not in ("127.0.0.1", "::1"):
        print("Без https камера и микрофон в браузере работают только на этом же компьютере.")
    print(flush=True)


def main(kind: str) -> None:
    os.umask(0o077)
    os.environ.update(settings(kind, os.environ))
    {"demo": demo, "run": install}[kind]()
    announce()
    supervise.run()


if __name__ == "__main__":
    main(sys.argv[1])
