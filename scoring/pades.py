"""PAdES signatures (baseline B-T) on PDF bytes. Pure: bytes, certificates and `now` in, longer bytes out.

A document is prepared once: a field per signer and the registrar's invisible certification that allows nothing but
filling these fields. Each signature afterwards is one incremental update; what was there stays byte for byte.
CPU-bound for tens to hundreds of milliseconds: call it off the web loop.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms, keys
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    MDPPerm,
    SigCertConstraintFlags,
    SigCertConstraints,
    SigFieldSpec,
    SigSeedSubFilter,
    SigSeedValFlags,
    SigSeedValueSpec,
    append_signature_field,
    enumerate_sig_fields,
)
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigAppearanceSetup, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from scoring.pki import REGISTRAR_FIELD, Credential
from scoring.stamp import Stamp, StampStyle
from scoring.timestamps import as_asn1

DIGEST = "sha256"
# Hex digits kept for /Contents: CMS, chain and time stamp take about 12 000 of them, 15 000 with the longest names.
RESERVED = 20480


class NotSignable(ValueError):
    """The bytes or the field do not allow this signature; the message says which rule was broken."""


@dataclass(frozen=True)
class FieldSpec:
    """Place of a signature: page from 0, rect in points from the lower left corner, the only certificate allowed."""

    name: str
    page: int
    rect: tuple[float, float, float, float]
    certificate: x509.Certificate | None = None


def prepare(pdf: bytes, fields: Iterable[FieldSpec], registrar: Credential, *, now: datetime,
            timestamper: TimeStamper, reason: str = "Документ зарегистрирован и закрыт от изменений") -> bytes:
    """The document with empty signature fields under the registrar's certification (DocMDP: form filling).

    A field with a certificate gets a mandatory seed value: conforming programs refuse another signer there.
    Raises NotSignable for bytes that are no PDF, a repeated field name, or a document that already has signatures.
    """
    writer = _writer(pdf)
    if any(True for _ in enumerate_sig_fields(writer.prev)):
        raise NotSignable("the document has signature fields already")
    for spec in fields:
        if spec.name == REGISTRAR_FIELD or any(name == spec.name for name, _, _ in enumerate_sig_fields(writer)):
            raise NotSignable(f"field {spec.name} is named twice")
        append_signature_field(writer, SigFieldSpec(spec.name, on_page=spec.page, box=spec.rect,  # type: ignore[arg-type]
                                                    seed_value_dict=_seed(spec.certificate)))
    return _signed(pdf, writer, REGISTRAR_FIELD, registrar, now, reason, timestamper,
                   mdp=SigMDPSetup(DIGEST, certify=True, docmdp_perms=MDPPerm.FILL_FORMS), created=True)


def sign(pdf: bytes, field: str, signer: Credential, *, now: datetime, reason: str, stamp: Stamp,
         timestamper: TimeStamper) -> bytes:
    """The document with one more signature in a prepared field and its visible stamp; the old bytes are its beginning.

    `now` is the signer's time. Raises NotSignable when the field is missing, filled, bound to another certificate, or
    when the certificate is not valid at `now`.
    """
    certificate = signer.certificate
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise NotSignable("the certificate is not valid at the moment of signing")
    writer = _writer(pdf)
    _check_field(writer.prev, field, signer)
    return _signed(pdf, writer, field, signer, now, reason, timestamper,
                   appearance=SigAppearanceSetup(StampStyle(stamp=stamp, border_width=0), now, None))


def field_names(pdf: bytes) -> dict[str, bool]:
    """Signature fields by name; True where a signature stands. NotSignable for bytes that are no PDF."""
    return {name: value is not None for name, value, _ in enumerate_sig_fields(_writer(pdf).prev)}


class _AppendingWriter(IncrementalPdfFileWriter):
    """Leaves /Info and XMP alone: pyHanko would write its name and the machine's clock there, out of step with XMP."""

    def _update_meta(self) -> None:
        return


def _writer(pdf: bytes) -> IncrementalPdfFileWriter:
    try:
        return _AppendingWriter(BytesIO(pdf))
    except (PdfError, ValueError) as error:
        raise NotSignable(f"not a readable PDF: {error}") from None


def _seed(certificate: x509.Certificate | None) -> SigSeedValueSpec | None:
    if certificate is None:
        return None
    constraints = SigCertConstraints(flags=SigCertConstraintFlags.SUBJECT, subjects=[as_asn1(certificate)])
    return SigSeedValueSpec(flags=SigSeedValFlags.SUBFILTER, subfilters=[SigSeedSubFilter.PADES], cert=constraints)


def _check_field(reader: PdfFileReader, field: str, signer: Credential) -> None:
    for name, value, reference in enumerate_sig_fields(reader):
        if name != field:
            continue
        if value is not None:
            raise NotSignable(f"field {field} is signed already")
        seed = reference.get_object().get("/SV")
        bound = SigSeedValueSpec.from_pdf_object(seed).cert if seed is not None else None
        own = as_asn1(signer.certificate).dump()
        if bound is not None and bound.subjects and own not in [item.dump() for item in bound.subjects]:
            raise NotSignable(f"field {field} is prepared for another certificate")
        return
    raise NotSignable(f"the document has no field {field}")


def _signed(pdf: bytes, writer: IncrementalPdfFileWriter, field: str, signer: Credential, now: datetime, reason: str,
            timestamper: TimeStamper, *, mdp: SigMDPSetup | None = None,
            appearance: SigAppearanceSetup | None = None, created: bool = False) -> bytes:
    steps = PdfCMSEmbedder().write_cms(field, writer, existing_fields_only=not created)
    next(steps)
    placeholder = SignatureObject(timestamp=now, subfilter=SigSeedSubFilter.PADES, reason=reason,
                                  bytes_reserved=RESERVED)
    steps.send(SigObjSetup(placeholder, mdp, appearance))
    prepared, output = steps.send(SigIOSetup(md_algorithm=DIGEST))
    steps.send(_cms(prepared.document_digest, signer, timestamper))
    result: bytes = output.getvalue()
    if not result.startswith(pdf):
        raise NotSignable("a signature may only append bytes")
    return result


def _cms(document_digest: bytes, signer: Credential, timestamper: TimeStamper) -> cms.ContentInfo:
    store = SimpleCertificateStore()
    store.register_multiple([as_asn1(item) for item in signer.chain])
    key = keys.PrivateKeyInfo.load(signer.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    simple = SimpleSigner(as_asn1(signer.certificate), key, store, embed_roots=True)
    return _run(simple.async_sign(document_digest, DIGEST, use_pades=True, timestamper=timestamper))


def _run(coroutine: Coroutine[Any, Any, cms.ContentInfo]) -> cms.ContentInfo:
    # A loop of its own: pyHanko's signing is async in form only, nothing in it waits with the internal time stamps.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()
