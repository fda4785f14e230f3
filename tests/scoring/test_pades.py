import io
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import read_certification_data

from scoring import pki
from scoring.pades import REGISTRAR_FIELD, FieldSpec, NotSignable, field_names, prepare, sign
from scoring.stamp import Stamp, stamp_for
from tests.scoring.signed_sample import BORN, NOW, ZONE, make_authority, make_member, sample, signed_by, specs, stamper

needs_poppler = pytest.mark.skipif(not (shutil.which("pdfsig") and shutil.which("certutil")),
                                   reason="poppler-utils or libnss3-tools are not installed")


def pdfsig(tmp_path, pdf, root):
    """Output of Debian's pdfsig with the root imported as a trusted CA into a database of its own."""
    (tmp_path / "nss").mkdir()
    (tmp_path / "root.pem").write_bytes(pki.certificate_pem(root))
    (tmp_path / "file.pdf").write_bytes(pdf)
    base = f"sql:{tmp_path / 'nss'}"
    subprocess.run(["certutil", "-N", "-d", base, "--empty-password"], check=True)
    trust = ["certutil", "-A", "-d", base, "-n", "root", "-t", "C,C,C", "-i", tmp_path / "root.pem"]
    subprocess.run(trust, check=True)
    # NSS may complain on stderr while shutting down; the words that count are on stdout.
    check = ["pdfsig", "-nssdir", base, tmp_path / "file.pdf"]
    return subprocess.run(check, capture_output=True, text=True, check=False).stdout


@needs_poppler
def test_pdfsig_finds_every_signature_valid_and_trusted(tmp_path):
    ready = sample()
    told = pdfsig(tmp_path, ready.signed, ready.authority.root)
    assert re.findall(r"Field Name: (\w+)", told) == ["Member01", "Member02", "Member03", REGISTRAR_FIELD]
    assert told.count("Signature is Valid.") == 4
    assert told.count("Certificate is Trusted.") == 4
    assert told.count("  - Total document signed") == 1
    assert told.count("ETSI.CAdES.detached") == 4


