"""Receipts: the chain of acknowledged saves and the seal by which the service knows its own receipt again.

hash_0 = SHA-256(attempt id), hash_i = SHA-256(hash_{i-1} ‖ canonical save) (exam.md §1 rule 6). The hash is evidence
for everybody; the seal (HMAC under a key outside the database) lets the service, restored from an older copy, believe a
receipt it no longer has.
"""
import hashlib
import hmac
import json
from datetime import UTC, datetime

# What `core.canonical` does to these fields, without looking into each: they are whole numbers, texts and nulls.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def genesis(attempt_id: int) -> str:
    """hash_0 of an attempt."""
    return hashlib.sha256(str(attempt_id).encode()).hexdigest()


def link(prev: str, *, attempt: int, question: int, seq: int, value: str, mono: int | None, page: str, client: str,
         at: datetime) -> str:
    """hash_i of the save that follows `prev`; `value` is the answer as canonical JSON text, `at` the receive time."""
    body = {"attempt": attempt, "question": question, "seq": seq, "value": value, "mono": mono, "page": page,
            "client": client, "at": at.astimezone(UTC).isoformat()}
    return hashlib.sha256((prev + _encode(body)).encode()).hexdigest()


def seal(key: bytes, attempt_id: int, number: int, hash_: str) -> str:
    """32 hex figures that only the service can make for the receipt `number` of an attempt."""
    return hmac.digest(key, f"receipt:{attempt_id}:{number}:{hash_}".encode(), "sha256").hex()[:32]


def genuine(key: bytes, attempt_id: int, number: int, hash_: str, given: str) -> bool:
    """Whether the service itself gave this seal."""
    return hmac.compare_digest(seal(key, attempt_id, number, hash_), given)
