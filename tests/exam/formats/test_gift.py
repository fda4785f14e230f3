"""What a block of GIFT becomes, construct by construct."""

from decimal import Decimal

import pytest

from exam.formats.bankfile import Refusal
from exam.formats.gift import read_gift
from exam.questions.base import Question
from exam.questions.registry import KINDS


def one(text: str) -> Question:
    bank = read_gift(text.encode())
    assert bank.refused == ()
    assert len(bank.questions) == 1
    return bank.questions[0]


def options(question: Question) -> list[tuple[str, str]]:
    items = question.body.get("options") or question.body["answers"]
    return [(item["text"], item["weight"]) for item in items]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Пояснение без ответов", "description"),
        ("Опишите{}", "open"),
        ("Опишите{ \n }", "open"),
        ("Опишите{####Критерии}", "open"),
        ("Верно?{T}", "yes_no"),
        ("Верно?{ false }", "yes_no"),
        ("Что?{=а ~б}", "single"),
        ("Что?{~а =б}", "single"),
        ("Что?{~%100%а ~б}", "multiple"),
        ("Что?{~%50%а ~%50%б ~%-100%в}", "multiple"),
        ("Что?{=а}", "short"),
        ("Что?{=%100%а =%50%б}", "short"),
        ("Что?{=а->1 =б->2}", "matching"),
        ("Сколько?{#5}", "numeric"),
        ("Порядок?{>а\nб}", "ordering"),
        ("Порядок?{>2\nа\nб}", "ordering"),
    ],
)
def test_kind(text, kind):
    assert one(text).kind == kind


def test_single_with_weights_and_feedback():
    question = one("Что?{~а#нет ~%50%б#почти =в#да =г}")
    assert options(question) == [("а", "0"), ("б", "50"), ("в", "100"), ("г", "100")]
    assert [item.get("feedback") for item in question.body["options"]] == ["нет", "почти", "да", None]


def test_multiple_keeps_weights():
    assert options(one("Что?{~%33,333%а ~%66.667%б ~%-100%в ~г}")) == [
        ("а", "33.333"),
        ("б", "66.667"),
        ("в", "-100"),
        ("г", "0"),
    ]


def test_option_over_several_lines_is_one_line_and_escaped_newline_is_kept():
    assert options(one("Что?{\n=первая\n   часть\n~а\\nб}")) == [("первая часть", "100"), ("а\nб", "0")]


def test_escapes():
    question = one(r"::Имя\: раз::Как \{так\} \~ \= \# \\ \n\:\:?{=\~а\=б ~\#в\}г#\{д ~C:\dir}")
    assert question.name == "Имя: раз"
    assert question.text == "Как {так} ~ = # \\\n::?"
    assert options(question) == [("~а=б", "100"), ("#в}г", "0"), ("C:\\dir", "0")]
    assert question.body["options"][1]["feedback"] == "{д"


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("{#5}", [("5", "0", "100")]),
        ("{#-0,50:0,10}", [("-0.5", "0.1", "100")]),
        ("{# 1e3 : 5 #верно = да}", [("1000", "5", "100")]),
        ("{#=1822:0 =%50%1822:2#почти}", [("1822", "0", "100"), ("1822", "2", "50")]),
        ("{#\n=5\n=%0%*#иначе\n~#нет}", [("5", "0", "100")]),
    ],
)
def test_numeric_values(text, answers):
    found = one("Сколько?" + text).body["answers"]
    assert [(item["value"], item["tolerance"], item["weight"]) for item in found] == answers


def test_numeric_range():
    assert one("Сколько?{#-3.10..3,2}").body == {
        "answers": [{"low": "-3.1", "high": "3.2", "weight": "100"}],
        "unit": None,
    }


def test_yes_no_feedback_is_wrong_first():
    assert one("Верно?{TRUE#жаль#точно####всё}").body == {
        "right": "a1",
        "feedback_wrong": "жаль",
        "feedback_right": "точно",
    }
    assert one("Верно?{F}").body == {"right": "a2"}


def test_matching_with_distractor_and_shared_right_part():
    body = one("Что?{= -> чёрный\n=PE -> жёлто-зелёный =N->голубой =N1 -> голубой}").body
    text = {item["id"]: item["text"] for item in body["left"] + body["right"]}
    assert {text[left]: text[right] for left, right in body["key"].items()} == {
        "PE": "жёлто-зелёный",
        "N": "голубой",
        "N1": "голубой",
    }
    assert [item["text"] for item in body["right"]] == ["жёлто-зелёный", "голубой", "чёрный"]


def test_matching_arrow_inside_a_part():
    body = one(r"Что?{=а -\> б -> в -\> г =д -> е}").body
    assert [item["text"] for item in body["left"] + body["right"]] == ["а -> б", "д", "в -> г", "е"]


