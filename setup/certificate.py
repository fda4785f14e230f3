"""A self-signed certificate for one host name or address, for a tablet in the same network (`make demo HTTPS=1`)."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE, KEY = "demo-cert.pem", "demo-key.pem"
LIFE = timedelta(days=397)  # longer ones are refused by some browsers
MARGIN = timedelta(days=2)


def make_certificate(host: str, folder: Path, now: datetime) -> None:
    """Write certificate and key (PEM, the key mode 600) unless those of an earlier start are good for host and now."""
    certificate, key = folder / CERTIFICATE, folder / KEY
    if not (certificate.exists() and key.exists() and _good(certificate, host, now)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(host, certificate, key, now)


def _good(path: Path, host: str, now: datetime) -> bool:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        return False
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return _names(host)[0] in list(names) and found.not_valid_before_utc <= now < found.not_valid_after_utc - MARGIN


def _names(host: str) -> list[x509.GeneralName]:
    try:
        own: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        own = x509.DNSName(host)
    local: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return [own, *(name for name in local if name != own)]


def _make(host: str, certificate: Path, key: Path, now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key.unlink(missing_ok=True)
    with os.fdopen(os.open(key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(pem)
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def today() -> datetime:
    return datetime.now(UTC)