@needs_poppler
def test_pdfsig_finds_one_changed_byte(tmp_path):
    ready = sample()
    changed = bytearray(ready.signed)
    changed[len(ready.rendered.pdf) // 2] ^= 1
    told = pdfsig(tmp_path, bytes(changed), ready.authority.root)
    assert (told.count("Digest Mismatch."), told.count("Signature is Valid.")) == (4, 0)


@needs_poppler
def test_pdfsig_judges_a_certificate_by_today(tmp_path):
    """A signature made in time is called expired by pdfsig once its certificate has run out: said in the help."""
    old = BORN.replace(year=2019)
    authority = make_authority(old)
    member = make_member(authority, 0, valid_from=old, days=90)
    pdf = prepare(sample().rendered.pdf, specs(sample().rendered, (member, None, None)), authority.registrar, now=old,
                  timestamper=stamper(authority, old))
    told = pdfsig(tmp_path, signed_by(pdf, "Member01", member, authority, old), authority.root)
    assert re.findall(r"Validation: (.*)", told) == ["Signature is Valid.", "Certificate has Expired",
                                                     "Signature is Valid.", "Certificate is Trusted."]


def test_each_signature_only_appends():
    ready = sample()
    assert ready.prepared.startswith(ready.rendered.pdf)
    assert ready.signed.startswith(ready.prepared)


def test_prepared_document_has_a_field_per_member_and_is_certified_for_form_filling():
    assert field_names(sample().prepared) == {"Member01": False, "Member02": False, "Member03": False,
                                              REGISTRAR_FIELD: True}
    certification = read_certification_data(PdfFileReader(io.BytesIO(sample().prepared)))
    assert certification.permission.name == "FILL_FORMS"


def test_signers_come_in_any_order():
    ready = sample()
    pdf = signed_by(ready.prepared, "Member03", ready.members[2], ready.authority, NOW)
    pdf = signed_by(pdf, "Member01", ready.members[0], ready.authority, NOW)
    assert field_names(pdf) == {"Member01": True, "Member02": False, "Member03": True, REGISTRAR_FIELD: True}


def test_signing_keeps_metadata_and_version_of_the_frozen_document():
    first, last = PdfFileReader(io.BytesIO(sample().rendered.pdf)), PdfFileReader(io.BytesIO(sample().signed))
    assert last.root["/Metadata"].data == first.root["/Metadata"].data
    assert dict(last.trailer["/Info"]) == dict(first.trailer["/Info"])
    assert last.input_version == first.input_version


def test_fonts_of_stamps_are_embedded(tmp_path):
    if not shutil.which("pdffonts"):
        pytest.skip("poppler-utils are not installed")
    (tmp_path / "file.pdf").write_bytes(sample().signed)
    lines = subprocess.run(["pdffonts", tmp_path / "file.pdf"], capture_output=True, text=True, check=True).stdout
    fonts = [line.split() for line in lines.splitlines()[2:]]
    assert len(fonts) == 5 + 2 * 3
    assert {tuple(words[-5:-2]) for words in fonts} == {("yes", "yes", "yes")}


def test_stamp_says_what_the_signature_is():
    stamp = stamp_for(sample().members[1].certificate, now=NOW, zone=ZONE)
    assert stamp.heading == ("Документ подписан усиленной неквалифицированной", "электронной подписью")
    assert stamp.body == (f"Сертификат {pki.serial_text(sample().members[1].certificate)}",
                          "Владелец Лебедев Игорь Николаевич", "Действителен с 01.05.2026 по 21.04.2066",
                          "Подписано 18.06.2026\xa016:00:12\xa0(МСК+4)")


def test_stamp_that_does_not_fit_is_refused():
    ready = sample()
    with pytest.raises(ValueError, match="7 pt"):
        sign(ready.prepared, "Member01", ready.members[0], now=NOW, reason="", stamp=Stamp(("слово " * 200,)),
             timestamper=stamper(ready.authority))


def test_field_of_another_person_is_refused():
    ready = sample()
    with pytest.raises(NotSignable, match="another certificate"):
        signed_by(ready.prepared, "Member01", ready.members[1], ready.authority, NOW)


def test_signed_or_unknown_field_is_refused():
    ready = sample()
    with pytest.raises(NotSignable, match="signed already"):
        signed_by(ready.signed, "Member01", ready.members[0], ready.authority, NOW)
    with pytest.raises(NotSignable, match="no field"):
        signed_by(ready.signed, "Member09", ready.members[0], ready.authority, NOW)


@pytest.mark.parametrize(("seconds", "allowed"), [(-1, False), (0, True), (90 * 86400, True), (90 * 86400 + 1, False)])
def test_certificate_must_be_valid_at_the_moment_of_signing(seconds, allowed):
    ready = sample()
    member = make_member(ready.authority, 0, valid_from=NOW, days=90)
    pdf = prepare(ready.rendered.pdf, specs(ready.rendered, (member, None, None)), ready.authority.registrar, now=NOW,
                  timestamper=stamper(ready.authority))
    moment = NOW + timedelta(seconds=seconds)
    if allowed:
        assert field_names(signed_by(pdf, "Member01", member, ready.authority, moment))["Member01"]
    else:
        with pytest.raises(NotSignable, match="not valid at the moment"):
            signed_by(pdf, "Member01", member, ready.authority, moment)


def test_document_is_prepared_once():
    ready = sample()
    with pytest.raises(NotSignable, match="already"):
        prepare(ready.prepared, [], ready.authority.registrar, now=NOW, timestamper=stamper(ready.authority))


@pytest.mark.parametrize("name", ["Member01", REGISTRAR_FIELD])
def test_repeated_field_name_is_refused(name):
    ready = sample()
    fields = [FieldSpec("Member01", 0, (10, 10, 248, 92)), FieldSpec(name, 0, (10, 110, 248, 192))]
    with pytest.raises(NotSignable, match="named twice"):
        prepare(ready.rendered.pdf, fields, ready.authority.registrar, now=NOW, timestamper=stamper(ready.authority))


@pytest.mark.parametrize("broken", [b"", b"not a pdf", b"%PDF-1.7\n%%EOF\n"])
def test_bytes_that_are_no_pdf_are_refused(broken):
    ready = sample()
    with pytest.raises(NotSignable):
        prepare(broken, [], ready.authority.registrar, now=NOW, timestamper=stamper(ready.authority))


def test_longest_names_fit_the_reserved_place():
    ready = sample()
    issuing = pki.make_issuing(pki.make_root("Я" * 80, now=BORN), "Я" * 80, now=BORN)
    registrar = pki.issue_registrar(issuing, organisation="Я" * 80, valid_from=BORN)
    tsa = pki.issue_tsa(issuing, organisation="Я" * 80, valid_from=BORN)
    member = pki.issue_member(issuing, full_name="Ы" * 40 + " " + "Ы" * 40, organisation="Я" * 80, opaque_id="x" * 36,
                              valid_from=NOW)
    authority = replace(ready.authority, issuing=issuing, registrar=registrar, tsa=tsa)
    pdf = prepare(ready.rendered.pdf, specs(ready.rendered, (member, None, None)), registrar, now=NOW,
                  timestamper=stamper(authority))
    assert field_names(signed_by(pdf, "Member01", member, authority, NOW))["Member01"]
