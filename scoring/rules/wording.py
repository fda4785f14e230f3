"""The summary in Russian words. The table itself holds codes only, so that new wording never changes its bytes."""

from collections.abc import Mapping
from typing import Any

from scoring.rules.marks import AGGREGATION_LABELS, MISSING_LABELS, NOT_ASSESSED_LABELS
from scoring.rules.numbers import show
from scoring.rules.ranking import SHARED_LABELS, TIE_BREAK_LABELS, tie_note
from scoring.rules.scheme import DIRECTIONS
from scoring.rules.table import STATUSES

PROBLEMS = {
    "no_theory": "нет результата теории",
    "too_few_sheets": "учтено листов меньше установленного числа",
    "unfinished_sheets": "есть незавершённые листы: сдайте их или замените эксперта",
    "no_consensus": "эксперты не пришли к общей оценке",
}


def row_note(row: Mapping[str, Any]) -> str:
    """Return the «Примечание» of a row of the summary: why no place, or how a tie was broken."""
    status = row["status"]
    if status == "ranked":
        tie = row["tie"]
        return tie_note(tie["rules"], tie["unresolved"], tie["shared"], tie["basis"])
    if status == "below_threshold":
        return "не набран порог теории"
    if status == "incomplete":
        return "итог не подведён"
    return STATUSES[status] + (f": {row['reason']}" if row["reason"] else "")


def problem_text(problem: Mapping[str, Any]) -> str:
    """Return one problem of the summary as a sentence."""
    module = f", модуль {problem['module']}" if problem["module"] else ""
    return f"{problem['participant']}{module}: {PROBLEMS[problem['code']]}."


def rules_text(rules: Mapping[str, Any], direction: str) -> list[str]:
    """Return the declared rules (full, as in normal inputs) as sentences for the foot of the table."""
    chain = ", затем ".join(TIE_BREAK_LABELS[name] for name in rules["tie_break"])
    weight = rules["theory_weight"]
    theory = f"теория с весом {show(weight)} плюс практика" if weight else "только практика"
    sentences = [
        f"Оценки экспертов сводятся так: {AGGREGATION_LABELS[rules['aggregation']]}.",
        "Округление один раз, в конце, до 0,01, половина вверх.",
        f"Итоговый балл: {theory}; {DIRECTIONS[direction]}.",
        f"При равенстве баллов: {chain}; затем решает комиссия." if chain else "При равенстве баллов решает комиссия.",
        f"Общие места: {SHARED_LABELS[rules['shared_places']]}.",
        f"Показатель, который эксперт не оценивал: {NOT_ASSESSED_LABELS[rules['not_assessed']]}.",
        f"Если листа нет: {MISSING_LABELS[rules['missing_expert']]}, не меньше {rules['min_experts']}.",
    ]
    threshold = rules["theory_threshold_hundredths"]
    return sentences + ([f"Порог теории: {show(threshold)}."] if threshold else [])
