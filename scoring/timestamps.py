"""Internal RFC 3161 time stamps: the service's own clock under a separate key, labelled as not accredited.

A configured outside service takes its place by giving `pades.sign` another pyHanko TimeStamper.
"""

import secrets
from datetime import datetime

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.timestamps import TimeStamper

from scoring.pki import Credential

# An OID under 2.25 (UUID) is free of registration; it names «internal stamp of this service, not accredited».
POLICY = "2.25.215236177014563246817834560219813094733"


class InternalTimeStamper(TimeStamper):
    """Time stamps of one moment, given as `now`. Accuracy one second; SHA-256 with ECDSA."""

    def __init__(self, credential: Credential, now: datetime) -> None:
        super().__init__()
        self._credential = credential
        self._now = now.replace(microsecond=0)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Grant the request; pyHanko awaits this although nothing waits."""
        return tsp.TimeStampResp({"status": tsp.PKIStatusInfo({"status": tsp.PKIStatus("granted")}),
                                  "time_stamp_token": self._token(req)})

    def _token(self, req: tsp.TimeStampReq) -> cms.ContentInfo:
        info = self._info(req)
        attributes = self._signed_attributes(info)
        chain = (self._credential.certificate, *self._credential.chain)
        signed = cms.SignedData({
            "version": "v3", "digest_algorithms": [_sha256()],
            "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(info)},
            "certificates": [as_asn1(item) for item in chain],
            "signer_infos": [self._signer_info(attributes)]})
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})

    def _info(self, req: tsp.TimeStampReq) -> bytes:
        subject = asn1_x509.GeneralName("directory_name", as_asn1(self._credential.certificate).subject)
        fields = {"version": "v1", "policy": POLICY, "message_imprint": req["message_imprint"],
                  "serial_number": secrets.randbits(63) | 1 << 62, "gen_time": self._now,
                  "accuracy": {"seconds": 1}, "tsa": subject}
        if req["nonce"].native is not None:
            fields["nonce"] = req["nonce"]
        encoded: bytes = tsp.TSTInfo(fields).dump()
        return encoded

    def _signed_attributes(self, info: bytes) -> cms.CMSAttributes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(info)
        own = as_signing_certificate_v2(as_asn1(self._credential.certificate))
        return cms.CMSAttributes([
            simple_cms_attribute("content_type", "tst_info"),
            simple_cms_attribute("signing_time", cms.Time({"utc_time": core.UTCTime(self._now)})),
            simple_cms_attribute("signing_certificate_v2", own),
            simple_cms_attribute("message_digest", digest.finalize())])

    def _signer_info(self, attributes: cms.CMSAttributes) -> cms.SignerInfo:
        certificate = as_asn1(self._credential.certificate)
        signature = self._credential.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        return cms.SignerInfo({
            "version": "v1", "digest_algorithm": _sha256(), "signed_attrs": attributes,
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number})}),
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": signature})


def as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The certificate in the form pyHanko works with."""
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def _sha256() -> algos.DigestAlgorithm:
    return algos.DigestAlgorithm({"algorithm": "sha256"})
