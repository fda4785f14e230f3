"""Keys of receipts and outboxes. Both are derived from the installation's secret and lie in no database, so a restored
copy, and a second web process, know the same receipts and open the same outboxes.

A sealed item is made by the browser for the server alone: 0x01 | ephemeral P-256 point (65 bytes) | nonce (12 bytes) |
AES-256-GCM; key = HKDF-SHA256(ECDH x, salt = the point, info = "outbox"), AAD = "attempt:<id>".
"""
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core import web
from core.canonical import canonical
from core.errors import Refused

VERSION = 1
POINT, NONCE, TAG = 65, 12, 16
HEAD = 1 + POINT + NONCE
CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def receipt_key() -> bytes:
    """Key of the seals of receipts, 32 bytes."""
    return _derived(web.settings().secret_key, b"receipts", 32)


def proof_key() -> bytes:
    """Key of the proofs that an item was made on the participant's own page, 32 bytes."""
    return _derived(web.settings().secret_key, b"proofs", 32)


def public_point() -> str:
    """The point browsers encrypt to: uncompressed, base64url without padding."""
    return base64.urlsafe_b64encode(_point(_outbox_key(web.settings().secret_key))).decode().rstrip("=")


def open_item(attempt_id: int, raw: bytes) -> dict[str, Any]:
    """The JSON object of a sealed item; Refused `bad_item` for whatever this page of this service did not seal."""
    return _open(_outbox_key(web.settings().secret_key), attempt_id, raw)


def open_items(attempt_id: int, items: Sequence[bytes]) -> list[dict[str, Any] | Refused]:
    """Each item's object, or why it cannot be read; off the loop, since a full outbox takes some milliseconds."""
    return web.offload(_open_all, _outbox_key(web.settings().secret_key), attempt_id, items)


def final_seal(facts: Mapping[str, Any]) -> str:
    """32 hex figures that only the service can make for the facts of a final receipt."""
    return hmac.digest(receipt_key(), b"final:" + canonical(dict(facts)), "sha256").hex()[:32]


def _open_all(key: ec.EllipticCurvePrivateKey, attempt_id: int,
              items: Sequence[bytes]) -> list[dict[str, Any] | Refused]:
    found: list[dict[str, Any] | Refused] = []
    for raw in items:
        try:
            found.append(_open(key, attempt_id, raw))
        except Refused as refusal:
            found.append(refusal)
    return found


def _open(key: ec.EllipticCurvePrivateKey, attempt_id: int, raw: bytes) -> dict[str, Any]:
    if len(raw) < HEAD + TAG or raw[0] != VERSION:
        raise unreadable()
    point, nonce = raw[1:1 + POINT], raw[1 + POINT:HEAD]
    try:
        shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point))
        secret = HKDF(hashes.SHA256(), 32, salt=point, info=b"outbox").derive(shared)
        text = AESGCM(secret).decrypt(nonce, raw[HEAD:], f"attempt:{attempt_id}".encode())
        body = json.loads(text, parse_constant=_no_constant)
    except (ValueError, InvalidTag, RecursionError):
        raise unreadable() from None
    if not isinstance(body, dict):
        raise unreadable()
    return body


def _no_constant(name: str) -> None:
    raise ValueError(name)


def unreadable() -> Refused:
    return Refused("bad_item", "Этот ответ нельзя прочитать: он повреждён или записан не этой страницей.", status=422)


@lru_cache(maxsize=4)
def _outbox_key(secret: str) -> ec.EllipticCurvePrivateKey:
    """64 derived bytes taken modulo the order of the group: no figure of it is likelier than another."""
    number = int.from_bytes(_derived(secret, b"outbox", 64))
    return ec.derive_private_key(number % (ORDER - 1) + 1, CURVE)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@lru_cache(maxsize=16)
def _derived(secret: str, purpose: bytes, length: int) -> bytes:
    salt = hashlib.sha256(b"exam/sealing").digest()
    return HKDF(hashes.SHA256(), length, salt=salt, info=purpose).derive(secret.encode())
