"""Forms of time: proposing more, giving it, deciding, admitting a late answer."""
from datetime import timedelta
from typing import Any

from wtforms import HiddenField, RadioField

from contest.forms.fields import Text, required
from core.forms import Form
from exam.forms.fields import TimeSpan

WHY = "Напишите причину: её увидят в протоколе."


class TimeForm(Form):
    """How much and why: the same for a proposal and for a grant."""

    span = TimeSpan("Сколько добавить", [required("Укажите время, например 5 мин.")])
    reason = Text("Причина", required(WHY), limit=300)

    def facts(self) -> dict[str, Any]:
        """What an operation takes, after validation."""
        return {"span": self.span.length or timedelta(0), "reason": self.reason.data}


class CompensationForm(Form):
    """«Предложить компенсацию» of one offline interval, named by its beginning."""

    start = HiddenField("Начало перерыва связи", [required("Обновите страницу и нажмите ещё раз.")])


class DecisionForm(TimeForm):
    """A decision about a proposal: the time may be less or more than proposed."""

    outcome = RadioField("Решение", choices=[("grant", "Добавить время"), ("refuse", "Отказать")],
                         validators=[required("Выберите решение.")])


class AdmissionForm(Form):
    """Admitting a late answer."""

    reason = Text("Причина", required(WHY), limit=300)
