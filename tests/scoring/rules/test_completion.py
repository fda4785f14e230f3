"""Who signs a protocol under a rule, and what the outcomes add up to."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from scoring.rules.completion import DECIDED, RULES, SIGNED, Signer, needed, outcome

GROUP = ["chair", "deputy", "secretary", "member", "member"]


@pytest.mark.parametrize(
    ("rule", "duties", "signs"),
    [
        ("all", GROUP, [True] * 5),
        ("majority", GROUP, [True] * 5),
        ("chair_secretary", GROUP, [True, False, True, False, False]),
        ("chair_secretary", GROUP[1:], [True, True, False, False]),
        ("chair_secretary", ["member", "chair"], [False, True]),
        ("all", ["member"], [True]),
    ],
)
def test_who_signs(rule, duties, signs):
    assert needed(rule, duties) == signs


@pytest.mark.parametrize(("rule", "duties"), [("all", []), ("majority", []), ("chair_secretary", ["member", "member"])])
def test_a_protocol_without_signers_is_refused(rule, duties):
    with pytest.raises(Refused, match="некому подписать") as refusal:
        needed(rule, duties)
    assert refusal.value.code == "no_signers"


def test_an_unknown_rule_is_refused_by_name():
    with pytest.raises(Refused, match="«никто»") as refusal:
        needed("никто", GROUP)
    assert refusal.value.code == "rule"


def signers(*outcomes, chair=True):
    duties = (["chair"] if chair else []) + ["member"] * len(outcomes)
    return [Signer(duty, state) for duty, state in zip(duties, outcomes, strict=False)]


@pytest.mark.parametrize(
    ("rule", "outcomes", "is_"),
    [
        ("all", ("signed", "signed", "signed"), "complete"),
        ("all", ("signed", "paper", "refused"), "complete"),
        ("all", ("signed", "signed", "refused", "missed"), "failed"),
        ("all", ("signed", "signed", "paper", "refused", "missed"), "complete"),
        ("all", ("refused", "signed", "signed"), "failed"),
        ("all", ("missed", "signed", "signed"), "failed"),
        ("all", ("signed", "signed", "waiting"), "waiting"),
        ("majority", ("signed", "signed", "refused"), "complete"),
        ("majority", ("paper", "missed"), "failed"),
        ("chair_secretary", ("signed", "paper"), "complete"),
        ("chair_secretary", ("signed", "refused"), "failed"),
        ("chair_secretary", ("waiting", "refused"), "waiting"),
    ],
)
def test_outcome(rule, outcomes, is_):
    assert outcome(rule, signers(*outcomes)) == is_


def test_without_a_chair_the_count_alone_decides():
    assert outcome("all", signers("signed", "signed", "refused", chair=False)) == "complete"
    assert outcome("all", signers("signed", "refused", chair=False)) == "failed"


@pytest.mark.parametrize("rule", RULES)
@given(states=st.lists(st.sampled_from([*sorted(DECIDED), "waiting"]), min_size=1, max_size=7), data=st.data())
def test_order_does_not_matter_and_silence_never_completes(rule, states, data):
    people = signers(*states)
    result = outcome(rule, people)
    assert outcome(rule, data.draw(st.permutations(people))) == result
    assert (result == "waiting") == ("waiting" in states)


@pytest.mark.parametrize("rule", RULES)
def test_one_more_signature_never_spoils(rule):
    for states in itertools.product(sorted(DECIDED), repeat=3):
        if outcome(rule, signers(*states)) != "complete":
            continue
        for place, state in enumerate(states):
            better = [*states[:place], "signed", *states[place + 1:]]
            assert state in SIGNED or outcome(rule, signers(*better)) == "complete"
