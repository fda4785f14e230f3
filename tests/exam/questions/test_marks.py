"""Worked examples of every kind, and that more right answers never earn less."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.questions.base import Body, QuestionInvalid
from exam.questions.registry import KINDS
from exam.questions.short import matches, normal
from exam.questions.weights import number_text, read_number
from tests.exam.questions.samples import BODIES


def earned(kind: str, raw: object, points: str = "1", **changes: object) -> Fraction | None:
    body = {**BODIES[kind], **changes}
    return KINDS[kind].mark(body, KINDS[kind].parse_answer(body, raw), Decimal(points))


@pytest.mark.parametrize(("choice", "share"), [("a1", 1), ("a2", 0), ("a3", Fraction(333, 1000)), ("a4", 0)])
def test_single(choice, share):
    assert earned("single", {"choice": choice}, "3") == share * 3


@pytest.mark.parametrize(
    ("choices", "partial", "whole"),
    [
        (["a1", "a2", "a3"], 1, 1),
        (["a3", "a2", "a1", "a1"], 1, 1),
        (["a1"], Fraction(1, 2), 0),
        (["a1", "a2"], Fraction(4, 5), 0),
        (["a1", "a2", "a3", "a5"], 1, 0),
        (["a1", "a2", "a3", "a4"], Fraction(2, 5), 0),
        (["a1", "a4"], 0, 0),
        (["a4"], 0, 0),
        ([], 0, 0),
    ],
)
def test_multiple(choices, partial, whole):
    assert earned("multiple", {"choices": choices}) == partial
    assert earned("multiple", {"choices": choices}, grading="all_or_nothing") == whole


def test_multiple_of_thirds_earns_exactly_everything():
    thirds = [{"id": f"a{n}", "text": str(n), "weight": "33.333"} for n in (1, 2, 3)]
    options = [*thirds, {"id": "a4", "text": "4", "weight": "-100"}]
    assert earned("multiple", {"choices": ["a1", "a2", "a3"]}, "2", options=options) == 2
    assert earned("multiple", {"choices": ["a1"]}, "3", options=options) == 1


@given(chosen=st.sets(st.sampled_from(["a1", "a2", "a3", "a4", "a5"])), more=st.sampled_from(["a1", "a2", "a3"]))
def test_multiple_one_more_right_option_never_earns_less(chosen, more):
    before = earned("multiple", {"choices": sorted(chosen)})
    assert earned("multiple", {"choices": sorted(chosen | {more})}) >= before


@given(chosen=st.lists(st.sampled_from(["a1", "a2", "a3", "a4", "a5"])), data=st.data())
def test_multiple_does_not_depend_on_the_order_of_options_and_choices(chosen, data):
    options = data.draw(st.permutations(BODIES["multiple"]["options"]))
    mixed = data.draw(st.permutations(chosen))
    assert earned("multiple", {"choices": mixed}, options=options) == earned("multiple", {"choices": chosen})


@pytest.mark.parametrize(("choice", "share"), [("a1", 0), ("a2", 1)])
def test_yes_no(choice, share):
    assert earned("yes_no", {"choice": choice}) == share


@pytest.mark.parametrize(
    ("pairs", "share"),
    [
        ({"l1": "r3", "l2": "r1", "l3": "r2"}, 1),
        ({"l1": "r3", "l2": "r1"}, Fraction(2, 3)),
        ({"l1": "r3", "l2": "r4", "l3": "r4"}, Fraction(1, 3)),
        ({"l1": "r1", "l2": "r2", "l3": "r3"}, 0),
        ({}, 0),
    ],
)
def test_matching(pairs, share):
    assert earned("matching", {"pairs": pairs}) == share


@pytest.mark.parametrize(
    ("order", "whole", "position", "relative"),
    [
        (["a3", "a1", "a4", "a2"], 1, 1, 1),
        (["a1", "a3", "a4", "a2"], 0, Fraction(1, 2), Fraction(1, 3)),
        (["a1", "a4", "a2", "a3"], 0, 0, Fraction(2, 3)),
        (["a2", "a4", "a1", "a3"], 0, 0, 0),
    ],
)
def test_ordering(order, whole, position, relative):
    shares = [earned("ordering", {"order": order}, grading=name) for name in ("all_or_nothing", "position", "relative")]
    assert shares == [whole, position, relative]


@pytest.mark.parametrize("order", [["a1", "a2", "a3"], ["a1", "a2", "a3", "a3"], ["a1", "a2", "a3", "a4", "a4"]])
def test_ordering_wants_every_item_once(order):
    with pytest.raises(Exception, match=r"incomplete_order|repeated_item"):
        earned("ordering", {"order": order})


@given(seed=st.integers())
def test_ordering_is_never_shown_in_its_right_order(seed):
    for count in (2, 3):
        body = {"items": BODIES["ordering"]["items"][:count], "grading": "position"}
        assert KINDS["ordering"].public(body, str(seed))["items"] != [
            {"id": item["id"], "text": item["text"]} for item in body["items"]
        ]


@pytest.mark.parametrize(
    ("number", "share"),
    [
        ("110", 1), ("109,5", 1), ("110.5", 1), ("109.49", Fraction(1, 2)), ("115", Fraction(1, 2)),
        ("115.0000000001", 0), ("104.999", 0), ("200", Fraction(1, 4)), ("220", Fraction(1, 4)), ("220,01", 0),
        ("-110", 0), ("110 Вт", 1),
        ("110вт", 1), ("+110", 1), ("1 1 0", 1), ("1.1e2", 1), ("", 0), ("−110", 0),
    ],
)  # fmt: skip
def test_numeric(number, share):
    assert earned("numeric", {"number": number}) == share


@pytest.mark.parametrize(
    "number", ["сто десять", "1,2,3", "110 А", "1e99", "Infinity", "NaN", "٣", "0x10", ".", "1" * 40]
)
def test_numeric_refuses_what_is_no_number(number):
    with pytest.raises(Exception, match="not_a_number"):
        earned("numeric", {"number": number})


def test_numeric_tolerance_of_decimal_fractions_is_exact():
    answers = [{"value": "0.3", "tolerance": "0.1", "weight": "100"}]
    assert [earned("numeric", {"number": text}, answers=answers) for text in ("0.2", "0.4", "0.4000001")] == [1, 1, 0]


@given(number=st.decimals(-(10**14), 10**14, places=12))
def test_numbers_are_read_back_exactly(number):
    assert read_number(number_text(number)) == number


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("Зона термического влияния", 1), ("  зона   термического\nвлияния. ", 1),
        ("зона термического влияния (ЗТВ)", 1), ("зтв", 1), ("ЗТВ.", 1), ("зона теплового влияния", Fraction(1, 2)),
        ("зона влияния", 0),
        ("подрез", 0), ("", 0),
    ],
)  # fmt: skip
def test_short(text, share):
    assert earned("short", {"text": text}) == share


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("ёлка", "Елка", True), ("«ГОСТ» – это", '"гост" - это', True), ("а*б*в", "аXбYв", True),
        ("а*б*в", "абв", True), ("а*б*в", "ав", False), ("аб*ба", "аба", False), ("*ома", "закон Ома.", True),
        ("*Ома.", "закон ома", True),
        ("ома*", "закон Ома", False), ("5\\*5", "5*5", True), ("5\\*5", "525", False), ("a\\b", "A\\B", True),
        ("*", "", True),
        ("а*а*а*а*б", "а" * 1000, False), ("а*бв*вг*д", "абвгд", False),
    ],
)  # fmt: skip
def test_short_patterns(pattern, text, fits):
    assert matches(pattern, normal(text)) is fits


@given(text=st.text(max_size=20).filter(lambda text: "\\" not in text and "*" not in text))
def test_short_text_fits_itself_and_every_cover_of_it(text):
    assert matches(text, normal(text))
    assert matches("*", normal(text))


def test_open_waits_for_people():
    assert earned("open", {"text": "Потому что…"}) is None
    assert earned("open", {"text": "  "}) == 0


def _single(*weights: str) -> Body:
    return {
        "options": [{"id": f"a{n}", "text": f"т{n}", "weight": weight} for n, weight in enumerate(weights, start=1)]
    }


_SHORT = {"answers": [{"text": "да", "weight": "100"}]}
_PAIR = [{"id": "l1", "text": "а"}, {"id": "l2", "text": "б"}]


@pytest.mark.parametrize(
    ("kind", "body", "word"),
    [
        ("single", {}, "варианты ответа записаны неверно"),
        ("single", _single("100"), "найдено 1, нужно не меньше 2"),
        ("single", _single(*["100"] * 101), "можно не больше 100"),
        ("single", _single("50", "0"), "не даёт полного балла"),
        ("single", _single("100", "x"), "записан «x»"),
        ("single", _single("100", "101"), "от -100 до 100"),
        (
            "single",
            {"options": [{"id": "a1", "text": "а", "weight": "100"}, {"id": "a2", "text": "а", "weight": "0"}]},
            "Повтор",
        ),
        (
            "single",
            {"options": [{"id": "a1", "text": "а", "weight": "100"}, {"id": "a2", "text": " ", "weight": "0"}]},
            "Пустой",
        ),
        ("multiple", {**_single("0", "0"), "grading": "partial"}, "Нет ни одного верного"),
        ("multiple", {**_single("100", "50"), "grading": "partial"}, "в сумме 150 %"),
        ("multiple", {**_single("98.9", "0"), "grading": "partial"}, "в сумме 98.9 %"),
        ("multiple", {**_single("100", "0"), "grading": "roughly"}, "«roughly»"),
        ("yes_no", {"right": "a3"}, "Поставьте {T} или {F}"),
        ("matching", {"left": _PAIR[:1], "right": _PAIR, "key": {"l1": "l1"}}, "найдено 1"),
        ("matching", {"left": _PAIR, "right": _PAIR, "key": {"l1": "l1"}}, "не сходится"),
        ("matching", {"left": _PAIR, "right": _PAIR, "key": {"l1": "l1", "l2": "r9"}}, "не сходится"),
        ("ordering", {"items": _PAIR[:1], "grading": "position"}, "найдено 1"),
        ("ordering", {"items": _PAIR, "grading": "partial"}, "«partial»"),
        ("numeric", {"answers": [], "unit": None}, "найдено 0"),
        (
            "numeric",
            {"answers": [{"value": "1", "tolerance": "-1", "weight": "100"}], "unit": None},
            "Допуск отрицательный",
        ),
        ("numeric", {"answers": [{"low": "2", "high": "1", "weight": "100"}], "unit": None}, "больше его конца"),
        ("numeric", {"answers": [{"value": "x", "tolerance": "0", "weight": "100"}], "unit": None}, "«x»"),
        ("numeric", {"answers": [{"value": "1", "tolerance": "0", "weight": "100"}], "unit": "м" * 31}, "Единица"),
        ("numeric", {"answers": "1", "unit": None}, "записаны неверно"),
        ("short", {"answers": [{"text": " ", "weight": "100"}]}, "Пустой текст"),
        ("short", {"answers": [{"text": "*", "weight": "100"}]}, "засчитал бы любой"),
        ("short", {"answers": [{"text": "да", "weight": "99"}]}, "не даёт полного балла"),
        ("short", {"answers": _SHORT["answers"] * 101}, "Слишком много ответов: 101"),
        ("short", {}, "записаны неверно"),
        ("open", {"x": 1}, "нет вариантов"),
        ("description", {"x": 1}, "нет вариантов"),
    ],
)
def test_unusable_body_is_refused(kind, body, word):
    with pytest.raises(QuestionInvalid) as refusal:
        KINDS[kind].validate(body)
    assert word in refusal.value.text


@pytest.mark.parametrize(
    ("kind", "raw", "words"),
    [
        ("single", {"choice": "a2"}, "наплыв"),
        ("multiple", {"choices": ["a4", "a1"]}, "выпрямитель; трансформатор"),
        ("yes_no", {"choice": "a2"}, "Неверно"),
        ("matching", {"pairs": {"l2": "r1", "l1": "r4"}}, "PE – чёрный; N – голубой; L1 – не указано"),
        ("ordering", {"order": ["a1", "a2", "a3", "a4"]}, "два → четыре → раз → три"),
        ("numeric", {"number": "110.50"}, "110,5 Вт"),
        ("short", {"text": " ЗТВ "}, "ЗТВ"),
        ("open", {"text": "Так"}, "Так"),
        ("single", None, "нет ответа"),
        ("description", None, "ответ не требуется"),
    ],
)
def test_answer_in_words(kind, raw, words):
    assert KINDS[kind].describe_answer(BODIES[kind], KINDS[kind].parse_answer(BODIES[kind], raw)) == words
