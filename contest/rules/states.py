"""Workflows of contest and application: tables for `core.states.move` and their words (domain.md §1.3)."""

CONTEST: dict[str, frozenset[str]] = {
    "draft": frozenset({"announced"}),
    "announced": frozenset({"running"}),
    "running": frozenset({"finished"}),
    "finished": frozenset({"archived"}),
    "archived": frozenset(),
}

CONTEST_WORDS: dict[str, str] = {
    "draft": "подготовка",
    "announced": "объявлен",
    "running": "проводится",
    "finished": "завершён",
    "archived": "в архиве",
}

# A returned application comes back by a new submission, or lapses into review when its term has passed; the body that
# decides may send a proposal back. Admission and refusal are final here: a change of mind is a new application.
APPLICATION: dict[str, frozenset[str]] = {
    "draft": frozenset({"submitted", "withdrawn"}),
    "submitted": frozenset({"registered", "withdrawn"}),
    "registered": frozenset({"on_review", "withdrawn"}),
    "on_review": frozenset({"returned", "proposed", "withdrawn"}),
    "returned": frozenset({"submitted", "on_review", "withdrawn"}),
    "proposed": frozenset({"admitted", "rejected", "on_review", "withdrawn"}),
    "admitted": frozenset({"withdrawn"}),
    "rejected": frozenset(),
    "withdrawn": frozenset(),
}

APPLICATION_WORDS: dict[str, str] = {
    "draft": "черновик",
    "submitted": "подана",
    "registered": "зарегистрирована",
    "on_review": "на рассмотрении",
    "returned": "возвращена на доработку",
    "proposed": "предложение секретаря ждёт решения",
    "admitted": "участник допущен",
    "rejected": "в допуске отказано",
    "withdrawn": "отозвана",
}

PROPOSAL_WORDS: dict[str, str] = {"admit": "допустить", "refuse": "отказать в допуске"}

# Where the applicant may change the form, and where an application stands in the way of a second one.
EDITABLE = frozenset({"draft", "returned"})
STANDING = frozenset(APPLICATION) - {"draft", "rejected", "withdrawn"}
