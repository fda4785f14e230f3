"""The tables of states: complete, closed, with words."""

from types import SimpleNamespace

import pytest

from contest.rules.states import (
    APPLICATION,
    APPLICATION_WORDS,
    CONTEST,
    CONTEST_WORDS,
    EDITABLE,
    PROPOSAL_WORDS,
    STANDING,
)
from core.errors import Refused
from core.states import move


def reachable(table, start):
    found, left = set(), [start]
    while left:
        state = left.pop()
        found.add(state)
        left += table[state] - found
    return found


@pytest.mark.parametrize(("table", "words"), [(CONTEST, CONTEST_WORDS), (APPLICATION, APPLICATION_WORDS)])
def test_table_is_closed_reachable_and_worded(table, words):
    assert set().union(*table.values()) <= set(table)
    assert reachable(table, "draft") == set(table)
    assert set(words) == set(table)


def test_contest_goes_one_way():
    line = ["draft", "announced", "running", "finished", "archived"]
    assert [CONTEST[state] for state in line] == [frozenset({later}) for later in line[1:]] + [frozenset()]


@pytest.mark.parametrize(
    ("road", "last"),
    [
        (["submitted", "registered", "on_review", "proposed", "admitted"], "admitted"),
        (["submitted", "registered", "on_review", "proposed", "rejected"], "rejected"),
        (["submitted", "registered", "on_review", "returned", "submitted", "registered"], "registered"),
        (["submitted", "registered", "on_review", "proposed", "on_review", "returned", "on_review"], "on_review"),
        (["submitted", "registered", "on_review", "proposed", "admitted", "withdrawn"], "withdrawn"),
    ],
)
def test_application_roads(road, last):
    application = SimpleNamespace(state="draft")
    for step in road:
        move(application, step, APPLICATION, words=APPLICATION_WORDS)
    assert application.state == last


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("draft", "registered"),
        ("draft", "admitted"),
        ("submitted", "admitted"),
        ("registered", "admitted"),
        ("on_review", "admitted"),
        ("on_review", "rejected"),
        ("rejected", "admitted"),
        ("withdrawn", "submitted"),
        ("admitted", "rejected"),
    ],
)
def test_no_way_round_the_decision(here, there):
    application = SimpleNamespace(state=here)
    with pytest.raises(Refused, match="wrong_state"):
        move(application, there, APPLICATION, words=APPLICATION_WORDS)
    assert application.state == here


def test_sets_of_states():
    assert {"draft", "returned"} == EDITABLE
    assert {"submitted", "registered", "on_review", "returned", "proposed", "admitted"} == STANDING
    assert set(PROPOSAL_WORDS) == {"admit", "refuse"}
