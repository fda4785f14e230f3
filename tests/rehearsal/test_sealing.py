"""The rehearsal's own sealing against the service that opens it."""

import base64
import json

import pytest

from core.errors import Refused
from exam import sealing as service
from rehearsal import sealing

SAVE = {"question": 3, "seq": 2, "value": {"text": "шаблон"}, "client_id": "a" * 32, "page_id": "b" * 32, "mono": 5}
ACK = {"t": "2026-03-02T06:00:00+00:00", "number": 1, "hash": "0" * 64, "prev": "1" * 64, "seal": "2" * 32,
       "late": False, "saved": True, "deadline": "is no part of it"}


@pytest.fixture
def facts(app):
    with app.app_context():
        yield {"attempt": "7", "proof": "of the page", "outbox-key": service.public_point()}


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_service_opens_what_the_rehearsal_sealed(facts):
    opened = service.open_item(7, raw(sealing.item(facts, SAVE, ACK)))
    kept = {name: ACK[name] for name in ("t", "number", "hash", "prev", "seal", "late")}
    assert opened == {"proof": "of the page", "save": SAVE, "ack": kept}
    assert service.open_item(7, raw(sealing.item(facts, SAVE, None)))["ack"] is None


def test_it_is_sealed_for_its_attempt_and_never_twice_the_same(facts):
    one, two = (sealing.item(facts, SAVE, ACK) for _ in range(2))
    assert one != two
    assert "шаблон" not in raw(one).decode(errors="replace")
    assert json.dumps("шаблон") not in raw(one).decode(errors="replace")
    with pytest.raises(Refused):
        service.open_item(8, raw(one))
