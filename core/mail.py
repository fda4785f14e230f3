"""Letters: written in the transaction of their fact, delivered later by a duty; a name and a link, no other data.

Without MAIL_URL a letter becomes a message in a folder, DATA_DIR/mail/<address>/<time>-<number>.eml, which is that
person's mailbox. A letter to somebody without an e-mail address stays to be printed.
"""
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import current_app
from jinja2 import Environment, StrictUndefined
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core import db, post
from core.accounts import Account
from core.db import Base, UtcDateTime, session
from core.errors import Refused

BATCH = 20
LEASE = timedelta(minutes=10)
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 1800, 7200, 21600))
MAX_ATTEMPTS = len(PAUSES) + 1
log = structlog.get_logger("mail")


class Letter(Base):
    """One letter to one person. `next_try_at` is also the lease: a worker that took it moves it ahead."""

    __tablename__ = "letter"
    __table_args__ = (CheckConstraint("sent_at IS NULL OR to_address IS NOT NULL", name="sent_somewhere"),
                      CheckConstraint("to_address IS NOT NULL OR account_id IS NOT NULL", name="to_somebody"),
                      Index("ix_letter_due", "sent_at", "next_try_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    to_address: Mapped[str | None] = mapped_column(String(254))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(String(300), default="")

    @property
    def state(self) -> str:
        """How it stands, in a word for a page."""
        if self.to_address is None:
            return "печать"
        if self.sent_at is not None:
            return "отправлено"
        return "не доставлено" if self.attempts >= MAX_ATTEMPTS else "ожидает отправки"


def send(to: Account | int | str, subject: str, body: str, *, now: datetime) -> Letter:
    """Write a letter to an account (or its id) or to an address, in the running transaction; it leaves later.

    Somebody without an address gets a letter to print. Refused when a text given as an address is none.
    """
    account = session.get_one(Account, to) if isinstance(to, int) else to if isinstance(to, Account) else None
    address = account.email if account else _address(str(to))
    letter = Letter(to_address=address, account_id=account.id if account else None, body=body.strip() + "\n",
                    subject=" ".join(subject.split())[:200], created_at=now, next_try_at=now, attempts=0, last_error="")
    session.add(letter)
    session.flush()
    return letter


def compose(template: str, **ctx: Any) -> tuple[str, str]:
    """Subject and body of templates/mail/<template>.txt: its first line is the subject. A missing word is an error.

    `link` may be a path: it becomes an address of this installation.
    """
    public_url = current_app.config["core"].public_url
    link = ctx.pop("link", "")
    ctx.update(public_url=public_url, link=public_url + link if link.startswith("/") else link)
    subject, _, body = _environment().get_template(f"mail/{template}.txt").render(ctx).strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def _environment() -> Environment:
    """Jinja of the letters, one per application: what it has compiled serves the next letter too."""
    known: dict[str, Any] = current_app.extensions
    if "letters" not in known or known["letters"].loader is not current_app.jinja_env.loader:
        known["letters"] = current_app.jinja_env.overlay(undefined=StrictUndefined)
    environment: Environment = known["letters"]
    return environment


def deliver_due(now: datetime) -> int:
    """Deliver what is due, in batches; nothing is talked about inside a transaction. Returns how many were delivered.

    May run in several workers at once: a letter is taken by moving its next try ahead. A worker that dies in between
    leaves it to the next one after LEASE; the folder then gets the same file again, a server the same Message-ID.
    """
    delivered = 0
    while letters := _take(now):
        delivered += _deliver(letters, now)
    return delivered


def _address(text: str) -> str:
    address = text.strip()
    name, _, domain = address.rpartition("@")
    if not (name and domain and address.isprintable()) or " " in address or len(address) > 254:
        raise Refused("bad_address", "Это не адрес электронной почты. Проверьте его: нужен вид имя@домен.", status=422)
    return address


def _take(now: datetime) -> list[Letter]:
    due = (select(Letter.id).where(Letter.sent_at.is_(None), Letter.to_address.is_not(None),
                                   Letter.attempts < MAX_ATTEMPTS, Letter.next_try_at <= now)
           .order_by(Letter.id).limit(BATCH))
    with db.reading():
        ids = session.scalars(due).all()
    if not ids:
        return []
    with db.transaction():
        taken = update(Letter).where(Letter.id.in_(ids), Letter.sent_at.is_(None), Letter.next_try_at <= now).values(
            next_try_at=now + LEASE, attempts=Letter.attempts + 1).returning(Letter)
        letters: Sequence[Letter] = session.scalars(taken).all()
        session.expunge_all()
    return sorted(letters, key=lambda letter: letter.id)


def _deliver(letters: list[Letter], now: datetime) -> int:
    """One conversation with the server for the batch; the letters behind a lost connection wait for their next try."""
    delivered = 0
    try:
        with post.office(current_app.config["core"]) as office:
            while letters:
                try:
                    office.deliver(letters[0])
                except smtplib.SMTPResponseException as error:
                    _failed([letters.pop(0)], error, now, for_ever=500 <= error.smtp_code < 600)
                except smtplib.SMTPRecipientsRefused as error:
                    codes = [code for code, _text in error.recipients.values()]
                    _failed([letters.pop(0)], error, now, for_ever=all(500 <= code < 600 for code in codes))
                else:
                    _sent(letters.pop(0), now)
                    delivered += 1
    except (OSError, smtplib.SMTPException) as error:
        _failed(letters, error, now)
    return delivered


def _sent(letter: Letter, now: datetime) -> None:
    with db.transaction():
        session.execute(update(Letter).where(Letter.id == letter.id).values(sent_at=now, last_error=""))


def _failed(letters: list[Letter], error: Exception, now: datetime, *, for_ever: bool = False) -> None:
    log.warning("not_delivered", letters=[letter.id for letter in letters], error=type(error).__name__)
    if not letters:
        return
    with db.transaction():
        for letter in letters:
            attempts = MAX_ATTEMPTS if for_ever else letter.attempts
            pause = PAUSES[min(attempts, len(PAUSES)) - 1]
            session.execute(update(Letter).where(Letter.id == letter.id).values(
                attempts=attempts, next_try_at=now + pause, last_error=f"{type(error).__name__}: {error}"[:300]))
