"""What holds for every kind."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exam.questions
from exam.questions.base import (
    AnswerInvalid,
    Question,
    QuestionInvalid,
    body_from_json,
    body_to_json,
    labelled,
    shuffled,
)
from exam.questions.registry import KINDS, question_from_json, question_to_json, validate_question
from tests.exam.questions.samples import BODIES, RAW

ALL = sorted(KINDS)
KEY_WORDS = ("weight", "key", "right_", "tolerance", "value", "answers", "grading", "feedback", '"low"', '"high"')


def question(kind: str, points: str = "2.5") -> Question:
    return Question(
        kind=kind,
        name="Вопрос",
        text="Что это?",
        source="Что это?",
        body=BODIES[kind],
        points=Decimal(points) if KINDS[kind].scored else Decimal(0),
    )


def test_registry_has_the_nine_kinds_and_a_file_for_each():
    assert ALL == [
        "description", "matching", "multiple", "numeric", "open", "ordering", "short", "single", "yes_no",
    ]  # fmt: skip
    folder = Path(exam.questions.__path__[0])
    assert [name for name in ALL if not (folder / f"{name}.py").is_file()] == []


@pytest.mark.parametrize("name", ALL)
def test_sample_is_valid_and_survives_json(name):
    validate_question(question(name))
    assert body_from_json(body_to_json(BODIES[name])) == BODIES[name]
    assert question_from_json(json.loads(json.dumps(question_to_json(question(name))))) == question(name)


@pytest.mark.parametrize("name", ALL)
def test_cleared_answer_is_none_and_earns_nothing(name):
    kind, body = KINDS[name], BODIES[name]
    assert kind.parse_answer(body, None) is None
    assert kind.mark(body, None, Decimal(3)) == 0
    assert kind.describe_answer(body, None) == ("нет ответа" if kind.scored else "ответ не требуется")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "raw",
    [
        True, 0, 1.5, "a1", [], ["a1"], {}, {"choice": None}, {"choice": []}, {"choice": "a1", "x": 1},
        {"choices": "a1"}, {"choices": [["a1"]]}, {"choices": [None]}, {"pairs": [["l1", "r1"]]},
        {"pairs": {"l1": None}},
        {"pairs": {"r1": "l1"}}, {"order": "a1"}, {"order": []}, {"order": [1, 2, 3, 4]}, {"number": 5},
        {"number": "пять"}, {"text": 5},
        {"text": "\ud800"},
        {"text": "а\0б"}, {"text": None}, {"text": "я" * 20_001},
    ],
)  # fmt: skip
def test_strange_answer_is_refused_in_russian(name, raw):
    with pytest.raises(AnswerInvalid) as refusal:
        KINDS[name].parse_answer(BODIES[name], raw)
    assert refusal.value.code in {
        "bad_answer", "unknown_option", "incomplete_order", "not_a_number", "bad_text", "too_long", "nothing_to_answer",
    }  # fmt: skip
    assert (refusal.value.text[0].isupper(), refusal.value.text[-1]) == (True, ".")
    assert refusal.value.status == 422


@pytest.mark.parametrize("name", ALL)
@given(data=st.data())
def test_points_are_within_bounds_and_parsing_is_stable(name, data):
    kind, body = KINDS[name], BODIES[name]
    answer = kind.parse_answer(body, data.draw(RAW[name]))
    points = data.draw(st.decimals("0.01", 100, places=2))
    earned = kind.mark(body, answer, points)
    if earned is None:
        assert (name, answer is not None) == ("open", True)
    else:
        assert isinstance(earned, Fraction)
        assert 0 <= earned <= points
    assert kind.parse_answer(body, json.loads(json.dumps(answer))) == answer
    assert kind.describe_answer(body, answer) != ""


@pytest.mark.parametrize("name", ["single", "multiple", "yes_no", "matching", "ordering", "numeric", "short"])
def test_best_answer_earns_everything(name):
    kind, body = KINDS[name], BODIES[name]
    best = kind.parse_answer(body, kind.best_answer(body))
    assert kind.mark(body, best, Decimal("2.5")) == Fraction(5, 2)
    assert kind.describe_key(body) == kind.describe_answer(body, best)


@pytest.mark.parametrize("name", ["open", "description"])
def test_kinds_without_a_key_have_no_best_answer(name):
    assert KINDS[name].best_answer(BODIES[name]) is None
    assert KINDS[name].describe_key(BODIES[name]) == ""


@pytest.mark.parametrize("name", ALL)
@given(seed=st.text(max_size=10))
def test_page_gets_no_key_and_the_same_for_the_same_seed(name, seed):
    kind, body = KINDS[name], BODIES[name]
    public = kind.public(body, seed)
    text = json.dumps(public, ensure_ascii=False)
    assert [word for word in KEY_WORDS if word in text] == []
    assert kind.public(body, seed) == public


@pytest.mark.parametrize(("name", "field"), [("single", "options"), ("multiple", "options"), ("matching", "right")])
def test_page_shows_every_option_once_in_an_order_that_depends_on_the_seed(name, field):
    body = BODIES[name]
    orders = {tuple(item["id"] for item in KINDS[name].public(body, str(seed))[field]) for seed in range(50)}
    assert len(orders) > 10
    assert {frozenset(order) for order in orders} == {frozenset(item["id"] for item in body[field])}


@given(seed=st.text(max_size=10))
def test_order_on_the_page_does_not_depend_on_the_order_of_the_file(seed):
    items = BODIES["single"]["options"]
    assert shuffled(items, seed) == shuffled(items[::-1], seed)


@given(texts=st.lists(st.text(max_size=5), unique=True, min_size=1), data=st.data())
def test_identifiers_tell_nothing_of_the_order_of_the_file(texts, data):
    mixed = data.draw(st.permutations(texts))
    by_text = {item["text"]: item["id"] for item in labelled(texts, "a")}
    assert {item["text"]: item["id"] for item in labelled(mixed, "a")} == by_text
    assert sorted(by_text.values()) == sorted(f"a{number}" for number in range(1, len(texts) + 1))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "cloze"}, "Неизвестный вид вопроса «cloze»."),
        ({"text": " "}, "У вопроса нет текста. Напишите его перед ответами."),
        ({"points": Decimal(0)}, "Баллы за вопрос должны быть больше 0 и не больше 1000."),
        ({"points": Decimal("1000.01")}, "Баллы за вопрос должны быть больше 0 и не больше 1000."),
        ({"points": Decimal("0.001")}, "Баллы за вопрос записывают не точнее сотых, например 1 или 0,25."),
        ({"source": "я" * 100_001}, "Текст вопроса длиннее 100000 знаков. Разделите его."),
        (
            {"kind": "description", "body": {}},
            "Пояснение не оценивается. Уберите баллы или добавьте ответы в фигурных скобках.",
        ),
    ],
)
def test_unusable_question_is_refused(changes, reason):
    with pytest.raises(QuestionInvalid) as refusal:
        validate_question(replace(question("single"), **changes))
    assert refusal.value.text == reason


@pytest.mark.parametrize("record", [{}, {"points": "1"}, {"points": "x", "body": {}}, {"points": "1", "body": []}])
def test_damaged_record_is_refused(record):
    with pytest.raises(QuestionInvalid):
        question_from_json(record)


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_damaged_body_is_refused(text):
    with pytest.raises(QuestionInvalid):
        body_from_json(text)
