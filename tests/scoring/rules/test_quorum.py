from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from scoring.rules.quorum import Share, has_quorum, parse_share, quorum_needed, vote_outcome

MEMBERS = [f"М{number}" for number in range(1, 12)]


@pytest.mark.parametrize(
    ("total", "share", "needed"),
    [
        (11, "2/3", 8),
        (9, "2/3", 6),
        (10, "2/3", 7),
        (1, "2/3", 1),
        (2, "2/3", 2),
        (10, "1/2", 5),
        (11, "1/2", 6),
        (10, "50 %", 5),
        (10, ">1/2", 6),
        (11, "более 50%", 6),
        (10, "66,7%", 7),
        (10, "100%", 10),
        (10, "1%", 1),
        (3, "1/1", 3),
    ],
)
def test_quorum_is_the_share_rounded_up(total, share, needed):
    assert quorum_needed(total, share) == needed
    assert has_quorum(needed, total, share)
    assert not has_quorum(needed - 1, total, share)


@pytest.mark.parametrize("text", ["", "2", "0/3", "0%", "3/2", "101%", "1/0", "две трети", "2/3/4", ">100%", "-1/2"])
def test_what_is_not_a_share_is_refused(text):
    with pytest.raises(Refused) as caught:
        parse_share(text)
    assert caught.value.code == "bad_share"


def test_share_is_exact():
    assert parse_share("66,7 %") == Share(Fraction(667, 1000))
    assert parse_share("> 2/3") == Share(Fraction(2, 3), strict=True)


@pytest.mark.parametrize(
    ("present", "total", "code"), [(5, 4, "bad_attendance"), (-1, 4, "bad_attendance"), (0, 0, "empty_body")]
)
def test_impossible_attendance_is_refused(present, total, code):
    with pytest.raises(Refused) as caught:
        has_quorum(present, total)
    assert caught.value.code == code


@given(st.integers(1, 200), st.integers(1, 30), st.integers(1, 30))
def test_needed_is_the_least_number_that_reaches_the_share(total, top, bottom):
    share = Share(Fraction(min(top, bottom), max(top, bottom)))
    needed = share.needed(total)
    assert Fraction(needed, total) >= share.part
    assert needed == 1 or Fraction(needed - 1, total) < share.part


def vote(given="", against="", abstain="", present=9, **more):
    """Votes by member numbers: vote("123", against="4")."""
    sides = {"for": given, "against": against, "abstain": abstain}
    votes = {f"М{number}": side for side, numbers in sides.items() for number in numbers}
    return vote_outcome(votes, entitled=MEMBERS, present=MEMBERS[:present], **more)


@pytest.mark.parametrize(
    ("base", "given", "against", "accepted", "needed"),
    [
        ("present", "12345", "6789", True, 5),
        ("present", "1234", "567", False, 5),
        ("all", "12345", "6789", False, 6),
        ("all", "123456", "", True, 6),
        ("cast", "123", "45", True, 3),
        ("cast", "12", "345", False, 3),
        ("present", "", "", False, 5),
        ("cast", "", "", False, 1),
    ],
)
def test_majority_is_of_the_named_base(base, given, against, accepted, needed):
    outcome = vote(given, against, base=base)
    assert (outcome.accepted, outcome.needed, outcome.by_casting_vote) == (accepted, needed, False)


def test_outcome_counts_everyone():
    outcome = vote("123456", "7", present=9)
    assert (outcome.votes_for, outcome.votes_against, outcome.abstained, outcome.not_cast) == (6, 1, 0, 2)
    assert (outcome.base_count, outcome.needed, outcome.accepted) == (9, 5, True)
    assert outcome.text == "за — 6, против — 1, воздержались — 0; принято"


@pytest.mark.parametrize(
    ("given", "against", "abstain", "more", "accepted", "casting"),
    [
        ("1234", "5678", "9", {"chair": "М1"}, True, True),
        ("2345", "1678", "9", {"chair": "М1"}, False, True),
        ("1234", "5678", "9", {"chair": "М9"}, False, False),
        ("1234", "5678", "9", {"chair": "М10"}, False, False),
        ("1234", "5678", "9", {"chair": None}, False, False),
        ("1234", "5678", "9", {"chair": "М1", "casting_vote": False}, False, False),
        ("1234", "567", "89", {"chair": "М1"}, False, False),
        ("1234", "5678", "9", {"chair": "М1", "majority": "2/3"}, False, False),
        ("1234", "5678", "9", {"chair": "М1", "base": "all"}, True, True),
        ("1234", "5678", "9", {"chair": "М1", "base": "cast"}, True, True),
        ("1", "2", "", {"chair": "М1"}, True, True),
        ("", "", "123456789", {"chair": "М1"}, False, False),
    ],
)
def test_chair_decides_only_an_exact_tie(given, against, abstain, more, accepted, casting):
    outcome = vote(given, against, abstain, **more)
    assert (outcome.accepted, outcome.by_casting_vote) == (accepted, casting)
    assert outcome.text.endswith("решающий голос председательствующего") == casting


@pytest.mark.parametrize(
    ("votes", "more", "code"),
    [
        ({"М10": "for"}, {}, "vote_of_absent"),
        ({"Х": "for"}, {}, "vote_of_absent"),
        ({"М1": "yes"}, {}, "unknown_vote"),
        ({}, {"base": "some"}, "unknown_base"),
        ({}, {"entitled": []}, "empty_body"),
        ({}, {"present": ["Х"]}, "stranger_present"),
    ],
)
def test_impossible_vote_is_refused(votes, more, code):
    with pytest.raises(Refused) as caught:
        vote_outcome(votes, **{"entitled": MEMBERS, "present": MEMBERS[:9], **more})
    assert caught.value.code == code


ballots = st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from(["for", "against", "abstain"]))
rules = st.fixed_dictionaries(
    {
        "base": st.sampled_from(["present", "all", "cast"]),
        "chair": st.sampled_from(MEMBERS),
        "casting_vote": st.booleans(),
    }
)


@given(ballots, rules)
def test_counts_add_up_and_the_chair_only_breaks_ties(votes, more):
    outcome = vote_outcome(votes, entitled=MEMBERS, present=MEMBERS, **more)
    counted = outcome.votes_for + outcome.votes_against + outcome.abstained + outcome.not_cast
    assert counted == len(MEMBERS)
    if outcome.by_casting_vote:
        assert outcome.votes_for == outcome.votes_against
    else:
        assert outcome.accepted == (outcome.votes_for >= outcome.needed)


@given(ballots, rules, st.sampled_from(MEMBERS))
def test_one_more_vote_for_never_undoes_a_majority(votes, more, member):
    before = vote_outcome(votes, entitled=MEMBERS, present=MEMBERS, **more)
    after = vote_outcome({**votes, member: "for"}, entitled=MEMBERS, present=MEMBERS, **more)
    assert after.accepted or not before.accepted or before.by_casting_vote


def test_casting_vote_needs_the_tie_even_where_abstentions_keep_a_majority_away():
    assert vote("123", "456", "789", chair="М1").accepted
    assert not vote("1234", "56", "789", chair="М1").accepted


@given(ballots, st.randoms(use_true_random=False))
def test_order_of_votes_does_not_matter(votes, random):
    shuffled = dict(random.sample(sorted(votes.items()), len(votes)))
    assert vote_outcome(shuffled, entitled=MEMBERS, present=MEMBERS) == vote_outcome(
        votes, entitled=MEMBERS, present=MEMBERS
    )
