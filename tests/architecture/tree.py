"""What the architecture tests read: the project's own files, without what is installed, generated or vendored."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("core", "contest", "exam", "video", "scoring", "desk", "demo", "rehearsal")
CODE = ("app.py", "wsgi.py", "gunicorn.conf.py", "setup", "bench", *PACKAGES)
SERVICE = ("app.py", "core", "contest", "exam", "video", "scoring", "desk", "demo")


def files(places: tuple[str, ...], pattern: str) -> Iterator[Path]:
    """Files of the named folders (and the named files themselves), sorted, without caches."""
    for place in places:
        path = ROOT / place
        found = [path] if path.is_file() else sorted(path.rglob(pattern))
        yield from (each for each in found if "__pycache__" not in each.parts)


def python(places: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Name from the root and text of every Python file of the named places."""
    for path in files(places, "*.py"):
        yield str(path.relative_to(ROOT)), path.read_text()


@cache
def nodes(text: str) -> tuple[ast.AST, ...]:
    """Every node of a text; each text is parsed once for all tests."""
    return tuple(ast.walk(ast.parse(text)))


def calls(text: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name (`datetime.now`, `.commit` when the left side is an expression) of every call."""
    for node in nodes(text):
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imports(text: str) -> Iterator[tuple[int, str]]:
    """Line and full name of every imported module or member."""
    for node in nodes(text):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)
