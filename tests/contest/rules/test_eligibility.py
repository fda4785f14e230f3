"""What stands against an application: every requirement, its border, its absence."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.rules.eligibility import (
    ATTACHMENT_KINDS,
    CONSENT_KINDS,
    PLACE_KINDS,
    REFUSAL_REASONS,
    REQUIRED_FIELDS,
    Entered,
    Requirements,
    check,
    full_years,
)

DEADLINE = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
VALUES = {
    "last_name": "Петров",
    "first_name": "Пётр",
    "birth_date": "2000-05-20",
    "citizenship": "Российская Федерация",
    "document": "паспорт 0000 000000",
    "phone": "+7 900 000-00-00",
    "organisation": "ООО «Завод»",
    "position": "Сварщик",
    "experience_profession": "3",
    "no_penalties": True,
    "place_kind": "workplace",
}
ENTERED = Entered(VALUES, {"qualification"}, {"processing", "video"}, DEADLINE, date(2026, 6, 1))
ASKED = Requirements(min_age=21, required_attachments=("qualification",), deadline=DEADLINE)


def codes(entered, asked=ASKED):
    return [(finding.code, finding.field) for finding in check(entered, asked)]


def typed(**values):
    return replace(ENTERED, values=VALUES | values)


def test_application_in_order():
    assert check(ENTERED, ASKED) == []


@pytest.mark.parametrize("key", REQUIRED_FIELDS)
@pytest.mark.parametrize("empty", ["", "  ", None])
def test_required_field_empty(key, empty):
    assert codes(typed(**{key: empty})) == [("incomplete", key)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"birth_date": date(2000, 5, 20)}, []),
        ({"birth_date": "2005-06-01"}, []),
        ({"birth_date": "2005-06-02"}, [("age", "birth_date")]),
        ({"birth_date": "2026-06-01"}, [("incomplete", "birth_date")]),
        ({"birth_date": "двадцатое мая"}, [("incomplete", "birth_date")]),
        ({"experience_profession": 3}, []),
        ({"experience_profession": "2"}, [("experience", "experience_profession")]),
        ({"experience_profession": 0}, [("experience", "experience_profession")]),
        ({"experience_profession": "три"}, [("incomplete", "experience_profession")]),
        ({"experience_profession": "-3"}, [("incomplete", "experience_profession")]),
        ({"citizenship": "  россия "}, []),
        ({"citizenship": "РФ"}, []),
        ({"citizenship": "Республика Беларусь"}, [("citizenship", "citizenship")]),
        ({"no_penalties": False}, [("penalty", "no_penalties")]),
        ({"no_penalties": None}, [("penalty", "no_penalties")]),
        ({"no_penalties": "yes"}, [("penalty", "no_penalties")]),
    ],
)
def test_person(values, expected):
    assert codes(typed(**values)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"attachments": set()}, [("incomplete", "attachment-qualification")]),
        ({"consents": {"video"}}, [("no_consent", "consent-processing")]),
        ({"consents": {"processing"}}, [("no_consent", "consent-video")]),
        ({"at": DEADLINE + timedelta(microseconds=1)}, [("late", "")]),
        ({"has_other": True}, [("second_application", "")]),
    ],
)
def test_papers_and_circumstances(change, expected):
    assert codes(replace(ENTERED, **change)) == expected


def test_everything_at_once_in_the_order_of_the_form():
    worst = Entered({}, (), (), DEADLINE + timedelta(days=1), date(2026, 6, 2), has_other=True)
    found = check(worst, ASKED)
    assert [finding.field for finding in found] == [
        *REQUIRED_FIELDS, "no_penalties", "attachment-qualification", "consent-processing", "consent-video", "", "",
    ]  # fmt: skip
    assert all(finding.text.endswith(".") for finding in found)
    assert {finding.code for finding in found} <= set(REFUSAL_REASONS)


def test_nomination_that_asks_nothing():
    nothing = Requirements(None, None, None, False, (), (), None, {})
    assert (
        check(
            Entered({"citizenship": "иное", "experience_profession": "0"}, (), (), DEADLINE, date(2026, 1, 1)), nothing
        )
        == []
    )


def test_requirements_from_the_stored_form():
    stored = {
        "min_experience_years": 5, "min_age": 18, "citizenship": True, "no_penalties": False,
        "required_attachments": ["qualification"], "unknown": 1,
    }  # fmt: skip
    assert Requirements.from_stored(stored, deadline=DEADLINE) == Requirements(
        5, "Российская Федерация", 18, False, ("qualification",), deadline=DEADLINE
    )
    assert Requirements.from_stored({"citizenship": False}).citizenship is None
    assert Requirements.from_stored({}) == Requirements()


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2004, 2, 29), date(2025, 2, 28), 20),
        (date(2004, 2, 29), date(2025, 3, 1), 21),
        (date(2004, 6, 1), date(2025, 6, 1), 21),
        (date(2004, 6, 2), date(2025, 6, 1), 20),
    ],
)
def test_full_years(born, on, years):
    assert full_years(born, on) == years


@given(st.dates(date(1930, 1, 1), date(2020, 1, 1)), st.integers(0, 30000))
def test_full_years_grow_with_time(born, later):
    on = born + timedelta(days=later)
    assert 0 <= full_years(born, on) <= full_years(born, on + timedelta(days=1)) <= full_years(born, on) + 1


def test_words_of_the_tables():
    assert set(CONSENT_KINDS) == {"processing", "video", "publication"}
    assert set(PLACE_KINDS) == {"workplace", "home", "base"}
    assert "qualification" in ATTACHMENT_KINDS
    assert {"late", "incomplete", "experience", "profession", "no_consent", "penalty", "second_application"} <= set(
        REFUSAL_REASONS
    )
