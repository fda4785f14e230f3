"""Who may import whom, where import-linter does not reach; the contracts themselves are in pyproject.toml."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import CODE, PACKAGES, ROOT, files, imports, python

SEES_APP = {"wsgi.py", "core/worker.py"}  # and the flask command, and tests
NOT_OF_THE_SERVICE = {"tests", "setup", "bench", "docs", "deploy", "static", "templates", "migrations", "node_modules",
                      "var", "out"}


def imports_app(text: str) -> list[int]:
    return [line for line, name in imports(text) if name == "app" or name.startswith("app.")]


@pytest.mark.slow
def test_app_is_imported_by_nobody_but_those_that_start_it():
    places = tuple(place for place in CODE if place != "bench")
    found = [f"{name}:{line}" for name, text in python(places) for line in imports_app(text) if name not in SEES_APP]
    assert found == []


def test_an_import_of_app_is_found():
    assert imports_app("import flask\nfrom app import create_app\nimport app\nimport apple\n") == [2, 3]


def test_every_package_stands_in_the_contracts():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = " ".join(settings["contracts"][0]["layers"])
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_OF_THE_SERVICE
    assert found <= set(settings["root_packages"])
    assert sorted(settings["root_packages"]) == sorted(PACKAGES)
    assert [name for name in PACKAGES if name != "rehearsal" and name not in layers.split()] == []


def test_contracts_are_kept():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_package_files_are_empty():
    full = [str(path.relative_to(ROOT)) for path in files((*PACKAGES, "setup", "tests"), "__init__.py")
            if path.read_text().strip()]
    assert full == []


def test_every_folder_with_code_or_tests_is_a_package():
    folders = {path.parent for path in files((*PACKAGES, "setup", "tests"), "*.py")}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
