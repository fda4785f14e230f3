import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refused
from scoring.recalc import check_document, document, document_bytes, main, summary
from scoring.rules.canonical import canonical_bytes, parse, sha256_hex
from scoring.rules.table import normal
from tests.scoring.schemes import LOOK, PLACE, SAFETY, fine, inputs, marks, module, participant, scheme, sheet

EXPERTS = ("Э1", "Э2", "Э3")
UNSEEN = {"not_assessed": "не было видно"}


def contest(**rules):
    """Three participants in a clear order, one who did not come, one who was removed."""
    sheets = [sheet(expert, "У-01", marks(level=level)) for expert, level in zip(EXPERTS, (3, 3, 2), strict=True)]
    sheets += [sheet(expert, "У-02", marks(size=301)) for expert in EXPERTS]
    sheets += [sheet(expert, "У-03", marks(safety=1)) for expert in EXPERTS]
    people = [participant("У-01"), participant("У-02", 3500), participant("У-03", time_seconds=3432)]
    people += [participant("У-04", None, status="absent"), participant("У-05", status="removed", reason="акт № 2")]
    return inputs(*people, sheets=sheets, **rules)


def row(table, code):
    return next(one for one in table["rows"] if one["code"] == code)


def short(table):
    return [(one["code"], one["total_hundredths"], one["place"]) for one in table["rows"]]


def test_worked_example():
    table = summary(contest())
    assert short(table) == [
        ("У-02", 5300, 1),
        ("У-01", 4944, 2),
        ("У-03", 4500, 3),
        ("У-04", None, None),
        ("У-05", None, None),
    ]
    assert [one["number"] for one in table["rows"]] == [1, 2, 3, 4, 5]
    assert (table["experts"], table["ties"], table["problems"]) == (list(EXPERTS), [], [])
    assert table["practice_max_hundredths"] == 2000


def test_row_carries_all_columns():
    assert row(summary(contest()), "У-03") == {
        "number": 3,
        "code": "У-03",
        "status": "ranked",
        "reason": "",
        "theory_hundredths": 3000,
        "time_seconds": 3432,
        "experts": [
            {"expert": name, "points_hundredths": 2000, "penalty_hundredths": 500, "total_hundredths": 1500}
            for name in EXPERTS
        ],
        "practice_mean_hundredths": 2000,
        "penalty_hundredths": 500,
        "safety_hundredths": 500,
        "practice_hundredths": 1500,
        "total_hundredths": 4500,
        "place": 3,
        "tie": {"rules": [], "unresolved": False, "shared": False, "basis": ""},
    }


def test_rounding_happens_once_at_the_end():
    # 5 * 1/3 + 5 * 2/3 + 5 = 10 of three experts is exactly 10/3; rounding each expert first would give 3.33 + 0.01.
    sheets = [sheet(name, "У-01", marks(False, 900, level)) for name, level in zip(EXPERTS, (1, 2, 3), strict=True)]
    one = row(summary(inputs(participant("У-01", 0), sheets=sheets)), "У-01")
    assert [expert["points_hundredths"] for expert in one["experts"]] == [167, 333, 500]
    assert one["practice_hundredths"] == 333


def test_half_a_hundredth_goes_up():
    base = module(PLACE)
    two = scheme(module(base.criteria[0].aspects[0].__class__("1.1", "Место", "yes_no", {}, 5)))
    given_inputs = inputs(
        participant("У-01", 0),
        sheets=[sheet(name, "У-01", {"1.1": {"yes": yes}}) for name, yes in (("Э1", True), ("Э2", False))],
    )
    table = summary({**given_inputs, "scheme": two.to_dict()})
    assert row(table, "У-01")["practice_hundredths"] == 3


@pytest.mark.parametrize(("aggregation", "practice"), [("mean", 1889), ("median", 2000), ("trimmed", 1889)])
def test_aggregation_is_a_rule(aggregation, practice):
    sheets = [sheet(name, "У-01", marks(level=level)) for name, level in zip(EXPERTS, (3, 1, 3), strict=True)]
    table = summary(inputs(participant("У-01"), sheets=sheets, aggregation=aggregation))
    assert row(table, "У-01")["practice_hundredths"] == practice


def test_no_consensus_is_a_problem_not_a_place():
    sheets = [sheet(name, "У-01", marks(level=level)) for name, level in zip(EXPERTS, (3, 1, 3), strict=True)]
    table = summary(inputs(participant("У-01"), sheets=sheets, aggregation="consensus"))
    assert table["problems"] == [{"code": "no_consensus", "participant": "У-01", "module": "A"}]
    assert (row(table, "У-01")["status"], row(table, "У-01")["place"]) == ("incomplete", None)


def test_theory_weight_counts():
    table = summary(contest(theory_weight=50))
    assert row(table, "У-02")["total_hundredths"] == 1750 + 1800


