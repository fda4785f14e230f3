from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.questions.base import Question
from exam.questions.registry import KINDS
from exam.rules.marking import Annulment, PaperMarks, QuestionMark, hundredths, mark_paper
from tests.exam.questions.samples import BODIES, RAW


def question(kind: str, points: str = "1") -> Question:
    return Question(kind=kind, name=kind, text=kind, body=BODIES[kind], points=Decimal(points))


PAPER = {
    "1": question("single", "2"),
    "2": question("matching"),
    "3": question("numeric", "1.5"),
    "4": question("open", "3"),
    "5": replace(question("description"), points=Decimal(0)),
}
ANSWERS = {
    "1": {"choice": "a1"},
    "2": {"pairs": {"l1": "r3", "l2": "r1"}},
    "3": {"number": "7"},
    "4": {"text": "Так"},
}


def test_paper_is_marked_in_hundredths_and_its_column_adds_up():
    assert mark_paper(PAPER, ANSWERS) == PaperMarks(
        marks=(
            QuestionMark("1", 200, 200, answered=True, wrong=False),
            QuestionMark("2", 67, 100, answered=True, wrong=False),
            QuestionMark("3", 0, 150, answered=True, wrong=True),
            QuestionMark("4", None, 300, answered=True, wrong=False),
            QuestionMark("5", 0, 0, answered=False, wrong=False),
        ),
        penalty=0,
        total=267,
        maximum=750,
        pending=("4",),
    )


def test_open_answer_gets_the_points_given_by_people():
    paper = mark_paper(PAPER, ANSWERS, given={"4": Decimal("2.25")})
    assert (paper.total, paper.pending) == (492, ())
    assert mark_paper(PAPER, ANSWERS, given={"4": Decimal(3)}).marks[3].earned == 300


def test_open_answer_without_text_is_marked_at_once():
    assert mark_paper(PAPER, {}).pending == ()


@pytest.mark.parametrize(
    ("points", "result"),
    [("0.005", 1), ("0.0049", 0), ("0.015", 2), ("0.6666", 67), ("1", 100), ("0", 0)],
)
def test_hundredths_round_half_up(points, result):
    assert hundredths(Decimal(points)) == result
    assert hundredths(Fraction(points)) == result


def test_each_question_is_rounded_once_before_the_sum():
    third = {"pairs": {"l1": "r3"}}
    paper = mark_paper({key: question("matching") for key in "abc"}, dict.fromkeys("abc", third))
    assert [mark.earned for mark in paper.marks] == [33, 33, 33]
    assert paper.total == 99


@pytest.mark.parametrize(
    ("penalty", "taken", "total"), [("0", 0, 267), ("0.25", 25, 242), ("0.005", 1, 266), ("5", 500, 0)]
)
def test_penalty_for_a_wrong_answer(penalty, taken, total):
    paper = mark_paper(PAPER, ANSWERS, wrong_penalty=Decimal(penalty))
    assert (paper.penalty, paper.total) == (taken, total)


def test_penalty_is_not_for_missing_and_partly_right_answers():
    answers = {"1": {"choice": "a3"}, "2": None}
    assert mark_paper(PAPER, answers, wrong_penalty=Decimal(1)).penalty == 0


def test_penalty_is_for_an_open_answer_given_nothing():
    assert mark_paper(PAPER, {"4": {"text": "?"}}, given={"4": Decimal(0)}, wrong_penalty=Decimal(1)).penalty == 100


def test_annulled_question_gives_points_to_all():
    paper = mark_paper(PAPER, {}, annulled={"3": Annulment.POINTS_TO_ALL}, wrong_penalty=Decimal(1))
    assert (paper.total, paper.maximum) == (150, 750)


def test_annulled_question_leaves_the_maximum():
    paper = mark_paper(PAPER, ANSWERS, annulled={"1": Annulment.OUT_OF_MAXIMUM, "3": Annulment.OUT_OF_MAXIMUM})
    assert (paper.total, paper.maximum) == (67, 400)
    assert paper.marks[2] == QuestionMark("3", 0, 0, True, False, Annulment.OUT_OF_MAXIMUM)


def test_annulled_open_question_waits_for_nobody():
    assert mark_paper(PAPER, ANSWERS, annulled={"4": Annulment.POINTS_TO_ALL}).pending == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"answers": {"9": None}},
        {"annulled": {"9": Annulment.POINTS_TO_ALL}},
        {"given": {"4": Decimal("3.01")}},
        {"given": {"4": Decimal("-1")}},
        {"wrong_penalty": Decimal("-0.1")},
    ],
)
def test_what_does_not_fit_the_paper_is_refused(wrong):
    with pytest.raises(ValueError):
        mark_paper(PAPER, **{"answers": ANSWERS, **wrong})


@given(data=st.data())
def test_total_is_bounded_and_does_not_depend_on_the_order_of_questions(data):
    kinds = data.draw(st.lists(st.sampled_from([name for name in sorted(BODIES) if KINDS[name].scored]), max_size=6))
    paper = {str(at): question(kind, str(data.draw(st.decimals("0.01", 5, places=2)))) for at, kind in enumerate(kinds)}
    answers = {key: KINDS[one.kind].parse_answer(one.body, data.draw(RAW[one.kind])) for key, one in paper.items()}
    penalty = data.draw(st.decimals(0, 1, places=3))
    marked = mark_paper(paper, answers, wrong_penalty=penalty)
    assert 0 <= marked.total <= marked.maximum
    assert marked.total == max(0, sum(mark.earned or 0 for mark in marked.marks) - marked.penalty)
    mixed = mark_paper(dict(data.draw(st.permutations(list(paper.items())))), answers, wrong_penalty=penalty)
    assert (mixed.total, mixed.maximum, mixed.penalty) == (marked.total, marked.maximum, marked.penalty)
