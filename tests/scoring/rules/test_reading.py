import pytest

from core.errors import Refused
from scoring.rules import reading

GOOD = {"text": "а", "number": 5, "list": [1], "flag": True, "none": None}


def test_what_fits_is_returned():
    assert reading.mapping(GOOD, "Тест") is GOOD
    assert reading.text(GOOD, "text", "Тест") == "а"
    assert reading.text(GOOD, "missing", "Тест", empty=True) == ""
    assert reading.choice(GOOD, "text", "Тест", ("а", "б")) == "а"
    assert reading.integer(GOOD, "number", "Тест", 5, 5) == 5
    assert reading.optional_integer(GOOD, "none", "Тест", 0, 9) is None
    assert reading.optional_integer(GOOD, "number", "Тест", 0, 9) == 5
    assert reading.flag(GOOD, "flag", "Тест", False) is True
    assert reading.flag(GOOD, "missing", "Тест", False) is False
    assert reading.items(GOOD, "list", "Тест") == [1]
    reading.only(GOOD, tuple(GOOD), "Тест")


@pytest.mark.parametrize(
    "read",
    [
        lambda: reading.mapping([], "Тест"),
        lambda: reading.text({"a": " "}, "a", "Тест"),
        lambda: reading.text({"a": 5}, "a", "Тест", empty=True),
        lambda: reading.choice(GOOD, "text", "Тест", ("б",)),
        lambda: reading.integer(GOOD, "number", "Тест", 6, 9),
        lambda: reading.integer(GOOD, "number", "Тест", 0, 4),
        lambda: reading.integer(GOOD, "flag", "Тест", 0, 4),
        lambda: reading.integer({"a": 1.0}, "a", "Тест", 0, 4),
        lambda: reading.flag(GOOD, "number", "Тест", False),
        lambda: reading.items(GOOD, "text", "Тест"),
        lambda: reading.only(GOOD, ("text",), "Тест"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(read):
    with pytest.raises(Refused, match="Тест") as caught:
        read()
    assert caught.value.code == "bad_data"
