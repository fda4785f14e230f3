"""The table of a run and its file. Nothing here passes or fails: a bar is named beside what was measured."""

import json
import os
import platform
from pathlib import Path
from typing import Any

from bench.web import NOISY

BARS = {"answer saved": "bar 3.0, aim 2.0"}


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    web, chain, paper = found["web"], found["journal"], found["rendering"]
    lines = [f"{'request':<18}{'CPU, ms':>9}{'/ floor':>9}{'p50, ms':>9}{'p99, ms':>9}"]
    lines += [f"{row['name']:<18}{row['cpu_ms']:>9}{row['ratio']:>9}{row['p50_ms']:>9}{row['p99_ms']:>9}  "
              f"{BARS.get(row['name'], '')}".rstrip() for row in web["rows"]]
    lines += ["", *(f"journal: {name} {value}" for name, value in chain.items()),
              *(f"experts' protocol: {name} {value}" for name, value in paper.items()),
              f"machine: {os.cpu_count()} cores, Python {platform.python_version()}, load {found['load']}"]
    if web["noise"] > NOISY:
        lines.append(f"The machine is too noisy: the floor itself differed {web['noise']} times between rounds. "
                     "Take the ratios with care and measure again on a quiet one.")
    return "\n".join(lines)


def write(found: dict[str, Any], folder: Path) -> Path:
    """Keep the figures as `bench.json` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.json"
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1))
    return path
