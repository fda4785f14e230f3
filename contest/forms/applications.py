"""Forms of the application and of its review. A draft is saved as it is: completeness is asked at the submission."""
from datetime import date
from typing import Any

from flask_wtf.file import FileRequired
from wtforms import BooleanField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import ValidationError

from contest.forms.contests import EMAIL, ZonedForm
from contest.forms.fields import Instant, Text, length, optional, required, stripped
from contest.rules import eligibility
from contest.rules.zones import CITIES
from core import storage
from core.forms import Form
from core.uploads import UploadField

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("О себе", ("last_name", "first_name", "middle_name", "birth_date", "citizenship", "document", "phone",
                "municipality", "education")),
    ("Работа", ("organisation", "organisation_inn", "position", "grade", "experience_total", "experience_profession",
                "experience_organisation", "no_penalties")),
    ("Место выполнения заданий", ("place_kind", "place_address", "place_zone", "equipment")),
)
FILES = storage.IMAGES | storage.PDF | storage.OFFICE


def whole_years(_form: Any, field: Text) -> None:
    """Whole years, 0…70."""
    if field.data and not (field.data.isdecimal() and int(field.data) <= 70):
        raise ValidationError("Укажите число полных лет цифрами.")


class StartForm(Form):
    """A visitor's first step."""

    name = Text("Фамилия, имя, отчество", required())
    email = Text("Электронная почта", required(), EMAIL, limit=254)

    def validate_name(self, field: Text) -> None:
        """At least a surname and a name."""
        if len(field.data.split()) < 2:
            raise ValidationError("Напишите фамилию и имя полностью.")


class ApplicationForm(Form):
    """The fields of domain.md §2.1 that matter."""

    last_name = Text("Фамилия", optional(), limit=80)
    first_name = Text("Имя", optional(), limit=80)
    middle_name = Text("Отчество (при наличии)", optional(), limit=80)
    birth_date = Text("Дата рождения", optional(), limit=10)
    citizenship = Text("Гражданство", optional(), limit=100)
    document = Text("Документ, удостоверяющий личность", optional(), limit=300)
    phone = Text("Телефон", optional(), limit=40)
    municipality = Text("Муниципальное образование", optional())
    education = Text("Образование: учебное заведение, год, специальность", optional(), limit=300)
    organisation = Text("Место работы: полное наименование организации", optional(), limit=300)
    organisation_inn = Text("ИНН организации", optional(), limit=12)
    position = Text("Должность (профессия)", optional())
    grade = Text("Квалификационный разряд", optional(), limit=100)
    experience_total = Text("Общий стаж работы", optional(), whole_years, limit=3)
    experience_profession = Text("Стаж работы по профессии", optional(), whole_years, limit=3)
    experience_organisation = Text("Стаж в организации", optional(), whole_years, limit=3)
    no_penalties = BooleanField("Действующих дисциплинарных взысканий нет")
    place_kind = SelectField("Место выполнения заданий", choices=[("", "не выбрано"), *eligibility.PLACE_KINDS.items()],
                             default="")
    place_address = Text("Адрес места", optional(), limit=300)
    place_zone = SelectField("Часовой пояс места", choices=[("", "как у конкурса"), *CITIES.items()], default="")
    equipment = TextAreaField("Техника и канал связи", [optional(), length(1000)], filters=[stripped])

    def validate_birth_date(self, field: Text) -> None:
        """Kept as an ISO date."""
        if field.data:
            field.data = iso_date(field.data)

    def validate_organisation_inn(self, field: Text) -> None:
        """Ten or twelve digits, or nothing."""
        if field.data and not (field.data.isdigit() and len(field.data) in (10, 12)):
            raise ValidationError("ИНН состоит из 10 или 12 цифр.")

    def validate_phone(self, field: Text) -> None:
        """A number people can dial."""
        if field.data and sum(sign.isdigit() for sign in field.data) < 10:
            raise ValidationError("Укажите номер полностью, с кодом города или оператора.")

    def values(self) -> dict[str, Any]:
        """What goes into Application.fields."""
        return {name: self[name].data for _, names in STEPS for name in names}


def iso_date(text: str) -> str:
    """«12.04.1988» or «1988-04-12» as an ISO date; ValidationError for anything else."""
    try:
        if "." in text:
            day, month, year = (int(part) for part in text.split("."))
            return date(year, month, day).isoformat()
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValidationError("Дата рождения пишется так: 12.04.1988.") from None


class AttachmentForm(Form):
    """One file."""

    kind = SelectField("Вид документа", choices=list(eligibility.ATTACHMENT_KINDS.items()))
    file = UploadField("Файл", allowed=FILES, max_bytes=20 * storage.MB, validators=[FileRequired("Выберите файл.")])


class ConsentsForm(Form):
    """Three separate documents, each signed by its own tick."""

    processing = BooleanField("Согласен на обработку персональных данных")
    video = BooleanField("Согласен на видеозапись")
    publication = BooleanField("Согласен на распространение персональных данных")
    seen = HiddenField()

    def ticked(self) -> set[str]:
        """Kinds that were ticked."""
        return {kind for kind in eligibility.CONSENT_KINDS if self[kind].data}


class ReturnForm(ZonedForm):
    """Back to the applicant."""

    text = TextAreaField("Замечание", [required("Напишите, что исправить."), length(2000)], filters=[stripped])
    due_at = Instant("Срок исправления", [optional()])


REASONS = [("", "не выбрано"), *eligibility.REFUSAL_REASONS.items()]


class ProposalForm(Form):
    """What the secretary proposes."""

    proposal = RadioField("Предложение", choices=[("admit", "Допустить"), ("refuse", "Отказать в допуске")])
    reason_code = SelectField("Основание отказа", choices=REASONS, default="")
    reason = TextAreaField("Пояснение", [optional(), length(2000)], filters=[stripped])


class DecisionForm(Form):
    """What the body decides."""

    outcome = RadioField("Решение", choices=[("admit", "Допустить"), ("refuse", "Отказать в допуске")])
    reason_code = SelectField("Основание отказа", choices=REASONS, default="")
    reason = TextAreaField("Пояснение", [optional(), length(2000)], filters=[stripped])
