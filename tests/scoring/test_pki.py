from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from scoring import pki
from tests.scoring.signed_sample import BORN, NOW, make_authority, make_member


def test_member_certificate_is_valid_for_ninety_days_from_the_given_moment():
    authority = make_authority()
    member = pki.issue_member(authority.issuing, full_name="Гордеев Павел Андреевич", organisation="ООО «Сибсварка»",
                              opaque_id="p1", valid_from=NOW)
    assert member.certificate.not_valid_before_utc == NOW
    assert member.certificate.not_valid_after_utc == NOW + timedelta(days=90)


def test_member_certificate_names_the_person_and_nothing_more():
    subject = make_member(make_authority(), 0).certificate.subject
    assert {item.oid: item.value for item in subject} == {
        NameOID.COUNTRY_NAME: "RU", NameOID.ORGANIZATION_NAME: "ООО «Сибсварка»", NameOID.SURNAME: "Гордеев",
        NameOID.GIVEN_NAME: "Павел Андреевич", NameOID.SERIAL_NUMBER: "m0",
        NameOID.COMMON_NAME: "Гордеев Павел Андреевич"}


def test_long_name_stands_whole_in_the_owner_and_short_in_the_common_name():
    certificate = make_member(make_authority(), 2).certificate
    assert pki.owner(certificate) == "Константинопольская-Задунайская Александра Петровна"
    (common,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert len(common.value.encode()) <= 64
    assert common.value.startswith("Константинопольская")


def test_chain_is_verified_up_to_the_root():
    authority = make_authority()
    member = make_member(authority, 0)
    assert member.chain == (authority.issuing.certificate, authority.root)
    member.certificate.verify_directly_issued_by(authority.issuing.certificate)
    authority.issuing.certificate.verify_directly_issued_by(authority.root)
    authority.root.verify_directly_issued_by(authority.root)


def test_serials_are_sixteen_hex_digits_and_differ():
    authority = make_authority()
    serials = {pki.serial_text(make_member(authority, 0).certificate) for _ in range(50)}
    assert len(serials) == 50
    assert {len(serial) for serial in serials} == {16}


def test_member_may_sign_and_may_not_issue():
    extensions = make_member(make_authority(), 0).certificate.extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (True, True, False)
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_time_stamp_certificate_is_for_time_stamps_only():
    extension = make_authority().tsa.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(extension.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    assert extension.critical


def test_revocation_list_names_the_revoked_and_is_signed():
    authority = make_authority()
    member = make_member(authority, 0)
    revoked = pki.Revoked(member.certificate.serial_number, NOW, x509.ReasonFlags.key_compromise)
    crl = x509.load_pem_x509_crl(pki.make_crl(authority.issuing, [revoked], now=NOW, number=7))
    assert crl.is_signature_valid(authority.issuing.key.public_key())
    assert [entry.serial_number for entry in crl] == [member.certificate.serial_number]
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    assert crl.next_update_utc == NOW + timedelta(days=30)


def test_naive_moment_is_refused():
    with pytest.raises(ValueError, match="aware"):
        pki.make_root("Департамент", now=datetime(2026, 5, 1))


def test_sealed_key_opens_with_its_passphrase_only():
    key = ec.generate_private_key(ec.SECP256R1())
    blob = pki.seal_key(key, "длинная фраза")
    assert pki.open_key(blob, "длинная фраза").private_numbers() == key.private_numbers()
    with pytest.raises(pki.WrongPassphrase):
        pki.open_key(blob, "другая фраза")


@pytest.mark.parametrize("place", [0, 6, 7, 9, 30, -1])
def test_changed_sealed_key_is_refused(place):
    blob = bytearray(pki.seal_key(ec.generate_private_key(ec.SECP256R1()), "фраза"))
    blob[place] ^= 1
    with pytest.raises(pki.WrongPassphrase):
        pki.open_key(bytes(blob), "фраза")


@pytest.mark.parametrize("blob", [b"", b"LPKEY1", b"x" * 200])
def test_bytes_that_are_no_sealed_key_are_refused(blob):
    with pytest.raises(pki.WrongPassphrase):
        pki.open_key(blob, "фраза")


def test_sealing_costs_what_was_decided():
    assert (pki.SEAL_TIME, pki.SEAL_MEMORY_KIB, pki.SEAL_LANES) == (4, 64 * 1024, 1)


def test_authority_folder_is_private_and_opens_again(tmp_path):
    folder = tmp_path / "ca"
    made = pki.create_authority(folder, organisation="Департамент труда", root_passphrase="корень",
                                service_passphrase="служба", now=BORN)
    assert sorted(path.name for path in folder.iterdir()) == [
        "ca.pem", "crl.pem", "issuing.crt.pem", "issuing.key.pem", "registrar.crt.pem", "registrar.key.pem",
        "root.crt.pem", "root.key.pem", "tsa.crt.pem", "tsa.key.pem"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    opened = pki.load_authority(folder, service_passphrase="служба")
    assert opened.root == made.root
    assert [item.fingerprint for item in (opened.issuing, opened.registrar, opened.tsa)] == [
        item.fingerprint for item in (made.issuing, made.registrar, made.tsa)]
    assert opened.registrar.key.private_numbers() == made.registrar.key.private_numbers()


def test_authority_opens_without_the_root_key_and_the_root_with_its_own_passphrase(tmp_path):
    made = pki.create_authority(tmp_path, organisation="Д", root_passphrase="корень", service_passphrase="служба",
                                now=BORN)
    assert pki.load_root(tmp_path, root_passphrase="корень").certificate == made.root
    with pytest.raises(pki.WrongPassphrase):
        pki.load_root(tmp_path, root_passphrase="служба")
    (tmp_path / "root.key.pem").unlink()
    assert pki.load_authority(tmp_path, service_passphrase="служба").root == made.root


def test_authority_refuses_a_wrong_service_passphrase_and_a_second_making(tmp_path):
    pki.create_authority(tmp_path, organisation="Д", root_passphrase="корень", service_passphrase="служба", now=BORN)
    with pytest.raises(pki.WrongPassphrase):
        pki.load_authority(tmp_path, service_passphrase="корень")
    with pytest.raises(FileExistsError):
        pki.create_authority(tmp_path, organisation="Д", root_passphrase="a", service_passphrase="b",
                             now=datetime(2026, 6, 1, tzinfo=UTC))


def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "crl.pem"
    pki.write_secret(target, b"old")
    with pytest.raises(TypeError):
        pki.write_secret(target, "text is no bytes")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["crl.pem"]
