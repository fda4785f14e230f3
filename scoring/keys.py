"""Keys of members: the authority on disk, the agreement, certificates under a passphrase, revocation.

The authority lies in DATA_DIR/keys/ca: its root key is encrypted and never read by the running service; the passphrase
of the service keys is `settings.ca_passphrase`. Key work is slow and writes nothing: the functions that say so go
through `core.web.offload`, before the first write of the request.
"""
import fcntl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from core import attempts, journal, web
from core.access import Me
from core.accounts import Account
from core.canonical import digest
from core.config import Settings
from core.db import session
from core.errors import NotVisible, Refused
from scoring import agreement_text, pki
from scoring.models.papers import AgreementAcceptance, Certificate, ElectronicAgreement, SigningKey

if TYPE_CHECKING:
    from scoring.timestamps import InternalTimeStamper

MIN_PASSPHRASE = 8
BACKDATED = timedelta(days=366)
"""The authority begins before its first use: a demo that plays the past signs under the same one."""

_authorities: dict[Path, pki.Authority] = {}


@dataclass(frozen=True)
class MadeKey:
    """A certificate with its sealed key, not registered yet."""

    credential: pki.Credential
    sealed: bytes


@dataclass(frozen=True)
class Sealed:
    """What is needed to open a key outside of transactions."""

    account_id: int
    pem: str
    sealed: bytes


def folder(settings: Settings) -> Path:
    """Where the authority lies."""
    return settings.data_dir / "keys" / "ca"


def authority(settings: Settings, *, now: datetime) -> pki.Authority:
    """The authority, made at first need. Slow the first time, reads files, no database: call it off the loop."""
    place = folder(settings)
    if place not in _authorities:
        _authorities[place] = _open_or_make(place, settings, now)
    return _authorities[place]


def _open_or_make(place: Path, settings: Settings, now: datetime) -> pki.Authority:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place.parent / "ca.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "root.key.pem").exists() and not (place / "root.crt.pem").exists():
            pki.create_authority(place, organisation=organisation(settings), now=now - BACKDATED,
                                 root_passphrase=settings.secret_file("root_passphrase"),
                                 service_passphrase=settings.ca_passphrase)
    return pki.load_authority(place, service_passphrase=settings.ca_passphrase)


def organisation(settings: Settings) -> str:
    """The name in certificates."""
    return settings.REGION or "Конкурс «Лучший по профессии»"


def current_authority(now: datetime) -> pki.Authority:
    """The authority of the running application, through `offload`: before the first write."""
    return web.offload(authority, web.settings(), now=now)


def timestamper(held: pki.Authority, now: datetime) -> "InternalTimeStamper":
    """Internal time stamps of the moment."""
    from scoring.timestamps import InternalTimeStamper  # pyHanko: never at the start of a process
    return InternalTimeStamper(held.tsa, now)


def revocation_list(held: pki.Authority, *, now: datetime) -> bytes:
    """The list of revoked certificates in PEM, signed now."""
    rows = session.scalars(select(Certificate).where(Certificate.revoked_at.is_not(None)).order_by(Certificate.id))
    revoked = [pki.Revoked(int(row.serial, 16), row.revoked_at) for row in rows if row.revoked_at is not None]
    return pki.make_crl(held.issuing, revoked, now=now, number=int(now.timestamp()))


def agreement(now: datetime) -> ElectronicAgreement:
    """The version of the agreement in force; its row is written when it is accepted for the first time."""
    found = session.scalar(select(ElectronicAgreement).where(
        ElectronicAgreement.version == agreement_text.VERSION))
    if found is None:
        text = agreement_text.TEXT
        found = ElectronicAgreement(version=agreement_text.VERSION, text=text, sha256=digest(text), created_at=now)
    return found


def accepted(account_id: int) -> AgreementAcceptance | None:
    """The person's acceptance of the version in force."""
    return session.scalar(select(AgreementAcceptance).join(ElectronicAgreement).where(
        AgreementAcceptance.account_id == account_id, ElectronicAgreement.version == agreement_text.VERSION))


def accept(*, address: str, by: Me, now: datetime) -> AgreementAcceptance:
    """Accept the version in force, once."""
    row = accepted(by.account_id)
    if row is None:
        text = agreement(now)
        session.add(text)
        session.flush()
        row = AgreementAcceptance(agreement_id=text.id, account_id=by.account_id, text_sha256=text.sha256, at=now,
                                  address=address[:45])
        session.add(row)
        session.flush()
        journal.record("agreement.accepted", row, by=by, now=now, version=text.version, sha256=text.sha256)
    return row