@pytest.mark.parametrize(
    ("header", "grading", "extra"),
    [
        ("", "position", []),
        ("2     none", "position", []),
        ("3 ALL VERTICAL ALL_OR_NOTHING SHOW none", "all_or_nothing", []),
        ("EXACT H ABSOLUTE 1", "position", []),
        ("0 REL 0 RELATIVE_NEXT_EXCLUDE_LAST HIDE", "relative", []),
        ("LONGEST_ORDERED_SUBSET", "relative", []),
        ("3 Первый шаг", "position", ["Первый шаг"]),
    ],
)
def test_ordering_header(header, grading, extra):
    body = one(f"Порядок?{{>{header}\nраз\n  два = 2\n\tтри\n}}").body
    assert body["grading"] == grading
    assert [item["text"] for item in body["items"]] == [*extra, "раз", "два = 2", "три"]


def test_missing_word():
    assert one("Шов{=подрез ~пора}зачищают.").text == "Шов_____зачищают."


@pytest.mark.parametrize(
    ("text", "format", "plain"),
    [
        ("[html]<p>Это&nbsp;<b>шов</b></p>", "html", "Это шов"),
        ("[markdown]Это **шов**", "markdown", "Это шов"),
        ("[plain]Это <b>шов</b>", "plain", "Это <b>шов</b>"),
        ("[moodle]Это <b>шов</b>", "moodle", "Это шов"),
        ("[HTML] Это<br>шов", "html", "Это\nшов"),
        ("[1] Это List<Integer>, a < b", "moodle", "[1] Это List<Integer>, a < b"),
    ],
)
def test_text_format(text, format, plain):
    question = one(text + "{T}")
    assert (question.format, question.text) == (format, plain)


def test_option_shares_the_format_of_the_text_unless_it_has_its_own():
    assert options(one("[html]Что?{=<b>а</b> ~[plain]<b>б</b>}")) == [("а", "100"), ("<b>б</b>", "0")]


def test_everything_around_a_question():
    question = one(
        "$CATEGORY: $course$/top/Сварка\n"
        "// question: 123  name: Шов\n"
        "// [id:w-1] [tag:дуга][tag:шов]\n"
        "// points: 2,50\n"
        "// просто слова: 5\n"
        "::Шов::Что?{=а ~б####Общий [html]отзыв}"
    )
    assert question == Question(
        kind="single",
        name="Шов",
        text="Что?",
        source="Что?",
        format="moodle",
        body=question.body,
        points=Decimal("2.5"),
        ident="w-1",
        tags=("дуга", "шов"),
        category="$course$/top/Сварка",
        feedback="Общий [html]отзыв",
    )
    assert question.line == 6


def test_points_default_to_one_and_a_description_has_none():
    bank = read_gift("Что?{T}\n\nСлова\n\n// баллы: 0.25\nЧто?{F}".encode())
    assert [question.points for question in bank.questions] == [Decimal(1), Decimal(0), Decimal("0.25")]


def test_unit_and_grading_of_a_comment():
    assert one("// unit: мм\nСколько?{#5}").body["unit"] == "мм"
    assert one("// grading: all_or_nothing\nЧто?{~%50%а ~%50%б ~в}").body["grading"] == "all_or_nothing"
    assert one("// unit: 3\n// grading: later\nЧто?{=а ~б}").kind == "single"


def test_name_is_taken_from_the_text_where_none_is_given():
    assert one("Что\nэто?{T}").name == "Что это?"
    assert one("а" * 100 + "{T}").name == "а" * 79 + "…"


def test_categories_follow_one_another():
    bank = read_gift(b"$CATEGORY: a\nq1{T}\n$CATEGORY: b\n\nq2{T}\n\nq3{T}\n\n$CATEGORY:\nq4{T}")
    assert [(question.name, question.category) for question in bank.questions] == [
        ("q1", "a"),
        ("q2", "b"),
        ("q3", "b"),
        ("q4", ""),
    ]


def test_identifiers_do_not_tell_which_option_is_right():
    """In most banks the right option comes first: its identifier must not always be the first one."""
    first = {one(f"Что?{{=верно {at} ~неверно {at} ~мимо {at}}}").body["options"][0]["id"] for at in range(30)}
    assert first == {"a1", "a2", "a3"}


