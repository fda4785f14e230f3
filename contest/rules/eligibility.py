"""Is an application complete, and does it meet the nomination's requirements (domain.md §1.1, §1.3 step 2, §2.1).

The findings are shown to the applicant before the submission and to the secretary as a checklist. They decide nothing:
admission and refusal are acts of the body that the порядок names.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from contest.rules.findings import Finding

# Reasons a refusal may name (domain.md §1.3 step 2), and the two that entry conditions of a nomination add.
REFUSAL_REASONS: dict[str, str] = {
    "late": "заявка подана после окончания приёма",
    "incomplete": "представлен неполный комплект документов",
    "experience": "стаж работы по профессии меньше установленного",
    "profession": "профессия не соответствует номинации",
    "no_consent": "нет согласия на обработку персональных данных",
    "penalty": "имеется действующее дисциплинарное взыскание",
    "second_application": "подана вторая заявка",
    "citizenship": "гражданство не соответствует условиям Конкурса",
    "age": "возраст не соответствует условиям номинации",
}

# Fields of the form without which it is not complete: key and the word beside the field.
REQUIRED_FIELDS: dict[str, str] = {
    "last_name": "Фамилия",
    "first_name": "Имя",
    "birth_date": "Дата рождения",
    "citizenship": "Гражданство",
    "document": "Документ, удостоверяющий личность",
    "phone": "Телефон",
    "organisation": "Место работы",
    "position": "Должность (профессия)",
    "experience_profession": "Стаж работы по профессии",
    "place_kind": "Место выполнения заданий",
}

ATTACHMENT_KINDS: dict[str, str] = {
    "passport": "Копия документа, удостоверяющего личность",
    "education": "Копия документа об образовании",
    "experience": "Копия трудовой книжки или сведения о трудовой деятельности",
    "qualification": "Копия документа о квалификации (разряде)",
    "petition": "Ходатайство руководителя организации",
    "recommendation": "Рекомендация (характеристика)",
    "other": "Иной документ",
}

CONSENT_KINDS: dict[str, str] = {
    "processing": "Согласие на обработку персональных данных",
    "video": "Согласие на видеозапись",
    "publication": "Согласие на распространение персональных данных",
}

# Where the work is done (letter, point 2).
PLACE_KINDS: dict[str, str] = {
    "workplace": "рабочее место",
    "home": "место жительства",
    "base": "база организации",
}


@dataclass(frozen=True)
class Requirements:
    """What the nomination asks; None, False or empty asks nothing. Kinds are keys of the tables above."""

    min_experience_years: int | None = 3
    citizenship: str | None = "Российская Федерация"
    min_age: int | None = None
    no_penalties: bool = True
    required_attachments: tuple[str, ...] = ()
    required_consents: tuple[str, ...] = ("processing", "video")
    deadline: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=lambda: dict(REQUIRED_FIELDS))

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any], *, deadline: datetime | None = None) -> "Requirements":
        """From the JSON of a nomination, keyed by the names above; what is absent keeps its default.

        `citizenship` may be a bool: true asks for the Russian one.
        """
        known: dict[str, Any] = {key: stored[key] for key in _STORED if key in stored}
        known |= {key: tuple(stored[key]) for key in _LISTS if key in stored}
        if isinstance(known.get("citizenship"), bool):
            known["citizenship"] = "Российская Федерация" if known["citizenship"] else None
        return cls(**known, deadline=deadline)


@dataclass(frozen=True)
class Entered:
    """What was entered, by the keys of the form.

    `birth_date` is a date or its ISO text, `experience_profession` full years as a number or text, `no_penalties` a
    bool. `at` is the moment of «Подать», aware; `on` the same day in the contest's zone; `has_other` says that another
    application of the person stands in the nomination.
    """

    values: Mapping[str, Any]
    attachments: Collection[str]
    consents: Collection[str]
    at: datetime
    on: date
    has_other: bool = False


def check(entered: Entered, requirements: Requirements) -> list[Finding]:
    """Everything that stands against the application, in the order of the form; empty when it is in order.

    Codes are keys of `REFUSAL_REASONS`; `field` is the form's key, for papers `attachment-<kind>`, `consent-<kind>`.
    """
    return [
        *_missing_fields(entered, requirements),
        *_age(entered, requirements.min_age),
        *_citizenship(entered, requirements.citizenship),
        *_experience(entered, requirements.min_experience_years),
        *_penalties(entered, requirements.no_penalties),
        *_papers(entered, requirements),
        *_circumstances(entered, requirements),
    ]


def full_years(since: date, on: date) -> int:
    """Whole years passed; who was born on 29 February grows older on 1 March of other years."""
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


def _missing_fields(entered: Entered, requirements: Requirements) -> Iterator[Finding]:
    for key, words in requirements.fields.items():
        if not _text(entered, key):
            yield Finding("incomplete", f"Не заполнено поле «{words}». Заполните его.", key)


def _age(entered: Entered, minimum: int | None) -> Iterator[Finding]:
    text = _text(entered, "birth_date")
    if not text:
        return
    try:
        born = date.fromisoformat(text)
    except ValueError:
        yield Finding("incomplete", "Дата рождения указана неверно. Исправьте её.", "birth_date")
        return
    if born >= entered.on:
        yield Finding("incomplete", "Дата рождения ещё не наступила. Исправьте её.", "birth_date")
    elif minimum is not None and full_years(born, entered.on) < minimum:
        words = (
            f"Возраст участника меньше установленного для номинации (полных лет: {minimum}). Проверьте дату рождения."
        )
        yield Finding("age", words, "birth_date")


def _citizenship(entered: Entered, asked: str | None) -> Iterator[Finding]:
    given = _text(entered, "citizenship")
    if asked and given and not _same_country(given, asked):
        words = f"По условиям Конкурса участник имеет гражданство: {asked}. Проверьте поле «Гражданство»."
        yield Finding("citizenship", words, "citizenship")


def _experience(entered: Entered, minimum: int | None) -> Iterator[Finding]:
    text = _text(entered, "experience_profession")
    if not text:
        return
    if not (text.isascii() and text.isdigit()):
        words = "Стаж работы по профессии – целое число полных лет. Исправьте поле."
        yield Finding("incomplete", words, "experience_profession")
    elif minimum is not None and int(text) < minimum:
        words = (
            f"Стаж работы по профессии меньше установленного для номинации (полных лет: {minimum}). "
            "Проверьте поле или выберите другую номинацию."
        )
        yield Finding("experience", words, "experience_profession")


def _penalties(entered: Entered, asked: bool) -> Iterator[Finding]:
    if asked and entered.values.get("no_penalties") is not True:
        words = "Не подтверждено отсутствие дисциплинарных взысканий. Отметьте поле, если взысканий нет."
        yield Finding("penalty", words, "no_penalties")


def _papers(entered: Entered, requirements: Requirements) -> Iterator[Finding]:
    for kind in requirements.required_attachments:
        if kind not in entered.attachments:
            words = f"Не приложен документ «{ATTACHMENT_KINDS.get(kind, kind)}». Приложите его."
            yield Finding("incomplete", words, f"attachment-{kind}")
    for kind in requirements.required_consents:
        if kind not in entered.consents:
            words = f"Не подписано «{CONSENT_KINDS.get(kind, kind)}». Прочитайте и подпишите его."
            yield Finding("no_consent", words, f"consent-{kind}")


def _circumstances(entered: Entered, requirements: Requirements) -> Iterator[Finding]:
    if requirements.deadline is not None and entered.at > requirements.deadline:
        yield Finding("late", "Приём заявок окончен. Обратитесь к организатору Конкурса.")
    if entered.has_other:
        words = "У вас уже есть заявка в этой номинации. Отзовите её или внесите изменения в неё."
        yield Finding("second_application", words)


def _text(entered: Entered, key: str) -> str:
    value = entered.values.get(key)
    return "" if value is None else str(value).strip()


def _same_country(given: str, asked: str) -> bool:
    first, second = (" ".join(text.casefold().split()) for text in (given, asked))
    return first == second or {first, second} <= _RUSSIA


_STORED = ("min_experience_years", "citizenship", "min_age", "no_penalties")
_LISTS = ("required_attachments", "required_consents")
_RUSSIA = frozenset({"российская федерация", "россия", "рф"})