def make_key(account_id: int, passphrase: str, *, now: datetime) -> MadeKey:
    """A new key and certificate for a person, valid from `now`. Slow, writes nothing. Refused for a weak passphrase
    and while another certificate is in force."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise Refused("short", f"Фраза короче {MIN_PASSPHRASE} знаков. Придумайте длиннее, например три слова.",
                      field="passphrase")
    name = session.get_one(Account, account_id).name
    _refuse_second(account_id, now)
    settings = web.settings()
    return web.offload(_make_key, settings, name, f"a{account_id}", passphrase, now)


def _refuse_second(account_id: int, now: datetime) -> None:
    if in_force(account_id, now) is not None:
        raise Refused("has_certificate", "У вас уже есть действующий сертификат. Чтобы получить новый, отзовите его.")


def _make_key(settings: Settings, name: str, opaque_id: str, passphrase: str, now: datetime) -> MadeKey:
    held = authority(settings, now=now)
    credential = pki.issue_member(held.issuing, full_name=name, organisation=organisation(settings),
                                  opaque_id=opaque_id, valid_from=now)
    return MadeKey(credential, pki.seal_key(credential.key, passphrase))


def issue(made: MadeKey, *, address: str, by: Me, now: datetime) -> Certificate:
    """Register a new certificate of the person, who accepts the agreement with it. Refused while one is in force."""
    session.get(Account, by.account_id, with_for_update=True)
    _refuse_second(by.account_id, now)
    found = made.credential.certificate
    row = Certificate(
        account_id=by.account_id, acceptance_id=accept(address=address, by=by, now=now).id, owner=pki.owner(found),
        serial=pki.serial_text(found), sha256=made.credential.fingerprint, pem=pki.certificate_pem(found).decode(),
        valid_from=found.not_valid_before_utc, valid_to=found.not_valid_after_utc, issued_at=now)
    session.add(row)
    session.flush()
    session.add(SigningKey(certificate_id=row.id, sealed=made.sealed))
    journal.record("certificate.issued", row, by=by, now=now, serial=row.serial, sha256=row.sha256)
    return row


def certificates(account_id: int) -> list[Certificate]:
    """Every certificate of a person, the newest first."""
    return list(session.scalars(select(Certificate).where(Certificate.account_id == account_id)
                                .order_by(Certificate.id.desc())))


def in_force(account_id: int, now: datetime) -> Certificate | None:
    """The certificate a person can sign with at `now`."""
    return session.scalar(select(Certificate).where(
        Certificate.account_id == account_id, Certificate.revoked_at.is_(None), Certificate.valid_from <= now,
        Certificate.valid_to > now).order_by(Certificate.id.desc()).limit(1))


def own(certificate_id: int, *, by: Me) -> Certificate:
    """A certificate of the person; NotVisible for another's."""
    row = session.get(Certificate, certificate_id)
    if row is None or row.account_id != by.account_id:
        raise NotVisible
    return row


def revoke(row: Certificate, *, reason: str, by: Me, now: datetime) -> None:
    """Not trusted from `now` on: the sealed key is removed, signatures made before stand. Refused a second time."""
    if row.revoked_at is not None:
        raise Refused("revoked", "Этот сертификат уже отозван.")
    row.revoked_at, row.revoked_by_id, row.revoke_reason = now, by.account_id, reason[:300]
    key = session.scalar(select(SigningKey).where(SigningKey.certificate_id == row.id))
    if key is not None:
        session.delete(key)
    journal.record("certificate.revoked", row, by=by, now=now, serial=row.serial)


def sealed_key(account_id: int, *, now: datetime) -> Sealed:
    """The person's key as it lies, for `open_key`. Refused when there is none in force."""
    row = in_force(account_id, now)
    key = session.scalar(select(SigningKey).where(SigningKey.certificate_id == row.id)) if row else None
    if row is None or key is None:
        raise Refused("no_key", "У вас нет действующего сертификата. Получите его на странице «Ключ подписи», затем "
                                "вернитесь сюда.", field="passphrase")
    return Sealed(account_id, row.pem, key.sealed)


def open_key(found: Sealed, passphrase: str, *, now: datetime) -> pki.Credential:
    """The person's credential. Slow, writes nothing. Refused (counted, journalled by the edge) for a wrong phrase."""
    attempts.count(f"signing:{found.account_id}")
    settings = web.settings()
    try:
        credential = web.offload(_open_key, settings, found, passphrase, now)
    except pki.WrongPassphrase:
        refusal = Refused("passphrase", "Фраза подписи введена неверно. Это не пароль входа, а фраза, которую вы "
                                        "придумали, когда получали сертификат.", field="passphrase")
        refusal.fact = _failed(found.account_id, now)
        raise refusal from None
    attempts.forget(f"signing:{found.account_id}")
    return credential


def _failed(account_id: int, now: datetime) -> Callable[[], None]:
    return lambda: journal.record("passphrase.failed", ("account", account_id), by=account_id, now=now)


def _open_key(settings: Settings, found: Sealed, passphrase: str, now: datetime) -> pki.Credential:
    held = authority(settings, now=now)
    key = pki.open_key(found.sealed, passphrase)
    chain = (held.issuing.certificate, *held.issuing.chain)
    return pki.Credential(pki.load_certificate(found.pem.encode()), key, chain)
