"""A person's mailbox: the folder into which the service puts letters when no mail server is set."""

import re
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import TypeVar

from rehearsal.errors import Failed

T = TypeVar("T")
PATIENCE_S = 40.0


class Mailbox:
    """Letters of one address, oldest first."""

    def __init__(self, root: Path, address: str) -> None:
        self.address = address
        self.folder = root / address.lower()

    def letters(self) -> list[tuple[str, str]]:
        """Subject and body of every letter."""
        found = []
        for path in sorted(self.folder.glob("[!.]*.eml")) if self.folder.exists() else []:
            letter = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = letter.get_body(preferencelist=("plain",))
            found.append((str(letter["Subject"]), body.get_content() if body else ""))
        return found

    def link(self, pattern: str) -> str:
        """The newest link of a letter whose path matches; waits for the letter. Failed when none comes."""
        found = self._wait(lambda: [
            one for _, body in self.letters() for one in re.findall(r"https?://[^\s/]+(" + pattern + r")", body)])
        return found[-1]

    def wait_for(self, words: str, count: int = 1) -> None:
        """Wait until `count` letters have the words in subject or body."""
        self._wait(lambda: [1 for letter in self.letters() if words in " ".join(letter)][count - 1:])

    def _wait(self, look: Callable[[], list[T]]) -> list[T]:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.1)
        raise Failed(f"{self.address}: ожидаемое письмо не пришло за {PATIENCE_S:g} с; есть {self.letters()!r:.400}")
