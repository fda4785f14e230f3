"""The whole contest played by the rehearsal, small; and that it notices what does not add up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.road import ROAD

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rehearsal")]


def play(out: Path, *more: str) -> tuple[int, dict, str]:
    """Exit code, report and what was printed of a 2/2/3 rehearsal."""
    command = [sys.executable, "-m", "rehearsal", "--participants", "2", "--experts", "2", "--commission", "3",
               "--out", str(out), *more]
    environment = {key: value for key, value in os.environ.items() if key not in ("TROUBLE", "OUT", "NOMINATIONS")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, json.loads((out / "report.json").read_text()), done.stdout + done.stderr


def test_a_small_contest_comes_to_the_computed_ranking(tmp_path):
    code, report, said = play(tmp_path)
    assert code == 0, said
    assert report["ok"] is True
    assert [step["name"] for step in report["steps"]] == [name for name, _ in ROAD]
    assert [row["place"] for row in report["ranking"]] == [1, 2]
    assert sorted(path.name for path in (tmp_path / "protocols").iterdir()) == ["commission.pdf", "experts-1.pdf"]
    assert (tmp_path / "ca.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.torture
@pytest.mark.parametrize("spoil", ["answer", "mark"])
def test_a_deceived_oracle_fails(tmp_path, spoil):
    code, report, said = play(tmp_path, "--spoil", spoil)
    assert (code, report["ok"]) == (1, False)
    assert "место, итог, теория, практика" in said


@pytest.mark.torture
@pytest.mark.parametrize("trouble", ["late", "no-quorum", "dissent", "expert-ill", "paper", "cut", "kill", "restore"])
def test_trouble(tmp_path, trouble):
    code, _report, said = play(tmp_path, "--trouble", trouble)
    assert code == 0, said


@pytest.mark.torture
@pytest.mark.browser
def test_three_at_one_computer(tmp_path):
    code, _report, said = play(tmp_path, "--trouble", "shared-pc", "--participants", "5")
    assert code == 0, said
