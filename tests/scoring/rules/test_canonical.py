import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import canonical as core_canonical
from core.errors import Refused
from scoring.rules.canonical import canonical_bytes, parse, sha256_hex

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_bytes_are_sorted_tight_and_utf8():
    assert canonical_bytes({"я": 1, "a": [True, None, "ё\n"]}) == '{"a":[true,null,"ё\\n"],"я":1}'.encode()


def test_sha256_is_of_the_bytes():
    assert sha256_hex({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


@pytest.mark.parametrize(
    "value", [1.0, {"a": 0.1}, [float("nan")], {1: 2}, {"a": object()}, b"a", {"a": {1}}, "\ud800"]
)
def test_what_has_no_single_text_is_refused(value):
    with pytest.raises(Refused) as caught:
        canonical_bytes(value)
    assert caught.value.code == "not_canonical"


def test_depth_is_limited():
    value: object = 1
    for _ in range(50):
        value = [value]
    with pytest.raises(Refused):
        canonical_bytes(value)


@given(plain)
def test_parse_reads_back_what_was_written(value):
    assert parse(canonical_bytes(value)) == value


@given(plain)
def test_same_bytes_as_the_core(value):
    assert canonical_bytes(value) == core_canonical.canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b'{"a":1.5}',
        b'{"a":1e3}',
        b"NaN",
        b"-Infinity",
        b'{"a":1,"a":2}',
        b"[" * 100_000,
        b"9" * 5000,
    ],
)
def test_what_is_not_strict_json_is_refused(data):
    with pytest.raises(Refused) as caught:
        parse(data)
    assert caught.value.code == "not_json"
