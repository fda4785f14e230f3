"""`python -m bench` measures everything, `python -m bench sockets restart` these; `--postgresql` on that database."""

import sys

from bench import report
from bench.bars import BARS, MISSED, verdict
from bench.run import FULL, MEASUREMENTS, run


def main(arguments: list[str]) -> int:
    """Measure, print the table, keep out/bench.json. The value is the number of bars missed on a quiet machine."""
    postgres = "--postgresql" in arguments
    names = [name for name in arguments if not name.startswith("-")] or list(MEASUREMENTS)
    if unknown := set(names) - set(MEASUREMENTS):
        raise SystemExit(f"no measurement {', '.join(unknown)}; there are: {', '.join(MEASUREMENTS)}")
    if postgres:
        names = [name for name in names if name != "restart"]  # its million rows are written past the service
    found = run(names, FULL, postgres=postgres)
    print(f"\n{report.table(found)}")
    print(report.write(found, report.FILE.with_stem("bench-postgresql") if postgres else report.FILE))
    return sum(verdict(bar, found) == MISSED for bar in BARS)


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
