"""The measurements of `make bench`, with a few requests: that they run, say what they measured, and judge it fairly."""

import json
from datetime import UTC, datetime

import pytest

from bench import report
from bench.bars import ABSENT, BARS, MISSED, NOISY, OK, Bar, value_of, verdict
from bench.gap import over_time
from bench.load import part
from bench.place import Place
from bench.restart import fill_journal
from bench.run import MEASUREMENTS, TINY, machine, measured
from bench.web import Bench
from core import journal
from core.db import reading

RATIO = Bar("ratio", "", "one", "ratio", " ×", 3.0)
TIME = Bar("time", "", "one", "deep.p99", " ms", 100)
DEAR = {"rendering"}  # tests of the papers render them; a render process of its own costs as much as all the rest
LEAST = Bar("least", "", "one", "ratio", " ×", 1.5, at_least=True)


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_every_line_of_the_table_is_measured(db, tmp_path, make, clock):
    clock.set(datetime.now(UTC))
    with Bench(Place(db, tmp_path, make)) as bench:
        found = {name: measured(name, bench, TINY) for name in MEASUREMENTS if name not in DEAR}
    run = {"at": "now", "machine": machine(), "database": "SQLite", "found": found}
    values = {bar.what: value_of(bar, run) for bar in BARS}
    assert [what for what, value in values.items() if not isinstance(value, int | float) or value < 0] == []
    assert found["restart"]["events"] == TINY.journal
    assert found["sockets"]["clients"] == TINY.people
    assert [name for name, values in found.items() if not values["fsync_per_s"] > 0] == []
    text = report.table(run)
    assert [bar.what for bar in BARS if bar.what not in text] == []
    assert json.loads(report.write(run, tmp_path / "bench.json").read_text()) == run


def test_the_rows_written_in_bulk_are_a_genuine_journal(db):
    assert fill_journal(db, 20) == 20
    assert fill_journal(db, 30) == 30
    with reading():
        check = journal.verify()
    assert (check.rows, check.bad_seq) == (30, 0)


@pytest.mark.parametrize(("bar", "value", "noise", "others", "word"), [
    (RATIO, 3.0, 1.25, 0.25, OK), (RATIO, 3.01, 1.25, 0.25, MISSED), (RATIO, 2.0, 1.26, 0.0, NOISY),
    (RATIO, 2.0, 1.0, 0.26, NOISY), (LEAST, 1.5, 1.0, 0.0, OK), (LEAST, 1.49, 1.0, 0.0, MISSED),
    (TIME, 100, 1.0, 1.0, OK), (TIME, 101, 1.0, 0.0, MISSED), (TIME, 101, 1.0, 1.0, NOISY)])
def test_a_noisy_machine_is_said(bar, value, noise, others, word):
    run = {"found": {"one": {"ratio": value, "deep": {"p99": value}, "noise": noise, "others_cores": others}}}
    assert verdict(bar, run) == word


def test_what_was_not_measured_is_no_failure():
    assert verdict(RATIO, {"found": {}}) == ABSENT
    assert verdict(TIME, {"found": {"one": {"others_cores": 0.0}}}) == ABSENT


def test_a_stall_counts_for_every_tick_it_swallowed():
    assert over_time([0.0, 0.001]) == [0.0, 0.001]
    assert over_time([0.012]) == pytest.approx([0.012, 0.007, 0.002])


def test_hundredths():
    values = [float(number) for number in range(1, 201)]
    assert (part(values, 50), part(values, 99), part(values, 100)) == (101, 199, 200)
    assert part([7.0], 99) == 7.0


def test_a_later_run_keeps_what_it_did_not_measure_again(tmp_path):
    first = {"at": "1", "machine": "m", "database": "SQLite", "found": {"one": {"a": 1}, "two": {"a": 1}}}
    path = report.write(first, tmp_path / "bench.json")
    report.write({**first, "at": "2", "found": {"two": {"a": 2}}}, path)
    assert json.loads(path.read_text()) == {**first, "at": "2", "found": {"one": {"a": 1}, "two": {"a": 2}}}
    other = {**first, "machine": "n", "found": {"two": {"a": 3}}}
    assert json.loads(report.write(other, path).read_text()) == other


def test_the_page_gets_the_table_between_its_markers():
    run = {"at": "now", "machine": "m", "database": "SQLite",
           "found": {"restart": {"worst_s": 2.5, "fsync_per_s": 900, "others_cores": 0.0}}}
    kills = {"sqlite": {"kills": 20, "killed": "web 20", "receipts": 20_000, "missing": 0, "in_flight": 60}}
    text = report.page(f"before\n{report.BEGIN}\nold\n{report.END}\nafter", run, kills)
    assert "old" not in text
    assert "| restart to the first saved answer | kill -9, a million journal rows, worst of 3 | ≤ 3 s | 2.5 s |" in text
    assert "0 of 20000 | ok |" in text
    assert text.startswith("before\n")
    assert text.endswith(f"{report.END}\nafter")
    assert report.page(text, run, kills) == text
