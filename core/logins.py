"""Operations on accounts and login sessions. Slow checks (`check_*`, `confirm_secret`) write nothing and come first."""
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, update

from core import access, attempts, journal, mail, passwords, realtime, web
from core.access import Me, token_hash
from core.accounts import Account, Invitation, LoginSession, RoleGrant
from core.db import session
from core.errors import NotVisible, Refused

SESSION_LASTS = timedelta(hours=24)
INVITATION_LASTS = timedelta(days=14)
WRONG = {
    "password": "Адрес почты или пароль введены неверно. Проверьте раскладку и повторите.",
    "card": "Код карточки или PIN введены неверно. Сверьте их с карточкой и повторите.",
}


class Card(NamedTuple):
    """What is printed once: the code stays, of the PIN only the hash is kept."""

    code: str
    pin: str


@dataclass(frozen=True)
class Opened:
    """Somebody whose secret was right: what `log_in` needs."""

    account_id: int
    via: str


def create_account(name: str, *, email: str | None = None, by: Me | None, now: datetime) -> Account:
    """A new account without a secret; without e-mail it gets a card code at once. Refused when the e-mail is taken."""
    words, address = " ".join(name.split()), normal_email(email)
    if not words:
        raise Refused("name_missing", "Укажите фамилию, имя и отчество.", field="name")
    if address and session.scalar(select(Account.id).where(Account.email == address)):
        raise Refused("email_taken", "Учётная запись с этим адресом почты уже есть. Найдите её в списке.",
                      field="email")
    account = Account(name=words, email=address, card_code=None if address else _free_code(), created_at=now)
    session.add(account)
    session.flush()
    journal.record("account.created", account, by=by, now=now, email=bool(address))
    return account


def normal_email(email: str | None) -> str | None:
    """The address as it is kept and looked for: no spaces round it, small letters; None when there is none."""
    return (email or "").strip().casefold() or None


def _free_code() -> str:
    while True:
        code = passwords.card_code()
        if session.scalar(select(Account.id).where(Account.card_code == code)) is None:
            return code


def invite(account: Account, *, by: Me | None, now: datetime) -> str:
    """A new single-use link token (14 days) sent to the account's e-mail; earlier unused links stop working.

    Refused when the account is disabled or has no e-mail: it gets a card instead.
    """
    _must_be_enabled(account)
    if account.email is None:
        raise Refused("no_email", "У этой учётной записи нет адреса почты. Выдайте карточку с кодом и PIN.")
    token = secrets.token_urlsafe(32)
    _end_invitations(account, now)
    row = Invitation(token_hash=token_hash(token), account_id=account.id, created_at=now,
                     expires_at=now + INVITATION_LASTS)
    session.add(row)
    session.flush()
    journal.record("account.invited", account, by=by, now=now, invitation=row.id)
    _send_invitation(account, token, now)
    return token


def _send_invitation(account: Account, token: str, now: datetime) -> None:
    mail.send(account, "Приглашение в сервис конкурса", (
        f"{account.name}, здравствуйте!\n\nВас пригласили в сервис конкурса профессионального мастерства. Откройте "
        f"ссылку и придумайте пароль:\n{web.settings().public_url}/invitations/{token}\n\n"
        f"Ссылка действует {INVITATION_LASTS.days} дней и срабатывает один раз. Если вы не ждали этого письма, "
        "ничего не делайте.\n"), now=now)


def _end_invitations(account: Account, now: datetime) -> None:
    session.execute(update(Invitation).where(Invitation.account_id == account.id, Invitation.used_at.is_(None))
                    .values(used_at=now))


def issue_card(account: Account, *, by: Me | None, now: datetime, pin: str | None = None,
               pin_hash: str | None = None) -> Card:
    """A new code and PIN, shown once; the old card stops working and sessions opened by it end.

    A route draws the PIN and has it hashed off the loop beforehand (`new_card_pin`); otherwise it is done here.
    """
    _must_be_enabled(account)
    pin = pin or passwords.new_pin()
    passwords.check_pin(pin)
    account.card_code = _free_code()
    account.pin_hash = pin_hash or passwords.hash_secret(pin)
    _end_sessions(account.id, now, LoginSession.via == "card")
    session.flush()
    journal.record("account.card_issued", account, by=by, now=now)
    return Card(account.card_code, pin)


def new_card_pin() -> tuple[str, str]:
    """A PIN and its hash, made off the loop before anything is written."""
    pin = passwords.new_pin()
    return pin, web.offload(passwords.hash_secret, pin)


