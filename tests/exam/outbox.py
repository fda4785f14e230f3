"""What the page's outbox does in a browser, in Python: sealing answers for the server, delivering them."""

import base64
import json
import os
import re
from html import unescape
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACK = ("t", "number", "hash", "prev", "seal", "late")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def seal_item(point: str, attempt: int, payload: Any) -> bytes:
    """A payload sealed for the service; bytes are taken as they are."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(point))
    ours, nonce = ec.generate_private_key(ec.SECP256R1()), os.urandom(12)
    own = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = HKDF(hashes.SHA256(), 32, salt=own, info=b"outbox").derive(ours.exchange(ec.ECDH(), theirs))
    text = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    return b"\x01" + own + nonce + AESGCM(key).encrypt(nonce, text, f"attempt:{attempt}".encode())


class Page:
    """The page of an attempt as somebody's browser got it."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.attempt = int(data["attempt"])
        self.proof, self.ticket = data["proof"], data["pass"]

    @classmethod
    def of_html(cls, html: str) -> "Page":
        """From the attributes of the page's body."""
        body = re.search(r"<body[^>]*>", html)
        assert body
        return cls({name: unescape(value) for name, value in re.findall(r'data-([a-z-]+)="([^"]*)"', body[0])})

    def item(self, save: dict[str, Any], ack: dict[str, Any] | None = None, **changed: Any) -> str:
        """A save as the outbox keeps it, with the acknowledgement it got."""
        kept = None if ack is None else {name: ack[name] for name in ACK}
        payload = {"proof": self.proof, "save": save, "ack": kept} | changed
        return base64url(seal_item(self.data["outbox-key"], self.attempt, payload))

    def deliver(self, client: Any, items: list[str], ticket: str | None = None) -> Any:
        """The answer of the service to a delivery."""
        return client.post("/deliveries", json={"pass": self.ticket if ticket is None else ticket, "items": items})
