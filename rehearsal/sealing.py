"""What the page's outbox does with an answer: sealed for the service alone. The wire contract, written anew."""

import base64
import json
import os
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VERSION = b"\x01"
ACK = ("t", "number", "hash", "prev", "seal", "late")


def item(page: Mapping[str, str], save: Mapping[str, Any], ack: Mapping[str, Any] | None) -> str:
    """A save, with the acknowledgement it got if any, sealed under the page's facts; base64url."""
    payload = {"proof": page["proof"], "save": dict(save), "ack": ack and {name: ack[name] for name in ACK}}
    text = json.dumps(payload, ensure_ascii=False).encode()
    return _text(_seal(_bytes(page["outbox-key"]), f"attempt:{page['attempt']}".encode(), text))


def _seal(point: bytes, label: bytes, text: bytes) -> bytes:
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    own, nonce = ec.generate_private_key(ec.SECP256R1()), os.urandom(12)
    head = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = HKDF(hashes.SHA256(), 32, salt=head, info=b"outbox").derive(own.exchange(ec.ECDH(), theirs))
    return VERSION + head + nonce + AESGCM(key).encrypt(nonce, text, label)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
