"""The rehearsal's own arithmetic, by hand."""

import random

import pytest

from rehearsal import questions, scheme
from rehearsal.oracle import Oracle

FULL = {"A1.1": {"m": "yes"}, "A1.2": {"m": "2,5"}, "B1.1": {"m": "3"}, "B1.2": {"m": "6"}, "B2.1": {"m": "3"},
        "B2.2": {"m": "0"}}


def oracle(*sheets: dict) -> Oracle:
    made = Oracle()
    for number, sheet in enumerate(sheets):
        for module in scheme.MODULES:
            made.marked("У-1", module, f"эксперт {number}", sheet)
    return made


def test_best_answers_earn_everything():
    made = Oracle()
    for index, question in enumerate(questions.BANK):
        made.answered("У-1", index, question.best())
    assert made.theory("У-1") == 4000


@pytest.mark.parametrize(
    ("kind", "answer", "earned"),
    [
        ("single", "азот", 0),
        ("multiple", ("краги",), 160),
        ("multiple", ("краги", "лёгкие кроссовки"), 0),
        ("yes_no", "Неверно", 500),
        ("numeric", "3", 800),
        ("numeric", "3,1", 0),
        ("short", "Шаблон", 900),
        ("ordering", questions.BANK[4].items[1:] + questions.BANK[4].items[:1], 0),
        ("matching", questions.BANK[3].pairs | {"подрез": "полость с газом"}, 533),
    ],
)
def test_points_of_an_answer(kind, answer, earned):
    question = next(one for one in questions.BANK if one.kind == kind)
    assert question.earned(answer) == earned


def test_full_marks_are_the_maximum():
    assert oracle(FULL).practice("У-1") == scheme.MAXIMUM * 100


def test_mean_of_experts_is_rounded_once():
    assert oracle(FULL, FULL, FULL | {"B2.1": {"m": "2"}}).practice("У-1") == 5889


def test_not_assessed_takes_the_mean_of_the_others():
    assert oracle(FULL | {"B1.1": {"x": "не было записи"}}, FULL | {"B1.1": {"m": "1"}}).practice("У-1") == 4800


def test_penalty_never_takes_a_module_below_nothing():
    worst = {"A1.1": {"m": "no"}, "A1.2": {"m": "2,5"}, "B1.1": {"m": "0"}, "B1.2": {"m": "8,5"}, "B2.1": {"m": "0"},
             "B2.2": {"m": "9", "n": "щиток"}}
    assert oracle(worst).practice("У-1") == 1200


def test_another_answer_earns_other_points():
    dice = random.Random(7)
    for question in questions.BANK:
        for _ in range(20):
            answer = question.answer(dice)
            assert question.earned(question.other(answer)) != question.earned(answer)


def test_marks_of_experts_stay_within_the_allowed_spread():
    dice = random.Random(3)
    for aspect in scheme.ASPECTS:
        for _ in range(50):
            points = [aspect.points(mark) for mark in aspect.marks(dice, 3)]
            limit = aspect.maximum / 3 if aspect.kind == "суждение 0–3" else aspect.maximum / 5
            assert max(points) - min(points) <= limit
