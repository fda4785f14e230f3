"""Where letters leave by: a mail server (MAIL_URL), or a folder of messages. Knows no database."""
import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from core.config import Settings

TIMEOUT_S = 15
SENDER = "Конкурс «Лучший по профессии»"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Sheet(Protocol):
    """What a letter must have to be sent."""

    id: int
    to_address: str | None
    subject: str
    body: str
    created_at: datetime


class Office(Protocol):
    """Takes letters one by one; raises OSError or smtplib.SMTPException when it cannot."""

    def deliver(self, letter: Sheet) -> None: ...


@contextmanager
def office(settings: Settings) -> Iterator[Office]:
    """The way letters leave by in this installation, open for one batch."""
    if not settings.MAIL_URL:
        yield Folder(settings)
        return
    url = urlsplit(settings.MAIL_URL)
    with _connect(url) as server:
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        yield Server(settings, server)


class Server:
    """A mail server one is logged in to."""

    def __init__(self, settings: Settings, server: smtplib.SMTP) -> None:
        self.settings = settings
        self.server = server

    def deliver(self, letter: Sheet) -> None:
        """Hand the letter over; back when the server has taken it."""
        self.server.send_message(message(letter, self.settings))


class Folder:
    """DATA_DIR/mail/<address>/<time>-<number>.eml: whole or not there; the same letter is the same file."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.root = settings.data_dir / "mail"

    def deliver(self, letter: Sheet) -> None:
        """Write the message durably under its name."""
        box = self.root / box_name(letter.to_address or "")
        box.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{letter.created_at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{letter.id}.eml"
        temporary = box / f".{name}.{os.getpid()}"
        try:
            with temporary.open("wb") as file:
                file.write(message(letter, self.settings).as_bytes())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, box / name)
        finally:
            temporary.unlink(missing_ok=True)
        _sync(box)


def message(letter: Sheet, settings: Settings) -> EmailMessage:
    """The letter as a message; its Message-ID is the same at every try."""
    host = urlsplit(settings.public_url).hostname or "localhost"
    made = EmailMessage(policy=default.clone(utf8=not (letter.to_address or "").isascii()))
    made["From"] = Address(SENDER, addr_spec=settings.MAIL_FROM)
    made["To"] = letter.to_address
    made["Subject"] = letter.subject
    made["Date"] = letter.created_at
    made["Message-ID"] = f"<letter-{letter.id}-{letter.created_at.timestamp():.0f}@{host}>"
    made["Auto-Submitted"] = "auto-generated"
    made["Content-Language"] = "ru"
    made.set_content(letter.body, charset="utf-8", cte="7bit" if letter.body.isascii() else "base64")
    return made


def box_name(address: str) -> str:
    """Folder of an address: lower case; what is no part of a file name becomes an underscore."""
    return "".join(char if char.isalnum() or char in "@._+-" else "_" for char in address.lower()).lstrip(".") or "_"


def _connect(url: SplitResult) -> smtplib.SMTP:
    host, tls = url.hostname or "localhost", ssl.create_default_context()
    if url.scheme == "smtps":
        return smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_S, context=tls)
    server = smtplib.SMTP(host, url.port or 25, timeout=TIMEOUT_S)
    try:
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=tls)
        elif url.username and host not in LOOPBACK:
            raise smtplib.SMTPException("the server offers no TLS: the password is not sent in clear")
    except BaseException:
        server.close()
        raise
    return server


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
