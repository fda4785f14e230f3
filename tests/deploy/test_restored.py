"""An older copy put in the place of the database by hand: the web process says so at its start and works on."""
import shutil
import signal
import sqlite3

import pytest

from core import backup, checkpoint, config, journal, restoring
from core import db as database
from tests.programs import Web

pytestmark = pytest.mark.slow


def actions(path):
    with sqlite3.connect(path) as connection:
        found = [row[0] for row in connection.execute("SELECT action FROM journal ORDER BY seq")]
    connection.close()
    return found


def happen(times, now):
    with database.transaction():
        for number in range(times):
            journal.record("account.created", ("account", number), by=None, now=now)


@pytest.fixture
def house(app, sqlite_template, tmp_path, monkeypatch):
    """An installation with an empty database of its own."""
    made = config.Settings(ENVIRONMENT="test", DATA_DIR=tmp_path / "data", DATABASE_URL="", REDIS_URL="",
                           SECRET_KEY="x")
    shutil.copyfile(sqlite_template, made.data_dir / "contest.db")
    monkeypatch.setitem(database._url, "of", lambda: made.database_url)
    database.dispose()
    yield made
    database.dispose()


def test_web_over_an_older_copy_and_over_a_restored_one(house, clock):
    settings = house
    happen(3, clock.now)
    made = backup.make(settings, now=clock.now)
    happen(2, clock.now)
    checkpoint.keep(settings, clock.now)
    database.dispose()
    place = settings.data_dir / "contest.db"
    for ending in ("", "-wal", "-shm"):
        place.with_name(f"contest.db{ending}").unlink(missing_ok=True)
    shutil.copyfile(made.database, place)

    web = Web("", settings.data_dir)
    web.start()
    try:
        assert b"database_is_not_the_noted_one" in (web.folder / "log").read_bytes()
        assert actions(place) == ["account.created"] * 3 + ["service.restored"]
        assert checkpoint.found(settings).noted[0] == 5
    finally:
        web.kill()
        restored = restoring.restore(settings, made, now=clock.now)
    assert restored.lost_heads["journal"][0] == 4
    web.start()
    try:
        assert (web.folder / "log").read_bytes().count(b"database_is_not_the_noted_one") == 1
        assert actions(place) == ["account.created"] * 3 + ["service.restored"]
        assert checkpoint.found(settings) is None
        happen(2, clock.now)
        web.process.send_signal(signal.SIGTERM)
        web.process.wait(web.patience)
        assert checkpoint.read(settings)["heads"]["journal"][0] == 6, "noted at the end, without a worker"
    finally:
        web.kill()
        web.stop()
