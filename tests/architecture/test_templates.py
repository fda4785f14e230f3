"""Templates obey the content security policy: nothing inline. A paper's own style sheet may stand in the paper."""

import re

import pytest

from tests.architecture.tree import ROOT, files

COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
INLINE = {
    "script": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.IGNORECASE),
    "style attribute": re.compile(r"<[a-z][^<]*?\sstyle\s*=", re.IGNORECASE),
    "handler": re.compile(r"<[a-z][^<]*?\son[a-z]+\s*=", re.IGNORECASE),
    "script address": re.compile(r"(?:href|src|action)\s*=\s*[\"']\s*javascript:", re.IGNORECASE),
    "other host": re.compile(
        r"<(?:script|link|img|iframe|source|video|audio)\b[^>]*(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE
    ),
}
STYLE_SHEET = re.compile(r"<style\b", re.IGNORECASE)


def inline(name: str, text: str) -> list[str]:
    text = COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    patterns = dict(INLINE) if "/documents/" in name else {**INLINE, "style sheet": STYLE_SHEET}
    return [
        f"{name}:{text.count(chr(10), 0, found.start()) + 1} {what}"
        for what, pattern in patterns.items()
        for found in pattern.finditer(text)
    ]


def test_templates_have_nothing_inline():
    pages = [path for suffix in ("*.html", "*.svg", "*.xml") for path in files(("templates",), suffix)]
    assert [each for path in pages for each in inline(str(path.relative_to(ROOT)), path.read_text())] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<p>\n<script>go()</script>", ["page.html:2 script"]),
        ('<script type="module" src="/static/js/a.js"></script>', []),
        ('<p class="a" style="color:red">', ["page.html:1 style attribute"]),
        ('<b onclick="go()">', ["page.html:1 handler"]),
        ('<button\n  class="x"\n  onclick = "go()">', ["page.html:1 handler"]),
        ('<p data-once="1" data-style="plain">style="x" in words</p>', []),
        ("<style>p {}</style>", ["page.html:1 style sheet"]),
        ('<a href="javascript:go()">', ["page.html:1 script address"]),
        ('<img src="https://example.org/a.png">', ["page.html:1 other host"]),
        ('<a href="https://example.org/">', []),
        ("{# <script>no</script> #}", []),
    ],
)
def test_what_is_inline_is_found(text, what):
    assert inline("page.html", text) == what


def test_a_paper_may_carry_its_style_sheet_but_no_script():
    name = "templates/scoring/documents/protocol.html"
    assert inline(name, "<style>p {}</style>") == []
    assert inline(name, "<style>p {}</style>\n<script>x</script>") == [f"{name}:2 script"]
