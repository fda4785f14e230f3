"""Parts of pages and the controls of the questions."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.front.pages import QUESTIONS, bare_app, draw, exam_page


def soup(source: str, **names: Any) -> BeautifulSoup:
    return BeautifulSoup(draw(source, **names), "html.parser")


def controls(kind: str, answer: Any) -> BeautifulSoup:
    question = next(one for one in QUESTIONS if one["kind"] == kind)
    return soup("{{ questions.render(question, answer) }}", question=question, answer=answer)


def test_steps_name_the_current_one_in_words_and_for_machines() -> None:
    states = [("Заявка", "done"), ("Теория", "now"), ("Итоги", "todo")]
    items = [{"text": text, "state": state} for text, state in states]
    page = soup("{{ ui.steps(items, fit=true) }}", items=items)
    assert [step.get("aria-current") for step in page.select("li")] == [None, "step", None]
    assert [step.text.split("(")[1] for step in page.select("li")] == ["пройдено)", "сейчас)", "впереди)"]
    assert page.select("p")[0].text == "Шаг 2 из 3. Теория"


def test_hash_is_grouped_by_eight() -> None:
    page = soup("{{ ui.hash(value) }}", value="0123456789abcdef" * 4)
    assert [part.text for part in page.select("span")] == ["01234567", "89abcdef"] * 4


def test_status_has_icon_and_word() -> None:
    page = soup('{{ ui.status("bad", "Просрочено") }}')
    assert page.select("use")[0]["href"] == "/static/icons.svg#exclamation-octagon-fill"
    assert page.text.strip() == "Просрочено"


def test_pager_keeps_the_filter_and_disappears_for_one_page() -> None:
    page = soup('{{ ui.pager(2, 3, "/list?state=new") }}')
    assert [link["href"] for link in page.select("a")] == ["/list?state=new&page=1", "/list?state=new&page=3"]
    assert soup('{{ ui.pager(1, 1, "/list") }}').select("a") == []


def test_bars_have_a_table_and_stand_nothing_but_zeros() -> None:
    items = [{"text": "Подано", "value": 0}, {"text": "Допущено", "value": 0}]
    page = soup('{{ ui.bars("f", "Путь", items, "Заявок нет") }}', items=items)
    assert [bar["width"] for bar in page.select("rect")] == ["0.0", "0.0"]
    assert [cell.text for cell in page.select("td.r")] == ["0", "0"]


def test_empty_values_are_said_in_words() -> None:
    page = soup('{{ ui.kv([("Код", "У-0417"), ("Вариант", none), ("Баллы", 0)]) }}')
    assert [value.text for value in page.select("dd")] == ["У-0417", "не указано", "0"]


@pytest.mark.parametrize(("kind", "answer", "chosen"), [
    ("single", {"choice": "a2"}, ["a2"]), ("single", None, []), ("yes_no", {"choice": "t"}, ["t"]),
    ("multiple", {"choices": ["a1", "a2"]}, ["a1", "a2"]), ("multiple", None, []),
])
def test_choices_show_the_saved_answer(kind: str, answer: Any, chosen: list[str]) -> None:
    assert [box["value"] for box in controls(kind, answer).select("input[checked]")] == chosen


def test_matching_shows_the_saved_pairs() -> None:
    page = controls("matching", {"pairs": {"l1": "r2"}})
    chosen = {one["data-left"]: [o["value"] for o in one.select("option[selected]")] for one in page.select("select")}
    assert chosen == {"l1": ["r2"], "l2": []}


def test_ordering_shows_the_saved_order_and_otherwise_is_no_answer() -> None:
    saved = controls("ordering", {"order": ["i2", "i1"]})
    assert [row["data-item"] for row in saved.select("li")] == ["i2", "i1"]
    assert saved.select(".order-new") == []
    assert saved.select("[data-accept]")[0].has_attr("hidden")
    fresh = controls("ordering", None)
    assert [row["data-item"] for row in fresh.select("li")] == ["i1", "i2"]
    assert len(fresh.select(".order-new")) == 1


@pytest.mark.parametrize(("kind", "answer", "shown"), [
    ("numeric", {"number": "0,5"}, "0,5"), ("numeric", None, ""), ("short", {"text": 'a"b'}, 'a"b')])
def test_fields_show_what_was_written(kind: str, answer: Any, shown: str) -> None:
    assert controls(kind, answer).select("input")[0]["value"] == shown


def test_open_answer_is_escaped() -> None:
    assert controls("open", {"text": "</textarea><b>"}).select("textarea")[0].text == "</textarea><b>"


def test_exam_page_shows_one_question_and_counts_the_answers() -> None:
    rows = [{**QUESTIONS[0], "answer": {"choice": "a1"}, "seq": 4}, {**QUESTIONS[1], "answer": None, "flagged": True}]
    page = BeautifulSoup(exam_page(questions=rows), "html.parser")
    assert [part.has_attr("hidden") for part in page.select("[data-question]")] == [False, True]
    assert [part["data-seq"] for part in page.select("[data-question]")] == ["4", "0"]
    assert page.select("[data-count]")[0].text == "Отвечено 1 из 2"
    assert [cell["aria-label"] for cell in page.select("[data-goto]")] == [
        "Вопрос 1, отвечен", "Вопрос 2, не открыт, отмечен для возврата"]
    assert (page.body["data-save-url"], page.body["data-after-url"]) == ("/save", "/after")


@pytest.mark.parametrize(("status", "title"), [
    (400, "Запрос не понят"), (404, "Такой страницы нет"), (409, "Действие не выполнено"),
    (413, "Файл слишком большой"),
    (422, "Действие не выполнено"), (429, "Слишком много попыток"), (500, "Внутренняя ошибка")])
def test_error_page_says_what_happened_and_shows_the_reason(status: int, title: str) -> None:
    app = bare_app()
    with app.test_request_context():
        template = app.jinja_env.get_template("errors/error.html")
        html = template.render(status=status, text="Приём закончен.", number="7F3A")
    page = BeautifulSoup(html, "html.parser")
    assert page.select("h1")[0].text == title
    assert page.select(".note p")[0].text == "Приём закончен."
    assert "7F3A" in page.select("main")[0].text
