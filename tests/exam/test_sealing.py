"""Sealed items: only what a page sealed for this service and this attempt is opened; the rest is refused in words."""

import json
import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from app import create_app
from core.config import Settings
from core.errors import Refused
from exam import sealing
from tests.exam.outbox import from_base64url, seal_item

PAYLOAD = {"proof": "п", "save": {"question": 1}, "ack": None}


@pytest.fixture
def inside(app):
    with app.app_context():
        yield sealing.public_point()


def test_an_item_is_opened_by_the_service_alone_and_for_its_attempt_alone(inside):
    raw = seal_item(inside, 12, PAYLOAD)
    assert sealing.open_item(12, raw) == PAYLOAD
    with pytest.raises(Refused) as refused:
        sealing.open_item(13, raw)
    assert (refused.value.code, refused.value.status) == ("bad_item", 422)


def test_the_keys_are_those_of_the_secret_and_differ_from_one_another(app, tmp_path):
    def keys(secret):
        made = create_app(Settings(ENVIRONMENT="test", SECRET_KEY=secret, DATA_DIR=tmp_path))
        with made.app_context():
            return sealing.public_point(), sealing.receipt_key(), sealing.proof_key()

    assert keys("one") == keys("one")
    assert not set(keys("one")) & set(keys("another"))
    assert len({*keys("one")[1:]}) == 2
    assert len(from_base64url(keys("one")[0])) == 65


def test_every_changed_byte_is_noticed(inside):
    raw = seal_item(inside, 12, PAYLOAD)
    for place in {0, 1, 2, 40, 65, 66, 77, 78, len(raw) - 17, len(raw) - 1}:
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(Refused, match="bad_item"):
            sealing.open_item(12, bytes(changed))


@pytest.mark.parametrize("text", [b"", b"[1]", b'"a"', b"null", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000,
                                  b'{"a": ' + b"9" * 5000 + b"}"])
def test_what_was_sealed_but_is_no_object_is_refused(inside, text):
    with pytest.raises(Refused, match="bad_item"):
        sealing.open_item(12, seal_item(inside, 12, text))


def test_a_foreign_service_s_item_and_cut_ones_are_refused(inside):
    foreign = ec.generate_private_key(ec.SECP256R1())
    raw = seal_item(inside, 12, PAYLOAD)
    items = [seal_item(_text(foreign), 12, PAYLOAD), *(raw[:length] for length in (0, 1, 65, 77, 78, 93, len(raw) - 1))]
    opened = sealing.open_items(12, [*items, raw])
    assert [found.code for found in opened[:-1]] == ["bad_item"] * len(items)
    assert opened[-1] == PAYLOAD


def _text(key):
    from tests.exam.outbox import base64url
    return base64url(sealing._point(key))


@given(st.binary(max_size=300))
def test_noise_is_refused(app, noise):
    with app.app_context():
        for raw in (noise, b"\x01" + noise, b"\x01\x04" + noise + os.urandom(100)):
            with pytest.raises(Refused, match="bad_item"):
                sealing.open_item(1, raw)


def test_the_seal_of_a_receipt_covers_every_fact(inside):
    facts = {"attempt": 1, "head": "a" * 64, "count": 3}
    seal = sealing.final_seal(facts)
    assert len(seal) == 32
    assert sealing.final_seal(json.loads(json.dumps(facts))) == seal
    assert all(sealing.final_seal({**facts, name: 2}) != seal for name in ("attempt", "count"))
