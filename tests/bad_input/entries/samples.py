"""What entries share: files, secrets, people with them."""

from functools import cache
from typing import Any

from core import passwords, storage
from core.accounts import Account
from core.db import session
from tests.bad_input.entry import File
from tests.core.files import pdf, picture

PASSWORD = "сварка-и-резка-2026"
PDF = File("удостоверение.pdf", pdf())


@cache
def photo(name: str = "снимок.jpg") -> File:
    """A picture."""
    return File(name, picture("JPEG"))


@cache
def hashed() -> str:
    """Of PASSWORD; argon2 is slow on purpose."""
    return passwords.hash_secret(PASSWORD)


def with_secret(world: Any, account: Account | int) -> Account:
    """The account with PASSWORD."""
    key = account if isinstance(account, int) else account.id

    def give() -> Account:
        row = session.get_one(Account, key)
        row.password_hash = hashed()
        return row

    return world.do(give)


def stored(world: Any, file: File, allowed: frozenset[str]) -> storage.Blob:
    """The file as a row."""
    return world.do(lambda: storage.store(file.content, allowed=allowed, max_bytes=10**8, now=world.clock.now))
