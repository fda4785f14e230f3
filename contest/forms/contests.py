"""Forms of setting up a contest."""
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from wtforms import BooleanField, IntegerField, SelectField, TextAreaField
from wtforms.validators import Email, NumberRange, ValidationError

from contest.forms.fields import Instant, Text, length, optional, required, stripped
from contest.rules import events, roles
from core.forms import Form

EMAIL = Email(message="Проверьте адрес: он должен быть вида name@example.ru.")


@cache
def _known_zones() -> frozenset[str]:
    """The library walks its folder at each call."""
    return frozenset(available_timezones())


class ContestForm(Form):
    """Facts of a contest."""

    PLAIN = ("title", "region", "year", "zone", "operator_name", "operator_address", "operator_inn", "order_ref",
             "contact_phone", "contact_email", "about", "conditions")
    title = Text("Название", required(), limit=300)
    region = Text("Субъект Российской Федерации", required())
    year = IntegerField("Год", [required(), NumberRange(2012, 2100, "Укажите год четырьмя цифрами.")])
    zone = Text("Часовой пояс конкурса", required(), limit=60)
    operator_name = Text("Организатор (уполномоченный орган)", required(), limit=300)
    operator_address = Text("Адрес организатора", optional(), limit=300)
    operator_inn = Text("ИНН организатора", optional(), limit=12)
    order_ref = Text("Правовой акт о проведении", optional(), limit=300)
    contact_phone = Text("Телефон для вопросов", optional(), limit=60)
    contact_email = Text("Электронная почта для вопросов", optional(), EMAIL, limit=254)
    about = TextAreaField("О конкурсе", [optional(), length(10_000)], filters=[stripped])
    conditions = TextAreaField("Условия участия", [optional(), length(20_000)], filters=[stripped])
    applications_open_at = Instant("Приём заявок начинается", [optional()])
    applications_close_at = Instant("Приём заявок заканчивается", [optional()])

    def zone_name(self) -> str:
        """Zone in which the times of this form are meant."""
        return self.zone.data if self.zone.data in _known_zones() else "Europe/Moscow"

    def validate_zone(self, field: Text) -> None:
        """Only IANA names."""
        if field.data not in _known_zones():
            raise ValidationError("Такого часового пояса нет. Выберите из списка, например Asia/Tomsk.")

    def validate_operator_inn(self, field: Text) -> None:
        """Ten or twelve digits, or nothing."""
        if field.data and not (field.data.isdigit() and len(field.data) in (10, 12)):
            raise ValidationError("ИНН состоит из 10 или 12 цифр.")

    def facts(self) -> dict[str, Any]:
        """What goes into the row."""
        found = {name: self[name].data for name in self.PLAIN}
        return found | {"applications_open_at": self.applications_open_at.instant,
                        "applications_close_at": self.applications_close_at.instant}


class NominationForm(Form):
    """Facts and entry requirements of a nomination."""

    title = Text("Название номинации", required())
    profession = Text("Профессия", required())
    prize_places = IntegerField("Число призовых мест", [required(), NumberRange(1, 10, "От 1 до 10 мест.")], default=3)
    min_experience_years = IntegerField("Стаж по профессии не менее, лет",
                                        [required(), NumberRange(0, 40, "От 0 до 40 лет.")], default=3)
    min_age = IntegerField("Возраст не менее, лет", [required(), NumberRange(14, 70, "От 14 до 70 лет.")], default=18)
    citizenship = BooleanField("Только граждане Российской Федерации", default=True)
    no_penalties = BooleanField("Без действующих дисциплинарных взысканий", default=True)
    required_attachments = BooleanField("Документ о квалификации обязателен", default=True)

    def facts(self) -> dict[str, Any]:
        """What goes into the row; requirements are read by rules/eligibility."""
        return {"title": self.title.data, "profession": self.profession.data, "prize_places": self.prize_places.data,
                "requirements": {"min_experience_years": self.min_experience_years.data, "min_age": self.min_age.data,
                                 "citizenship": "Российская Федерация" if self.citizenship.data else None,
                                 "no_penalties": self.no_penalties.data,
                                 "required_attachments": ["qualification"] if self.required_attachments.data else []}}


class ZonedForm(Form):
    """A form whose times are meant in the contest's zone; the route passes it."""

    def __init__(self, zone: str, *args: object, **kwargs: object) -> None:
        self._zone = zone
        super().__init__(*args, **kwargs)

    def zone_name(self) -> str:
        """Zone in which the times of this form are meant."""
        return self._zone


class EventForm(ZonedForm):
    """A line of the timetable."""

    kind = SelectField("Вид события", choices=lambda: list(events.KINDS.items()),
                       validate_choice=True)
    title = Text("Название", optional())
    starts_at = Instant("Начало", [required("Укажите дату и время начала.")])
    ends_at = Instant("Окончание", [optional()])
    place = Text("Место или ссылка", optional(), limit=300)

    def facts(self) -> dict[str, Any]:
        """What goes into the row."""
        return {"kind": self.kind.data, "title": self.title.data, "starts_at": self.starts_at.instant,
                "ends_at": self.ends_at.instant, "place": self.place.data or ""}


class BodyForm(Form):
    """A new body."""

    kind = SelectField("Состав", choices=[("commission", "Региональная конкурсная комиссия"),
                                          ("expert_group", "Экспертная группа номинации"),
                                          ("appeals", "Апелляционная комиссия")])
    nomination_id = SelectField("Номинация (для экспертной группы)", coerce=int, default=0)
    title = Text("Название", required())
    order_ref = Text("Приказ о составе", optional())


class PersonForm(Form):
    """A person by name and, if there is one, e-mail."""

    name = Text("Фамилия, имя, отчество", required())
    email = Text("Электронная почта", optional(), EMAIL, limit=254)

    def validate_name(self, field: Text) -> None:
        """At least a surname and a name."""
        if len(field.data.split()) < 2:
            raise ValidationError("Напишите фамилию и имя полностью.")


class MemberForm(PersonForm):
    """A person in a body."""

    duty = SelectField("Обязанность", choices=list(roles.DUTY_WORDS.items()), default="member")
    position = Text("Должность, место работы", optional(), limit=300)
    order_ref = Text("Приказ", optional())


class ReplacementForm(PersonForm):
    """The one who takes over by order."""

    position = Text("Должность, место работы", optional(), limit=300)
    order_ref = Text("Приказ о замене", required("Укажите приказ: без него замена не действует."))


class AppointmentForm(PersonForm):
    """A role of the day."""

    role = SelectField("Роль", choices=[(key, roles.WORDS[key]) for key in roles.APPOINTED])


class ConsentTextsForm(Form):
    """Texts of the three separate consents."""

    processing = TextAreaField("Согласие на обработку персональных данных", [required(), length(20_000, 50)],
                               filters=[stripped])
    video = TextAreaField("Согласие на видеозапись", [required(), length(20_000, 50)], filters=[stripped])
    publication = TextAreaField("Согласие на распространение (публикацию итогов)", [required(), length(20_000, 50)],
                                filters=[stripped])

    def data_texts(self) -> dict[str, str]:
        """The texts by kind."""
        return {kind: self[kind].data for kind in ("processing", "video", "publication")}


class DeedForm(Form):
    """A button: nothing but the CSRF token."""