def invited(token: str, *, now: datetime) -> Account:
    """The account behind an unused link; NotVisible when it is unknown, used, expired or the account disabled."""
    account = session.scalar(
        select(Account).join(Invitation, Invitation.account_id == Account.id).where(
            Invitation.token_hash == token_hash(token), Invitation.used_at.is_(None), Invitation.expires_at > now,
            Account.disabled_at.is_(None)))
    if account is None:
        raise NotVisible("Ссылка уже использована или её срок прошёл. Попросите организатора прислать новую.")
    return account


def new_password_hash(password: str, email: str | None) -> str:
    """Check a new password by the rules and hash it off the loop; nothing is written."""
    passwords.check_password(password, email)
    return web.offload(passwords.hash_secret, password)


def set_password(account: Account, password_hash: str, *, by: Me | None, now: datetime) -> None:
    """Keep a new password: every session and every unused link of the account ends, a one-time password is over."""
    _must_be_enabled(account)
    account.password_hash = password_hash
    account.one_time = False
    _end_invitations(account, now)
    _end_sessions(account.id, now)
    journal.record("account.password_set", account, by=by or account.id, now=now)


def accept_invitation(token: str, password_hash: str, *, now: datetime) -> Account:
    """Use a link up and keep the password; NotVisible when the link does not work (any more)."""
    account = invited(token, now=now)
    used = session.scalar(
        update(Invitation).where(Invitation.token_hash == token_hash(token), Invitation.used_at.is_(None))
        .values(used_at=now).returning(Invitation.id))
    if used is None:
        raise NotVisible
    set_password(account, password_hash, by=None, now=now)
    return account


def check_password(email: str, password: str, *, address: str, now: datetime) -> Opened:
    """Who it is, by e-mail and password. Slow, writes nothing; Refused when wrong (journalled) or tried too often."""
    typed = normal_email(email) or ""
    return _check("password", typed, Account.email == typed, password, address, now)


def check_card(code: str, pin: str, *, address: str, now: datetime) -> Opened:
    """Who it is, by card. Slow, writes nothing; Refused as `check_password`."""
    typed = passwords.format_code(code)
    return _check("card", typed, Account.card_code == typed, pin.strip(), address, now)


def _check(via: str, typed: str, found: ColumnElement[bool], secret: str, address: str, now: datetime) -> Opened:
    attempts.count(f"{via}:{typed}", address)
    account = session.scalar(select(Account).where(found, Account.disabled_at.is_(None)))
    kept = None
    if account is not None:
        kept = account.password_hash if via == "password" else account.pin_hash
    right = web.offload(passwords.verify_secret, kept, secret)
    if account is None or not right:
        raise _wrong(WRONG[via], "secret", "login.failed", account.id if account else None, now, via=via,
                     typed=salted(typed))
    attempts.forget(f"{via}:{typed}")
    return Opened(account.id, via)


def salted(typed: str) -> str:
    """Keyed hash of what was typed: equal attempts can be told, the address cannot be read."""
    return hmac.new(web.settings().secret_key.encode(), typed.encode(), sha256).hexdigest()[:32]


def _wrong(text: str, field: str, action: str, account_id: int | None, now: datetime, **payload: object) -> Refused:
    refusal = Refused("wrong_secret", text, field=field, status=422)
    refusal.fact = _fact(action, account_id, now, payload)
    return refusal


def _fact(action: str, account_id: int | None, now: datetime, payload: dict[str, object]) -> Callable[[], None]:
    return lambda: journal.record(action, ("account", account_id or 0), by=account_id, now=now, **payload)


def log_in(opened: Opened, *, address: str, agent: str, now: datetime, instead_of: int = 0) -> str:
    """Open a login session and give its cookie token, always a new one; the session `instead_of` ends."""
    token = secrets.token_urlsafe(32)
    row = LoginSession(token_hash=token_hash(token), account_id=opened.account_id, via=opened.via, address=address[:45],
                       agent=agent[:200], created_at=now, last_seen_at=now, expires_at=now + SESSION_LASTS)
    session.add(row)
    session.flush()
    if instead_of:
        _end_sessions(None, now, LoginSession.id == instead_of)
    journal.record("login.opened", row, by=opened.account_id, now=now, via=opened.via)
    return token


def log_out(me: Me, *, now: datetime) -> None:
    """End the session behind the request."""
    _end_sessions(me.account_id, now, LoginSession.id == me.session_id)
    journal.record("login.closed", ("login_session", me.session_id), by=me, now=now)


