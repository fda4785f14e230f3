"""Internal certification authority: ECDSA P-256 certificates, revocation list, sealed keys of members, folder of keys.

The authority serves unqualified signatures only; every name says so. `now` and `valid_from` are arguments (aware UTC).
Folder of an authority (files 600, folder 700, each written atomically):
  root.key.pem        root key, PKCS 8 under the root passphrase; belongs off line after the issuing CA is made
  root.crt.pem        root certificate, the only trust anchor
  issuing.key.pem     issuing CA, registrar.key.pem and tsa.key.pem: PKCS 8 under the service passphrase
  issuing.crt.pem, registrar.crt.pem, tsa.crt.pem
  ca.pem              root and issuing certificates in one file, for publication
  crl.pem             newest revocation list
"""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

REGISTRAR_FIELD = "Registrar"  # the signature field of the registrar in every prepared document
MEMBER_DAYS = 90
SERVICE_DAYS = 5 * 365
ISSUING_DAYS = 10 * 365
ROOT_DAYS = 20 * 365
CRL_DAYS = 30
CA_LABEL = "Усиленная неквалифицированная подпись"
TSA_NAME = "Внутренние метки времени конкурса"
TSA_LABEL = "Внутренняя служба меток времени, не аккредитована"
COMMON_NAME_BYTES = 64

# Seal of a member's key: argon2id far above the login cost, a quarter of a second of one core, 64 MiB.
SEAL_MAGIC = b"LPKEY1"
SEAL_TIME, SEAL_MEMORY_KIB, SEAL_LANES = 4, 64 * 1024, 1
SALT_BYTES, NONCE_BYTES = 16, 12


class WrongPassphrase(ValueError):
    """The passphrase does not open the key, or the sealed bytes were changed."""


@dataclass(frozen=True)
class Credential:
    """A key with its certificate and the certificates above it, nearest first, root last."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, 64 hex digits."""
        return fingerprint(self.certificate)


@dataclass(frozen=True)
class Revoked:
    """A certificate that is no longer trusted from `at` on."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified


@dataclass(frozen=True)
class Authority:
    """What the running service holds: no root key."""

    root: x509.Certificate
    issuing: Credential
    registrar: Credential
    tsa: Credential


def make_root(organisation: str, *, now: datetime, days: int = ROOT_DAYS) -> Credential:
    """Self-signed root, allowed one CA below it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Корневой УЦ конкурса (НЭП)", organisation, CA_LABEL)
    builder = _builder(name, name, key.public_key(), now, days)
    builder = _as_ca(builder, key.public_key(), key.public_key(), path_length=1)
    return Credential(builder.sign(key, hashes.SHA256()), key, ())


def make_issuing(root: Credential, organisation: str, *, now: datetime, days: int = ISSUING_DAYS) -> Credential:
    """Issuing CA under the root; certificates of people come from it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("УЦ конкурса (НЭП)", organisation, CA_LABEL)
    builder = _builder(name, root.certificate.subject, key.public_key(), now, days)
    builder = _as_ca(builder, key.public_key(), root.key.public_key(), path_length=0)
    return Credential(builder.sign(root.key, hashes.SHA256()), key, (root.certificate,))


def issue_member(issuing: Credential, *, full_name: str, organisation: str, opaque_id: str, valid_from: datetime,
                 days: int = MEMBER_DAYS, key: ec.EllipticCurvePrivateKey | None = None) -> Credential:
    """Certificate of a person: name, organisation, an opaque id, nothing else. A new key unless one is given."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    return _issue(issuing, _person(full_name, organisation, opaque_id), key, valid_from, days)


def issue_registrar(issuing: Credential, *, organisation: str, valid_from: datetime,
                    days: int = SERVICE_DAYS) -> Credential:
    """Certificate of the service itself for the invisible certification of a frozen document."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _issue(issuing, _name("Регистратор документов конкурса", organisation, CA_LABEL), key, valid_from, days)


def issue_tsa(issuing: Credential, *, organisation: str, valid_from: datetime, days: int = SERVICE_DAYS) -> Credential:
    """Certificate of the internal RFC 3161 time stamps, labelled as not accredited."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return _issue(issuing, _name(TSA_NAME, organisation, TSA_LABEL), key, valid_from, days, usage)


