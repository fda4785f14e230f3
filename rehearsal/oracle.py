"""What the contest must come to, computed from nothing but the answers and marks that were sent."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from rehearsal import questions, scheme
from rehearsal.questions import Answer, hundredths
from rehearsal.scheme import Mark

Sheet = dict[str, Mark]  # marks by aspect


@dataclass(frozen=True)
class Row:
    """A line of the expected ranking; figures in hundredths."""

    place: int
    code: str
    theory: int
    practice: int

    @property
    def points(self) -> int:
        """The total."""
        return self.theory + self.practice


@dataclass
class Oracle:
    """Facts of one nomination, as sent. Sheets are keyed by participant's code, module, expert's name."""

    answers: dict[str, dict[int, Answer]] = field(default_factory=dict)
    sheets: dict[tuple[str, str, str], Sheet] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, code: str, question: int, answer: Answer) -> None:
        """The participant's last acknowledged answer to a question of the bank."""
        with self.lock:
            self.answers.setdefault(code, {})[question] = answer

    def marked(self, code: str, module: str, expert: str, sheet: Sheet) -> None:
        """The marks of a sheet as it was signed."""
        with self.lock:
            self.sheets[code, module, expert] = {key: dict(mark) for key, mark in sheet.items()}

    def theory(self, code: str) -> int:
        """Points of the paper, hundredths, brought to the maximum of the rules."""
        given = self.answers.get(code, {})
        return questions.counted(sum(questions.BANK[index].earned(answer) for index, answer in given.items()))

    def practice(self, code: str) -> int:
        """Module by module: mean over the signed sheets of points less penalties, never below nothing; rounded once."""
        total = Fraction(0)
        for module in scheme.MODULES:
            sheets = [sheet for key, sheet in sorted(self.sheets.items()) if key[:2] == (code, module)]
            total += _module(module, sheets)
        return hundredths(total)

    def ranking(self) -> list[Row]:
        """Best first; equal totals by practice points. Raises ValueError when even these are equal."""
        codes = sorted({code for code, _, _ in self.sheets})
        rows = sorted(((self.theory(code), self.practice(code), code) for code in codes),
                      key=lambda row: (-(row[0] + row[1]), -row[1]))
        if len({(theory + practice, practice) for theory, practice, _ in rows}) != len(rows):
            raise ValueError("a tie that the rules do not break")
        return [Row(place, code, theory, practice) for place, (theory, practice, code) in enumerate(rows, 1)]


def _module(module: str, sheets: Sequence[Sheet]) -> Fraction:
    if not sheets:
        return Fraction(0)
    totals = []
    for sheet in sheets:
        points = [_points(aspect, sheet[aspect.ident], sheets) for aspect in scheme.of_module(module)]
        totals.append(max(Fraction(0), sum(points, Fraction(0))))
    return sum(totals, Fraction(0)) / len(totals)


def _points(aspect: scheme.Aspect, mark: Mark, sheets: Sequence[Mapping[str, Mark]]) -> Fraction:
    """Points of a mark; where an expert did not assess, the mean of those who did."""
    own = aspect.points(mark)
    if own is not None:
        return own
    known = [given for sheet in sheets if (given := aspect.points(sheet[aspect.ident])) is not None]
    return sum(known, Fraction(0)) / len(known) if known else Fraction(0)
