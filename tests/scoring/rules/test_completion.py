"""Who signs under a rule, and what the outcomes add up to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from scoring.rules.completion import DECIDED, RULES, Signer, needed, outcome

STATES = st.sampled_from(["waiting", *sorted(DECIDED)])


def signers(*states):
    """The first one is the chair."""
    return [Signer("chair" if number == 0 else "member", state) for number, state in enumerate(states)]


@pytest.mark.parametrize(("rule", "duties", "expected"), [
    ("all", ["chair", "member"], [True, True]),
    ("majority", ["member", "chair"], [True, True]),
    ("chair_secretary", ["chair", "deputy", "secretary", "member"], [True, False, True, False]),
    ("chair_secretary", ["deputy", "secretary", "member"], [True, True, False]),
    ("chair_secretary", ["chair", "member"], [True, False]),
])
def test_who_signs(rule, duties, expected):
    assert needed(rule, duties) == expected


@pytest.mark.parametrize(("rule", "duties"), [("chair_secretary", ["member"]), ("all", []), ("друг", ["chair"])])
def test_nobody_and_an_unknown_rule_are_refused(rule, duties):
    with pytest.raises(Refused):
        needed(rule, duties)


@pytest.mark.parametrize(("rule", "states", "expected"), [
    ("all", ["signed", "signed"], "complete"),
    ("all", ["signed", "paper", "refused"], "complete"),
    ("all", ["signed", "refused"], "failed"),
    ("all", ["refused", "signed", "signed"], "failed"),
    ("all", ["signed", "waiting"], "waiting"),
    ("majority", ["signed", "signed", "missed"], "complete"),
    ("majority", ["signed", "missed", "missed"], "failed"),
    ("chair_secretary", ["signed", "signed"], "complete"),
    ("chair_secretary", ["signed", "missed"], "failed"),
    ("chair_secretary", ["paper", "waiting"], "waiting"),
])
def test_what_the_outcomes_add_up_to(rule, states, expected):
    assert outcome(rule, signers(*states)) == expected


def test_a_body_without_a_chair_needs_only_the_half():
    assert outcome("all", [Signer("deputy", "signed"), Signer("member", "signed"), Signer("member", "missed")]
                   ) == "complete"


@given(st.sampled_from(RULES), st.lists(STATES, min_size=1, max_size=7))
def test_it_waits_exactly_while_somebody_is_open(rule, states):
    assert (outcome(rule, signers(*states)) == "waiting") == ("waiting" in states)


@given(st.sampled_from(RULES), st.lists(STATES, min_size=1, max_size=7), st.integers(0, 6))
def test_one_more_signature_never_fails_a_complete_protocol(rule, states, place):
    better = [*states]
    better[place % len(states)] = "signed"
    assert not (outcome(rule, signers(*states)) == "complete" and outcome(rule, signers(*better)) == "failed")
