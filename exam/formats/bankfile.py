"""What reading a bank's file gives, whatever its format."""

from dataclasses import dataclass

from exam.questions.base import Question


class Unreadable(Exception):
    """The file as a whole cannot be read; `text` says in Russian why and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Refusal:
    """A block that is no usable question: the 1-based line where it begins, and a Russian reason."""

    line: int
    reason: str


@dataclass(frozen=True)
class BankFile:
    """Every question block of a file is in exactly one of the two, each in the order of the file."""

    questions: tuple[Question, ...]
    refused: tuple[Refusal, ...]
