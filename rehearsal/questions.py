"""The rehearsal's own bank: what is uploaded as GIFT, how a participant answers, and how many points that earns.

The knowledge of the keys is here, not in the service. Points are exact fractions, rounded once per question.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any

Answer = Any  # in words: a text, a tuple of texts, a mapping of texts, None


def hundredths(points: Fraction) -> int:
    """Whole hundredths, half up."""
    return floor(points * 100 + Fraction(1, 2))


@dataclass(frozen=True)
class Question:
    """One question: `weights` by text of the option (or `pairs`, `items`, `number`), `wrong` are answers in words."""

    kind: str
    text: str
    points: int
    gift: str
    weights: Mapping[str, int] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    number: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    words: tuple[str, ...] = ()

    def block(self, index: int) -> str:
        """The question in GIFT."""
        notes = f"// points: {self.points}\n" + ("// unit: мм\n" if self.kind == "numeric" else "")
        return f"{notes}::Вопрос {index}:: {self.text} {self.gift}\n"

    def earned(self, answer: Answer) -> int:
        """Points of an answer in hundredths."""
        return hundredths(self._share(answer) * self.points) if answer is not None else 0

    def _share(self, answer: Answer) -> Fraction:
        if self.kind in ("single", "yes_no"):
            return Fraction(max(0, self.weights[answer]), 100)
        if self.kind == "multiple":
            right = sum(weight for weight in self.weights.values() if weight > 0)
            return Fraction(max(0, sum(self.weights[one] for one in answer)), right)
        if self.kind == "matching":
            return Fraction(sum(self.pairs[left] == right for left, right in answer.items()), len(self.pairs))
        if self.kind == "ordering":
            hits = sum(one == other for one, other in zip(self.items, answer, strict=True))
            return Fraction(hits, len(self.items))
        if self.kind == "numeric":
            return Fraction(self.number[0] <= Fraction(answer.replace(",", ".")) <= self.number[1])
        return Fraction(answer.casefold() in self.words)

    def answer(self, dice: random.Random) -> Answer:
        """What somebody says who knows something and guesses the rest."""
        knows = dice.random() < 0.6
        if self.kind in ("single", "yes_no"):
            return max(self.weights, key=lambda one: self.weights[one]) if knows else dice.choice(sorted(self.weights))
        if self.kind == "multiple":
            right = [one for one, weight in self.weights.items() if weight > 0]
            return tuple(sorted(right if knows else dice.sample(sorted(self.weights), dice.randint(1, 3))))
        if self.kind == "matching":
            rights = list(dict.fromkeys(self.pairs.values()))
            return {left: right if knows else dice.choice(rights) for left, right in self.pairs.items()}
        if self.kind == "ordering":
            return self.items if knows else tuple(dice.sample(self.items, len(self.items)))
        if self.kind == "numeric":
            return "2,5" if knows else dice.choice(["2", "3", "4,5", "1,9"])
        return dice.choice(self.words) if knows else dice.choice(["калибр", "рулетка"])

    def other(self, answer: Answer) -> Answer:
        """An answer that earns other points than `answer`: what the spoilt oracle believes."""
        if answer is None or self.earned(answer) == 0:
            return self.best()
        return None

    def best(self) -> Answer:
        """The right answer."""
        if self.kind in ("single", "yes_no"):
            return max(self.weights, key=lambda one: self.weights[one])
        if self.kind == "multiple":
            return tuple(sorted(one for one, weight in self.weights.items() if weight > 0))
        by_kind = {"matching": dict(self.pairs), "ordering": self.items, "numeric": "2,5"}
        return by_kind.get(self.kind) or self.words[0]


_SINGLE = {"аргон": 100, "азот": 0, "кислород": 0, "воздух": 0}
_MULTIPLE = {"маска с автоматическим светофильтром": 50, "костюм из брезента": 30, "краги": 20,
             "лёгкие кроссовки": -50, "капроновая куртка": -40}
_TRUTH = {"Верно": 0, "Неверно": 100}
_PAIRS = {"прожог": "сквозное отверстие в шве", "подрез": "канавка вдоль шва", "пора": "полость с газом"}
_ITEMS = ("зачистить кромки", "собрать на прихватках", "сварить корень шва", "удалить шлак", "замерить шов")

BANK: tuple[Question, ...] = (
    Question("single", "Каким газом защищают сварочную ванну при аргонодуговой сварке?", 6,
             "{=аргон ~азот ~кислород ~воздух}", weights=_SINGLE),
    Question("multiple", "Что надевает сварщик перед началом работы?", 8,
             "{" + " ".join(f"~%{weight}%{text}" for text, weight in _MULTIPLE.items()) + "}", weights=_MULTIPLE),
    Question("yes_no", "Сваривать сосуд под давлением разрешается.", 5, "{F}", weights=_TRUTH),
    Question("matching", "Найдите описание каждого дефекта.", 8,
             "{" + " ".join(f"={left} -> {right}" for left, right in _PAIRS.items()) + " = -> трещина вдоль шва}",
             pairs=_PAIRS),
    Question("ordering", "Расставьте операции по порядку.", 6, "{>" + "\n".join(("", *_ITEMS)) + "\n}", items=_ITEMS),
    Question("numeric", "Какой зазор оставляют между кромками?", 8, "{#2.5:0.5}",
             number=(Fraction(2), Fraction(3))),
    Question("short", "Каким инструментом измеряют катет шва? (одно слово)", 9, "{=шаблон =катетомер}",
             words=("шаблон", "катетомер")),
)
DISTRACTOR = "трещина вдоль шва"
MAXIMUM = sum(question.points for question in BANK)
DECLARED = 40  # the most points theory brings by the rules of the nomination


def counted(earned: int) -> int:
    """Hundredths of the paper brought to the declared maximum, rounded half up."""
    return hundredths(Fraction(earned * DECLARED, MAXIMUM * 100))


def gift() -> bytes:
    """The bank as a file, with a byte order mark and Windows line ends as editors leave them."""
    text = "$CATEGORY: Репетиция/Сварщик\n\n" + "\n".join(one.block(index) for index, one in enumerate(BANK, 1))
    return ("\ufeff" + text.replace("\n", "\r\n")).encode()


def broken_gift() -> bytes:
    """The same bank with one block that cannot be read: the dry run must name its line."""
    return gift() + "\r\n::Испорченный:: Без верного ответа {~один ~%30%два}\r\n".encode()
