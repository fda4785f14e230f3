"""Real files of other people, and those of the demo."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from exam.formats.bankfile import Unreadable
from exam.formats.gift import read_gift
from exam.formats.gift_write import write_gift
from exam.formats.registry import read_bank
from exam.questions.registry import KINDS

ROOT = Path(__file__).parents[3]
BANKS = ROOT.parent / "shared" / "banks"
needs_banks = pytest.mark.skipif(not BANKS.is_dir(), reason="../shared/banks is not here")

COUNTS = {
    "moodle_examples.gift.txt": {"single": 16, "short": 9, "numeric": 8, "yes_no": 5, "matching": 3, "multiple": 2},
    "moodle_ordering.gift.txt": {"ordering": 1},
    "peg_options1.gift": {"single": 6, "short": 4, "multiple": 2, "numeric": 1, "yes_no": 1},
    "tsugi_00-Mini-Django-Essay.gift.txt": {"open": 8},
    "tsugi_04-SQL.gift.txt": {"single": 20},
    "tsugi_06-Python-Objects.gift.txt": {"single": 20},
}


@needs_banks
def test_every_gift_file_is_counted():
    assert sorted(path.name for path in BANKS.glob("*gift*")) == sorted(COUNTS)


@needs_banks
@pytest.mark.parametrize("name", sorted(COUNTS))
def test_real_bank_loses_no_block(name):
    bank = read_gift((BANKS / name).read_bytes())
    assert bank.refused == ()
    assert Counter(question.kind for question in bank.questions) == COUNTS[name]
    again = read_gift(write_gift(bank.questions).encode())
    assert again.questions == bank.questions


@needs_banks
def test_counts_agree_with_the_bare_file():
    """Counted another way: the named blocks, or the blocks between blank lines that are no comments."""
    for name, counts in COUNTS.items():
        text = (BANKS / name).read_text(encoding="utf-8")
        blocks = [
            "\n".join(line for line in block.split("\n") if not line.startswith("//")) for block in text.split("\n\n")
        ]
        named = sum(line.startswith("::") for line in text.split("\n"))
        written = named if name.startswith("tsugi") else sum(bool(block.strip()) for block in blocks)
        assert sum(counts.values()) == written


@needs_banks
def test_lines_and_texts_of_a_real_bank():
    bank = read_gift((BANKS / "tsugi_00-Mini-Django-Essay.gift.txt").read_bytes())
    assert [(question.name, question.line) for question in bank.questions] == [
        ("Q1", 1), ("Q2", 3), ("Q3", 6), ("Q4", 26), ("Q5", 37), ("Q6", 50), ("Q7", 63), ("Q8", 77),
    ]  # fmt: skip
    assert "\n\n    # When all else fails send the 404 screen\n    else :\n" in bank.questions[2].text


@needs_banks
@pytest.mark.parametrize("name", ["moodle_multichoice.xml", "moodle_multianswer_cloze.xml", "moodle_ordering.xml"])
def test_moodle_xml_is_refused_in_words(name):
    with pytest.raises(Unreadable, match="не поддерживается"):
        read_bank(name, (BANKS / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "counts", "points"),
    [
        ("welder", {"single": 4, "multiple": 2, "matching": 1, "short": 1, "ordering": 1}, 13),
        ("electrician", {"single": 4, "multiple": 1, "matching": 1, "numeric": 1, "ordering": 1}, 12),
    ],
)
def test_demo_bank(name, counts, points):
    bank = read_gift((ROOT / "demo" / "files" / f"{name}.gift").read_bytes())
    assert bank.refused == ()
    assert Counter(question.kind for question in bank.questions) == counts
    assert sum(question.points for question in bank.questions) == points
    assert len({question.ident for question in bank.questions} - {""}) == len(bank.questions)


def test_demo_keys():
    """The keys of the design, once more and by hand."""
    questions = {
        question.ident: question
        for name in ("welder", "electrician")
        for question in read_gift((ROOT / "demo" / "files" / f"{name}.gift").read_bytes()).questions
    }
    keys = {ident: KINDS[question.kind].describe_key(question.body) for ident, question in questions.items()}
    assert keys["welder-05"] == "подрез"
    assert keys["welder-04"] == (
        "сварочный выпрямитель; сварочный преобразователь; сварочный агрегат с генератором постоянного тока"
    )
    assert keys["electrician-10"] == "закон Ома"
    assert keys["electrician-13"] == "110 Вт"
    assert keys["electrician-17"] == (
        "жёлто-зелёный – защитный проводник PE; голубой – нулевой рабочий проводник N; коричневый – фазный проводник L1"
    )
    short = questions["welder-08"].body
    for text in ("ЗТВ", "зона термического влияния", "Зона термического влияния (ЗТВ)."):
        assert KINDS["short"].mark(short, {"text": text}, Decimal(1)) == 1
