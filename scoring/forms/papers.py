"""Forms of keys, protocols, signatures, handover and verification."""
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField, TextAreaField
from wtforms.validators import EqualTo

from contest.forms.contests import ZonedForm
from contest.forms.fields import Instant, Text, length, optional, required, stripped
from core import storage
from core.content import IMAGES, PDF
from core.forms import Form
from core.uploads import UploadField
from scoring.keys import MIN_PASSPHRASE

MAX_SCAN = 20 * storage.MB


class KeyForm(Form):
    """A passphrase of one's own and the agreement."""

    passphrase = PasswordField("Фраза подписи", [required("Придумайте фразу подписи."), length(200)],
                               description=f"Не короче {MIN_PASSPHRASE} знаков. Запомните: восстановить её нельзя.")
    repeat = PasswordField("Фраза ещё раз", [EqualTo("passphrase", "Фразы не совпадают. Введите одинаковые.")])
    agree = BooleanField("Принимаю соглашение об электронном взаимодействии",
                         [required("Без соглашения сертификат не выдаётся: прочитайте и отметьте.")])


class ReasonForm(Form):
    """Why: a refusal, a return, a revocation."""

    reason = TextAreaField("Причина", [required("Напишите причину."), length(1000)], filters=[stripped])


class ApprovalForm(ZonedForm):
    """The term of agreement."""

    due_at = Instant("Согласовать до", [optional()])


class FreezingForm(ZonedForm):
    """The term of signing."""

    signing_due_at = Instant("Подписать до", [optional()])


class AgreementForm(Form):
    """A member's word on the draft."""

    outcome = RadioField("Ваше решение", [required("Выберите: согласовано или замечание.")],
                         choices=[("agree", "Согласовано"), ("remark", "Есть замечание")])
    text = TextAreaField("Замечание", [optional(), length(2000)], filters=[stripped])


class AnswerForm(Form):
    """The chair's answer to a remark."""

    answer = TextAreaField("Ответ на замечание", [required("Напишите ответ."), length(2000)], filters=[stripped])


class SignatureForm(Form):
    """`sha256` is what the page showed."""

    sha256 = HiddenField()
    passphrase = PasswordField("Фраза подписи", [required("Введите фразу подписи."), length(200)])


class DissentForm(SignatureForm):
    """The text of a dissent, signed at once."""

    text = TextAreaField("Особое мнение", [required("Напишите, в чём состоит особое мнение."), length(10_000)],
                         filters=[stripped])


class SignerForm(Form):
    """One of the signers who have not signed."""

    signer_id = SelectField("Кто подписывает", coerce=int, choices=[])

    def __init__(self, signers: list[tuple[int, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.signer_id.choices = signers


class PaperForm(SignerForm):
    """A wet signature with its scan."""

    scan = UploadField("Скан подписанного листа", allowed=IMAGES | PDF, max_bytes=MAX_SCAN,
                       validators=[FileRequired("Выберите файл скана.")])
    note = Text("Примечание", optional(), limit=500)


class PaperCheckForm(Form):
    """What the second person found."""

    outcome = RadioField("Результат сверки", choices=[("confirm", "Подпись на бумаге есть, скан верный"),
                                                      ("refuse", "Скан не годится")], default="confirm",
                         validators=[required("Выберите результат сверки.")])
    note = Text("Примечание", optional(), limit=500)


class FileForm(Form):
    """A file to check; it is not kept."""

    file = FileField("Файл PDF", [FileRequired("Выберите файл.")])
