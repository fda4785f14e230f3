"""The throw-away servers, and that a test reaches nothing but this machine."""

import os
import signal
import socket
import subprocess
import sys

import psycopg
import pytest
import redis

from tests import servers


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_postgres_databases_are_apart(postgres):
    first, second = postgres.new_database(), postgres.new_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE letters (number int)")
        connection.execute("INSERT INTO letters VALUES (1), (2)")
    assert count(first, "letters") == 2
    with pytest.raises(psycopg.errors.UndefinedTable):
        count(second, "letters")
    for url in (first, second):
        postgres.drop_database(url)
    with pytest.raises(psycopg.OperationalError):
        count(first, "letters")


def test_postgres_sorts_and_keeps_russian(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT upper('щука'), current_setting('TimeZone')").fetchone() == ("ЩУКА", "UTC")


@pytest.mark.slow
def test_postgres_killed_and_started_again_keeps_what_was_committed():
    server = servers.Postgres(durable=True)
    try:
        server.start()
        url = server.new_database()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE letters AS SELECT 1 AS number")
        server.kill()
        assert server.ended()
        server.start()
        assert count(url, "letters") == 1
    finally:
        server.stop()
    assert not server.folder.exists()


@pytest.mark.slow
def test_postgres_ends_with_the_process_that_started_it():
    code = (
        "from tests.servers import Postgres; import os, signal; s = Postgres(); s.start();"
        "print(s.process.pid, s.folder, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    pid, folder = done.stdout.split()
    servers.wait_until(lambda: not os.path.exists(f"{folder}/data/postmaster.pid"), f"postgres {pid} ends")
    subprocess.run(["rm", "-r", folder], check=True)


def test_redis_is_empty_for_each_test(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys("*") == []
        client.set("code", "17")
        assert client.get("code") == b"17"


def test_redis_is_still_empty_for_the_next_test(redis_url):
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys("*") == []


def test_missing_program_is_said_in_words():
    with pytest.raises(servers.Unavailable, match="no-such-program is missing"):
        servers.find_program("no-such-program", "lib/no-such/*/program")


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443)])
def test_network_is_out_of_reach(address):
    with socket.socket() as probe, pytest.raises(AssertionError, match="over the network"):
        probe.connect(address)


def test_loopback_is_in_reach():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
