import pytest

from core.errors import Refused
from scoring.rules.canonical import canonical_bytes
from scoring.rules.table import DEFAULT_RULES, Rules, normal, read_inputs
from tests.scoring.schemes import inputs, marks, module, participant, scheme, sheet

SHEETS = [sheet("Э1", "У-01"), sheet("Э2", "У-01"), sheet("Э1", "У-02")]
GOOD = inputs(participant("У-01"), participant("У-02"), sheets=SHEETS)


def refusal(given):
    with pytest.raises(Refused) as caught:
        read_inputs(normal(given))
    return caught.value.code


def test_normal_form_has_one_order_and_full_rules():
    shuffled = {**GOOD, "participants": GOOD["participants"][::-1], "sheets": GOOD["sheets"][::-1]}
    del shuffled["resolutions"]
    assert canonical_bytes(normal(shuffled)) == canonical_bytes(normal(GOOD))
    assert normal(GOOD)["rules"] == DEFAULT_RULES
    assert normal(normal(GOOD)) == normal(GOOD)


def test_sheets_alike_in_everything_but_marks_have_one_order():
    old = [sheet("Э1", "У-01", marks(level=level), state="annulled") for level in (0, 1, 2)]
    one, other = ({**GOOD, "sheets": [*given, *SHEETS]} for given in (old, old[::-1]))
    assert canonical_bytes(normal(one)) == canonical_bytes(normal(other))


def test_rules_are_read():
    assert read_inputs(normal({**GOOD, "rules": {"aggregation": "median", "theory_weight": 0}})).rules == Rules(
        aggregation="median",
        missing_expert="block",
        min_experts=1,
        not_assessed="others",
        tie_break=("practice_points", "fewer_safety_penalties", "theory_points", "less_time"),
        shared_places="skip",
        theory_weight=0,
        theory_threshold=0,
    )


@pytest.mark.parametrize(
    "rules",
    [
        {"aggregation": "best"},
        {"missing_expert": "guess"},
        {"min_experts": 0},
        {"not_assessed": "max"},
        {"tie_break": ["surname"]},
        {"tie_break": "less_time"},
        {"tie_break": [5]},
        {"shared_places": 1},
        {"theory_weight": -1},
        {"theory_weight": 0.4},
        {"theory_threshold_hundredths": "70"},
        {"bonus": 1},
        [],
    ],
)
def test_bad_rules_are_refused(rules):
    refusal({**GOOD, "rules": rules})


def test_theory_does_not_enter_where_less_is_better():
    less = {**GOOD, "scheme": scheme(direction="less").to_dict()}
    assert refusal(less) == "theory_in_less_is_better"
    read_inputs(normal({**less, "rules": {"theory_weight": 0}}))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"participants": GOOD["participants"] * 2}, "repeated"),
        ({"sheets": [SHEETS[0], SHEETS[0]]}, "repeated"),
        ({"sheets": [sheet("Э1", "У-99")]}, "unknown_participant"),
        ({"sheets": [sheet("Э1", "У-01", module="Б")]}, "unknown_module"),
        ({"sheets": [sheet("Э1", "У-01", {})]}, "marks_missing"),
        ({"sheets": [sheet("Э1", "У-01", {**marks(), "1.1": True})]}, "bad_data"),
        ({"sheets": [sheet("Э1", "У-01", {**marks(), "1.1": {"yes": 1}})]}, "mark_invalid"),
        ({"sheets": [sheet("Э1", "У-01", state="lost")]}, "bad_data"),
        ({"sheets": [5]}, "bad_data"),
        ({"sheets": None}, "bad_data"),
        ({"participants": [participant("У-01", status="late"), participant("У-02")]}, "bad_data"),
        ({"participants": [participant("У-01", theory=1.5), participant("У-02")]}, "not_canonical"),
        ({"participants": [participant("У-01", time_seconds=-1), participant("У-02")]}, "bad_data"),
        ({"participants": [participant(""), participant("У-02")]}, "bad_data"),
        ({"participants": [participant("У-01", name="Иванов"), participant("У-02")]}, "bad_data"),
        ({"resolutions": [{}]}, "bad_data"),
        ({"scheme": None}, "bad_data"),
        ({"scheme": {**scheme().to_dict(), "max_hundredths": 1}}, "bad_scheme"),
        ({"extra": 1}, "bad_data"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(change, code):
    assert refusal({**GOOD, **change}) == code


def test_marks_of_a_sheet_that_does_not_count_are_not_checked():
    draft = sheet("Э3", "У-01", {"1.1": {"yes": True}}, state="in_progress")
    old = sheet("Э1", "У-01", {}, state="annulled")
    read = read_inputs(normal({**GOOD, "sheets": [*SHEETS, draft, old]}))
    assert [one.counts for one in read.sheets].count(False) == 2


def test_two_modules_give_two_sheets():
    two = scheme(
        module(*scheme().modules[0].criteria[0].aspects[:1]),
        module(*scheme().modules[0].criteria[0].aspects[1:], module_id="B"),
    )
    first = {"1.1": {"yes": True}}
    second = {key: mark for key, mark in marks().items() if key != "1.1"}
    given = {
        **GOOD,
        "scheme": two.to_dict(),
        "sheets": [sheet("Э1", "У-01", first), sheet("Э1", "У-01", second, module="B")],
    }
    assert [one.module for one in read_inputs(normal(given)).sheets] == ["A", "B"]
