"""Forms of theory: setting it up, starting, ending."""
from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, IntegerField, SelectField
from wtforms.validators import NumberRange

from contest.forms.fields import required
from core.forms import Form
from exam.forms.fields import TimeSpan
from exam.models import Bank


class SittingForm(Form):
    """What theory is made of; the window is the event's."""

    bank_id = SelectField("Банк вопросов", coerce=int)
    limit = TimeSpan("Время на выполнение", [required("Укажите время, например 00:40:00.")])
    question_count = IntegerField("Вопросов в варианте", [required("Укажите число вопросов."), NumberRange(
        1, 1000, "Укажите число от 1 до 1000.")])

    def __init__(self, banks: Sequence[Bank], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bank_id.choices = [(bank.id, f"{bank.title}, вопросов: {len(bank.questions)}") for bank in banks]

    def facts(self) -> dict[str, Any]:
        """Limit and number of questions, after validation."""
        return {"limit": self.limit.length, "question_count": self.question_count.data}


class StartForm(Form):
    """«Начать»: the key makes a second press harmless."""

    request_key = HiddenField("Ключ страницы")


class FinishForm(Form):
    """Nothing but the button."""
