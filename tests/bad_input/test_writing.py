"""Every writing route against every bad request that can be made of a good one (tests/bad_input/entries)."""

import pkgutil
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


@pytest.mark.parametrize("endpoint", sorted(set(WRITING) & set(ENTRIES)))
@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=pytest.mark.torture)], ids=["", "everything"])
def test_bad_input_is_refused_in_russian_and_leaves_nothing(app, world, endpoint, everything):
    rule, target, allowed = prepared(app, world, endpoint)
    found, status = [], {}
    for case in cases.of_route(app, rule, target, allowed, everything):
        if case.who != "nobody" and case.who != "actor" and case.who not in world.tokens:
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


@pytest.mark.parametrize("endpoint", sorted(set(WRITING) & set(ENTRIES)))
def test_the_entry_is_a_request_that_is_accepted(app, world, endpoint):
    rule, target, _allowed = prepared(app, world, endpoint)
    page = world.browser("actor").get(cases.url(app, rule, target.args)) if "GET" in rule.methods else None
    forgotten = fields_sent_to(page, page.request.path) - set(target.fields()) - target.also if page else set()
    assert sorted(forgotten) == [], "the page sends more fields than the entry"
    case = cases.good(app, rule, target)
    reply = sent(app, world, case)
    assert judge.faults(case, reply, world) == []
    assert reply.status_code < 400, judge.messages(reply.text)


@pytest.mark.parametrize("endpoint", sorted(set(WRITING) & set(ENTRIES)))
def test_a_closed_state_is_refused(app, world, endpoint):
    rule, target, _allowed = prepared(app, world, endpoint)
    found, before = [], world.kept
    for name, close in target.closed.items():
        world.do(close)
        world.remember(at=world.started)
        case = Case(name, "refused", cases.url(app, rule, target.args), send=cases.good(app, rule, target).send)
        found += [f"{name}: {fault}" for fault in judge.faults(
            case, sent(app, world, case), world, target.keeps)]
        world.kept = before
        world.restore()
    assert not found, "\n" + "\n".join(found)