def test_theory_can_be_left_out():
    people = [participant("У-01", None)]
    assert (
        row(summary(inputs(*people, sheets=[sheet("Э1", "У-01")], theory_weight=0)), "У-01")["total_hundredths"] == 2000
    )


@pytest.mark.parametrize(("threshold", "status"), [(3000, "ranked"), (3001, "below_threshold")])
def test_threshold_of_theory(threshold, status):
    table = summary(contest(theory_threshold_hundredths=threshold))
    assert row(table, "У-01")["status"] == status
    assert row(table, "У-01")["total_hundredths"] == 4944
    assert (row(table, "У-01")["place"] is None) == (status == "below_threshold")


def test_no_theory_is_a_problem():
    table = summary(inputs(participant("У-01", None), sheets=[sheet("Э1", "У-01")]))
    assert table["problems"] == [{"code": "no_theory", "participant": "У-01", "module": ""}]


@pytest.mark.parametrize(
    ("states", "rules", "problem"),
    [
        (("signed", "signed", "in_progress"), {}, "unfinished_sheets"),
        (("signed", "signed", "submitted"), {}, "unfinished_sheets"),
        (("signed", "signed", "in_progress"), {"missing_expert": "present", "min_experts": 2}, None),
        (("signed", "signed", "in_progress"), {"missing_expert": "present", "min_experts": 3}, "too_few_sheets"),
        (("signed", "included", "recused"), {}, None),
        (("signed", "signed", "unfinished"), {}, None),
        (("recused", "unfinished", "annulled"), {}, "too_few_sheets"),
    ],
)
def test_missing_sheets_are_told(states, rules, problem):
    sheets = [sheet(name, "У-01", state=state) for name, state in zip(EXPERTS, states, strict=True)]
    table = summary(inputs(participant("У-01"), sheets=sheets, **rules))
    assert [one["code"] for one in table["problems"]] == ([problem] if problem else [])
    assert row(table, "У-01")["place"] == (None if problem else 1)


def test_those_who_did_not_take_part_are_listed_with_the_reason():
    table = summary(contest())
    assert [(one["status"], one["reason"], one["place"]) for one in table["rows"][3:]] == [
        ("absent", "", None),
        ("removed", "акт № 2", None),
    ]
    assert row(table, "У-05")["theory_hundredths"] == 3000


def test_unassessed_aspect_follows_the_rule():
    sheets = [sheet("Э1", "У-01", {**marks(), "2.1": UNSEEN}), sheet("Э2", "У-01", marks(level=0))]
    practice = {
        rule: row(summary(inputs(participant("У-01"), sheets=sheets, not_assessed=rule)), "У-01")["practice_hundredths"]
        for rule in ("others", "zero")
    }
    assert practice == {"others": 1500, "zero": 1500}
    sheets[1] = sheet("Э2", "У-01", marks(level=3))
    table = summary(inputs(participant("У-01"), sheets=sheets))
    assert row(table, "У-01")["practice_hundredths"] == 2000


def test_tie_goes_to_the_commission_and_comes_back_resolved():
    tied = inputs(
        participant("У-01"),
        participant("У-02"),
        participant("У-03", 100),
        sheets=[sheet("Э1", code) for code in ("У-01", "У-02", "У-03")],
    )
    table = summary(tied)
    assert table["ties"] == [["У-01", "У-02"]]
    assert [one["place"] for one in table["rows"]] == [1, 1, 3]
    word = {"kind": "order", "codes": ["У-02", "У-01"], "basis": "протокол № 4, вопрос 2"}
    table = summary({**tied, "resolutions": [word]})
    assert table["ties"] == []
    assert [(one["code"], one["place"], one["tie"]["basis"]) for one in table["rows"]] == [
        ("У-02", 1, word["basis"]),
        ("У-01", 2, word["basis"]),
        ("У-03", 3, ""),
    ]


def test_several_modules_are_joined_one_by_one():
    two = scheme(module(PLACE), module(LOOK, SAFETY, module_id="B"))
    look = {"2.1": {"level": 3}, "3.1": fine(2)}
    sheets = [sheet("Э1", "У-01", {"1.1": {"yes": True}}), sheet("Э2", "У-01", look, module="B")]
    table = summary({**inputs(participant("У-01", 0), sheets=sheets), "scheme": two.to_dict()})
    one = row(table, "У-01")
    assert (one["practice_mean_hundredths"], one["penalty_hundredths"], one["practice_hundredths"]) == (1000, 500, 500)
    assert one["safety_hundredths"] == 1000
    assert [expert["total_hundredths"] for expert in one["experts"]] == [500, 0]


def test_penalties_alone_where_less_is_better():
    less = scheme(module(SAFETY), direction="less")
    sheets = [sheet("Э1", "У-01", {"3.1": fine(2)}), sheet("Э1", "У-02", {"3.1": fine(1)})]
    given_inputs = inputs(participant("У-01", None), participant("У-02", None), sheets=sheets, theory_weight=0)
    assert short(summary({**given_inputs, "scheme": less.to_dict()})) == [("У-02", 500, 1), ("У-01", 1000, 2)]


