"""Protocols in the state a test needs, made through the operations. Everybody's passphrase is PASSPHRASE."""

from dataclasses import dataclass, field
from typing import Any

from contest.models import Nomination
from core.accounts import Account
from core.db import session
from scoring import keys, protocols
from scoring.documents import expert_protocol
from scoring.models.papers import Certificate, Protocol

PASSPHRASE = "три слова и дефис-7"


@dataclass
class Group:
    """A nomination with everything marked: chair first among the experts, a secretary, an organiser."""

    nomination: Nomination
    experts: list[Account]
    secretary: Account
    organiser: Account
    codes: list[str] = field(default_factory=list)

    @property
    def chair(self) -> Account:
        """The chair of the expert group."""
        return self.experts[0]


def marked_group(make: Any, *, experts: int = 2, participants: int = 2, **settings: Any) -> Group:
    """A nomination whose sheets are all signed and whose theory does not count."""
    contest = make.contest()
    nomination = make.nomination(contest, **({"theory_max": 0, "practice_max": 2000} | settings))
    codes = [f"У-0{number}17" for number in range(1, participants + 1)]
    for code in codes:
        make.participant(nomination, code=code)
    people = [make.member(nomination, duty="chair" if number == 0 else "member",
                          name=f"{surname} Павел Андреевич") for number, surname in
              zip(range(experts), ("Гордеев", "Лебедев", "Хабибуллин", "Якимов", "Ситников"), strict=False)]
    make.scheme(nomination)
    for sheet in make.sheets_of(nomination):
        make.fill(sheet, level=max(0, 3 - codes.index(sheet.participant.code)))
    return Group(session.get_one(Nomination, nomination.id), people, make.staff(contest, "secretary"),
                 make.staff(contest, "organiser"), codes)


def certificate(make: Any, account: Account) -> Certificate:
    """A certificate in force, under PASSPHRASE."""
    held = keys.in_force(account.id, make.now)
    if held is not None:
        return held
    made = keys._make_key(make.app.config["core"], account.name, f"a{account.id}", PASSPHRASE, make.now)
    return keys.issue(made, address="", by=make.me(account), now=make.now)


def protocol(make: Any, group: Group | None = None, *, state: str = "draft", certified: bool = True,
             **settings: Any) -> Protocol:
    """The expert group's protocol: draft, or on_approval with everybody's agreement."""
    group = group or make.marked_group(**settings)
    if certified:
        for account in group.experts:
            make.certificate(account)
    by = make.me(group.chair)
    made = expert_protocol.draft(session.get_one(Nomination, group.nomination.id), by=by, now=make.now)
    if state == "on_approval":
        protocols.open_approval(protocols.locked(made.id), due_at=None, by=by, now=make.now)
        for account in group.experts:
            protocols.agree(protocols.locked(made.id), outcome="agree", text="", by=make.me(account), now=make.now)
    return session.get_one(Protocol, made.id)
