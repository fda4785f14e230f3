"""What is handed to nginx, to systemd and to the supervisor; and that one data folder has one web process on SQLite."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core import config, presence
from setup import nginx, start, supervise
from setup.certificate import CERTIFICATE, KEY, make_certificate, today
from tests import servers
from tests.programs import NGINX, ROOT

GIVEN = {"SERVER_NAME": "konkurs.example", "PORT": "8001", "WEB": "2", "MAX_UPLOAD_MB": "200"}
SHARED = {"DATABASE_URL": "postgresql://contest@db/contest", "REDIS_URL": "redis://127.0.0.1"}


def judged(folder: Path, part: str) -> "subprocess.CompletedProcess[str]":
    """What nginx itself says of the configuration."""
    (folder / "nginx.conf").write_text(NGINX.format(user="", folder=folder, part=part))
    return subprocess.run([servers.find_program("nginx"), "-t", "-p", str(folder), "-c", str(folder / "nginx.conf")],
                          capture_output=True, text=True, check=False)


def test_nginx_takes_the_configuration_with_a_certificate(tmp_path):
    make_certificate("konkurs.example", tmp_path, today())
    part = nginx.configuration({**GIVEN, "TLS_CERT": str(tmp_path / CERTIFICATE), "TLS_KEY": str(tmp_path / KEY)})
    done = judged(tmp_path, part)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr.replace("the \"user\" directive", "")
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", part) == ["8001", "8002"]
    assert "client_max_body_size 201m;" in part
    assert "return 301 https://$host$request_uri;" in part
    assert "SameSite=Lax; Secure" in part
    assert re.search(r"@[A-Z_]+@", part) is None


def test_nginx_takes_the_configuration_without_a_certificate(tmp_path):
    part = nginx.configuration({**GIVEN, "LISTEN": "127.0.0.1:18080"})
    done = judged(tmp_path, part)
    assert done.returncode == 0, done.stderr
    assert "Secure" not in part
    assert "ssl" not in part


@pytest.mark.parametrize(("changed", "words"), [
    ({"SERVER_NAME": ""}, "нужно имя сервера"), ({"SERVER_NAME": "a; b"}, "нужно имя сервера"),
    ({"TLS_CERT": "/a"}, "TLS_CERT и TLS_KEY"), ({}, "TLS_CERT и TLS_KEY"),
    ({"TLS_CERT": "/a b", "TLS_KEY": "/k"}, "нельзя записать")])
def test_what_nginx_could_not_take_is_refused_in_words(changed, words):
    with pytest.raises(SystemExit, match=words):
        nginx.configuration({**GIVEN, **changed})


def test_several_web_processes_get_a_port_each_and_the_worker_none():
    processes = supervise.several({"web": "gunicorn", "worker": "python"}, 2, 8000)
    assert processes == {"web-8000": "gunicorn", "web-8001": "gunicorn", "worker": "python"}
    written = supervise.configuration(processes, root=Path("/srv"), data_dir=Path("/data"), user="0", password="p")
    assert re.findall(r"\[program:(\S+)\]\ncommand=\S+\nenvironment=(.*)\n", written) == [
        ("web-8000", 'PORT="8000"'), ("web-8001", 'PORT="8001"'), ("worker", "")]
    assert supervise.several({"web": "gunicorn"}, 1, 8000) == {"web": "gunicorn"}


def test_several_web_processes_need_postgresql_and_redis():
    assert start.settings("run", {"WEB": "2", **SHARED})["WEB"] == "2"
    assert start.settings("run", {})["WEB"] == "1"
    for given in ({"WEB": "2"}, {"WEB": "2", "REDIS_URL": "redis://x"}, {"WEB": "2", "DATABASE_URL": "postgresql://x"}):
        with pytest.raises(SystemExit, match="только с PostgreSQL и Redis"):
            start.settings("run", given)
    for web in ("0", "17", "два"):
        with pytest.raises(SystemExit, match="от 1 до 16"):
            start.settings("run", {"WEB": web, **SHARED})


def settings(folder, **given):
    return config.Settings(ENVIRONMENT="test", DATA_DIR=folder, **{"DATABASE_URL": "", "REDIS_URL": "", **given})


@pytest.fixture
def released():
    """What a test took as a running process is let go of."""
    before = len(presence._held)
    yield
    while len(presence._held) > before:
        os.close(presence._held.pop())


def test_a_second_web_process_on_sqlite_is_refused(tmp_path, released):
    one = settings(tmp_path)
    presence.serve_web(one)
    presence.serve_worker(one)
    with pytest.raises(presence.Taken, match="уже работает веб-процесс"):
        presence.serve_web(one, patience=0.05)


def test_several_web_processes_share_postgresql_and_redis_but_not_postgresql_alone(tmp_path, released):
    both, alone = settings(tmp_path, **SHARED), settings(tmp_path, **{**SHARED, "REDIS_URL": ""})
    presence.serve_web(both)
    presence.serve_web(both)
    with pytest.raises(presence.Taken, match=r"Redis \(REDIS_URL\)"):
        presence.serve_web(alone, patience=0.05)


def test_nothing_starts_while_a_copy_is_restored_and_nothing_is_restored_while_it_runs(tmp_path, released):
    one = settings(tmp_path)
    with presence.alone(one, "service", ""):
        for serve in (presence.serve_web, presence.serve_worker):
            with pytest.raises(presence.Taken, match="Восстанавливается копия"):
                serve(one, patience=0.05)
    presence.serve_worker(one)
    with pytest.raises(presence.Taken, match="words"), presence.alone(one, "service", "words"):
        raise AssertionError("not alone")


def test_gunicorn_says_so_and_ends(tmp_path, released):
    presence.serve_web(settings(tmp_path))
    code = ("import runpy; from core import presence; presence.serve_web.__defaults__ = (0,);"
            "runpy.run_path('gunicorn.conf.py')['on_starting'](None)")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""}, capture_output=True,
        text=True, check=False)
    assert (done.returncode, "уже работает веб-процесс" in done.stderr) == (1, True), done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_understands_the_units(tmp_path):
    for unit in (ROOT / "deploy" / "systemd").iterdir():
        text = unit.read_text().replace("/srv/contest/.venv/bin/gunicorn", "/bin/true").replace(
            "/srv/contest/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name.replace("@.", "@8001.")).write_text(text)
    units = [str(path) for path in sorted(tmp_path.glob("contest*"))]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True,
                          check=False)
    ours = [line for line in done.stderr.splitlines() if "contest" in line]
    assert ours == []
    web = (ROOT / "deploy/systemd/contest-web@.service").read_text()
    assert "/usr/bin/env HOST=127.0.0.1 PORT=%i" in web, "what stands in EnvironmentFile wins over Environment="
