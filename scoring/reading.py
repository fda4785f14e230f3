"""Reading a signed PDF for the verdict: signatures with what is wrong in each, attached facts. Bytes may be hostile."""

import hashlib
import json
import logging
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import pairwise

from asn1crypto import cms
from asn1crypto import parser as der
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    read_certification_data,
    validate_pdf_signature,
)
from pyhanko_certvalidator import ValidationContext

from core.canonical import NotCanonical, canonical
from scoring.pki import owner
from scoring.timestamps import as_asn1

# What parsers of PDF, ASN.1 and X.509 raise on bytes made to break them. Bugs of our own show as other states in tests.
# RuntimeError stands for its children (endless recursion, a feature the parser lacks); itself it is passed on.
BROKEN = (PdfError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, RuntimeError,
          EOFError, struct.error, zlib.error)
GAP = re.compile(rb"<((?:[0-9A-F]{2})+)>")
TIMESTAMP = "signature_time_stamp_token"
SUBFILTER = "/ETSI.CAdES.detached"
FACTS_NAME = "facts.json"
DEPTH = 32
DIGESTS = ("sha256", "sha384", "sha512")


# A broken file is an ordinary answer here; pyHanko would write a trace with the signers' names into the log for each.
for name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(name).setLevel(logging.CRITICAL)


class Unreadable(ValueError):
    """The bytes are no PDF this service could have made; the message is a Russian clause without a full stop."""


@dataclass(frozen=True)
class ReadSignature:
    """One signature. `problem` and `stray` are Russian clauses or None: what breaks rule 2, what breaks rule 7."""

    field: str
    owner: str
    fingerprint: str
    serial: str
    signed_at: datetime | None
    covers_file: bool
    later_changes_allowed: bool
    problem: str | None
    stray: str | None


@dataclass(frozen=True)
class ReadFile:
    """Signatures in the order they were made; `certified_by` is the field that certifies for form filling only."""

    signatures: tuple[ReadSignature, ...]
    certified_by: str | None


def read_signatures(pdf: bytes, trust_roots: Sequence[x509.Certificate], crls: Sequence[bytes]) -> ReadFile:
    """Every signature validated at its own time stamp's moment, without network. Unreadable for broken files."""
    lists = [_revocation_list(item) for item in crls]
    try:
        reader = PdfFileReader(BytesIO(pdf))
        found = sorted(reader.embedded_regular_signatures, key=lambda item: item.signed_revision)
        certification = read_certification_data(reader)
        roots = [as_asn1(root) for root in trust_roots]
        signatures = tuple(_read(pdf, item, roots, lists) for item in found)
    except BROKEN as error:
        raise Unreadable(f"разметка PDF повреждена ({_kind(error)})") from None
    if certification is None or certification.permission is not MDPPerm.FILL_FORMS:
        return ReadFile(signatures, None)
    certified = [item.field_name for item in found if item.sig_object == certification.author_sig]
    return ReadFile(signatures, certified[0] if certified else None)


def attached_facts(pdf: bytes) -> bytes:
    """Bytes of facts.json inside the PDF. Unreadable when it is missing, given twice or not canonical JSON."""
    try:
        files = list(_attached(PdfFileReader(BytesIO(pdf))))
    except BROKEN as error:
        raise Unreadable(f"разметка PDF повреждена ({_kind(error)})") from None
    facts = [content for name, content in files if name == FACTS_NAME]
    if len(facts) != 1:
        raise Unreadable(f"файл {FACTS_NAME} вложен {len(facts)} раз вместо одного")
    try:
        same = canonical(json.loads(facts[0])) == facts[0]
    except (ValueError, RecursionError, NotCanonical):
        same = False
    if not same:
        raise Unreadable(f"{FACTS_NAME} записан не в каноническом виде")
    return facts[0]


def _kind(error: Exception) -> str:
    if type(error) is RuntimeError:
        raise error
    return type(error).__name__


