"""`python -m rehearsal`: play a whole contest against the service as its clients do. Exit 0: all is as expected."""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from rehearsal.errors import Failed
from rehearsal.report import Report
from rehearsal.road import ROAD
from rehearsal.service import Service
from rehearsal.world import TROUBLES, Options, World

SPOILS = ("", "answer", "mark")


def options(arguments: list[str], given: Mapping[str, str]) -> Options:
    """From the command line, with the environment (`make rehearsal PARTICIPANTS=6`) as defaults."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    parser.add_argument("--out", default=given.get("OUT") or "out/rehearsal")
    for name, usual in (("participants", "6"), ("experts", "3"), ("commission", "5"), ("nominations", "1")):
        parser.add_argument(f"--{name}", type=int, default=int(given.get(name.upper()) or usual))
    parser.add_argument("--trouble", default=given.get("TROUBLE", ""), help=", ".join(TROUBLES))
    parser.add_argument("--spoil", default="", choices=SPOILS, help="deceive the oracle: the rehearsal must end with 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the service's folder for a look")
    read = parser.parse_args(arguments)
    troubles = frozenset(filter(None, (one.strip() for one in read.trouble.split(","))))
    if strange := troubles - set(TROUBLES):
        parser.error(f"unknown trouble: {', '.join(sorted(strange))}")
    if read.participants < 2 or read.experts < 1 or read.commission < 2 or read.nominations < 1:
        parser.error("at least 2 participants, 1 expert, 2 members of the commission, 1 nomination")
    if "shared-pc" in troubles and read.participants < 5:
        parser.error("shared-pc: at least 5 participants, three of them at one computer")
    return Options(read.out, read.participants, read.experts, read.commission, read.nominations, troubles, read.spoil,
                   read.seed, read.keep)


def play(chosen: Options) -> Report:
    """Start the service, walk the road, stop it. The report says how it went."""
    report = Report(Path(chosen.out).resolve())
    report.clean()
    service = Service()
    world = World(chosen, service)
    try:
        for name, step in ROAD:
            with report.step(name):
                step(world, report)
    except Failed:
        print(service.tail(5), file=sys.stderr)
        shutil.copy(service.log, report.out / "processes.log")
    finally:
        world.close()
        service.stop(keep=chosen.keep)
        report.write()
    return report


def main() -> int:
    """Exit code."""
    report = play(options(sys.argv[1:], os.environ))
    print(report.summary())
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