def revoke_session(row: LoginSession, *, by: Me, now: datetime) -> None:
    """End one login session; its open sockets close at once. Nothing happens when it has ended already."""
    if _end_sessions(row.account_id, now, LoginSession.id == row.id):
        journal.record("login.revoked", row, by=by, now=now)


def revoke_all(account: Account, *, by: Me, now: datetime, but: int = 0) -> int:
    """End every login session of an account except `but`; gives how many there were."""
    ended = _end_sessions(account.id, now, LoginSession.id != but)
    if ended:
        journal.record("login.all_revoked", account, by=by, now=now, sessions=ended)
    return ended


def _end_sessions(account_id: int | None, now: datetime, *which: ColumnElement[bool]) -> int:
    query = update(LoginSession).where(LoginSession.revoked_at.is_(None), *which)
    if account_id is not None:
        query = query.where(LoginSession.account_id == account_id)
    ended = list(session.scalars(query.values(revoked_at=now).returning(LoginSession.id)))
    for key in ended:
        realtime.drop_session(key)
    return len(ended)


def confirm_secret(me: Me, secret: str, *, now: datetime, field: str = "secret") -> None:
    """The re-entered password or PIN of somebody who signs. Slow, writes nothing: call it before the operation.

    Refused when wrong (journalled by the edge, counted) or tried too often.
    """
    attempts.count(f"confirm:{me.account_id}")
    account = session.get(Account, me.account_id)
    if account is None:
        raise NotVisible
    digits = "".join(secret.split())
    pin = account.pin_hash is not None and len(digits) == passwords.PIN_DIGITS and digits.isdigit()
    right = web.offload(passwords.verify_secret, account.pin_hash if pin else account.password_hash,
                        digits if pin else secret)
    if not right:
        raise _wrong("Пароль или PIN введён неверно. Введите тот же, с которым входите.", field, "secret.failed",
                     me.account_id, now)
    attempts.forget(f"confirm:{me.account_id}")


def disable(account: Account, *, by: Me, now: datetime) -> None:
    """Nobody can log in with the account any more and its sessions end. Refused for oneself."""
    if account.id == by.account_id:
        raise Refused("disabling_oneself", "Свою учётную запись отключить нельзя. Попросите другого администратора.")
    _must_be_enabled(account)
    account.disabled_at = now
    _end_invitations(account, now)
    _end_sessions(account.id, now)
    journal.record("account.disabled", account, by=by, now=now)


def enable(account: Account, *, by: Me, now: datetime) -> None:
    """Undo `disable`; the person logs in with the secret they had."""
    if account.disabled_at is None:
        raise Refused("enabled", "Учётная запись не отключена.")
    account.disabled_at = None
    journal.record("account.enabled", account, by=by, now=now)


def _must_be_enabled(account: Account) -> None:
    if account.disabled_at is not None:
        raise Refused("disabled", "Учётная запись отключена. Сначала включите её.")


def give_role(account: Account, role: str, *, by: Me | None, now: datetime) -> None:
    """Give a role for the whole installation."""
    access.grant_role(account.id, role, now=now)
    journal.record("role.given", account, by=by, now=now, role=role, scope="installation")


def first_admin(email: str, *, now: datetime) -> str | None:
    """Make the first administrator and give the one-time password, once; None when there is an administrator."""
    if session.scalar(select(func.count()).select_from(RoleGrant).where(
            RoleGrant.role == "admin", RoleGrant.ended_at.is_(None))):
        return None
    account = create_account("Администратор", email=email, by=None, now=now)
    give_role(account, "admin", by=None, now=now)
    return one_time_password(account, now=now)


def one_time_password(account: Account, *, now: datetime) -> str:
    """Set a password that must be changed at the first login; for the command line, where nobody waits."""
    password = passwords.new_password()
    set_password(account, passwords.hash_secret(password), by=None, now=now)
    account.one_time = True
    return password


def accounts_like(typed: str) -> ColumnElement[bool]:
    """Condition of the search in the list of accounts: part of a name, an e-mail or a card code.

    SQLite knows no small and capital letters beyond Latin, so a name is looked for as typed and with capitals.
    """
    typed = " ".join(typed.replace("%", "").replace("_", "").split())
    names = {typed, typed.title(), typed.capitalize()}
    return or_(Account.email.like(f"%{typed.casefold()}%"), Account.card_code.like(f"%{typed}%"),
               *(Account.name.like(f"%{name}%") for name in sorted(names)))
