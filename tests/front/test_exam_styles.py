"""The exam page carries only those rules of Bootstrap and of the theme that can apply to it.

`static/vendor/bootstrap-<version>/bootstrap-exam.min.css` and `static/css/theme-exam.css` are made from the whole files
by this module: UPDATE_SNAPSHOTS=1 pytest tests/front/test_exam_styles.py writes them and the sums.
"""

import hashlib
import os
import re
from collections.abc import Iterator

from tests.architecture.tree import ROOT
from tests.front.pages import exam_page

FOLDER = ROOT / "static" / "vendor" / "bootstrap-5.3.9"
WHOLE, PART, SUMS = FOLDER / "bootstrap.min.css", FOLDER / "bootstrap-exam.min.css", FOLDER / "SHA256SUMS"
THEME, THEME_PART = ROOT / "static" / "css" / "theme.css", ROOT / "static" / "css" / "theme-exam.css"
CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")
ELEMENT = re.compile(r"(?:^|[\s>+~(,])([a-z][a-z0-9]*)")


def rules(css: str) -> Iterator[tuple[str, str]]:
    """(prelude, body) of each rule of one level."""
    depth = start = opened = 0
    for place, letter in enumerate(css):
        if letter == "{":
            depth, opened = depth + 1, opened if depth else place
        elif letter == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].lstrip(), css[opened + 1:place]
                start = place + 1


def wanted(selector: str, classes: set[str], elements: set[str]) -> bool:
    bare = re.sub(r":not\([^)]*\)|\[[^\]]*\]|::?[\w-]+(?:\([^)]*\))?", "", selector)
    return ("data-bs-" not in selector and set(CLASS.findall(bare)) <= classes
            and set(ELEMENT.findall(CLASS.sub("", bare))) <= elements)


def part_of(css: str, classes: set[str], elements: set[str]) -> str:
    kept = []
    for prelude, body in rules(css):
        if prelude.startswith("@media"):
            inner = part_of(body, classes, elements)
            if inner and "print" not in prelude:
                kept.append(f"{prelude}{{{inner}}}")
        elif not prelude.startswith("@"):
            selectors = [one for one in re.split(r",(?![^(]*\))", prelude) if wanted(one, classes, elements)]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def used_variables(css: str) -> str:
    """Without the variables of :root that neither these rules nor our own sheets read."""
    ours = "".join(path.read_text() for path in sorted((ROOT / "static" / "css").glob("*.css")))
    while True:
        fewer = _fewer(css, set(re.findall(r"var\((--bs-[\w-]+)", css + ours)))
        if fewer == css:
            return css
        css = fewer


def _fewer(css: str, read: set[str]) -> str:
    start = css.index(":root{") + len(":root{")
    end = css.index("}", start)
    kept = [line for line in re.split(r";(?![^(]*\))", css[start:end])
            if not line.startswith("--bs-") or line.partition(":")[0] in read]
    return css[:start] + ";".join(kept) + css[end:]


def of_page() -> tuple[set[str], set[str]]:
    """Classes and elements of the exam page with every kind of question and every note in it."""
    page = exam_page(phone="8 800", data={"attempt": 1})
    classes = {name for found in re.findall(r'class="([^"]*)"', page) for name in found.split()}
    return classes, set(re.findall(r"<([a-z][a-z0-9]*)", page))


def bootstrap_part() -> str:
    licence, _, css = WHOLE.read_text().partition("*/")
    css = re.sub(r"/\*.*?\*/|@charset [^;]*;", "", css, flags=re.S)
    return f"{licence}* Only the rules of the exam page.\n */{used_variables(part_of(css, *of_page()))}\n"


def theme_part() -> str:
    css = re.sub(r"/\*.*?\*/", "", THEME.read_text(), flags=re.S)
    kept = re.sub(r"[ \n]*\n", "\n", part_of(css, *of_page())).strip()
    kept = re.sub(r"(?<=\})(?=[^\n}])", "\n", kept)
    return f"/* The rules of theme.css that the exam page needs; made by tests/front/test_exam_styles.py */\n{kept}\n"


def test_the_exam_page_carries_the_rules_it_needs() -> None:
    made, theme = bootstrap_part(), theme_part()
    if os.environ.get("UPDATE_SNAPSHOTS"):
        PART.write_text(made)
        THEME_PART.write_text(theme)
        SUMS.write_text("".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
                                for path in (PART, WHOLE)))
    assert PART.read_text() == made
    assert THEME_PART.read_text() == theme


def test_a_rule_is_kept_only_where_it_can_apply() -> None:
    css = (".btn,.modal .btn{a:b}\n.btn:not(.x):hover{c:d}\n@media (min-width:9px){.table{e:f}.p-3{g:h}}"
           "body{i:j}table{k:l}")
    assert part_of(css, {"btn", "p-3"}, {"body"}) == (
        ".btn{a:b}.btn:not(.x):hover{c:d}@media (min-width:9px){.p-3{g:h}}body{i:j}")
