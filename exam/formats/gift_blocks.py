"""A GIFT file cut into blocks: the lines of one question each, with the comments that belong to it.

Blocks end at a blank line, as in Moodle. Three additions, each of which keeps a question from being swallowed or torn:
a `$CATEGORY:` line always ends a block; so does a line that begins with `::name::` after the answers of the block have
begun (a forgotten blank line or brace); a blank line inside `<pre>…</pre>` of the question's text does not end it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPED = re.compile(r"\\.")
_NAMED = re.compile(r"::[^\n]*::")


@dataclass(frozen=True)
class Block:
    """line: 1-based line of the first line that is no comment, or of the first comment where there is nothing else.

    comments: (line, text after the slashes). content: the other lines joined by newlines; empty for comments alone.
    """

    line: int
    content: str
    comments: tuple[tuple[int, str], ...]
    category: str


def split_blocks(text: str) -> Iterator[Block]:
    """Every block of the file in order, those of comments alone included. Linear in the length of the text."""
    return _Splitter(text.split("\n")).blocks()


class _Splitter:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.category = ""
        self.content: list[tuple[int, str]] = []
        self.comments: list[tuple[int, str]] = []
        self.answers_begun = False
        self.pre_open = 0
        # Up to which line it is known that the open <pre> is closed (or is not), so that no line is looked at twice.
        self.closed_until = -1
        self.unclosed_until = -1

    def blocks(self) -> Iterator[Block]:
        for index, line in enumerate(self.lines):
            stripped = line.strip()
            if self.pre_open and self._inside_pre(index):
                self._add(index, line)
            elif not stripped:
                if self.content or self.comments:
                    yield from self._flush()
            elif stripped.startswith("//"):
                self.comments.append((index + 1, stripped[2:].strip()))
            elif stripped.startswith("$CATEGORY:"):
                yield from self._flush()
                self.category = " ".join(stripped.removeprefix("$CATEGORY:").split())
            elif self.answers_begun and _NAMED.match(stripped):
                yield from self._flush(keep_comments_below=True)
                self._add(index, line)
            else:
                self._add(index, line)
        yield from self._flush()

    def _add(self, index: int, line: str) -> None:
        self.content.append((index + 1, line.rstrip()))
        self.answers_begun = self.answers_begun or _has_brace(line)
        if "<" in line:
            low = line.lower()
            self.pre_open = max(0, self.pre_open + low.count("<pre") - low.count("</pre"))

    def _flush(self, keep_comments_below: bool = False) -> Iterator[Block]:
        last = self.content[-1][0] if self.content else 0
        kept = [comment for comment in self.comments if keep_comments_below and comment[0] > last]
        own = self.comments[: len(self.comments) - len(kept)]
        if self.content or own:
            first = (self.content or own)[0][0]
            yield Block(first, "\n".join(line for _, line in self.content).strip(), tuple(own), self.category)
        self.content, self.comments = [], kept
        self.answers_begun, self.pre_open = False, 0

    def _inside_pre(self, index: int) -> bool:
        if self.answers_begun or index <= self.unclosed_until:
            return False
        if index > self.closed_until:
            self._look_for_closing(index)
        return index <= self.closed_until

    def _look_for_closing(self, index: int) -> None:
        """Look ahead for `</pre`; another question, a brace or another `<pre` before it means that it was forgotten."""
        for at in range(index, len(self.lines)):
            line = self.lines[at].strip()
            low = line.lower()
            opening, closing = low.find("<pre"), low.find("</pre")
            if closing >= 0 and not 0 <= opening < closing:
                self.closed_until = at
                return
            if opening >= 0 or line.startswith(("::", "$CATEGORY:")) or _has_brace(line):
                self.unclosed_until = at
                return
        self.unclosed_until = len(self.lines)


def _has_brace(line: str) -> bool:
    if "{" not in line and "}" not in line:
        return False
    bare = _ESCAPED.sub("", line)
    return "{" in bare or "}" in bare
