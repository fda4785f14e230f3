"""Forms of the commission: meetings, questions, votes, publication."""
from datetime import datetime
from typing import Any

from wtforms import IntegerField, PasswordField, RadioField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from contest.forms.fields import Instant, Text, length, optional, required, stripped
from contest.models import Nomination
from core.forms import Form
from scoring.agenda import KINDS_WORDS


class MeetingForm(Form):
    """A meeting to be called."""

    title = Text("О чём заседание", required("Напишите, о чём заседание."), limit=300)
    starts_at = Instant("Начало", [required("Укажите дату и время начала.")])
    nomination_ids = SelectMultipleField("Номинации", coerce=int, widget=ListWidget(prefix_label=False),
                                         option_widget=CheckboxInput(),
                                         validators=[required("Выберите хотя бы одну номинацию.")])

    def __init__(self, zone: str, nominations: list[Nomination], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._zone = zone
        self.nomination_ids.choices = [(one.id, one.title) for one in nominations]

    def zone_name(self) -> str:
        """Zone of the contest."""
        return self._zone

    def start(self) -> datetime:
        """The instant of the beginning; asked once the form is valid."""
        assert self.starts_at.instant is not None
        return self.starts_at.instant


class PresenceForm(Form):
    """Somebody is there or is not; without a person it is the member's own word."""

    account_id = IntegerField("Член комиссии", [Optional()])
    present = RadioField("Явка", choices=[("yes", "присутствует"), ("no", "отсутствует")], default="yes")
    reason = Text("Причина", optional(), limit=200)


class ItemForm(Form):
    """A question of the agenda; `codes` and `resolution` of a tie, `reason` of a return."""

    kind = SelectField("Вид вопроса", choices=list(KINDS_WORDS.items()))
    nomination_id = SelectField("Номинация", coerce=int)
    wording = TextAreaField("Формулировка решения", [optional(), length(2000)], filters=[stripped])
    speaker = Text("Докладчик", optional(), limit=200)
    resolution = SelectField("При равенстве баллов", choices=[
        ("", "не относится"), ("order", "назвать порядок мест"), ("shared", "разделить место")], default="")
    codes = Text("Коды участников через запятую, лучший первым", optional(), limit=500)
    reason = Text("Причина возврата протокола", optional(), limit=1000)

    def __init__(self, nominations: list[Nomination], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.nomination_ids = {one.id: one for one in nominations}
        self.nomination_id.choices = [(one.id, one.title) for one in nominations] + [(0, "без номинации")]

    def details(self) -> dict[str, Any]:
        """What the kind of question needs beside its wording."""
        codes = [code.strip() for code in (self.codes.data or "").replace(";", ",").split(",") if code.strip()]
        return {"resolution": self.resolution.data, "codes": codes, "reason": self.reason.data or ""}


class VoteForm(Form):
    """A vote."""

    choice = Text("Голос", required("Выберите: за, против или воздержаться."), limit=10)


class OralVoteForm(Form):
    """A vote said aloud, entered by the secretary."""

    account_id = SelectField("Член комиссии", coerce=int)
    choice = SelectField("Голос", choices=[("for", "за"), ("against", "против"), ("abstain", "воздержался")])
    moment = Text("Момент записи", required("Укажите момент записи, например 01:12:40."), limit=40)

    def __init__(self, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.account_id.choices = people


class MinutesForm(Form):
    """«Слушали» and «Выступили»."""

    speaker = Text("Слушали (докладчик)", optional(), limit=200)
    minutes = TextAreaField("Выступили и что решили обсудить", [optional(), length(10_000)], filters=[stripped])


class RecusalForm(Form):
    """A member steps back from a question."""

    reason = Text("Причина", required("Напишите причину самоотвода."), limit=300)


class ConfirmationForm(Form):
    """The member's signature under a vote entered for them."""

    secret = PasswordField("Пароль или ПИН ещё раз", [required("Введите пароль или ПИН: это ваша подпись.")])


class PublicationForm(Form):
    """What is to be published."""

    kind = RadioField("Что публикуется", choices=[("preliminary", "Предварительные итоги"),
                                                  ("final", "Окончательные итоги")],
                      validators=[required("Выберите, что публиковать.")])
