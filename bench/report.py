"""The table of a run, its file out/bench.json, and docs/performance.md written from it: `python -m bench.report`."""

import json
import sys
from pathlib import Path
from typing import Any

from bench.bars import ABSENT, BARS, Bar, noisy, value_of, verdict
from tests.programs import ROOT

FILE = ROOT / "out" / "bench.json"
KILLS = ROOT / "out" / "kills.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def table(run: dict[str, Any]) -> str:
    """The figures as text."""
    lines = [f"{'':<44}{'measured':>12}  {'bar':<20}verdict"]
    lines += [f"{bar.what:<44}{_measured(bar, run):>12}  {bar.words:<20}{verdict(bar, run)}".rstrip() for bar in BARS
              if verdict(bar, run) != ABSENT]
    lines += ["", *(f"{name}: {_facts(values)}" for name, values in run["found"].items()),
              f"{run['machine']}; {run['database']}; {run['at']}"]
    disturbed = [name for name, values in run["found"].items() if noisy(values)]
    if disturbed:
        lines.append(f"The machine was too noisy during: {', '.join(disturbed)}. Measure again on a quiet one.")
    return "\n".join(lines)


def _measured(bar: Bar, run: dict[str, Any]) -> str:
    value = value_of(bar, run)
    return "–" if value is None else f"{value:g}{bar.unit}"


def _facts(values: dict[str, Any]) -> str:
    """Everything else that was noted, on one line; a row of several values as JSON."""
    return ", ".join(f"{name} {json.dumps(value) if isinstance(value, dict) else value}"
                     for name, value in values.items())


def write(run: dict[str, Any], path: Path = FILE) -> Path:
    """Keep the figures; measurements of an earlier run that this one did not repeat stay, on the same database."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        before = json.loads(path.read_text())
        if (before.get("database"), before.get("machine")) == (run["database"], run["machine"]):
            run = {**run, "found": {**before["found"], **run["found"]}}
    path.write_text(json.dumps(run, ensure_ascii=False, indent=1))
    return path


def page(text: str, run: dict[str, Any], kills: dict[str, Any]) -> str:
    """The text of docs/performance.md with the measured table between its markers."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    rows = [f"| {bar.what} | {bar.how} | {bar.words} | {_measured(bar, run)} | {verdict(bar, run)} |" for bar in BARS]
    rows += [f"| acknowledged answers missing after kill -9, {kind} | {one['kills']} kills ({one['killed']}), "
             f"{one['in_flight']} or more saves on their way | 0 | "
             f"{one['missing']} of {one['receipts']} | {'ok' if not one['missing'] else 'MISSED'} |"
             for kind, one in kills.items()]
    rates = [values["fsync_per_s"] for values in run["found"].values()]
    machine = (f"{run['machine']}; {run['database']}; {run['at']}; {min(rates)} to {max(rates)} fdatasync a second in "
               "the minutes of these measurements.")
    head = ["| what | how | bar | measured | verdict |", "|---|---|---|---|---|"]
    return "\n".join([before + BEGIN, "", *head, *rows, "", machine, "", END + after])


def main() -> None:
    """Write the measured table into docs/performance.md."""
    if not FILE.exists():
        sys.exit("Nothing was measured yet: make bench")
    kills = json.loads(KILLS.read_text()) if KILLS.exists() else {}
    PAGE.write_text(page(PAGE.read_text(), json.loads(FILE.read_text()), kills))


if __name__ == "__main__":
    main()
