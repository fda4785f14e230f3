"""A person's browser: cookies, pages, forms found by their action and filled in by the names of their fields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag

from rehearsal.errors import Failed, expect, needed

PATIENCE_S = 60.0
MAX_HOPS = 6
Files = Mapping[str, tuple[str, bytes, str]]  # field → (file name, bytes, media type)


def words(node: Tag) -> str:
    """The text of a piece of a page, with single spaces."""
    return " ".join(node.get_text(" ").split())


def piece(node: Tag, selector: str) -> Tag:
    """The first such piece inside; Failed when there is none."""
    return needed(node.select_one(selector), f"на странице нет {selector}: {words(node)[:200]}")


class Page:
    """One answer of the service, read as HTML when it is HTML."""

    def __init__(self, browser: "Browser", response: httpx.Response) -> None:
        self.browser, self.response = browser, response
        self.status = response.status_code
        self.path = response.url.raw_path.decode()
        self.content = response.content
        self._soup: BeautifulSoup | None = None

    @property
    def soup(self) -> BeautifulSoup:
        """The parsed document."""
        if self._soup is None:
            self._soup = BeautifulSoup(self.response.text, "lxml")
        return self._soup

    @property
    def text(self) -> str:
        """What a person reads on the page, with single spaces."""
        return words(self.soup.find("main") or self.soup)

    @property
    def csrf(self) -> str:
        """The token that scripts of the page send."""
        return str(piece(self.soup, "meta[name=csrf-token]")["content"])

    def rows(self) -> dict[str, str]:
        """Text of each line of the tables by its heading cell."""
        lines = [line for line in self.soup.select("tbody tr") if line.find("th")]
        return {words(piece(line, "th")): words(line) for line in lines}

    def __str__(self) -> str:
        return f"{self.browser.who}: {self.response.request.method} {self.path} → {self.status}"

    def complaint(self) -> str:
        """The words of the page that say what is wrong."""
        kinds = (".note-bad", ".field-msg", ".note-warn")
        found = [words(node) for kind in kinds for node in self.soup.select(kind)]
        return " | ".join(dict.fromkeys(found))[:800] or self.text[:300]

    def links(self, pattern: str) -> list[str]:
        """Addresses on the page that match the whole pattern, each once, in their order."""
        found = (str(node["href"]) for node in self.soup.find_all("a", href=True))
        return list(dict.fromkeys(href for href in found if re.fullmatch(pattern, href)))

    def link(self, pattern: str) -> str:
        """The first such address; Failed when there is none."""
        found = self.links(pattern)
        expect(found, f"{self}: на странице нет ссылки {pattern}")
        return found[0]

    def number(self, pattern: str, where: str | None = None) -> int:
        """The number in the address of the page, or in `where`."""
        found = re.search(pattern, where if where is not None else self.path)
        return int(needed(found, f"{self}: в адресе нет {pattern}")[1])

    def form(self, action: str, **having: str) -> "Form":
        """The form whose action matches the whole pattern (an empty action is the page's own address).

        `having` narrows by the values of its fields, for pages with several forms to one address.
        """
        for node in self.soup.find_all("form"):
            target = str(node.get("action") or self.path)
            if str(node.get("method", "get")).lower() != "post" or not re.fullmatch(action, target.split("#")[0]):
                continue
            form = Form(self, node, target)
            if all(form.values.get(name) == value for name, value in having.items()):
                return form
        raise Failed(f"{self}: на странице нет формы {action}; {self.complaint()}")

    def has_form(self, action: str) -> bool:
        """Whether the page offers such a form."""
        try:
            self.form(action)
        except Failed:
            return False
        return True


@dataclass
class Form:
    """A form as it stands on a page: what it would send untouched, and which names it knows."""

    page: Page
    node: Tag
    action: str

    def __post_init__(self) -> None:
        self.names: set[str] = set()
        self.values: dict[str, Any] = {}
        for field in self.node.find_all(["input", "select", "textarea"]):
            name = str(field.get("name") or "")
            if name and not field.has_attr("disabled"):
                self.names.add(name)
                self._take(field, name)

    def _take(self, field: Tag, name: str) -> None:
        kind = str(field.get("type", "text")).lower()
        if field.name == "textarea":
            self.values[name] = field.get_text().removeprefix("\n")
        elif field.name == "select":
            options = field.find_all("option")
            chosen = next((one for one in options if one.has_attr("selected")), options[0] if options else None)
            if chosen is not None:
                self.values[name] = str(chosen.get("value", chosen.get_text()))
        elif kind in ("checkbox", "radio"):
            if field.has_attr("checked"):
                self.values[name] = str(field.get("value", "on"))
        elif kind not in ("file", "submit", "button", "image", "reset"):
            self.values[name] = str(field.get("value", ""))

    def choices(self, name: str) -> dict[str, str]:
        """Value by the words of each option of a list or of radio buttons."""
        select = self.node.find("select", attrs={"name": name})
        if select is not None:
            return {words(one): str(one.get("value", "")) for one in select.find_all("option")}
        fields = self.node.find_all("input", attrs={"name": name})
        return {words(field.find_parent("label") or field): str(field.get("value", "on")) for field in fields}

    def send(self, given: Mapping[str, Any] | None = None, *, files: Files | None = None, status: int = 200,
             drop: tuple[str, ...] = ()) -> Page:
        """Fill in `given` by name (None unticks), press the button, follow to the page after it.

        Failed when the form has no such field or the answer has another status.
        """
        data = dict(self.values)
        for name, value in (given or {}).items():
            expect(name in self.names, f"{self.page}: в форме {self.action} нет поля {name}, есть {sorted(self.names)}")
            data[name] = value
        for name in files or {}:
            expect(name in self.names, f"{self.page}: в форме {self.action} нет поля файла {name}")
        sent = {name: value for name, value in data.items() if value is not None and name not in drop}
        return self.page.browser.post(self.action, sent, files=files, status=status)


class Browser:
    """One person at one computer."""

    def __init__(self, base: str, who: str) -> None:
        self.base, self.who = base, who
        self.http = httpx.Client(base_url=base, timeout=PATIENCE_S, follow_redirects=False, headers={
            "User-Agent": "rehearsal", "Accept": "text/html,application/xhtml+xml"})

    def get(self, path: str, *, status: int = 200) -> Page:
        """Open an address, follow where it leads. Failed when the last answer has another status."""
        return self._walk(self.http.build_request("GET", path), status)

    def post(self, path: str, data: Mapping[str, Any], *, files: Files | None = None, status: int = 200) -> Page:
        """Send a form as a browser does, follow where it leads."""
        request = self.http.build_request("POST", path, data=data, files=files or None, headers={
            "Origin": self.base, "Referer": self.base + path})
        return self._walk(request, status)

    def post_json(self, path: str, body: Mapping[str, Any], csrf: str) -> httpx.Response:
        """What a page's script sends: JSON, the CSRF token in a header."""
        return self.http.post(path, json=dict(body), headers={
            "X-CSRFToken": csrf, "Accept": "application/json", "Origin": self.base, "Referer": self.base + path})

    def _walk(self, request: httpx.Request, status: int) -> Page:
        for _hop in range(MAX_HOPS):
            response = self.http.send(request)
            if not response.is_redirect:
                return self._checked(Page(self, response), status)
            request = needed(response.next_request, f"{self.who}: переход без адреса, {request.url}")
        raise Failed(f"{self.who}: переходам нет конца, {request.url}")

    def _checked(self, page: Page, status: int) -> Page:
        if page.status != status:
            html = "html" in page.response.headers.get("Content-Type", "")
            raise Failed(f"{page}, ожидалось {status}: {page.complaint() if html else page.response.text[:300]}")
        return page

    def cookies(self) -> str:
        """The Cookie header of this browser, for its socket."""
        return "; ".join(f"{one.name}={one.value}" for one in self.http.cookies.jar)

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
