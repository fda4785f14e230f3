"""Every bad request that can be made of a good one."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import quote_plus

from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.routing import IntegerConverter, Rule

from tests.bad_input.entry import File, Target

SCRIPT = "<script>alert(1)</script>"
TEXTS = {
    "very long": "x" * 60_001, "NUL": "a\0b", "negative": "-1", "zero": "0", "huge": "9" * 30, "12,5x": "12,5x",
    "empty": "", "spaces": "  \t ", "script": SCRIPT, "signs": "\x1b[2J\u202e\ufeff", "small digits": "²", "NaN": "NaN",
    "exponent": "1e400",
}
VALUES: dict[str, Any] = TEXTS | {
    "number": 10**30, "minus": -1, "fraction": 0.5, "none": None, "yes": True, "list": [1, "a"], "object": {"a": {}},
    "half a sign": "\ud800",
}
FILES = {
    "empty": File("a.pdf", b""), "program": File("a.pdf", b"MZ\x90\x00" + b"\x00" * 200),
    "half a picture": File("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF"), "text": File("a.jpg", "просто текст".encode()),
    "name": File("../../" + SCRIPT + "x" * 300 + ".pdf", b"%PDF-1.4\n%%EOF\n"), "page": File("a.pdf", SCRIPT.encode()),
}
OUT_OF_RANGE = (0, 2**31, 2**63, 10**30)
FEW = 1
"""A form of more fields gets every bad value in every field together, and only a third of them field by field, unless
every case is asked for (`make torture`); so with unknown keys and bodies of other kinds."""


@dataclass
class Case:
    """One request: what it is, who sends it, what must come of it.

    `expect`: refused; any (a bad field may be one that is not read); hidden (404); absent (404, or 405 where the number
    fits no rule); login; wrong_method; csrf.
    """

    name: str
    expect: str
    url: str
    who: str = "actor"
    method: str = "POST"
    send: dict[str, Any] = field(default_factory=dict)
    csrf: bool = False


def good(app: Flask, rule: Rule, target: Target) -> Case:
    """The request the others are made of."""
    sent = {"json": target.json} if target.json is not None else {"data": target.form}
    return Case("valid", "accepted", url(app, rule, target.args), send=sent)


def of_route(app: Flask, rule: Rule, target: Target, allowed: frozenset[str], everything: bool) -> Iterator[Case]:
    """All bad requests to a route, or as many as are quickly made."""
    base, sift = good(app, rule, target), 1 if everything else 3
    yield from _strangers(base, target, allowed)
    yield from islice(_unknown(app, rule, base, target), 0, None, sift)
    yield replace(base, name="without CSRF token", expect="accepted" if target.tokenless else "csrf", csrf=True)
    for method in ("PUT", "DELETE", "PATCH")[::sift]:
        yield replace(base, name=method, method=method, expect="wrong_method")
    fields = list(target.fields())
    if fields:
        expect = "any" if target.optional else "refused"
        empty = {"json": {}} if target.json is not None else {"data": {}}
        yield replace(base, name="all fields missing", expect=expect, send=empty)
    yield from islice(_other_bodies(base, target), 0, None, sift)
    yield from (_json(base, target) if target.json is not None else _form(base, target, everything))


def _strangers(base: Case, target: Target, allowed: frozenset[str]) -> Iterator[Case]:
    if "public" in allowed:
        return
    yield replace(base, name="nobody", who="nobody", expect="login")
    if not target.own:
        yield replace(base, name="of another contest", who="foreign", expect="hidden")
    if "login" not in allowed:
        yield replace(base, name="another role", who="outsider", expect="hidden")
    for name in target.rights:
        yield replace(base, name=name, who=name, expect="hidden")


def _unknown(app: Flask, rule: Rule, base: Case, target: Target) -> Iterator[Case]:
    for name in target.args:
        whole = isinstance(rule._converters[name], IntegerConverter)
        values = ["".join(map(str, OUT_OF_RANGE))[:40], "-1", "1.5", "%00", "x" * 3000, "%FF", "²", "%3Cscript%3E"]
        for value in (*(OUT_OF_RANGE if whole else ()), *values):
            address = url(app, rule, target.args | {name: "PLACE"}, check=False).replace("PLACE", str(value))
            expect = "refused" if value == "%00" else "absent"
            yield replace(base, name=f"{name} = {str(value)[:20]}", url=address, expect=expect)


def _other_bodies(base: Case, target: Target) -> Iterator[Case]:
    """A body of another kind than the route reads."""
    texts = {name: value for name, value in target.fields().items() if isinstance(value, str | int | list)}
    if target.json is None:
        for name in ("number", "list", "object", "half a sign"):
            yield replace(base, name=f"JSON, every field {name}", expect="any",
                          send={"json": dict.fromkeys(target.form or {"a": 1}, VALUES[name])})
        yield replace(base, name="JSON", expect="any", send={"json": texts})
    else:
        yield replace(base, name="a form", expect="refused", send={"data": {key: str(v) for key, v in texts.items()}})
    for name, body in (("a list", "[1, 2]"), ("a text", '"a"'), ("null", "null"), ("half", '{"a": '), ("nothing", ""),
                       ("deep", "[" * 5000), ("NaN", '{"a": NaN}'), ("bytes", b"\xff\xfe\x00")):
        yield replace(base, name=f"JSON {name}", expect="refused" if target.json is not None else "any",
                      send={"data": body, "content_type": "application/json"})
    yield replace(base, name="broken multipart", expect="any",
                  send={"data": b"--x\r\nnonsense", "content_type": "multipart/form-data; boundary=x"})
    yield replace(base, name="another charset", expect="any",
                  send={"data": b"a=\xc0\xe1", "content_type": "application/x-www-form-urlencoded; charset=cp1251"})


def _json(base: Case, target: Target) -> Iterator[Case]:
    assert target.json is not None
    for name in target.json:
        for word, value in (TEXTS | VALUES).items():
            yield replace(base, name=f"{name}: {word}", expect="any", send={"json": target.json | {name: value}})
        without = {key: value for key, value in target.json.items() if key != name}
        yield replace(base, name=f"{name} missing", expect="any", send={"json": without})


def _form(base: Case, target: Target, everything: bool) -> Iterator[Case]:
    for word, value in TEXTS.items():
        if len(value) < 1000 and target.form:
            sent = {"data": dict.fromkeys(target.form, value)}
            yield replace(base, name=f"every field: {word}", expect="any", send=sent)
    few = everything or len(target.form) <= FEW
    for number, (name, value) in enumerate(target.form.items()):
        found = list(_field(base, target, name, value))
        yield from found if few else found[number % 3::3]


def _field(base: Case, target: Target, name: str, value: Any) -> Iterator[Case]:
    def sent(bad: Any) -> dict[str, Any]:
        return {"data": target.form | {name: bad}}

    for word, text in TEXTS.items():
        yield replace(base, name=f"{name}: {word}", expect="any", send=sent(text))
    without = {key: value for key, value in target.form.items() if key != name}
    yield replace(base, name=f"{name} missing", expect="any", send={"data": without})
    if isinstance(value, File):
        for word, file in FILES.items():
            yield replace(base, name=f"{name}: file {word}", expect="any", send=sent(file))
    else:
        yield replace(base, name=f"{name}: a file", expect="any", send=sent(File("a.txt", b"a")))
        yield replace(base, name=f"{name} twice", expect="any", send=sent([value, "other"]))
    if all(isinstance(each, str) for each in without.values()):
        pairs = "&".join(f"{quote_plus(key)}={quote_plus(text)}" for key, text in without.items())
        body = f"{pairs}&{quote_plus(name)}=".encode() + b"%FF%FE\xff\xc0"
        yield replace(base, name=f"{name}: bytes", expect="any",
                      send={"data": body, "content_type": "application/x-www-form-urlencoded"})


def arguments(case: Case) -> dict[str, Any]:
    """What the test client is given; files are opened anew for every request."""
    data = case.send.get("data")
    if not isinstance(data, dict):
        return case.send
    opened = {name: [_opened(each) for each in value] if isinstance(value, list) else _opened(value)
              for name, value in data.items()}
    return case.send | {"data": opened}


def _opened(value: Any) -> Any:
    return FileStorage(io.BytesIO(value.content), value.name) if isinstance(value, File) else value


def url(app: Flask, rule: Rule, args: dict[str, Any], check: bool = True) -> str:
    """Path of a route with these arguments; unchecked ones go in as they are."""
    assert not check or set(args) == rule.arguments, f"{rule.endpoint} wants {rule.arguments}, got {set(args)}"
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", lambda found: str(args[found[1]]), rule.rule)
