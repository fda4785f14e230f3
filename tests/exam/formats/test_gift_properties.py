"""Round trip, nothing swallowed, linear time."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam.formats.bankfile import Unreadable
from exam.formats.gift import read_gift
from exam.formats.gift_write import write_gift
from exam.formats.plaintext import plain_text
from exam.questions.base import Question, labelled
from exam.questions.registry import KINDS, validate_question

# Everything GIFT, its comments and its formats give a meaning to, beside letters.
SPICE = [
    "\\",
    "~",
    "=",
    "#",
    "{",
    "}",
    ":",
    "::",
    "->",
    "-\\>",
    "//",
    "%50%",
    "[html]",
    "$CATEGORY:",
    "\n",
    "####",
    "<b>",
    "&amp;",
]
WORDS = st.lists(st.sampled_from([*SPICE, "а", "b", "1", " ", "n", ">", "*", "T"]), min_size=1, max_size=12).map(
    "".join
)
TEXTS = WORDS.map(lambda text: plain_text(text, "plain")).filter(bool)
WEIGHTS = st.sampled_from(["-100", "-33.333", "0", "12.5", "50"])
NUMBERS = st.decimals(0, 1000, places=2).map(lambda number: format(number.normalize(), "f"))


def texts(least: int, most: int = 6) -> st.SearchStrategy[list[str]]:
    return st.lists(TEXTS, min_size=least, max_size=most, unique=True)


@st.composite
def weighted(draw: st.DrawFn, least: int, first: str = "100") -> list[dict[str, str]]:
    items = [{"text": text, "weight": draw(WEIGHTS)} for text in draw(texts(least))]
    items[0]["weight"] = first
    for item in items:
        if feedback := draw(st.just("") | TEXTS):
            item["feedback"] = feedback
    return items


def with_ids(items: list[dict[str, str]], prefix: str = "a") -> list[dict[str, str]]:
    labels = labelled([item["text"] for item in items], prefix)
    return [{"id": label["id"], **item} for label, item in zip(labels, items, strict=True)]


@st.composite
def single(draw: st.DrawFn) -> dict[str, object]:
    return {"options": with_ids(draw(weighted(2)))}


@st.composite
def multiple(draw: st.DrawFn) -> dict[str, object]:
    items = draw(weighted(2))
    for item in items[1:]:
        item["weight"] = draw(st.sampled_from(["-100", "-50", "0"]))
    return {"options": with_ids(items), "grading": draw(st.sampled_from(["partial", "all_or_nothing"]))}


@st.composite
def matching(draw: st.DrawFn) -> dict[str, object]:
    left, right = labelled(draw(texts(2)), "l"), draw(texts(2))
    keys = [draw(st.sampled_from(right)) for _ in left]
    # The order of the file: parts in use first, distractors behind them.
    ordered = labelled(list(dict.fromkeys([*keys, *right])), "r")
    ident = {item["text"]: item["id"] for item in ordered}
    return {
        "left": left,
        "right": ordered,
        "key": {item["id"]: ident[key] for item, key in zip(left, keys, strict=True)},
    }


@st.composite
def numeric(draw: st.DrawFn) -> dict[str, object]:
    answers: list[dict[str, str]] = []
    for _ in range(draw(st.integers(1, 4))):
        one, other = sorted((draw(NUMBERS), draw(NUMBERS)), key=Decimal)
        bounds = draw(st.sampled_from([{"value": one, "tolerance": other}, {"low": one, "high": other}]))
        answers.append({**bounds, "weight": draw(WEIGHTS)})
    answers[0]["weight"] = "100"
    return {"answers": answers, "unit": draw(st.sampled_from([None, "мм", "кг/м"]))}


@st.composite
def yes_no(draw: st.DrawFn) -> dict[str, str]:
    feedback = {name: draw(st.just("") | TEXTS) for name in ("feedback_wrong", "feedback_right")}
    return {"right": draw(st.sampled_from(["a1", "a2"])), **{name: text for name, text in feedback.items() if text}}


BODIES: dict[str, st.SearchStrategy[dict[str, object]]] = {
    "single": single(),
    "multiple": multiple(),
    "yes_no": yes_no(),
    "matching": matching(),
    "ordering": st.builds(
        lambda items, grading: {"items": labelled(items, "a"), "grading": grading},
        texts(2),
        st.sampled_from(["all_or_nothing", "position", "relative"]),
    ),
    "numeric": numeric(),
    "short": weighted(1).map(lambda answers: {"answers": answers}),
    "open": st.just({}),
    "description": st.just({}),
}


@st.composite
def questions(draw: st.DrawFn) -> Question:
    kind = draw(st.sampled_from(sorted(KINDS)))
    format = draw(st.sampled_from(["html", "moodle", "markdown", "plain"]))
    source = draw(WORDS.map(str.strip).filter(lambda text: plain_text(text, format)))
    question = Question(
        kind=kind,
        name=" ".join(draw(TEXTS).split()),
        text=plain_text(source, format),
        source=source,
        format=format,
        body=draw(BODIES[kind]),
        points=draw(st.decimals("0.01", 20, places=2)) if KINDS[kind].scored else Decimal(0),
        ident=draw(st.sampled_from(["", "w-1", "a]b"])),
        tags=draw(st.sampled_from([(), ("дуга",), ("а", "б]")])),
        category=draw(st.sampled_from(["", "Сварка", "top/Шов [1]"])),
        feedback=draw(st.just("") | TEXTS) if kind != "description" else "",
    )
    try:
        validate_question(question)
    except ValueError:
        return Question(kind="open", name="Вопрос", text="Что?", source="Что?", body={})
    return question


@given(st.lists(questions(), max_size=4))
def test_own_export_gives_the_same_questions(bank):
    read = read_gift(write_gift(bank).encode())
    assert read.refused == ()
    assert list(read.questions) == bank


LINES = st.lists(
    st.sampled_from([*[s for s in SPICE if "\n" not in s], "а", " ", "T", "#", "=а", "~б"]), min_size=1, max_size=8
)
BLOCKS = st.lists(LINES.map("".join), min_size=1, max_size=4).map("\n".join)


def is_one_block(text: str) -> bool:
    """No line that ends a block by itself, no comment: such a text must come out as exactly one thing."""
    lines = [line.strip() for line in text.split("\n")]
    return all(line and not line.startswith(("//", "$CATEGORY:")) and "::" not in line for line in lines)


@given(
    st.lists(BLOCKS.filter(is_one_block), max_size=6),
    st.sampled_from(["\n\n", "\r\n\r\n", "\n \t\n\n", "\n\n// слова\n\n"]),
)
def test_no_block_is_swallowed(blocks, between):
    bank = read_gift(between.join(blocks).encode())
    lines = [question.line for question in bank.questions] + [refusal.line for refusal in bank.refused]
    step = between.replace("\r\n", "\n").count("\n")
    begins, at = [], 1
    for block in blocks:
        begins.append(at)
        at += block.count("\n") + step
    assert sorted(lines) == begins


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200) | BLOCKS)
def test_any_text_is_read_and_every_question_of_it_can_be_used(text):
    bank = read_gift(text.encode())
    for question in bank.questions:
        validate_question(question)
        KINDS[question.kind].public(question.body, "1")
    assert all(refusal.line >= 1 and refusal.reason.endswith(".") for refusal in bank.refused)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_as_a_whole(data):
    try:
        bank = read_gift(data)
    except Unreadable:
        return
    assert all(refusal.line >= 1 for refusal in bank.refused)


HOSTILE = [
    "{", "}", "{}", "\\", "~", "=", "#", "::", "%", "->", "[id:", "//", "\n", " ", "<", "<a ", "<pre>\n\n",
    "::a::{\n", "<!--", "**a",
    "&#9", "а{=б ~", "q{T}\n\n", "{\n\n", "$CATEGORY: x\n", "// points: 2\n\n", "<pre>\na\n\n",
]  # fmt: skip


def test_closing_of_a_pre_is_looked_for_once():
    small, large = (("а<pre>\n" + "б\n" * lines).encode() for lines in (5_000, 20_000))
    assert _seconds(large) < 8 * max(_seconds(small), 0.03)


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
def test_time_is_linear_in_the_size_of_the_file(piece):
    """Four times the file takes about four times as long, not sixteen; below 30 ms nothing is worth comparing."""
    small, large = (f"{piece * (size // len(piece))}".encode() for size in (15_000, 60_000))
    assert _seconds(large) < 8 * max(_seconds(small), 0.03)


@pytest.mark.parametrize(
    "piece", ["<a>", "<script>", "<svg>a</svg", "<img alt='", "&amp;", "<sup>2</sup>", "**a", "<!--", "[html]", "=*а"]
)
@pytest.mark.parametrize("shape", ["Что {}{{T}}", "Что{{={} ~а}}"])
def test_longest_block_takes_less_than_two_seconds(piece, shape):
    block = shape.format(piece * (90_000 // len(piece)))
    assert _seconds(block.encode()) < 2


def _seconds(data: bytes) -> float:
    times = []
    for _ in range(2):
        begun = time.process_time()
        read_gift(data)
        times.append(time.process_time() - begun)
    return min(times)
