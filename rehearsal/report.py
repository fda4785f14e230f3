"""What the rehearsal says: a line per step while it runs, a table at the end, and the files in OUT."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Step:
    """One step of the road."""

    name: str
    ok: bool
    seconds: float
    text: str = ""


@dataclass
class Report:
    """Collects steps and files."""

    out: Path
    steps: list[Step] = field(default_factory=list)
    ranking: list[dict[str, Any]] = field(default_factory=list)

    def clean(self) -> None:
        """Make OUT, without what an earlier rehearsal left in it."""
        shutil.rmtree(self.out / "protocols", ignore_errors=True)
        for name in ("report.json", "ca.pem", "processes.log"):
            (self.out / name).unlink(missing_ok=True)
        (self.out / "protocols").mkdir(parents=True)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step and print its line; a failure is told and raised again."""
        began = time.monotonic()
        try:
            yield
        except BaseException as error:
            self._told(Step(name, False, time.monotonic() - began, f"{type(error).__name__}: {error}"))
            raise
        self._told(Step(name, True, time.monotonic() - began))

    def _told(self, step: Step) -> None:
        step.seconds = round(step.seconds, 2)
        self.steps.append(step)
        mark = "да " if step.ok else "НЕТ"
        print(f"[{mark}] {step.name:<44} {step.seconds:7.1f} с", flush=True)
        if step.text:
            print(f"      {step.text}", file=sys.stderr, flush=True)

    @property
    def ok(self) -> bool:
        """Whether every step gave what was expected."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def write(self) -> None:
        """report.json."""
        steps = [{"name": step.name, "ok": step.ok, "seconds": step.seconds} for step in self.steps]
        body = {"ok": self.ok, "steps": steps, "ranking": self.ranking}
        (self.out / "report.json").write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n")

    def summary(self) -> str:
        """The table at the end."""
        lines = ["", f"Шагов: {len(self.steps)}, времени: {sum(step.seconds for step in self.steps):.0f} с"]
        lines += [f"  {row['place']}. {row['code']}  {row['points']}" for row in self.ranking]
        lines += [f"Документы: {self.out / 'protocols'}", "ИТОГ: " + ("всё как ожидалось" if self.ok else "НЕ СОВПАЛО")]
        return "\n".join(lines)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Steps with their texts, for tests."""
        return [asdict(step) for step in self.steps]
