from dataclasses import replace

import pytest

from core.errors import Refused
from scoring.rules.canonical import parse
from scoring.rules.scheme import Aspect, Criterion, Finding, Module, Scheme, read_scheme, validate_scheme
from tests.scoring.schemes import LEVELS, LOOK, PLACE, SAFETY, SIZE, module, scheme


def texts(given):
    return [finding.text for finding in validate_scheme(given)]


def test_good_scheme_has_no_findings():
    assert validate_scheme(scheme()) == []
    assert scheme().max_hundredths == 2000


def test_scheme_is_read_back_from_its_frozen_bytes():
    assert read_scheme(parse(scheme().canonical())) == scheme()
    assert len(scheme().sha256()) == 64


def test_any_change_changes_the_sha256():
    first = scheme(module(PLACE))
    changed = [
        scheme(module(replace(PLACE, title="Иное"))),
        scheme(module(PLACE, floor_zero=False)),
        replace(first, title="х"),
    ]
    assert len({one.sha256() for one in [first, *changed]}) == 4


def test_wrong_sum_is_told_with_both_numbers():
    assert validate_scheme(replace(scheme(), max_hundredths=6000)) == [
        Finding("схема", "сумма максимальных баллов 20, а объявлено 60.")
    ]


def test_weight_counts_in_the_sum():
    given = scheme(module(replace(PLACE, weight=150)))
    assert given.max_hundredths == 750
    assert validate_scheme(given) == []


def test_weight_that_gives_a_fraction_of_a_hundredth_is_told():
    given = Scheme("Проба", 50, (module(replace(PLACE, max_hundredths=33, weight=150)),))
    assert texts(given) == ["сумма максимальных баллов 99/2 сотых, а объявлено 0,5."]


@pytest.mark.parametrize(
    ("given", "where", "text"),
    [
        (scheme(module(PLACE, PLACE)), "1.1", "обозначение показателя повторяется 2 раза, а должно быть одно."),
        (scheme(module(replace(PLACE, title=" "))), "1.1", "нет названия."),
        (
            scheme(module(replace(PLACE, safety=True))),
            "показатель 1.1",
            "нарушением охраны труда может быть только штраф.",
        ),
        (scheme(module(replace(PLACE, max_hundredths=0))), "показатель 1.1", "максимальный балл должен быть больше 0."),
        (scheme(module(replace(PLACE, weight=0))), "показатель 1.1", "вес должен быть больше 0."),
        (scheme(module(replace(PLACE, kind="guess"))), "показатель 1.1", "неизвестный способ оценки «guess»."),
        (scheme(module(replace(PLACE, spec={"x": 1}))), "показатель 1.1", "у способа «да или нет» настроек нет."),
        (Scheme("Проба", 0, ()), "схема", "в схеме нет ни одного модуля."),
        (Scheme("", 500, (module(PLACE),)), "схема", "нет названия."),
        (Scheme("Проба", 0, (Module("A", "Пусто", ()),)), "модуль A", "в модуле нет ни одного показателя."),
    ],
)
def test_what_is_wrong_is_told_where_it_is(given, where, text):
    assert Finding(where, text) in validate_scheme(given)


def test_unknown_direction_is_told():
    assert len(validate_scheme(replace(scheme(), direction="sideways"))) == 1


def test_repeated_module_and_criterion_are_told():
    twin = module(replace(PLACE, id="9.9"))
    found = texts(scheme(module(PLACE), twin))
    assert found == [
        "обозначение модуля повторяется 2 раза, а должно быть одно.",
        "обозначение критерия повторяется 2 раза, а должно быть одно.",
    ]


def test_seconds_are_only_for_less_is_better():
    seconds = Aspect("1.1", "Время", "time", {"as": "seconds"}, 0)
    assert texts(scheme(module(seconds), direction="less")) == []
    assert len(texts(scheme(module(seconds)))) == 1


def test_penalties_only_scheme_is_good_where_less_is_better():
    assert texts(scheme(module(SAFETY), direction="less")) == []


def test_module_is_found_by_id_or_refused():
    assert scheme().module("A").title == "Модуль A"
    with pytest.raises(Refused):
        scheme().module("Б")


def test_aspects_keep_their_order_over_modules():
    given = scheme(module(SIZE, PLACE), module(LOOK, module_id="B"))
    assert [aspect.id for aspect in given.aspects()] == ["1.2", "1.1", "2.1"]


def changed(path, value):
    data = parse(scheme().canonical())
    target = data
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return data


ASPECT = ["modules", 0, "criteria", 0, "aspects", 0]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        changed(["schema"], 2),
        changed(["title"], ""),
        changed(["extra"], 1),
        changed(["max_hundredths"], -1),
        changed(["max_hundredths"], True),
        changed(["direction"], "up"),
        changed(["modules"], {}),
        changed(["modules", 0], 5),
        changed(["modules", 0, "floor_zero"], 1),
        changed(["modules", 0, "criteria", 0], "x"),
        changed(["modules", 0, "criteria", 0, "aspects"], None),
        changed([*ASPECT, "spec"], []),
        changed([*ASPECT, "weight"], 0),
        changed([*ASPECT, "max_hundredths"], 5.0),
        changed([*ASPECT, "safety"], "да"),
        changed([*ASPECT, "id"], ""),
    ],
)
def test_what_is_not_a_scheme_is_refused(data):
    with pytest.raises(Refused):
        read_scheme(data)


def test_criterion_holds_its_aspects():
    criterion = Criterion("2", "Вид", (Aspect("2.1", "Вид", "judgement", LEVELS, 500),))
    assert criterion.aspects[0].weighted_max == 500


def test_smallest_weight_is_allowed():
    given = scheme(module(replace(PLACE, weight=1)))
    assert (given.max_hundredths, validate_scheme(given)) == (5, [])
