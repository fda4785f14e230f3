"""Accounts and the people behind them."""

from typing import Any

from core import access
from core.accounts import Account
from core.db import session


def account(make: Any, name: str = "", *, email: str | None = None, roles: tuple[Any, ...] | list[Any] = (),
            **columns: Any) -> Account:
    """An account; `roles` are names (for the installation) or triples (role, scope kind, scope id)."""
    number = make.number()
    made = Account(name=name or f"Осипова Марина Петровна {number}", email=email or f"person{number}@example.org",
                   created_at=make.now, **columns)
    session.add(made)
    session.flush()
    for role in roles:
        word, kind, scope_id = (role, "installation", 0) if isinstance(role, str) else role
        access.grant_role(made.id, word, now=make.now, kind=kind, scope_id=scope_id)
    return made


def person(make: Any, name: str = "", **kwargs: Any) -> access.Me:
    """The Me of a new account, for `by=`."""
    return access.person_of(account(make, name, **kwargs).id, make.now)


def me(make: Any, of: Account | int) -> access.Me:
    """The Me of an account with the roles it holds now."""
    return access.person_of(of if isinstance(of, int) else of.id, make.now)
