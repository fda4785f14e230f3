"""Points of a paper from its questions and answers.

Rounding: every question is counted exactly (fractions) and rounded once, half up, to hundredths of a point; the total
is the sum of these integers, so a protocol's column always adds up to its total. The penalty for wrong answers is
rounded the same way, once, and the total never falls below nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

from exam.questions.base import Answer, Question
from exam.questions.registry import KINDS


class Annulment(StrEnum):
    """What became of an annulled question (exam.md §1)."""

    POINTS_TO_ALL = "points_to_all"
    OUT_OF_MAXIMUM = "out_of_maximum"


@dataclass(frozen=True)
class QuestionMark:
    """One line of a paper, in hundredths of a point. `earned` is None while people have yet to mark it."""

    question: str
    earned: int | None
    maximum: int
    answered: bool
    wrong: bool
    annulled: Annulment | None = None


@dataclass(frozen=True)
class PaperMarks:
    """A marked paper, in hundredths of a point. The total is final only when nothing is `pending`."""

    marks: tuple[QuestionMark, ...]
    penalty: int
    total: int
    maximum: int
    pending: tuple[str, ...]


def mark_paper(
    questions: Mapping[str, Question],
    answers: Mapping[str, Answer],
    *,
    annulled: Mapping[str, Annulment] | None = None,
    given: Mapping[str, Decimal] | None = None,
    wrong_penalty: Decimal = Decimal(0),
) -> PaperMarks:
    """Mark a paper.

    questions: by the key under which the paper knows them, in the paper's order. answers: parsed answers by the same
    keys; a missing one is no answer. annulled: what was decided on annulled questions. given: points (not hundredths)
    given by people for open answers.
    wrong_penalty: points taken for each answered question that earned nothing; an open answer given 0 by people counts
    as wrong too. Refuses (ValueError) an unknown key, points given outside 0…maximum, a negative penalty.
    """
    annulled, given = annulled or {}, given or {}
    _check(questions, answers, annulled, given, wrong_penalty)
    marks = tuple(
        _mark_one(key, question, answers.get(key), annulled.get(key), given.get(key))
        for key, question in questions.items()
    )
    penalty = hundredths(Fraction(wrong_penalty) * sum(mark.wrong for mark in marks))
    return PaperMarks(
        marks=marks,
        penalty=penalty,
        total=max(0, sum(mark.earned or 0 for mark in marks) - penalty),
        maximum=sum(mark.maximum for mark in marks),
        pending=tuple(mark.question for mark in marks if mark.earned is None),
    )


def hundredths(points: Fraction | Decimal) -> int:
    """Points as integer hundredths, rounded half up (towards more points). Not for negative numbers."""
    return floor(Fraction(points) * 100 + Fraction(1, 2))


def _mark_one(
    key: str, question: Question, answer: Answer, annulment: Annulment | None, given: Decimal | None
) -> QuestionMark:
    full, answered = hundredths(question.points), answer is not None
    if annulment is Annulment.OUT_OF_MAXIMUM:
        return QuestionMark(key, 0, 0, answered, False, annulment)
    if annulment is Annulment.POINTS_TO_ALL:
        return QuestionMark(key, full, full, answered, False, annulment)
    exact = KINDS[question.kind].mark(question.body, answer, question.points)
    if exact is None and given is not None:
        exact = Fraction(given)
    earned = None if exact is None else hundredths(exact)
    return QuestionMark(key, earned, full, answered, wrong=answered and exact == 0)


def _check(
    questions: Mapping[str, Question],
    answers: Mapping[str, Answer],
    annulled: Mapping[str, Annulment],
    given: Mapping[str, Decimal],
    wrong_penalty: Decimal,
) -> None:
    strange = (answers.keys() | annulled.keys() | given.keys()) - questions.keys()
    if strange:
        raise ValueError(f"not in this paper: {', '.join(sorted(strange))}")
    for key, points in given.items():
        if not 0 <= points <= questions[key].points:
            raise ValueError(f"points given for {key} are outside 0…{questions[key].points}")
    if wrong_penalty < 0:
        raise ValueError("a penalty is not negative")
