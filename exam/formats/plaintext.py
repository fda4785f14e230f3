"""Plain text for people from a question's source. One pass over the source, whatever it holds: no tag survives, nothing
is executed.

Words of markup that are no HTML tags (`List<Integer>`, `a < b`) stay as they are written.
"""

import html
import re

FORMATS = ("html", "moodle", "markdown", "plain")

_LINE_NAMES = "br p div li ul ol tr table h1 h2 h3 h4 h5 h6 pre blockquote hr section article dl dt dd"
_SILENT_NAMES = "script style head title template noscript iframe object svg math"
_OTHER_NAMES = (
    "a abbr audio b big body caption center cite code col colgroup del em embed figcaption figure font form html i img "
    "input ins kbd label link mark meta nobr option param q s samp select small source span strike strong sub sup "
    "tbody td textarea tfoot th thead tt u var video"
)
_LINE_TAGS = frozenset(_LINE_NAMES.split())
_SILENT_TAGS = frozenset(_SILENT_NAMES.split())
_TAGS = _LINE_TAGS | _SILENT_TAGS | frozenset(_OTHER_NAMES.split())
_TAG = re.compile(r"<!--|<(/?)([A-Za-z][A-Za-z0-9]{0,15})(?=[\s/>])")
_ALT = re.compile(r"""\balt\s{0,9}=\s{0,9}(?:"([^"<>]{0,500})"|'([^'<>]{0,500})')""", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_SUP = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUB = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def plain_text(source: str, format: str) -> str:
    """The source as plain text with `\\n` line ends, no blank lines at its ends, no control characters."""
    if format in ("html", "moodle") and ("<" in source or "&" in source or format == "html"):
        source = _without_entities("".join(_without_tags(source, breaks=format == "moodle")))
    elif format == "markdown":
        source = _BOLD.sub(r"\1", source)
    return _tidy(source)


def _without_tags(source: str, breaks: bool) -> list[str]:
    """Pieces of text. breaks: newlines of the source are line breaks, as in Moodle's own format; in HTML only those
    within <pre>.
    """
    out: list[str] = []
    at, pre, raised = 0, 0, ""
    unclosed: set[str] = set()
    while (found := _TAG.search(source, at)) is not None:
        out.append(_flowing(source[at : found.start()], breaks or pre > 0, raised))
        closing, name = found[1], (found[2] or "").lower()
        end = source.find("-->" if found[0] == "<!--" else ">", found.end())
        if end < 0 or (found[0] != "<!--" and name not in _TAGS):
            # Nothing closes here, or it is no tag of HTML: the author meant the characters.
            out.append(found[0])
            at = found.end()
            if end < 0:
                break
            continue
        at = end + (3 if found[0] == "<!--" else 1)
        if name in _SILENT_TAGS and not closing:
            at = _after_silent(source, name, at, unclosed)
        if name == "pre":
            pre = max(0, pre + (-1 if closing else 1))
            at += 1 if not closing and source.startswith("\n", at) else 0
        raised = (name if not closing else "") if name in ("sup", "sub") else raised
        out.append(_mark_of(name, source[found.start() : at], bool(closing)))
    out.append(_flowing(source[at:], breaks or pre > 0, raised))
    return out


def _flowing(text: str, breaks: bool, raised: str) -> str:
    if raised:
        table = _SUP if raised == "sup" else _SUB
        moved = text.translate(table)
        return moved if all(char not in text for char in moved) else f"{'^' if raised == 'sup' else '_'}({text})"
    return text if breaks else text.replace("\n", " ")


def _mark_of(name: str, tag: str, closing: bool) -> str:
    if name == "img":
        alt = _ALT.search(tag[:5000])
        words = (alt[1] or alt[2] or "").strip() if alt else ""
        return f"[рисунок: {words}]" if words else "[рисунок]"
    if name == "td" and closing:
        return "\t"
    return "\n" if name in _LINE_TAGS and (closing or name in ("br", "hr", "li", "pre")) else ""


def _after_silent(source: str, name: str, at: int, unclosed: set[str]) -> int:
    """Behind the closing tag of script and the like; their content is nothing to read. Unclosed: only the tag itself is
    dropped.
    """
    if name in unclosed:
        return at
    found = re.compile(rf"</{name}[^<>]{{0,99}}>", re.IGNORECASE).search(source, at)
    if found is None:
        unclosed.add(name)
        return at
    return found.end()


def _without_entities(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def _tidy(source: str) -> str:
    """No trailing spaces, no control characters (an entity may have made one), at most one blank line in a row."""
    if source.isprintable():
        return source.strip()
    lines: list[str] = []
    for line in source.split("\n"):
        line = (line if line.isprintable() else _printable(line)).rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else " " if char.isspace() else "" for char in line)
