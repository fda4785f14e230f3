"""What every test has: no network, throw-away servers.

Application and database fixtures are in tests/fixtures.py, browsers in tests/browser.py.
"""

import os
import socket
from collections.abc import Iterator

import pytest
import redis
from hypothesis import HealthCheck, settings

from tests import servers

# Examples are judged by their answer, not by the time they take on a busy machine.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("fast", settings.get_profile("suite"), max_examples=15)
settings.register_profile("many", settings.get_profile("suite"), max_examples=2000)
settings.load_profile(os.environ.get("EXAMPLES", "suite"))


def pytest_configure(config: pytest.Config) -> None:
    """The application is imported where tests run: the process that only hands them out to others saves the time."""
    if hasattr(config, "workerinput") or not getattr(config.option, "tx", None):
        for name in ("tests.fixtures", "tests.browser"):
            config.pluginmanager.import_plugin(name)


# What takes longest begins first, so that no process is left alone with it at the end.
LONG = ("tests/rehearsal/", "tests/demo/", "tests/deploy/", "tests/torture/", "tests/exam/browser/", "tests/pages/",
        "tests/bad_input/", "tests/scoring/")


def _turn(item: pytest.Item) -> int:
    return next((place for place, folder in enumerate(LONG) if item.nodeid.startswith(folder)), len(LONG))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs PostgreSQL says so by itself; tests of one file that share factories stay in one process."""
    items.sort(key=_turn)
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        kinds = getattr(getattr(item, "callspec", None), "params", {})
        if "postgres" in names or kinds.get("database_kind") == "postgresql":
            item.add_marker("postgres")
        shared = "make" in names or item.nodeid.startswith("tests/demo/")
        if shared and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", servers.only_loopback(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", servers.only_loopback(socket.socket.connect_ex))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """The test process's own PostgreSQL; missing binaries fail the test, they do not skip it."""
    server = servers.Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres: servers.Postgres) -> Iterator[str]:
    """URL of a fresh empty PostgreSQL database."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.Redis]:
    server = servers.Redis()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def redis_url(redis_server: servers.Redis) -> str:
    """URL of an empty Redis database."""
    with redis.Redis(port=redis_server.port) as client:
        client.flushall()
    return redis_server.url()
