"""Static files: vendored ones unchanged, ours keep the rules of the theme, the exam page stays light."""

import gzip
import hashlib
import re
from pathlib import Path
from secrets import token_urlsafe

import pytest

from tests.architecture.tree import ROOT
from tests.front.pages import QUESTIONS, exam_page

STATIC = ROOT / "static"
OURS = sorted((STATIC / "js").glob("*.js"))
LIMIT = 100 * 1000
# As long as the real ones and as hard to compress.
DATA = {"attempt": 1234, "pass": token_urlsafe(400), "proof": token_urlsafe(24), "outbox-key": token_urlsafe(65),
        "head": token_urlsafe(24), "heartbeat-url": "/attempts/1234/heartbeat", "delivery-url": "/deliveries",
        "room": "attempt:1234", "owner-label": "Теория, код С-03", "version": 1, "number": 40}


@pytest.mark.parametrize("sums", sorted(STATIC.rglob("SHA256SUMS")), ids=lambda path: path.parent.name)
def test_vendored_files_are_unchanged(sums: Path) -> None:
    for line in sums.read_text().splitlines():
        wanted, name = line.split()
        assert hashlib.sha256((sums.parent / name).read_bytes()).hexdigest() == wanted, name
    assert (sums.parent / "LICENSE").stat().st_size > 500


def test_every_vendored_folder_has_its_sums() -> None:
    folders = {path for path in (STATIC / "vendor").iterdir() if path.is_dir()} | {STATIC / "fonts"}
    assert {path.parent for path in STATIC.rglob("SHA256SUMS")} == folders


def test_colours_are_written_only_in_the_tokens() -> None:
    for path in (STATIC / "css").glob("*.css"):
        if path.name == "document.css":
            continue
        text = re.sub(r":root \{.*?\n\}", "", path.read_text(), count=1, flags=re.S)
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", text) == [], path.name


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_modules_are_short_and_explain_their_contract(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert len(lines) < 130
    assert lines[0] == "/**"


def test_icons_used_by_templates_are_in_the_sprites() -> None:
    known = set(re.findall(r'id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    exam = set(re.findall(r'id="([\w-]+)"', (STATIC / "icons-exam.svg").read_text()))
    assert exam <= known
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        named = set(re.findall(r'icon\("([\w-]+)"', text)) | set(re.findall(r'glyph="([\w-]+)"', text))
        assert named <= known, path.name
    for path in (ROOT / "templates/exam_base.html", ROOT / "templates/macros/questions.html"):
        named = re.findall(r'icon\("([\w-]+)", sprite', path.read_text())
        assert set(named) <= exam, path.name


def test_exam_page_weighs_at_most_100_kilobytes_compressed() -> None:
    words = "Какой режим сварки выбирают для этой стали? " * 4
    long = [{**QUESTIONS[0], "id": n, "text": f"Вопрос {n}. {words}", "answer": None} for n in range(40)]
    page = exam_page(questions=long, data=DATA)
    linked = set(re.findall(r'(?:href|src)="/static/([^"#?]+)', page))
    files = linked | modules("js/exam.js") | {f"fonts/{path.name}" for path in (STATIC / "fonts").glob("*.woff2")}
    weight = len(gzip.compress(page.encode())) + sum(packed(STATIC / name) for name in files)
    assert {"js/sender.js", "css/exam.css", "icons-exam.svg", "js/leftovers.js"} <= files
    assert "vendor/socket.io-client-4.8.4/socket.io.esm.min.js" in files
    assert "icons.svg" not in files
    assert weight <= LIMIT, f"{weight} bytes: {sorted(files)}"


def modules(name: str) -> set[str]:
    """A module and everything it imports, from static/."""
    found, waiting = set(), [name]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        named = re.findall(r'(?:from|import) ?\(?"(\.[\w./-]+)"', (STATIC / path).read_text())
        waiting += [str((STATIC / path).parent.joinpath(other).resolve().relative_to(STATIC)) for other in named]
    return found


def packed(path: Path) -> int:
    return path.stat().st_size if path.suffix == ".woff2" else len(gzip.compress(path.read_bytes()))
