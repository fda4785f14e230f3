import hashlib
import io
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from scoring import pki
from scoring.genuine import verdict
from scoring.pades import REGISTRAR_FIELD, prepare
from scoring.reading import Unreadable, attached_facts
from tests.scoring.signed_sample import FACTS, NOW, make_authority, make_member, sample, signed_by, specs, stamper

LATER = NOW + timedelta(hours=1)


def judged(pdf, registry="own", *, roots=None, now=LATER, **more):
    ready = sample()
    known = ready.registry(ready.signed) if registry == "own" else registry
    return verdict(pdf, known, roots or [ready.authority.root], now=now, **more)


def failed(found):
    return [rule.number for rule in found.rules if rule.state == "failed"]


def states(found):
    return "".join({"ok": "+", "failed": "-", "not_run": "?"}[rule.state] for rule in found.rules)


def last_contents(pdf):
    """Start and end of the hex digits of the newest /Contents."""
    start = pdf.index(b"<", pdf.rindex(b"/Contents")) + 1
    return start, pdf.index(b">", start)


def test_registered_file_is_genuine_by_every_rule():
    found = judged(sample().signed)
    assert states(found) == "++++++++"
    assert found.outcome == "genuine"
    assert found.sha256 == hashlib.sha256(sample().signed).hexdigest()
    assert [rule.number for rule in found.rules] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [rule.text for rule in found.rules[:2]] == [
        "SHA-256 файла равен записанному в реестре.", "4 из 4, сертификаты действовали в момент подписи."]


def test_signatures_are_listed_in_the_order_they_were_made():
    signatures = judged(sample().signed).signatures
    assert [item.field for item in signatures] == [REGISTRAR_FIELD, "Member01", "Member02", "Member03"]
    assert [item.signed_at for item in signatures] == [NOW + timedelta(minutes=number) for number in range(4)]
    assert signatures[3].owner == "Константинопольская-Задунайская Александра Петровна"
    assert signatures[1].fingerprint == sample().members[0].fingerprint
    assert signatures[1].serial == pki.serial_text(sample().members[0].certificate)


def test_stranger_is_told_which_rules_were_not_run():
    found = judged(sample().signed, None)
    assert states(found) == "?+++??+?"
    assert found.outcome == "unproven"
    assert judged(sample().signed, None, recompute=lambda facts, pdf: None).rules[7].state == "ok"


def test_file_cut_back_to_an_earlier_revision_is_found_by_the_registry_only():
    ready = sample()
    earlier = signed_by(ready.prepared, "Member01", ready.members[0], ready.authority, NOW)
    assert states(judged(earlier)) == "-++++-++"
    assert judged(earlier).outcome == "altered"
    assert states(judged(earlier, None)) == "?+++??+?"


def test_revision_in_signing_is_unfinished_not_altered():
    ready = sample()
    earlier = signed_by(ready.prepared, "Member01", ready.members[0], ready.authority, NOW)
    found = judged(earlier, ready.registry(earlier))
    assert failed(found) == [6]
    assert found.rules[5].text == "Подписали 1 из 3; нет подписи в полях: Member02, Member03."
    assert found.outcome == "unfinished"


def test_recorded_refusals_complete_the_set():
    ready = sample()
    earlier = signed_by(ready.prepared, "Member01", ready.members[0], ready.authority, NOW)
    found = judged(earlier, ready.registry(earlier, refused={"Member02": "отказ", "Member03": "отказ"}))
    assert found.outcome == "genuine"
    assert found.rules[5].text == "Подписали 1 из 3, отказов записано\xa02."


@pytest.mark.parametrize("tail", [b"\n", b" ", b"%%EOF\n", b"\n" * 5000, b"1 0 obj\n<<>>\nendobj\n"])
def test_trailing_bytes_are_found(tail):
    assert {1, 3} <= set(failed(judged(sample().signed + tail)))
    assert 3 in failed(judged(sample().signed + tail, None))


