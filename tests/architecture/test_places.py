"""What may stand in one place only: the commit and the clock. And what may stand nowhere."""

import re

import pytest

from tests.architecture.tree import CODE, SERVICE, calls, files, python

CLOCK = {
    "datetime.now", "datetime.utcnow", "datetime.today", "datetime.datetime.now", "datetime.datetime.utcnow",
    "date.today", "datetime.date.today", "time.time", "time.time_ns", "func.now", "sa.func.now",
    "func.current_timestamp",
}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")


def commits(text: str) -> list[int]:
    return [line for line, name in calls(text) if name.endswith(".commit")]


def clock_readings(text: str) -> list[int]:
    return [line for line, name in calls(text) if name in CLOCK]


def test_only_core_commits():
    places = tuple(place for place in SERVICE if place != "core")
    assert [f"{name}:{line}" for name, text in python(places) for line in commits(text)] == []


def test_only_the_clock_reads_the_time():
    found = [f"{name}:{line}" for name, text in python(SERVICE) for line in clock_readings(text)
             if name != "core/clock.py"]
    assert found == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [("db.session.commit()", [1]), ("x = 1\nscope().commit()", [2]), ("session.flush()", []), ("commit(now)", [])],
)
def test_a_commit_is_found(text, lines):
    assert commits(text) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("datetime.now(UTC)", [1]),
        ("import time\ntime.time()", [2]),
        ("time.monotonic()", []),
        ("clock.now()", []),
        ("column(default=func.now())", [1]),
    ],
)
def test_a_reading_of_the_clock_is_found(text, lines):
    assert clock_readings(text) == lines


def test_nothing_is_left_unfinished():
    others = ((str(path), path.read_text()) for path in files(("templates", "static/js", "static/css"), "*.*"))
    found = [f"{name}: {word[0]}" for name, text in (*python(CODE), *others) for word in UNFINISHED.finditer(text)]
    assert found == []
