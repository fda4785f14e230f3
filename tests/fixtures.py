"""Application, database, clock, people and browsers for tests. Loaded by tests/conftest.py.

- `db`: a fresh database for this test (a copy of one made once); mark a test `both_databases` to run it on
  PostgreSQL too.
- `unit`: a writing unit of work that is open during the test, for operations called directly; `unit.commit()` keeps it.
- `make`: factories of tests/factories/*.py; they write in the open unit of work, or in a transaction of their own.
- `client`, `login(account)`: browsers. CSRF is off unless the test asks for `csrf`; `post_form` works either way.
- `now` is the instant of the test, `clock.move(seconds=…)` moves it; the service sees the same clock.
- `mailbox` holds the letters sent during the test; `operation(call, …)` runs one operation in a transaction of its own.
"""

import itertools
import os
import pkgutil
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

import app as application
import tests.factories
from core import access, attempts, config, mail, passwords, post
from core import clock as core_clock
from core import db as database
from core.accounts import Account, LoginSession
from exam import attempts as theory
from exam import contacts, save_rows
from tests import servers, worlds

NOW = datetime(2026, 3, 2, 6, 0, 0, tzinfo=UTC)
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
serial = itertools.count(1)
engines: dict[str, Engine] = {}
# Triggers and foreign keys rest meanwhile; numbers begin at 1 again, as in a new database.
EMPTY = """DO $$ DECLARE found record; BEGIN
ALTER TABLE journal ENABLE TRIGGER ALL;
SET LOCAL session_replication_role = replica;
FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
  EXECUTE format('DELETE FROM %I', found.tablename); END LOOP;
FOR found IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
  PERFORM setval(format('public.%I', found.sequencename), 1, false); END LOOP;
END $$"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_databases: the test runs on SQLite and on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> config.Settings:
    """Settings of the test application; its data folder is shared by the tests of this process."""
    return config.Settings(ENVIRONMENT="test", DATA_DIR=tmp_path_factory.mktemp("data"), DATABASE_URL="", REDIS_URL="",
                           MAIL_URL="", PUBLIC_URL="http://localhost", SECRET_KEY="of the tests", CA_PASSPHRASE="tests")


@pytest.fixture(scope="session")
def app(settings: config.Settings) -> Flask:
    made = application.create_app(settings)
    made.config.update(WTF_CSRF_ENABLED=False)
    made.test_client_class = Browser
    return made


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """argon2id with its least cost saves 30 ms of CPU each time. Its real parameters are tested on a hash made before
    this fixture; processes the tests start keep them, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def sqlite_template(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A SQLite file with the whole schema and no rows."""
    path = _memory(tmp_path_factory) / "template.db"
    database.Base.metadata.create_all(database.connect(f"sqlite:///{path}"))
    database.dispose()
    yield path
    shutil.rmtree(path.parent, ignore_errors=True)


def _memory(factory: pytest.TempPathFactory) -> Path:
    """A folder in memory where there is one: a flush to a disk costs time, and no test of this process needs it."""
    if os.access("/dev/shm", os.W_OK):
        return Path(tempfile.mkdtemp(prefix="contest-", dir="/dev/shm"))
    return factory.mktemp("schema")


@pytest.fixture(scope="session")
def postgres_template(app: Flask, postgres: servers.Postgres) -> str:
    """Name of a PostgreSQL database with the whole schema and no rows."""
    url = postgres.new_database()
    database.Base.metadata.create_all(database.connect(url.replace("postgresql:", "postgresql+psycopg:")))
    database.dispose()
    return url.rsplit("/", 1)[1]


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database this run of the test is on."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def db(database_kind: str, app: Flask, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database the process is bound to; gives its URL."""
    url = {"sqlite": _sqlite, "postgresql": _postgres}[database_kind](request)
    _bind(url)
    before = _listeners(engines[url])
    yield url
    database.dispose()
    if _listeners(engines[url]) != before:  # the test left an ear on it: the next one gets another
        del engines[url]


def _listeners(engine: Engine) -> list[int]:
    """How many listen to each event of the engine and of its pool."""
    return [len(getattr(part, name)) for part in (engine.dispatch, engine.pool.dispatch) for name in part._event_names]


def _bind(url: str) -> None:
    """Bind the process to the database through the engine it had there before: its compiled statements stay warm."""
    if url in engines:
        database.dispose()
        database._state["engine"] = engines[url]
    else:
        engines[url] = database.connect(url)


def _sqlite(request: pytest.FixtureRequest) -> str:
    """One address per process, a new file for each test."""
    template = request.getfixturevalue("sqlite_template")
    path = template.with_name("contest.db")
    worlds.fresh(path, template)
    return f"sqlite:///{path}"


def _postgres(request: pytest.FixtureRequest) -> str:
    """One database per process, emptied before each test: much cheaper than a copy of the template."""
    server, name = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        connection.execute(EMPTY)
    return f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/{name}"


@pytest.fixture
def unit(app: Flask, db: str) -> Iterator[database.Scope]:
    """A writing unit of work open during the test; nothing is kept unless the test commits it."""
    with app.app_context(), database.scope(write=True) as scope:
        yield scope


class Clock:
    """The clock of the test and of the service under it."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.set(NOW)

    def set(self, instant: datetime) -> datetime:
        """It is `instant` from here on."""
        self.stack.close()
        self.stack.enter_context(core_clock.stopped_at(instant))
        self.now = instant
        return self.now

    def move(self, **passed: float) -> datetime:
        """Let time pass: `clock.move(minutes=5)`."""
        return self.set(self.now + timedelta(**passed))


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A clock that stands at NOW until it is moved."""
    made = Clock()
    yield made
    made.stack.close()


@pytest.fixture
def now(clock: Clock) -> datetime:
    """The instant at which the test begins."""
    return clock.now


class Make:
    """Factories: `make.account(name="…")` calls `account(make, name="…")` of a module in tests/factories."""

    def __init__(self, app: Flask, clock: Clock, trail: worlds.Trail | None = None) -> None:
        self.app, self.clock, self.trail = app, clock, trail
        self.factories: dict[str, Callable[..., Any]] = {}
        for found in pkgutil.iter_modules(tests.factories.__path__):
            self._learn(import_module(f"tests.factories.{found.name}"))

    @property
    def now(self) -> datetime:
        return self.clock.now

    def number(self) -> int:
        """A number no other factory call got."""
        return next(serial)

    def _learn(self, module: Any) -> None:
        for name, value in vars(module).items():
            if callable(value) and getattr(value, "__module__", "") == module.__name__ and not name.startswith("_"):
                assert name not in self.factories, f"two factories are called {name}"
                self.factories[name] = value

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self.factories:
            raise AttributeError(f"no factory {name} in tests/factories")
        return partial(self._call, self.factories[name])

    def _call(self, factory: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not (database.in_scope() and database.current_scope().write):
            return self._committed(factory, args, kwargs)
        made = factory(self, *args, **kwargs)
        database.session.flush()
        return made


    def _committed(self, factory: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        def run() -> Any:
            with self.app.app_context(), database.transaction():
                return factory(self, *args, **kwargs)

        named = factory is _login_session or self.factories.get(factory.__name__) is factory
        if self.trail is None or not named or self.now.microsecond:  # a real moment does not come again
            return run()
        return self.trail.call(run, f"{factory.__module__}.{factory.__name__}", [self.now, args, kwargs])


@pytest.fixture
def make(app: Flask, db: str, clock: Clock, request: pytest.FixtureRequest) -> Make:
    return Make(app, clock, _trail(db, request))


def _trail(url: str, request: pytest.FixtureRequest) -> worlds.Trail | None:
    """Factories may be remembered where nobody changes the code under them."""
    if not url.startswith("sqlite:") or "monkeypatch" in request.fixturenames:
        return None
    template = request.getfixturevalue("sqlite_template")
    blobs = request.getfixturevalue("settings").data_dir / "blobs"
    return worlds.Trail(Path(url.removeprefix("sqlite:///")), template, blobs)


class Browser(FlaskClient):
    """A test client that fills in forms the way a browser does."""

    def post_form(self, url: str, data: dict[str, Any] | None = None, *, page: str | None = None, **kwargs: Any) -> Any:
        """Open `page` (`url` unless given), take its CSRF token, and post `data` with it to `url`."""
        found = TOKEN.search(self.get(page or url).text)
        token = {"csrf_token": found[1]} if found else {}
        return self.post(url, data={**token, **(data or {})}, **kwargs)


@pytest.fixture
def client(app: Flask, db: str, clock: Clock) -> Browser:
    """A browser nobody has logged in with."""
    return app.test_client()


@pytest.fixture
def login(app: Flask, db: str, make: Make) -> Callable[..., Browser]:
    """`login(account)` is a browser with a real login session of the account (or of its id, or of a Me)."""

    def log_in(account: Account | access.Me | int) -> Browser:
        with database.reading() as unit:
            number = unit.scalar(select(func.count()).select_from(LoginSession))
        token = f"login after {number} others"  # not random: the session's row can be remembered
        make._call(_login_session, account, token)
        browser = app.test_client()
        browser.set_cookie("login", token)
        return browser

    return log_in


def _login_session(make: Make, account: Account | access.Me | int, token: str) -> None:
    key = account if isinstance(account, int) else getattr(account, "account_id", None) or account.id
    database.session.add(LoginSession(
        token_hash=access.token_hash(token), account_id=key, via="password", address="127.0.0.1", agent="tests",
        created_at=make.now, last_seen_at=make.now, expires_at=make.now + timedelta(days=2)))


@pytest.fixture
def operation(app: Flask, db: str) -> Callable[..., Any]:
    """`operation(logins.disable, account, by=…, now=…)` runs it in a transaction of its own and gives its value."""

    def run(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with app.app_context(), database.transaction():
            return call(*args, **kwargs)

    return run


@pytest.fixture
def csrf(app: Flask) -> Iterator[None]:
    """The CSRF check is on in this test, as it is outside tests."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


class Mailbox:
    """What people find in their mail: letters are delivered when the test looks."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app, self.clock = app, clock
        self.root = app.config["core"].data_dir / "mail"
        shutil.rmtree(self.root, ignore_errors=True)

    def letters(self, address: str) -> list[EmailMessage]:
        """Letters to an address, the oldest first."""
        with self.app.app_context():
            mail.deliver_due(self.clock.now)
        files = sorted((self.root / post.box_name(address)).glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    def links(self, address: str) -> list[str]:
        """Paths of the service's own links in the letters to an address."""
        found = [re.findall(r"http://localhost(/\S+)", letter.get_content()) for letter in self.letters(address)]
        return [path for paths in found for path in paths]


@pytest.fixture
def mailbox(app: Flask, db: str, clock: Clock) -> Mailbox:
    """The mail of this test: `mailbox.letters("a@example.org")`, `mailbox.links(…)`."""
    return Mailbox(app, clock)


@pytest.fixture(autouse=True)
def nobody_logged_in() -> Iterator[None]:
    """No person, no counted attempts, nothing known of rows by their keys is left over from the test before."""
    yield
    access.set_current(None)
    attempts.forget_all()
    for known in (save_rows._papers, save_rows._questions, contacts._seen, theory._told):
        known.clear()
