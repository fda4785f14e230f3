"""Sizes of style.md: nothing grows past what one can read at a glance."""

import ast

import pytest

from tests.architecture.tree import CODE, ROOT, nodes, python

FUNCTION_MAX, FILE_MAX = 60, 400
SHORTER = {"app.py": 150, "README.md": 60}


def long_functions(name: str, text: str) -> list[str]:
    found = []
    for node in nodes(text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_MAX:
                found.append(f"{name}:{node.lineno} {node.name}: {lines} lines")
    return found


def test_functions_are_short():
    assert [each for name, text in python((*CODE, "tests")) for each in long_functions(name, text)] == []


@pytest.mark.parametrize(("lines", "found"), [(59, []), (60, ["x.py:1 f: 61 lines"])])
def test_a_function_one_line_too_long_is_found(lines, found):
    assert long_functions("x.py", "def f():\n" + "    pass\n" * lines) == found


def test_files_are_short():
    long = {name: text.count("\n") for name, text in python(CODE) if text.count("\n") > FILE_MAX}
    assert long == {}


@pytest.mark.parametrize(("name", "lines"), SHORTER.items())
def test_file_keeps_its_own_limit(name, lines):
    assert (ROOT / name).read_text().count("\n") <= lines
