"""The measurements of `make bench`, with a few requests: that they run and say what they measured."""

import json

import pytest

from bench import report
from bench.run import run

ROWS = ["floor", "answer saved", "attempt's state", "attempt's page", "first page"]


@pytest.mark.slow
@pytest.mark.xdist_group("kills")
def test_every_row_is_measured(db, tmp_path, make, login, clock):
    found = run(db, tmp_path / "data", make, login, clock, count=10)
    assert [row["name"] for row in found["web"]["rows"]] == ROWS
    assert [row["cpu_ms"] > 0 < row["p50_ms"] <= row["p99_ms"] for row in found["web"]["rows"]] == [True] * len(ROWS)
    assert all(value > 0 for part in ("journal", "rendering") for value in found[part].values())
    assert json.loads(report.write(found, tmp_path / "out").read_text()) == found
    text = report.table(found)
    assert [name for name in ROWS if name not in text] == []


def test_a_noisy_machine_is_said():
    row = {"name": "floor", "cpu_ms": 1.0, "ratio": 1.0, "p50_ms": 1.0, "p99_ms": 2.0}
    calm = {"load": 0.1, "web": {"noise": 1.25, "rows": [row]}, "journal": {"rows": 1}, "rendering": {"bytes": 1}}
    assert "noisy" not in report.table(calm)
    assert "1.26 times" in report.table({**calm, "web": {"noise": 1.26, "rows": [row]}})
