"""Forms of the draw, the briefing and identity."""
from flask_wtf.file import FileRequired
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, TextAreaField
from wtforms.validators import InputRequired

from contest.forms.fields import Text, length, optional, required, stripped
from core import storage
from core.forms import Form
from core.uploads import UploadField

MAX_PHOTO = 10 * storage.MB


class DrawForm(Form):
    """What the draw is computed from."""

    seed = Text("Объявленный текст", required("Напишите текст: например номер и дату протокола жеребьёвки."), limit=120)
    called_numbers = Text("Числа, названные вслух", required("Запишите хотя бы одно число."), limit=60)


class BriefingForm(Form):
    """The text of the briefing."""

    title = Text("Название", required())
    text = TextAreaField("Текст инструктажа", [required(), length(30_000, 20)], filters=[stripped])


class AcknowledgementForm(Form):
    """Simple signature: a tick and the secret again."""

    agree = BooleanField("Инструктаж прочитан и понятен, обязуюсь его выполнять",
                         [InputRequired("Поставьте отметку: без неё подпись не принимается.")])
    version = HiddenField()
    secret = PasswordField("Пароль или ПИН ещё раз", [required("Введите пароль или ПИН: это ваша подпись.")])


class IdentityForm(Form):
    """Two pictures."""

    face = UploadField("Снимок лица", allowed=storage.IMAGES, max_bytes=MAX_PHOTO,
                       validators=[FileRequired("Сделайте снимок лица или выберите файл.")])
    document = UploadField("Снимок документа", allowed=storage.IMAGES, max_bytes=MAX_PHOTO,
                           validators=[FileRequired("Сделайте снимок документа или выберите файл.")])


class IdentityDecisionForm(Form):
    """What the person who compares decides."""

    outcome = RadioField("Решение", choices=[("approve", "Личность установлена"), ("refuse", "Отказать")])
    reason = Text("Что не так", optional(), limit=300)


class VouchForm(Form):
    """The site's responsible person vouches."""

    note = Text("Какой документ проверен", required("Напишите вид документа, например паспорт."), limit=300)


class AbsenceForm(Form):
    """«Не явился»."""

    reason = Text("Обстоятельства", required("Напишите, что известно о неявке."), limit=200)
