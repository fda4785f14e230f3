"""Every writing route against every bad request that can be made of a good one (tests/bad_input/entries)."""

import pkgutil
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

import tests.bad_input.entries
from app import create_app
from core.config import Settings
from tests.bad_input import cases, judge
from tests.bad_input.cases import Case
from tests.bad_input.entry import ENTRIES
from tests.bad_input.pagefields import fields_sent_to
from tests.bad_input.world import World, foreign_of, outsider_of

for _found in pkgutil.iter_modules(tests.bad_input.entries.__path__):
    import_module(f"tests.bad_input.entries.{_found.name}")

_rules = [rule for rule in create_app(Settings(ENVIRONMENT="test", SECRET_KEY="routes")).url_map.iter_rules()
          if "POST" in rule.methods]
pytestmark = pytest.mark.slow
WRITING = sorted({rule.endpoint for rule in _rules})


@pytest.fixture
def world(app, db, make, clock):
    made = World(app, db, make, clock)
    yield made
    made.observer.close()


def test_every_writing_route_has_an_entry():
    assert {"without an entry": sorted(set(WRITING) - set(ENTRIES)), "gone": sorted(set(ENTRIES) - set(WRITING))} == {
        "without an entry": [], "gone": []}


def prepared(app, world, endpoint):
    """Rule, target and people of a route, in the state that is remembered."""
    rule = next(rule for rule in app.url_map.iter_rules(endpoint) if "POST" in rule.methods)
    target = ENTRIES[endpoint](world)
    allowed = getattr(app.view_functions[endpoint], "allowed", frozenset())
    people: dict[str, Any] = {"actor": target.actor, **target.rights}
    if target.actor is not None:
        people |= {"foreign": None if target.own else foreign_of(world.make, target),
                   "outsider": outsider_of(world.make, target, allowed)}
    for name, account in people.items():
        if account is not None:
            world.log_in(name, account)
    world.remember()
    return rule, target, allowed


def sent(app, world, case: Case):
    """The answer to a request."""
    app.config["WTF_CSRF_ENABLED"] = case.csrf
    try:
        return world.browser(case.who).open(case.url, method=case.method, **cases.arguments(case))
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def of_the_entry(app, world, rule, target) -> list[str]:
    """The valid request is accepted, sends what its page sends, and is refused in every closed state."""
    case, found, before = cases.good(app, rule, target), [], world.kept
    if "GET" in rule.methods:
        page = world.browser("actor").get(case.url)
        forgotten = fields_sent_to(page, page.request.path) - set(target.fields()) - target.also
        found += [f"the page sends {name}, the entry does not" for name in sorted(forgotten)]
        world.seen()
    reply = sent(app, world, case)
    found += [f"valid: {fault} {judge.messages(reply.text)}" for fault in judge.faults(case, reply, world)]
    world.restore()
    for name, close in target.closed.items():
        world.do(close)
        world.remember(at=world.started)
        reply = sent(app, world, replace(case, name=name, expect="refused"))
        found += [f"{name}: {fault}" for fault in judge.faults(
            replace(case, expect="refused"), reply, world, target.keeps)]
        world.kept = before
        world.restore()
    return found


@pytest.mark.parametrize("endpoint", sorted(set(WRITING) & set(ENTRIES)))
@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=pytest.mark.torture)], ids=["", "everything"])
def test_bad_input_is_refused_in_russian_and_leaves_nothing(app, world, endpoint, everything):
    rule, target, allowed = prepared(app, world, endpoint)
    found, status = of_the_entry(app, world, rule, target), {}
    for case in cases.of_route(app, rule, target, allowed, everything):
        if case.who not in ("nobody", "actor", *world.tokens):
            continue
        reply = sent(app, world, case)
        found += [f"{case.name}: {fault}" for fault in judge.faults(case, reply, world, target.keeps)]
        if world.changed():
            world.restore()
        world.seen()
        status[case.name] = reply.status_code
    found += [f"{name}: only spaces are taken where a text is required" for name in target.fields()
              if status.get(f"{name} missing", 0) >= 400 > status.get(f"{name}: spaces", 500)]
    assert not found, "\n" + "\n".join(found)
