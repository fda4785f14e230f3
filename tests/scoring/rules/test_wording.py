import pytest

from scoring.rules.table import DEFAULT_RULES
from scoring.rules.wording import problem_text, row_note, rules_text

NO_TIE = {"rules": [], "unresolved": False, "shared": False, "basis": ""}


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ({"status": "ranked", "reason": "", "tie": NO_TIE}, ""),
        ({"status": "ranked", "reason": "", "tie": {**NO_TIE, "unresolved": True}}, "равенство баллов не разрешено"),
        ({"status": "absent", "reason": "", "tie": NO_TIE}, "не явился"),
        ({"status": "removed", "reason": "акт № 2", "tie": NO_TIE}, "снят: акт № 2"),
        ({"status": "below_threshold", "reason": "", "tie": NO_TIE}, "не набран порог теории"),
        ({"status": "incomplete", "reason": "", "tie": NO_TIE}, "итог не подведён"),
    ],
)
def test_row_is_explained(row, note):
    assert row_note(row) == note


def test_problem_is_a_sentence():
    assert problem_text({"code": "no_theory", "participant": "У-01", "module": ""}) == "У-01: нет результата теории."
    problem = {"code": "too_few_sheets", "participant": "У-01", "module": "A"}
    assert problem_text(problem) == "У-01, модуль A: учтено листов меньше установленного числа."


def test_rules_are_printed():
    text = " ".join(rules_text(DEFAULT_RULES, "more"))
    assert "теория с весом 1 плюс практика; больше — лучше" in text
    assert "баллы за практику, затем меньше штрафов" in text
    assert "Порог" not in text


def test_threshold_and_bare_practice_are_printed():
    rules = {**DEFAULT_RULES, "theory_weight": 0, "theory_threshold_hundredths": 2800, "tie_break": []}
    text = " ".join(rules_text(rules, "less"))
    assert "только практика; меньше — лучше" in text
    assert "При равенстве баллов решает комиссия. " in text
    assert text.endswith("Порог теории: 28.")