def make_crl(issuer: Credential, revoked: Iterable[Revoked], *, now: datetime, number: int,
             days: int = CRL_DAYS) -> bytes:
    """Signed revocation list in PEM. `number` must grow with each list."""
    builder = (x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
               .last_update(_seconds(now)).next_update(_seconds(now) + timedelta(days=days))
               .add_extension(x509.CRLNumber(number), critical=False)
               .add_extension(_authority_id(issuer.key.public_key()), critical=False))
    for item in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(item.serial).revocation_date(_seconds(item.at))
        if item.reason is not x509.ReasonFlags.unspecified:
            entry = entry.add_extension(x509.CRLReason(item.reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def seal_key(key: ec.EllipticCurvePrivateKey, passphrase: str) -> bytes:
    """Private key under argon2id (≥ 150 ms of CPU) and AES-256-GCM. Slow: call it off the web loop."""
    plain = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption())
    header = SEAL_MAGIC + bytes([SEAL_TIME, SEAL_MEMORY_KIB // 1024, SEAL_LANES]) + secrets.token_bytes(SALT_BYTES)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return header + nonce + AESGCM(_derive(header, passphrase)).encrypt(nonce, plain, header)


def open_key(blob: bytes, passphrase: str) -> ec.EllipticCurvePrivateKey:
    """The sealed key. Raises WrongPassphrase for a wrong passphrase and for changed bytes alike. Slow as seal_key."""
    head_size = len(SEAL_MAGIC) + 3 + SALT_BYTES
    header, nonce, sealed = blob[:head_size], blob[head_size:head_size + NONCE_BYTES], blob[head_size + NONCE_BYTES:]
    if len(sealed) < 16 or not header.startswith(SEAL_MAGIC) or not _bearable(header):
        raise WrongPassphrase("not a sealed key")
    try:
        plain = AESGCM(_derive(header, passphrase)).decrypt(nonce, sealed, header)
    except InvalidTag:
        raise WrongPassphrase("wrong passphrase or changed bytes") from None
    key = serialization.load_der_private_key(plain, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def create_authority(folder: Path, *, organisation: str, root_passphrase: str, service_passphrase: str,
                     now: datetime) -> Authority:
    """Make root, issuing CA, registrar and time stamp keys in an empty folder. FileExistsError if a root is there."""
    if (folder / "root.key.pem").exists():
        raise FileExistsError(folder / "root.key.pem")
    root = make_root(organisation, now=now)
    issuing = make_issuing(root, organisation, now=now)
    made = {"issuing": issuing, "registrar": issue_registrar(issuing, organisation=organisation, valid_from=now),
            "tsa": issue_tsa(issuing, organisation=organisation, valid_from=now)}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, credential in made.items():
        write_secret(folder / f"{name}.crt.pem", certificate_pem(credential.certificate))
        write_secret(folder / f"{name}.key.pem", _key_pem(credential.key, service_passphrase))
    write_secret(folder / "crl.pem", make_crl(issuing, (), now=now, number=1))
    write_secret(folder / "ca.pem", certificate_pem(root.certificate) + certificate_pem(issuing.certificate))
    write_secret(folder / "root.crt.pem", certificate_pem(root.certificate))
    write_secret(folder / "root.key.pem", _key_pem(root.key, root_passphrase))
    return Authority(root.certificate, issuing, made["registrar"], made["tsa"])


def load_authority(folder: Path, *, service_passphrase: str) -> Authority:
    """Open an authority; the root key is not read and may be away. FileNotFoundError, WrongPassphrase."""
    root = load_certificate((folder / "root.crt.pem").read_bytes())
    issuing = _load(folder, "issuing", service_passphrase, (root,))
    chain = (issuing.certificate, root)
    return Authority(root, issuing, _load(folder, "registrar", service_passphrase, chain),
                     _load(folder, "tsa", service_passphrase, chain))


def load_root(folder: Path, *, root_passphrase: str) -> Credential:
    """Root with its key, for the rare day a new issuing CA is made. WrongPassphrase, FileNotFoundError."""
    return _load(folder, "root", root_passphrase, ())


def write_secret(path: Path, content: bytes) -> None:
    """Write a file of mode 600 so that a crash leaves the old one or the new one, never a half."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """PEM text of a certificate."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def load_certificate(pem: bytes) -> x509.Certificate:
    """Certificate from PEM."""
    return x509.load_pem_x509_certificate(pem)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER certificate, 64 lower-case hex digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def serial_text(certificate: x509.Certificate) -> str:
    """Certificate number as printed in stamps: 16 upper-case hex digits."""
    return f"{certificate.serial_number:016X}"


def owner(certificate: x509.Certificate) -> str:
    """Full name of the certificate's owner."""
    parts = [certificate.subject.get_attributes_for_oid(oid) for oid in (NameOID.SURNAME, NameOID.GIVEN_NAME)]
    whole = " ".join(str(found[0].value) for found in parts if found)
    return whole or str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _issue(issuing: Credential, name: x509.Name, key: ec.EllipticCurvePrivateKey, valid_from: datetime, days: int,
           extended: x509.ExtendedKeyUsage | None = None) -> Credential:
    builder = _builder(name, issuing.certificate.subject, key.public_key(), valid_from, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(sign=True), critical=True)
    builder = _with_key_ids(builder, key.public_key(), issuing.key.public_key())
    if extended is not None:
        builder = builder.add_extension(extended, critical=True)
    chain = (issuing.certificate, *issuing.chain)
    return Credential(builder.sign(issuing.key, hashes.SHA256()), key, chain)


def _builder(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, valid_from: datetime,
             days: int) -> x509.CertificateBuilder:
    start = _seconds(valid_from)
    # 64 random bits with the top one set: always 16 hex digits, the number printed in the stamp is the whole number.
    serial = secrets.randbits(63) | 1 << 63
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
            .serial_number(serial).not_valid_before(start).not_valid_after(start + timedelta(days=days)))


def _as_ca(builder: x509.CertificateBuilder, own: ec.EllipticCurvePublicKey, above: ec.EllipticCurvePublicKey,
           path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return _with_key_ids(builder.add_extension(_usage(sign=False), critical=True), own, above)


def _with_key_ids(builder: x509.CertificateBuilder, own: ec.EllipticCurvePublicKey,
                  above: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
            .add_extension(_authority_id(above), critical=False))


def _authority_id(public_key: ec.EllipticCurvePublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature=sign, content_commitment=sign, key_encipherment=False,
                         data_encipherment=False, key_agreement=False, key_cert_sign=not sign, crl_sign=not sign,
                         encipher_only=False, decipher_only=False)


def _name(common: str, organisation: str, label: str) -> x509.Name:
    return x509.Name([*_home(organisation), x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, label),
                      x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _person(full_name: str, organisation: str, opaque_id: str) -> x509.Name:
    # The library bounds CN at 64 bytes, 32 Russian letters: a longer name stands whole in surname and given name only.
    surname, _, given = full_name.strip().partition(" ")
    common = full_name.strip()
    if len(common.encode()) > COMMON_NAME_BYTES:
        common = " ".join([surname, *(f"{word[0]}." for word in given.split())])
    common = common.encode()[:COMMON_NAME_BYTES].decode(errors="ignore")
    names = [x509.NameAttribute(NameOID.SURNAME, surname)]
    if given:
        names.append(x509.NameAttribute(NameOID.GIVEN_NAME, given))
    return x509.Name([*_home(organisation), *names, x509.NameAttribute(NameOID.SERIAL_NUMBER, opaque_id),
                      x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _home(organisation: str) -> list[x509.NameAttribute[str]]:
    return [x509.NameAttribute(NameOID.COUNTRY_NAME, "RU"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _bounded(organisation))]


def _bounded(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:63]}…"


def _seconds(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("certificate times are aware")
    return moment.replace(microsecond=0)


def _derive(header: bytes, passphrase: str) -> bytes:
    time, mebibytes, lanes = header[len(SEAL_MAGIC):-SALT_BYTES]
    return hash_secret_raw(passphrase.encode(), header[-SALT_BYTES:], time, mebibytes * 1024, lanes, 32, Type.ID)


def _bearable(header: bytes) -> bool:
    # Costs travel with the blob so that they can be raised later; changed ones must not stall the server.
    time, mebibytes, lanes = header[len(SEAL_MAGIC):-SALT_BYTES]
    return 1 <= time <= 16 and 1 <= mebibytes <= 255 and 1 <= lanes <= 4


def _key_pem(key: ec.EllipticCurvePrivateKey, passphrase: str) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.BestAvailableEncryption(passphrase.encode()))


def _load(folder: Path, name: str, passphrase: str, chain: tuple[x509.Certificate, ...]) -> Credential:
    certificate = load_certificate((folder / f"{name}.crt.pem").read_bytes())
    try:
        key = serialization.load_pem_private_key((folder / f"{name}.key.pem").read_bytes(), passphrase.encode())
    except ValueError:
        raise WrongPassphrase(f"{name}.key.pem") from None
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Credential(certificate, key, chain)