def _attached(reader: PdfFileReader) -> Iterator[tuple[str, bytes]]:
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    for index in range(1, len(names), 2):
        entry = names[index]
        stream = entry["/EF"]["/F"]
        assert isinstance(stream, generic.StreamObject)
        yield str(entry.get("/UF", entry.get("/F"))), stream.data


def _read(pdf: bytes, item: EmbeddedPdfSignature, roots: list[asn1_x509.Certificate],
          crls: list[x509.CertificateRevocationList]) -> ReadSignature:
    signer = item.signer_cert
    certificate = x509.load_der_x509_certificate(signer.dump())
    signed_at = _stamped_at(item)
    status = _status(item, roots, signed_at)
    problem = _problem(status)
    if problem is None and signed_at is not None and _revoked(item, certificate, crls, signed_at):
        problem = "сертификат был отозван до подписи"
    allowed = isinstance(status, PdfSignatureStatus) and bool(status.docmdp_ok) and (
        status.modification_level is not None and status.modification_level <= ModificationLevel.FORM_FILLING)
    return ReadSignature(
        field=item.field_name, owner=owner(certificate), fingerprint=hashlib.sha256(signer.dump()).hexdigest(),
        serial=f"{signer.serial_number:016X}", signed_at=signed_at,
        covers_file=item.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE,
        later_changes_allowed=allowed, problem=problem, stray=_stray(pdf, item, roots))


def _status(item: EmbeddedPdfSignature, roots: list[asn1_x509.Certificate],
            moment: datetime | None) -> PdfSignatureStatus | str:
    if moment is None:
        return "нет метки времени"
    context = ValidationContext(trust_roots=roots, moment=moment)
    try:
        return validate_pdf_signature(item, context)
    except BROKEN as error:
        return f"подпись не разбирается ({_kind(error)})"


def _problem(status: PdfSignatureStatus | str) -> str | None:
    if isinstance(status, str):
        return status
    if not status.intact:
        return "подписанные байты изменены"
    if not status.valid:
        return "подпись не сходится с ключом сертификата"
    if not status.trusted:
        return "сертификат не действовал в момент подписи или выдан не нашим удостоверяющим центром"
    stamp = status.timestamp_validity
    if stamp is None or not (stamp.valid and stamp.trusted and stamp.intact):
        return "метка времени неверна"
    if not status.seed_value_ok:
        return "поле предназначено для другого сертификата"
    return None


def _stamped_at(item: EmbeddedPdfSignature) -> datetime | None:
    token = _timestamp(item.signer_info)
    if token is None:
        return None
    moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def _timestamp(signer_info: cms.SignerInfo) -> cms.SignedData | None:
    unsigned = signer_info["unsigned_attrs"]
    for attribute in unsigned:
        if attribute["type"].native == TIMESTAMP:
            return attribute["values"][0]["content"]
    return None


def _stray(pdf: bytes, item: EmbeddedPdfSignature, roots: list[asn1_x509.Certificate]) -> str | None:
    ranges = [int(number) for number in item.byte_range]
    if len(ranges) != 4 or ranges[0] != 0 or not 0 < ranges[1] < ranges[2]:
        return "границы подписанных байтов необычны"
    match = GAP.fullmatch(pdf, ranges[1], ranges[2])
    if match is None or bytes.fromhex(match[1].decode()) != bytes(item.pkcs7_content):
        return "место подписи записано необычно"
    if str(item.sig_object.get("/SubFilter")) != SUBFILTER:
        return "вид подписи не PAdES"
    content = bytes(item.pkcs7_content)
    size = der.peek(content)
    if any(content[size:]):
        return "за подписью спрятаны данные"
    if not _is_der(content, 0, size):
        return "подпись записана не в каноническом виде"
    return _stray_inside(item.signed_data, item, roots)


