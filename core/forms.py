"""Forms of accounts and login, and the base of every form of the service."""
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import EmailField, FileField, MultipleFileField, PasswordField, SelectField, StringField
from wtforms.i18n import get_translations
from wtforms.validators import DataRequired, Email, EqualTo, Length, Optional

from core.passwords import MIN_LENGTH
from core.registry import registry


class _Russian:
    """The library's Russian, and what it leaves in English."""

    OWN = {
        "'%(value)s' is not a valid choice for this field.": "Такого значения нет в списке. Выберите из списка.",
        "This field cannot be edited.": "Это поле не меняется.",
        "Field must be at least %(min)d character long.": "Не короче %(min)d знаков.",
        "Field cannot be longer than %(max)d character.": "Не длиннее %(max)d знаков.",
        "Field must be exactly %(max)d character long.": "Ровно %(max)d знаков.",
    }

    def __init__(self, library: Any) -> None:
        self.library = library

    def gettext(self, text: str) -> str:
        return self.OWN.get(text) or str(self.library.gettext(text))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.OWN.get(one) or str(self.library.ngettext(one, many, count))


class Form(FlaskForm):
    """A form whose own messages are Russian, and that reads only what a page sends: texts, and files in file fields."""

    class Meta(FlaskForm.Meta):
        locales = ["ru"]

        def get_translations(self, form: Any) -> Any:
            return _Russian(get_translations(self.locales))

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Flask-WTF would also take JSON of any shape, and a file where a text is expected."""
            if formdata is not _Auto:
                return formdata
            if not form.is_submitted():
                return None
            names = {name for name, field in form._fields.items() if isinstance(field, FileField | MultipleFileField)}
            files = MultiDict((name, file) for name, file in request.files.items(multi=True) if name in names)
            return CombinedMultiDict([files, request.form])


def stripped(value: str | None) -> str | None:
    """A filter of text fields: no spaces round what was typed."""
    return value.strip() if value else value


class LoginForm(Form):
    email = EmailField("Адрес почты", [DataRequired("Введите адрес почты."), Length(max=254)], filters=[stripped])
    secret = PasswordField("Пароль", [DataRequired("Введите пароль."), Length(max=200)])


class CardForm(Form):
    code = StringField("Код карточки", [DataRequired("Введите код с карточки."), Length(max=30)], filters=[stripped])
    secret = PasswordField("PIN", [DataRequired("Введите PIN с карточки."), Length(max=20)])


class NewPasswordForm(Form):
    password = PasswordField("Новый пароль", [DataRequired(f"Придумайте пароль не короче {MIN_LENGTH} знаков.")])
    again = PasswordField("Новый пароль ещё раз", [EqualTo("password", "Пароли не совпадают. Введите одинаковые.")])


class PasswordForm(NewPasswordForm):
    secret = PasswordField("Нынешний пароль или PIN", [DataRequired("Введите нынешний пароль или PIN.")])


class AccountForm(Form):
    name = StringField("Фамилия, имя, отчество", [DataRequired("Укажите фамилию, имя и отчество."), Length(max=200)],
                       filters=[stripped])
    email = EmailField("Адрес почты", [Optional(), Length(max=254),
                                       Email("Такого адреса не бывает. Проверьте, например: name@example.ru.")],
                       filters=[stripped])
    role = SelectField("Роль во всей установке", validate_choice=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = registry.role_words
        self.role.choices = [("", "нет, роли даются в конкурсе")] + [
            (role, words.get(role, role)) for role in registry.installation_roles]