def test_edit_inside_the_padding_of_the_last_contents_is_found():
    pdf = sample().signed
    _, end = last_contents(pdf)
    assert pdf[end - 4:end] == b"0000"
    changed = pdf[:end - 3] + b"F" + pdf[end - 2:]
    assert states(judged(changed)) == "-+++++-+"
    assert judged(changed, None).rules[6].text == "Поле Member03: за подписью спрятаны данные."


def test_lower_case_digits_of_the_last_contents_are_found():
    pdf = sample().signed
    start, end = last_contents(pdf)
    changed = pdf[:start] + pdf[start:end].lower() + pdf[end:]
    assert states(judged(changed)) == "-+++++-+"


def test_changed_page_byte_breaks_every_signature():
    ready = sample()
    changed = bytearray(ready.signed)
    changed[len(ready.rendered.pdf) // 2] ^= 1
    assert {1, 2} <= set(failed(judged(bytes(changed))))


def test_page_drawn_over_after_the_signatures_is_found():
    found = judged(_drawn_over(sample().signed), None)
    assert failed(found) == [3, 4]


def test_page_drawn_over_between_signatures_is_found_by_the_later_one():
    ready = sample()
    pdf = _drawn_over(signed_by(ready.prepared, "Member01", ready.members[0], ready.authority, NOW))
    pdf = signed_by(pdf, "Member02", ready.members[1], ready.authority, NOW + timedelta(minutes=1))
    assert failed(judged(pdf, None)) == [4]


def test_swapped_signer_is_found():
    ready = sample()
    free = prepare(ready.rendered.pdf, specs(ready.rendered, (None, None, None)), ready.authority.registrar, now=NOW,
                   timestamper=stamper(ready.authority))
    pdf = signed_by(free, "Member01", ready.members[1], ready.authority, NOW)
    pdf = signed_by(pdf, "Member02", ready.members[0], ready.authority, NOW)
    pdf = signed_by(pdf, "Member03", ready.members[2], ready.authority, NOW)
    found = judged(pdf, ready.registry(pdf))
    assert failed(found) == [5]
    assert found.rules[4].text == "В поле Member01 стоит подпись не того человека: Лебедев Игорь Николаевич."


def test_signature_under_another_authority_is_found():
    ready, foreign = sample(), make_authority()
    member = make_member(foreign, 0)
    pdf = prepare(ready.rendered.pdf, specs(ready.rendered, (member, None, None)), foreign.registrar, now=NOW,
                  timestamper=stamper(foreign))
    found = judged(signed_by(pdf, "Member01", member, foreign, NOW), None)
    assert 2 in failed(found)
    assert 7 in failed(found)


def test_foreign_time_stamp_is_found():
    ready, foreign = sample(), make_authority()
    mixed = pki.Authority(ready.authority.root, ready.authority.issuing, ready.authority.registrar, foreign.tsa)
    pdf = signed_by(ready.prepared, "Member01", ready.members[0], mixed, NOW)
    found = judged(pdf, None)
    assert found.rules[1].text == "Поле Member01, Гордеев Павел Андреевич: метка времени неверна."
    assert failed(found) == [2, 7]


@pytest.mark.parametrize(("minutes", "expected"), [(-1, [2]), (10, [])])
def test_revocation_counts_from_its_moment(minutes, expected):
    ready = sample()
    at = NOW + timedelta(minutes=minutes)
    serial = ready.members[0].certificate.serial_number
    crl = pki.make_crl(ready.authority.issuing, [pki.Revoked(serial, at)], now=LATER, number=2)
    found = judged(ready.signed, crls=[crl])
    assert failed(found) == expected
    if expected:
        assert found.rules[1].text == "Поле Member01, Гордеев Павел Андреевич: сертификат был отозван до подписи."


def test_signature_from_the_future_is_refused():
    found = judged(sample().signed, now=NOW + timedelta(minutes=2, seconds=59))
    assert failed(found) == [2]
    assert "ещё не наступило" in found.rules[1].text


def test_extra_certificate_inside_a_signature_is_found():
    ready = sample()
    member = ready.members[0]
    stuffed = pki.Credential(member.certificate, member.key, (*member.chain, ready.members[1].certificate))
    found = judged(signed_by(ready.prepared, "Member01", stuffed, ready.authority, NOW), None)
    assert failed(found) == [7]
    assert found.rules[6].text == "Поле Member01: вложены не те сертификаты."


@pytest.mark.parametrize("number", [0, 1, 2])
def test_changed_certificate_inside_the_last_signature_is_found(number):
    """The time stamp carries a second copy of the chain: a path over that copy must not hide the change."""
    pdf = sample().signed
    start, end = last_contents(pdf)
    content = bytearray(bytes.fromhex(pdf[start:end].decode()))
    chain = (sample().members[2].certificate, sample().authority.issuing.certificate, sample().authority.root)
    encoded = chain[number].public_bytes(serialization.Encoding.DER)
    content[content.index(encoded) + len(encoded) - 1] ^= 1
    found = judged(pdf[:start] + content.hex().upper().encode() + pdf[end:], None)
    assert 7 in failed(found)


def test_hostile_file_leaves_no_names_in_the_log(caplog):
    judged(sample().signed, None, roots=[make_authority().root])
    assert caplog.text == ""


def test_facts_that_differ_from_the_registry_or_from_the_print_are_found():
    ready = sample()
    assert failed(judged(ready.signed, ready.registry(ready.signed, facts_sha256="0" * 64))) == [8]
    found = judged(ready.signed, recompute=lambda facts, pdf: "Строка 2: напечатано 87,10, вычислено 87,00.")
    assert failed(found) == [8]
    assert found.rules[7].text == "Строка 2: напечатано 87,10, вычислено 87,00."


def test_recompute_gets_the_attached_facts():
    seen = []
    judged(sample().signed, recompute=lambda facts, pdf: seen.append(facts))
    assert hashlib.sha256(seen[0]).hexdigest() == sample().rendered.facts_sha256


def test_document_without_signatures_is_not_genuine():
    found = judged(sample().rendered.pdf, None)
    assert failed(found) == [2, 3, 4]


@pytest.mark.parametrize("broken", [b"", b"no pdf", b"%PDF-1.7\n", b"%PDF-1.7\nstartxref\n0\n%%EOF"])
def test_bytes_that_are_no_pdf_get_a_verdict(broken):
    found = judged(broken)
    assert failed(found) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found.outcome == "altered"
    assert found.signatures == ()


def test_rule_of_the_journal_is_added_from_above():
    found = judged(sample().signed).with_rule(9, "failed", "Записи нет.")
    assert (found.rules[-1].code, found.outcome) == ("journal", "altered")


def test_attached_facts_are_read_back():
    assert FACTS["subject"] in attached_facts(sample().signed).decode()
    with pytest.raises(Unreadable):
        attached_facts(b"%PDF-1.7")


@pytest.mark.slow
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_changed_byte_is_found_against_the_registry(data):
    pdf = sample().signed
    place = data.draw(st.integers(0, len(pdf) - 1))
    mask = data.draw(st.integers(1, 255))
    changed = bytearray(pdf)
    changed[place] ^= mask
    found = judged(bytes(changed))
    assert found.outcome == "altered"
    assert 1 in failed(found)


@pytest.mark.slow
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_changed_signed_byte_is_found_without_the_registry(data):
    pdf = sample().signed
    start, end = last_contents(pdf)
    place = data.draw(st.one_of(st.integers(0, start - 2), st.integers(end + 1, len(pdf) - 1)))
    changed = bytearray(pdf)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert judged(bytes(changed), None).outcome == "altered"


def _drawn_over(pdf):
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    content = writer.add_object(generic.StreamObject(stream_data=b"q 1 0 0 rg 50 50 200 200 re f Q"))
    writer.add_stream_to_page(0, content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
