"""Words of an attempt's course (exam.md §1, last paragraph). The phase is computed in `timing.phase`, never stored."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a participant stands in a sitting; `finished` is refined by a `FinishReason`."""

    ASSIGNED = "assigned"
    ADMITTED = "admitted"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    ANNULLED = "annulled"


class FinishReason(StrEnum):
    """Who or what ended the attempt (rule 9)."""

    PARTICIPANT = "participant"
    DEADLINE = "deadline"
    REMOVAL = "removal"
    COMMISSION = "commission"


PHASE_WORDS: dict[Phase, str] = {
    Phase.ASSIGNED: "выполнение задания назначено",
    Phase.ADMITTED: "допущен к выполнению задания",
    Phase.RUNNING: "задание выполняется",
    Phase.PAUSED: "пауза",
    Phase.FINISHED: "выполнение задания завершено",
    Phase.ANNULLED: "выполнение задания аннулировано",
}

FINISH_WORDS: dict[FinishReason, str] = {
    FinishReason.PARTICIPANT: "завершено участником",
    FinishReason.DEADLINE: "завершено по окончании времени",
    FinishReason.REMOVAL: "участник удалён с выполнения задания",
    FinishReason.COMMISSION: "завершено по решению комиссии",
}


def describe(phase: Phase, reason: FinishReason | None = None) -> str:
    """The phase in words for pages and reports; a finished one says how it ended."""
    words = PHASE_WORDS[phase]
    return f"{words}: {FINISH_WORDS[reason]}" if phase is Phase.FINISHED and reason else words