NO_CLOSING = "Нет закрывающей скобки «}». Закройте ответы; внутри вопроса не должно быть пустых строк."
NO_OPENING = "Скобка «}» без открывающей «{». Проверьте, нет ли выше пустой строки внутри вопроса."


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("Что?{=а ~б", NO_CLOSING),
        ("{", NO_CLOSING),
        ("~б}", NO_OPENING),
        ("}{", NO_OPENING),
        ("Что?{T}}", "В вопросе больше одной пары фигурных скобок"),
        ("Что?{{T}", "В вопросе больше одной пары фигурных скобок"),
        ("Раз?{T}\nДва?{F}", "В вопросе больше одной пары фигурных скобок"),
        ("=а\n~б", "Здесь ответы без вопроса"),
        ("{T}", "У вопроса нет текста"),
        ("::Имя::{T}", "У вопроса нет текста"),
        ("::Имя без конца{T}", "Название вопроса начато"),
        ("::", "Название вопроса начато"),
        ("[html]<p> </p>{T}", "У вопроса нет текста"),
        ("Что?{да}", "Ответы в фигурных скобках не разобрать"),
        ("Что?{сначала =а ~б}", "Ответы в фигурных скобках не разобрать"),
        ("Что?{~а ~б}", "Нет ни одного верного варианта"),
        ("Что?{=%50%а ~б}", "Ни один ответ не даёт полного балла"),
        ("Что?{~%50%а ~%40%б}", "Положительные веса дают в сумме 90 %"),
        ("Что?{~%200%а ~б}", "Вес ответа %200% вне пределов"),
        ("Что?{=а ~а}", "Повтор среди данных"),
        ("Что?{=а ~}", "Пустой текст среди данных"),
        ("Что?{~а=}", "Пустой текст среди данных"),
        ("Что?{=}", "Пустой текст ответа"),
        ("Что?{=*}", "засчитал бы любой"),
        ("Что?{=а->1}", "нужно не меньше 2"),
        ("Что?{=а->1 =б}", "В паре «б» нет «->»"),
        ("Что?{=а->1 =б->}", "После «->» нет правой части"),
        ("Что?{=а->1 =а->2}", "Повтор среди данных"),
        ("Сколько?{#}", "После «#» нет числа"),
        ("Сколько?{#=}", "После «#» нет числа"),
        ("Сколько?{#пять}", "«пять» не число"),
        ("Сколько?{#5:x}", "«x» не число"),
        ("Сколько?{#1..}", "После «#» нет числа"),
        ("Сколько?{#5..1}", "начало диапазона больше его конца"),
        ("Сколько?{#5:-1}", "Допуск отрицательный"),
        ("Сколько?{#=%50%5}", "Ни один ответ не даёт полного балла"),
        ("Порядок?{>}", "нужно не меньше 2"),
        ("Порядок?{>\nа\nа}", "Повтор среди данных"),
        ("// points: много\nЧто?{T}", "«много» не число баллов"),
        ("// points: 0\nЧто?{T}", "Баллы за вопрос должны быть больше 0"),
        ("// points: 2\nПояснение", "Пояснение не оценивается"),
        ("// grading: roughly\nЧто?{~%100%а ~б}", "Неизвестный способ оценивания «roughly»"),
        ("// points: 2", "Эта строка ни к чему не относится"),
        ("Что?{" + "=а ~б" * 60 + "}", "Ответов больше 100"),
        ("Что?{>\n" + "а\n" * 101 + "}", "Элементов последовательности больше 100"),
        ("я" * 100_001, "Вопрос длиннее 100000 знаков"),
    ],
)
def test_refused_with_its_line_and_neighbours_unharmed(block, reason):
    bank = read_gift(f"До{{T}}\n\n{block}\n\nПосле{{T}}\n".encode())
    assert [question.name for question in bank.questions] == ["До", "После"]
    assert len(bank.refused) == 1
    refusal = bank.refused[0]
    assert refusal.line == 3 + block.startswith("// ") * (block.count("\n") > 0)
    assert reason in refusal.reason


def test_blank_line_inside_the_braces_swallows_nothing():
    assert read_gift("Что?{\n=а\n\n~б\n}\n\nПосле{T}".encode()).refused == (
        Refusal(1, NO_CLOSING),
        Refusal(4, NO_OPENING),
    )


def test_forgotten_blank_line_before_a_named_question():
    bank = read_gift(b"::A::a{T}\n// [id:b]\n::B::b{\n=1\n::C::c{T}\n$CATEGORY: x\n::D::d{T}")
    assert [(question.name, question.line, question.ident) for question in bank.questions] == [
        ("A", 1, ""),
        ("C", 5, ""),
        ("D", 7, ""),
    ]
    assert bank.refused == (Refusal(3, NO_CLOSING),)


def test_blank_line_inside_pre_belongs_to_the_text():
    question = one("::Код::[html]Что печатает?<pre>\nа = 1\n\n// и всё\n\nprint(а)\n</pre>\n{=1 ~2}")
    assert question.text == "Что печатает?\nа = 1\n\n// и всё\n\nprint(а)"


@pytest.mark.parametrize("after", ["::B::b{T}", "b{T}", "$CATEGORY: x\n::B::b{T}", "<pre>b</pre>{T}"])
def test_unclosed_pre_swallows_nothing(after):
    bank = read_gift(f"::A::[html]a <pre>\ncode\n\n{after}".encode())
    assert [(question.kind, question.line) for question in bank.questions] == [
        ("description", 1),
        ("yes_no", 4 + after.startswith("$")),
    ]


def test_colons_at_the_beginning_of_a_line_of_the_text_part_nothing():
    assert one("Что значит\n::std::vector::?{=тип ~имя}").text == "Что значит\n::std::vector::?"


def test_comments_alone_are_no_blocks():
    assert read_gift("// раз\n\n//два\n// [id:x]\n\n\n".encode()).questions == ()
    assert read_gift(b"").refused == ()


def test_comment_inside_a_question_is_left_out():
    assert options(one("Что?{\n=а\n// ~в\n~б\n}")) == [("а", "100"), ("б", "0")]


def test_every_kind_of_the_reader_is_registered():
    assert {one(text).kind for text in ("а", "а{}", "а{T}", "а{=б}")} <= KINDS.keys()
