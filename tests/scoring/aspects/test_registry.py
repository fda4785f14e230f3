import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.aspects import registry
from scoring.aspects.base import AspectInvalid
from tests.scoring.aspects.samples import LEVELS, SAMPLES

names = pytest.mark.parametrize("name", SAMPLES)


def test_kinds_are_known_by_their_own_names():
    assert sorted(registry.KINDS) == ["defects", "judgement", "measurement", "penalty", "steps", "time", "yes_no"]
    assert all(name == kind.NAME for name, kind in registry.KINDS.items())
    assert len({kind.LABEL for kind in registry.KINDS.values()}) == len(registry.KINDS)


def test_unknown_kind_is_refused():
    with pytest.raises(AspectInvalid, match="неизвестный способ"):
        registry.kind_of("guess")


@names
def test_sample_is_valid(name):
    kind, spec, most, _ = SAMPLES[name]
    registry.kind_of(kind).validate(spec, most)


@names
def test_unknown_setting_is_refused(name):
    kind, spec, most, _ = SAMPLES[name]
    with pytest.raises(AspectInvalid):
        registry.kind_of(kind).validate({**spec, "extra": 1}, most)


@names
def test_rule_text_is_read_back(name):
    kind, spec, _, _ = SAMPLES[name]
    chosen = registry.kind_of(kind)
    assert chosen.from_text(chosen.to_text(spec)) == spec


@names
@pytest.mark.parametrize(
    "text", ["чепуха", "допуск", "= 5; = 6", "норма 60; −1", "−5", "0 — а; 2 — б", "таблица мм; ; 1"]
)
def test_unreadable_rule_is_refused_with_an_example(name, text):
    with pytest.raises(AspectInvalid) as caught:
        registry.kind_of(SAMPLES[name][0]).from_text(text)
    assert "пример: " in caught.value.text


@given(data=st.data(), name=st.sampled_from(sorted(SAMPLES)))
def test_mark_survives_the_form(data, name):
    kind, spec, _, marks = SAMPLES[name]
    mark = data.draw(marks)
    registry.check_mark(kind, spec, mark)
    assert registry.parse_mark(kind, spec, registry.raw_of(kind, spec, mark)) == mark
    assert registry.describe(kind, spec, mark)


@given(data=st.data(), name=st.sampled_from(sorted(set(SAMPLES) - {"seconds", "penalty", "uncapped"})))
def test_points_stay_between_zero_and_the_maximum(data, name):
    kind, spec, most, marks = SAMPLES[name]
    assert 0 <= registry.points(kind, spec, data.draw(marks), most) <= most


@given(mark=SAMPLES["penalty"][3])
def test_penalty_only_takes_and_never_above_the_cap(mark):
    assert -1200 <= registry.points("penalty", SAMPLES["penalty"][1], mark, 0) <= 0


@names
def test_form_has_a_field_for_every_string_of_the_mark(name):
    kind, spec, _, marks = SAMPLES[name]
    form = registry.kind_of(kind).form(spec)
    assert form["kind"] == kind
    assert all({"name", "type", "label", "required"} <= set(field) for field in form["fields"])
    seen = set()

    @given(marks)
    def collect(mark):
        seen.update(registry.raw_of(kind, spec, mark))

    collect()
    assert seen == {field["name"] for field in form["fields"]}


@names
@given(data=st.data())
def test_any_typed_text_is_read_or_refused(name, data):
    kind, spec, most, _ = SAMPLES[name]
    fields = [field["name"] for field in registry.kind_of(kind).form(spec)["fields"]]
    raw = data.draw(st.fixed_dictionaries({field: st.text(max_size=8) for field in fields}))
    mark = read_or_none(kind, spec, raw)
    if mark is not None:
        registry.check_mark(kind, spec, mark)
        registry.points(kind, spec, mark, most)


def read_or_none(kind, spec, raw):
    try:
        return registry.parse_mark(kind, spec, raw)
    except AspectInvalid:
        return None


@names
def test_mark_of_another_kind_is_refused(name):
    kind, spec, _, _ = SAMPLES[name]
    with pytest.raises(AspectInvalid):
        registry.check_mark(kind, spec, {"guess": 1})


@names
def test_not_assessed_is_a_mark_of_every_kind(name):
    kind, spec, most, _ = SAMPLES[name]
    mark = registry.parse_mark(kind, spec, {"not_assessed": " не было видно "})
    assert mark == {"not_assessed": "не было видно"}
    assert registry.points(kind, spec, mark, most) is None
    assert registry.describe(kind, spec, mark) == "не оценивалось: не было видно"
    assert registry.parse_mark(kind, spec, registry.raw_of(kind, spec, mark)) == mark


def test_not_assessed_needs_a_reason():
    with pytest.raises(AspectInvalid, match="почему"):
        registry.parse_mark("yes_no", {}, {"not_assessed_on": "on", "not_assessed": "  "})


@pytest.mark.parametrize("reason", ["", "  ", 5, None, "я" * 1001])
def test_not_assessed_stored_without_a_good_reason_is_refused(reason):
    with pytest.raises(AspectInvalid):
        registry.check_mark("judgement", LEVELS, {"not_assessed": reason})


def test_not_assessed_together_with_a_result_is_refused():
    with pytest.raises(AspectInvalid):
        registry.check_mark("yes_no", {}, {"not_assessed": "темно", "yes": True})
