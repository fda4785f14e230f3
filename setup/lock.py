"""Write requirements.txt and requirements-dev.txt: the whole closure of the .in files, as installed in .venv.

Run with the interpreter of the environment to be pinned: `.venv/bin/python setup/lock.py`.
"""

import sys
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# Written by setup/lock.py from {source}: edit that file, install, run it again.\n"


def read(path: Path) -> list[Requirement]:
    """The requirements named in a .in file, comments and blank lines left out."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def closure(wanted: Iterable[Requirement]) -> dict[str, str]:
    """Installed versions by name of everything that is wanted and of what that needs in turn."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    queue = [(requirement, extra) for requirement in wanted for extra in ("", *requirement.extras)]
    while queue:
        requirement, extra = queue.pop()
        name = canonicalize_name(requirement.name)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        package = distribution(requirement.name)
        if not requirement.specifier.contains(package.version, prereleases=True):
            sys.exit(f"{name} {package.version} is installed, {requirement} is wanted")
        found[name] = package.version
        for text in package.requires or []:
            inner = Requirement(text)
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                queue.extend((inner, wish) for wish in ("", *inner.extras))
    return found


def write(path: Path, source: str, pins: dict[str, str], first: str = "") -> None:
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    path.write_text(HEADER.format(source=source) + first + "".join(lines))


def main() -> None:
    runtime = closure(read(ROOT / "requirements.in"))
    both = closure([*read(ROOT / "requirements.in"), *read(ROOT / "requirements-dev.in")])
    tests = {name: version for name, version in both.items() if name not in runtime}
    write(ROOT / "requirements.txt", "requirements.in", runtime)
    write(ROOT / "requirements-dev.txt", "requirements-dev.in", tests, "-r requirements.txt\n")


if __name__ == "__main__":
    main()
