"""Names of the fields a page sends, form by form."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.names: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.action = urlsplit(found.get("action") or "").path
        elif tag in ("input", "select", "textarea", "button") and self.action is not None and found.get("name"):
            self.names.append((self.action, str(found["name"])))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.action = None


def fields_sent_to(page: Any, path: str) -> set[str]:
    """Fields of the forms of a page that are sent to `path`, but for the CSRF token."""
    forms = _Forms()
    forms.feed(page.get_data(as_text=True))
    return {name for action, name in forms.names if action in ("", path)} - {"csrf_token"}