def _stray_inside(signed: cms.SignedData, item: EmbeddedPdfSignature,
                  roots: list[asn1_x509.Certificate]) -> str | None:
    unsigned = item.signer_info["unsigned_attrs"]
    kinds = [attribute["type"].native for attribute in unsigned]
    if len(signed["signer_infos"]) != 1 or kinds != [TIMESTAMP] or len(unsigned[0]["values"]) != 1:
        return "состав подписи необычен"
    if not _usual_digests(signed) or len(signed["crls"]) or not _only_chain(signed, item.signer_cert, roots):
        return "вложены не те сертификаты"
    token = _timestamp(item.signer_info)
    if token is None or len(token["signer_infos"]) != 1 or len(token["signer_infos"][0]["unsigned_attrs"]):
        return "состав метки времени необычен"
    stamp_signer = _signer_of(token)
    if not _usual_digests(token) or len(token["crls"]) or stamp_signer is None:
        return "состав метки времени необычен"
    if not _only_chain(token, stamp_signer, roots):
        return "в метку времени вложены не те сертификаты"
    return None


def _usual_digests(signed: cms.SignedData) -> bool:
    return len(signed["digest_algorithms"]) == 1 and signed["digest_algorithms"][0]["algorithm"].native in DIGESTS


def _only_chain(signed: cms.SignedData, signer: asn1_x509.Certificate, roots: list[asn1_x509.Certificate]) -> bool:
    """The embedded certificates are the signer's path up to a trust root, each once, and nothing else."""
    embedded = [item.chosen for item in signed["certificates"]]
    path = [signer]
    while path[-1].issuer != path[-1].subject and len(path) <= len(embedded):
        above = [item for item in embedded if item.subject == path[-1].issuer]
        if not above:
            return False
        path.append(above[0])
    dumps = sorted(item.dump() for item in embedded)
    if dumps != sorted(item.dump() for item in path) or path[-1].dump() not in [root.dump() for root in roots]:
        return False
    return all(_issued(lower, upper) for lower, upper in pairwise(path))


def _issued(lower: asn1_x509.Certificate, upper: asn1_x509.Certificate) -> bool:
    # pyHanko would also build its path from the other copy, inside the time stamp: each copy must hold by itself.
    try:
        x509.load_der_x509_certificate(lower.dump()).verify_directly_issued_by(
            x509.load_der_x509_certificate(upper.dump()))
    except (*BROKEN, InvalidSignature):
        return False
    return True


def _signer_of(signed: cms.SignedData) -> asn1_x509.Certificate | None:
    wanted = signed["signer_infos"][0]["sid"].chosen
    for item in signed["certificates"]:
        same_serial = item.chosen.serial_number == wanted["serial_number"].native
        if same_serial and item.chosen.issuer == wanted["issuer"]:
            return item.chosen
    return None


def _is_der(content: bytes, start: int, end: int, depth: int = 0) -> bool:
    """Whether the range is a run of DER values: short tags, shortest definite lengths, nothing between."""
    while start < end:
        if depth > DEPTH or end - start < 2 or content[start] & 0x1F == 0x1F:
            return False
        first, body = content[start + 1], start + 2
        if first & 0x80:
            body += first & 0x7F
            length = int.from_bytes(content[start + 2:body], "big")
            if body > end or length < 0x80 or content[start + 2] == 0:
                return False
        else:
            length = first
        if body + length > end or (content[start] & 0x20 and not _is_der(content, body, body + length, depth + 1)):
            return False
        start = body + length
    return start == end


def _revoked(item: EmbeddedPdfSignature, certificate: x509.Certificate, crls: list[x509.CertificateRevocationList],
             moment: datetime) -> bool:
    """Whether a list of the issuer revokes the certificate from `moment` or before; later lists count.

    Own check: pyHanko passes over a list that is younger than the moment it validates at.
    """
    issuers = [x509.load_der_x509_certificate(other.dump()) for other in item.other_embedded_certs]
    for found in crls:
        key = next((other.public_key() for other in issuers if other.subject == certificate.issuer), None)
        if found.issuer != certificate.issuer or not isinstance(key, ec.EllipticCurvePublicKey):
            continue
        entry = found.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and found.is_signature_valid(key) and entry.revocation_date_utc <= moment:
            return True
    return False


def _revocation_list(encoded: bytes) -> x509.CertificateRevocationList:
    load = x509.load_pem_x509_crl if encoded.startswith(b"-----") else x509.load_der_x509_crl
    return load(encoded)