def test_summary_names_its_inputs():
    table = summary(contest())
    assert table["inputs_sha256"] == sha256_hex(normal(contest()))
    assert table["scheme_sha256"] == scheme().sha256()


@settings(max_examples=30)
@given(st.data())
def test_order_of_the_input_does_not_matter(data):
    cells = st.builds(marks, st.booleans(), st.integers(190, 360), st.integers(0, 3), st.integers(0, 2))
    people = [participant(f"У-{number}", data.draw(st.integers(0, 3))) for number in range(4)]
    sheets = [sheet(name, one["code"], data.draw(cells)) for one in people for name in EXPERTS[:2]]
    first = document_bytes(inputs(*people, sheets=sheets))
    random.Random(data.draw(st.integers(0, 99))).shuffle(people)
    random.Random(data.draw(st.integers(0, 99))).shuffle(sheets)
    assert document_bytes(inputs(*people, sheets=sheets)) == first


@settings(max_examples=30)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2))
def test_better_mark_never_lowers_the_place(level, better, fines):
    def place(mine):
        sheets = [sheet("Э1", "У-01", marks(level=mine, safety=fines)), sheet("Э1", "У-02", marks(level=2, safety=1))]
        return row(summary(inputs(participant("У-01"), participant("У-02"), sheets=sheets)), "У-01")["place"]

    assert place(max(level, better)) <= place(level)


def test_document_is_equal_to_itself():
    assert check_document(document_bytes(contest())) == []


def test_document_embeds_the_normal_inputs():
    made = document(contest())
    assert sorted(made) == ["inputs", "schema", "summary"]
    assert sha256_hex(made["inputs"]) == made["summary"]["inputs_sha256"]


def altered(path, value):
    data = parse(document_bytes(contest()))
    target = data
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return canonical_bytes(data)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (["summary", "rows", 0, "place"], 2, "строка 1, place: вычислено 1, записано 2"),
        (["summary", "rows", 0, "total_hundredths"], 5301, "строка 1, total_hundredths: вычислено 5300, записано 5301"),
        (["summary", "rows", 0, "extra"], None, "строка 1, extra: вычислено None, записано None"),
        (["summary", "rows", 0], 5, "строка 1"),
        (["summary", "rows"], [], "число строк"),
        (["summary", "direction"], "less", "поле «direction»"),
        (["summary"], "нет", "вместо таблицы записано другое"),
        (["summary", "schema"], True, "поле «schema»"),
    ],
)
def test_altered_table_is_found(path, value, told):
    assert told in check_document(altered(path, value))


def test_altered_mark_is_found():
    changed = altered(["inputs", "sheets", 0, "marks", "2.1", "level"], 0)
    assert any("У-01" in told or "total_hundredths" in told for told in check_document(changed))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        altered(["schema"], 2),
        altered(["schema"], True),
        altered(["extra"], 1),
        altered(["inputs"], None),
        altered(["inputs", "sheets", 0, "participant"], "У-99"),
    ],
)
def test_what_cannot_be_computed_is_refused(data):
    with pytest.raises(Refused):
        check_document(data)


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (document_bytes(contest()), 0, "совпадает байт в байт"),
        (json.dumps(parse(document_bytes(contest())), indent=1).encode(), 0, "переформатирован"),
        (altered(["summary", "rows", 0, "place"], 2), 1, "НЕ совпадает"),
        (b"{", 2, "Проверить нельзя"),
        (b" " * (20 * 1024 * 1024 + 1), 2, "больше 20 МБ"),
    ],
)
def test_command_says_what_it_found(tmp_path, capsys, data, code, words):
    file = tmp_path / "таблица.json"
    file.write_bytes(data)
    assert main([str(file)]) == code
    told = capsys.readouterr()
    assert words in told.out + told.err


def test_command_prints_places_and_notes(tmp_path, capsys):
    file = tmp_path / "table.json"
    file.write_bytes(document_bytes({**contest(), "sheets": contest()["sheets"][:6]}))
    assert main([str(file)]) == 0
    told = capsys.readouterr().out
    assert "1\tУ-02\t53\n" in told
    assert "—\tУ-05\t—\tснят: акт № 2\n" in told
    assert "Не хватает: У-03, модуль A: учтено листов меньше установленного числа." in told


def test_command_needs_one_readable_file(tmp_path, capsys):
    assert main([]) == 2
    assert main([str(tmp_path / "missing.json")]) == 2
    assert main([str(tmp_path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_command_runs_without_flask_or_database(tmp_path):
    file = tmp_path / "table.json"
    file.write_bytes(document_bytes(contest()))
    guard = (
        "import sys, runpy\n"
        "for name in ('flask', 'sqlalchemy', 'core.clock', 'core.db'): sys.modules[name] = None\n"
        f"sys.argv = ['recalc', {str(file)!r}]\n"
        "runpy.run_module('scoring.recalc', run_name='__main__')\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", guard], cwd=root, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
