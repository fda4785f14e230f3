"""`make demo` and `make run`: what the person gave, said back in words when it cannot work."""

import os
import socket
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from setup import start
from setup.certificate import CERTIFICATE, KEY, LIFE, make_certificate

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


def test_run_without_anything_given():
    made = start.settings("run", {})
    assert {name: made[name] for name in ("ENVIRONMENT", "HOST", "PORT", "TLS_CERT", "PUBLIC_URL")} == {
        "ENVIRONMENT": "production", "HOST": "127.0.0.1", "PORT": "8000", "TLS_CERT": "",
        "PUBLIC_URL": "http://localhost:8000",
    }
    assert made["DATA_DIR"] == str(start.supervise.ROOT / "var")


def test_demo_keeps_its_data_apart_from_an_installation():
    assert start.settings("demo", {})["DATA_DIR"] == str(start.supervise.ROOT / "var" / "demo")


def test_demo_over_https_for_a_tablet(tmp_path):
    made = start.settings("demo", {"HTTPS": "1", "HOST": "192.168.1.7", "DATA_DIR": str(tmp_path)})
    assert made["PUBLIC_URL"] == "https://192.168.1.7:8443"
    assert made["TLS_CERT"] == str(tmp_path / "keys" / CERTIFICATE)
    assert made["TLS_KEY"] == str(tmp_path / "keys" / KEY)


@pytest.mark.parametrize(
    ("host", "port", "tls", "address"),
    [
        ("0.0.0.0", "80", False, "http://localhost"),
        ("konkurs.example", "443", True, "https://konkurs.example"),
        ("konkurs.example", "80", True, "https://konkurs.example:80"),
        ("fd00::7", "8000", False, "http://[fd00::7]:8000"),
    ],
)
def test_public_address(host, port, tls, address):
    assert start.public_url(host, port, tls) == address


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"PORT": "0"}, "от 1 до 65535"),
        ({"PORT": "65536"}, "от 1 до 65535"),
        ({"PORT": "восемь"}, "от 1 до 65535"),
        ({"TLS_CERT": "/etc/hosts"}, "задаются вместе"),
        ({"TLS_CERT": "/no/cert.pem", "TLS_KEY": "/no/key.pem"}, "/no/cert.pem не читается"),
    ],
)
def test_wrong_setting_is_refused_in_words(given, words):
    with pytest.raises(SystemExit, match=words):
        start.settings("run", given)


def test_taken_address_is_said_before_anything_starts():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SystemExit, match=f"127.0.0.1:{port} недоступен"):
            start.must_be_free("127.0.0.1", port)
    start.must_be_free("127.0.0.1", port)


def test_demo_folder_is_emptied_only_by_fresh(tmp_path):
    folder = tmp_path / "demo"
    start.prepare_demo_folder(folder, fresh=True, database_url="")
    (folder / "contest.db").write_text("facts")
    start.prepare_demo_folder(folder, fresh=False, database_url="")
    assert (folder / "contest.db").read_text() == "facts"
    start.prepare_demo_folder(folder, fresh=True, database_url="")
    assert sorted(path.name for path in folder.iterdir()) == [start.MARK]


def test_folder_with_real_data_is_never_taken_for_the_demo(tmp_path):
    (tmp_path / "contest.db").write_text("facts")
    with pytest.raises(SystemExit, match="не демонстрации"):
        start.prepare_demo_folder(tmp_path, fresh=True, database_url="")
    assert (tmp_path / "contest.db").read_text() == "facts"


def test_fresh_does_not_reach_a_database_elsewhere(tmp_path):
    with pytest.raises(SystemExit, match="DATABASE_URL"):
        start.prepare_demo_folder(tmp_path / "demo", fresh=True, database_url="postgresql://example/contest")


def test_fresh_refuses_while_the_demo_runs(tmp_path):
    start.prepare_demo_folder(tmp_path, fresh=False, database_url="")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "supervisord.pid").write_text(f"{os.getpid()}\n")
    with pytest.raises(SystemExit, match="ещё работает"):
        start.prepare_demo_folder(tmp_path, fresh=True, database_url="")


@pytest.mark.parametrize("host", ["192.168.1.7", "tablet.example", "127.0.0.1", "localhost"])
def test_certificate_names_the_host_and_this_machine(tmp_path, host):
    make_certificate(host, tmp_path, NOW)
    made = x509.load_pem_x509_certificate((tmp_path / CERTIFICATE).read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == {host, "localhost", "127.0.0.1"}
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600


def test_certificate_is_kept_while_it_is_good_and_made_again_for_another_host(tmp_path):
    make_certificate("192.168.1.7", tmp_path, NOW)
    first = (tmp_path / CERTIFICATE).read_bytes()
    make_certificate("192.168.1.7", tmp_path, NOW + LIFE - timedelta(days=3))
    assert (tmp_path / CERTIFICATE).read_bytes() == first
    make_certificate("192.168.1.7", tmp_path, NOW + LIFE - timedelta(days=1))
    second = (tmp_path / CERTIFICATE).read_bytes()
    assert second != first
    make_certificate("192.168.1.8", tmp_path, NOW + LIFE)
    assert (tmp_path / CERTIFICATE).read_bytes() != second
