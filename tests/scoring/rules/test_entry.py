"""The fields of a sheet's page: what is shown is read back as the same marks, for every kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from scoring.rules import entry
from scoring.rules.entry import Entry
from scoring.rules.scheme import Aspect, Criterion, Module
from tests.scoring.aspects.samples import SAMPLES

ASPECTS = tuple(Aspect(f"1.{number}", name, kind, spec, most)
                for number, (name, (kind, spec, most, _)) in enumerate(SAMPLES.items()))
MODULE = Module("A", "Модуль", (Criterion("1", "Критерий", ASPECTS),))
NOTES = st.text("абвг ,.", max_size=20).map(str.strip)
NOT_ASSESSED = st.just({"not_assessed": "не видно"})


@st.composite
def pages(draw):
    """Entries of a whole module as the experts make them; a penalty keeps its note inside the mark."""
    found = {}
    for aspect, (_, _, _, values) in zip(ASPECTS, SAMPLES.values(), strict=True):
        mark = draw(values | NOT_ASSESSED)
        found[aspect.id] = Entry(mark, mark.get("note", "") if aspect.kind == "penalty" else draw(NOTES))
    return found


@given(pages())
def test_what_is_shown_is_read_back(kept):
    again, wrong = entry.read(MODULE, entry.shown(MODULE, kept), {})
    assert wrong == []
    assert again == kept


def test_names_of_fields():
    named = {aspect.title: entry.field_names(aspect) for aspect in ASPECTS}
    assert named["yes_no"] == {"answer": "m-1.2"}
    assert named["defects"] == {"count_0": "m-1.5-count_0", "count_1": "m-1.5-count_1"}
    assert named["penalty"] == {"count": "m-1.8", "note": "n-1.8", "moment": "t-1.8"}


def test_an_untouched_page_says_nothing_but_no_breaches():
    texts = entry.shown(MODULE, {})
    assert {name: text for name, text in texts.items() if text} == {"m-1.8": "0", "m-1.9": "0"}
    assert entry.read(MODULE, {}, {}) == ({aspect.id: Entry(None, "") for aspect in ASPECTS}, [])


def test_what_was_not_sent_keeps_what_it_had_and_emptied_fields_are_no_mark():
    kept = {"1.0": Entry({"value": 250}, "ровно"), "1.2": Entry({"yes": True}, "")}
    assert entry.read(MODULE, {"m-1.2": "no"}, kept)[0]["1.0"] == kept["1.0"]
    assert entry.read(MODULE, {"m-1.0": "", "n-1.0": ""}, kept)[0]["1.0"] == Entry(None, "")


@pytest.mark.parametrize(("sent", "field", "said"), [
    ({"m-1.0": "12,5x"}, "m-1.0", "«12,5x» не число"),
    ({"m-1.8": "1", "n-1.8": ""}, "n-1.8", "Штраф нужно подтвердить"),
    ({"m-1.8": "", "t-1.8": "10:00"}, "m-1.8", "Введите оценку"),
    ({"m-1.5-count_0": "1"}, "m-1.5-count_0", "более"),
    ({"x-1.0": "о" * 1001}, "x-1.0", "до 1000 знаков"),
    ({"n-1.0": "о" * 1001}, "n-1.0", "не длиннее 1000"),
])
def test_what_cannot_be_read_is_told_by_its_field(sent, field, said):
    kept = {"1.0": Entry({"value": 1}, "")}
    entries, wrong = entry.read(MODULE, sent, kept)
    assert [one.field for one in wrong] == [field]
    assert said in wrong[0].text
    assert entries[wrong[0].aspect_id] == kept.get(wrong[0].aspect_id, Entry(None, ""))


def test_one_aspect_alone_is_refused_in_words():
    with pytest.raises(Refused, match="not_a_number"):
        entry.read_one(ASPECTS[0], {"m-1.0": "много"})
