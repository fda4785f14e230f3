"""The form macros: order of parts, names for those who hear the page, what was typed stays."""

import re

from bs4 import BeautifulSoup, Tag
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FileField, Form, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional

from tests.front.pages import draw


class Sample(Form):
    inn = StringField("ИНН", [Length(min=10, message="Введено 9 цифр.")])
    rank = SelectField("Разряд", choices=[("5", "5-й"), ("6", "6-й")])
    place = RadioField("Место", [InputRequired("Выберите место.")], choices=[("home", "Дома"), ("work", "На работе")])
    days = SelectMultipleField("Дни", choices=[("mon", "пн"), ("tue", "вт")])
    scan = FileField("Скан", [Optional()])
    agree = BooleanField("Согласен", [InputRequired("Без согласия нельзя.")])


def sent(**values: str) -> Sample:
    form = Sample(MultiDict(values))
    form.validate()
    return form


def soup(source: str, form: Form) -> BeautifulSoup:
    return BeautifulSoup(draw(source, form=form), "html.parser")


def one(page: BeautifulSoup | Tag, selector: str) -> Tag:
    found = page.select(selector)
    assert len(found) == 1, selector
    return found[0]


def test_field_shows_label_hint_error_and_control_in_this_order() -> None:
    page = soup('{{ forms.field(form.inn, hint="10 цифр", cls="w-12", inputmode="numeric") }}', sent(inn="701712345"))
    box = one(page, "div.field.field-bad")
    assert [child.name for child in box.find_all(recursive=False)] == ["label", "div", "div", "input"]
    control = one(box, "input")
    assert (control["value"], control["aria-invalid"], control["inputmode"]) == ("701712345", "true", "numeric")
    assert control["aria-describedby"] == "inn-h inn-e"
    assert one(page, "#inn-h").text == "10 цифр"
    assert one(page, "#inn-e").text.strip() == "Введено 9 цифр."


def test_field_without_hint_and_error_describes_nothing() -> None:
    control = one(soup("{{ forms.field(form.inn) }}", Sample(inn="7017123450")), "input")
    assert not control.has_attr("aria-describedby")
    assert not control.has_attr("aria-invalid")


def test_what_was_typed_is_escaped() -> None:
    html = draw("{{ forms.field(form.inn) }}", form=sent(inn='"><script>'))
    assert "<script>" not in html


def test_error_summary_links_to_each_field_and_takes_the_focus() -> None:
    page = soup("{{ forms.error_summary(form) }}", sent(inn="1", rank="5"))
    assert [(link["href"], link.text) for link in page.select("a")] == [
        ("#inn", "ИНН: Введено 9 цифр."), ("#place", "Место: Выберите место."),
        ("#agree", "Согласен: Без согласия нельзя.")]
    note = one(page, ".note-bad")
    assert note["role"] == "alert"
    assert note.has_attr("autofocus")
    assert one(note, "h2").text == "Исправьте ошибки: 3"


def test_error_summary_shows_errors_of_the_whole_form_without_a_link() -> None:
    form = sent(inn="7017123450", rank="5", place="home", agree="y")
    form.form_errors = ["Приём заявок закончен 15 мая, 18:00."]
    page = soup("{{ forms.error_summary(form) }}", form)
    assert page.select("a") == []
    assert one(page, "li").text == "Приём заявок закончен 15 мая, 18:00."


def test_error_summary_of_a_good_form_is_empty() -> None:
    form = sent(inn="7017123450", rank="5", place="home", agree="y")
    assert draw("{{ forms.error_summary(form) }}", form=form).strip() == ""


def test_choices_are_a_group_whose_first_line_the_summary_finds() -> None:
    page = soup("{{ forms.field(form.place, hint='где') }}", sent(place="work"))
    group = one(page, "fieldset")
    assert one(group, "legend").text == "Место"
    assert [(line["id"], line["value"], line.has_attr("checked")) for line in group.select("input[type=radio]")] == [
        ("place", "home", False), ("place-1", "work", True)]
    assert group["aria-describedby"] == "place-h"


def test_several_choices_are_boxes() -> None:
    page = soup("{{ forms.field(form.days, checks=true) }}", sent(days="tue"))
    assert [(box["value"], box.has_attr("checked")) for box in page.select("input[type=checkbox]")] == [
        ("mon", False), ("tue", True)]


def test_tick_and_file_keep_their_errors_and_names() -> None:
    page = soup("{{ forms.field(form.agree) }}{{ forms.field(form.scan, hint='PDF', accept='.pdf') }}", sent())
    assert one(page, "#agree")["aria-describedby"] == "agree-e"
    file = one(page, "#scan")
    assert (file["type"], file["accept"], file["aria-describedby"]) == ("file", ".pdf", "scan-h")
    assert "(необязательно)" in one(page, "label[for=scan]").text


def test_form_carries_a_token_and_no_browser_bubbles() -> None:
    page = soup('{% call forms.form(form, action="/x", upload=true) %}<p>поля</p>{% endcall %}', Sample())
    form = one(page, "form")
    assert (form["method"], form["action"], form["enctype"]) == ("post", "/x", "multipart/form-data")
    assert form.has_attr("novalidate")
    assert len(str(one(form, "input[name=csrf_token]")["value"])) > 20


def test_post_button_says_what_it_acts_on() -> None:
    html = draw('{{ forms.post_button("/a/1", "Отозвать", fields={"version": 3}, about="№ 7") }}')
    page = BeautifulSoup(html, "html.parser")
    assert one(page, "input[name=version]")["value"] == "3"
    assert re.sub(r"\s+", " ", one(page, "button").text) == "Отозвать: № 7"
