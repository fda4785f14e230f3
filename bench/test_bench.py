"""`make bench`: prints the table and keeps it in out/bench.json."""

from pathlib import Path

import pytest

from bench import report
from bench.run import run
from tests.programs import ROOT

pytestmark = pytest.mark.bench


def test_measurements(db, tmp_path, make, login, clock):
    found = run(db, tmp_path / "data", make, login, clock, count=400)
    path = report.write(found, ROOT / "out")
    print(f"\n\n{report.table(found)}\n{Path(path).relative_to(ROOT)}")
