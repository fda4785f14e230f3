"""Forms of sheets: the fields of a sheet come from its scheme."""
from collections.abc import Mapping
from typing import Any

from flask import request
from wtforms import PasswordField, RadioField, TextAreaField

from contest.forms.fields import Text, length, required, stripped
from core.errors import Refused
from core.forms import Form
from scoring.rules import entry
from scoring.rules.scheme import Aspect, Module


class SheetForm(Form):
    """Fields `m-…`, `n-…`, `t-…`, `x-…` of every aspect; `texts`: what they show, `wrong`: what is said beside."""

    def __init__(self, module: Module, kept: Mapping[str, entry.Entry]) -> None:
        super().__init__()
        self.module, self.kept = module, kept
        self.texts = entry.shown(module, kept)
        self.wrong: dict[str, str] = {}
        self.entries: dict[str, entry.Entry] = dict(kept)
        if request.method == "POST":
            self.texts |= {name: text for name, text in request.form.items() if name in self.texts}

    def validate(self, extra_validators: Any = None) -> bool:
        """CSRF, and every aspect by its kind."""
        ready = super().validate(extra_validators)
        self.entries, found = entry.read(self.module, request.form, self.kept)
        self.wrong = {one.field: one.text for one in found}
        return ready and not found

    @property
    def changed(self) -> bool:
        """Whether what was sent differs from what is kept."""
        empty = entry.Entry(None, "")
        return any(one != self.kept.get(key, empty) for key, one in self.entries.items())


class SignatureForm(Form):
    """Simple signature of a sheet."""

    basis = Text("По чему оценивали", required("Укажите, по чему оценивали."), limit=300)
    secret = PasswordField("Пароль или ПИН ещё раз", [required("Введите пароль или ПИН: это ваша подпись.")])


class ReasonForm(Form):
    """A deed that needs a reason."""

    reason = Text("Причина", required("Напишите причину."), limit=500)


class StanceForm(Form):
    """An expert's word on one divergence; the aspect's own fields are read beside it."""

    aspect = Text("Показатель", required("Обновите страницу: не указан показатель."), limit=60)
    outcome = RadioField("Решение", choices=[("keep", "Оставить"), ("change", "Изменить")],
                         validators=[required("Отметьте, оставляете вы оценку или меняете.")])
    reason = TextAreaField("Причина", [required("Напишите причину."), length(1000)], filters=[stripped])

    def mark(self, module: Module) -> tuple[Aspect, dict[str, Any] | None]:
        """The aspect and its new mark (None when the old one is kept); Refused where it cannot be read."""
        aspect = next((one for one in module.aspects() if one.id == self.aspect.data), None)
        if aspect is None:
            raise Refused("unknown_aspect", "Такого показателя в листе нет. Обновите страницу.")
        if self.outcome.data != "change":
            return aspect, None
        return aspect, entry.read_one(aspect, request.form).mark


class ResolutionForm(Form):
    """The chair closes a divergence."""

    resolution = TextAreaField("К чему пришли", [required("Напишите, к чему пришли эксперты."), length(1000)],
                               filters=[stripped])


class InterestsForm(Form):
    """Own organisations of an expert."""

    inn = Text("ИНН организаций, где вы работаете или работали", required("Введите ИНН."), limit=300)
