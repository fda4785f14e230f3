import hashlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.canonical import NotCanonical, canonical, digest

VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                      lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
                      max_leaves=12)


def test_keys_are_sorted_without_spaces_in_utf8():
    assert canonical({"б": 1, "а": [True, None, "й"], "A": {}}) == '{"A":{},"а":[true,null,"й"],"б":1}'.encode()


def test_digest_is_sha256_of_the_bytes():
    assert digest({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


@pytest.mark.parametrize(("value", "place"), [
    (1.5, r"\$: float"), ({"points": [1, 2.0]}, r"\$\.points\[1\]: float"), (float("nan"), "float"),
    (Decimal("1"), "Decimal"), ({1: "a"}, "key 1"), ({"a": b"x"}, r"\$\.a: bytes"), ({"a": {1, 2}}, "set"),
    ("\ud800", "not valid Unicode"), ({"\ud800": 1}, "not valid Unicode")])
def test_values_without_one_spelling_are_refused(value, place):
    with pytest.raises(NotCanonical, match=place):
        canonical(value)


@given(VALUES)
def test_reading_back_and_writing_again_gives_the_same_bytes(value):
    try:
        written = canonical(value)
    except NotCanonical:
        return
    assert canonical(json.loads(written)) == written


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(), max_size=8), st.randoms())
def test_order_of_keys_does_not_matter(value, random):
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)
