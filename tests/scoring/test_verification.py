"""The public page: genuine, one changed byte, cut back to an earlier revision, another paper, an unknown code."""

import hashlib
import io

import pytest
from sqlalchemy import select, update

from core.db import reading, session, transaction
from core.journal import JournalEntry
from scoring import verification
from scoring.models.papers import ProtocolRevision
from tests.scoring import road


@pytest.fixture
def signed(world, make, login):
    """A group and the address of the protocol everybody signed."""
    def build():
        found = make.marked_group()
        return found, road.signed(make, login, found)
    return world("signed", build)


@pytest.fixture
def group(signed):
    return signed[0]


@pytest.fixture
def url(signed):
    return signed[1]


@pytest.fixture
def pdf(login, group, url):
    return login(group.chair).get(f"{url}/file.pdf").data


@pytest.fixture
def place(login, group, url):
    """Address of the public page."""
    return f"/v/{road.token(login(group.chair), url)}"


def _check(client, place, content):
    return client.post_form(f"{place}/check", {"file": (io.BytesIO(content), "протокол.pdf")}, page=place)


def test_a_stranger_sees_a_genuine_protocol(client, place, pdf, group):
    page = client.get(place)
    assert page.status_code == 200
    assert "Документ подлинный" in page.text
    assert "Выполнено правил: 9 из 9" in page.text
    assert all(account.name in page.text for account in group.experts)
    assert hashlib.sha256(pdf).hexdigest()[:8] in page.text
    assert "Зайцев" not in page.text


def test_the_file_itself_is_genuine(client, place, pdf):
    answer = _check(client, place, pdf)
    assert answer.status_code == 200
    assert "Ваш файл: документ подлинный" in answer.text
    assert "9 из 9" in answer.text


@pytest.mark.parametrize("at", [0.02, 0.5, 0.9, 0.999])
def test_one_changed_byte_is_found(client, place, pdf, at):
    spoilt = bytearray(pdf)
    spoilt[int(len(spoilt) * at)] ^= 1
    answer = _check(client, place, bytes(spoilt))
    assert answer.status_code == 200
    assert "Ваш файл: файл не подлинный" in answer.text
    assert "SHA-256 файла не равен записанному" in answer.text


def test_a_file_cut_back_to_an_earlier_revision_is_found(client, place, pdf):
    with reading():
        first = session.scalars(select(ProtocolRevision).where(ProtocolRevision.number == 1)).one().sha256
    cut = next(pdf[:end + 5] for end in _ends(pdf) if hashlib.sha256(pdf[:end + 5]).hexdigest() == first or
               hashlib.sha256(pdf[:end + 6]).hexdigest() == first)
    cut = cut if hashlib.sha256(cut).hexdigest() == first else pdf[:len(cut) + 1]
    answer = _check(client, place, cut)
    assert "Ваш файл: файл не подлинный" in answer.text
    assert "Это файл с 1 из 2 подписей" in answer.text
    assert "нет подписи в полях: Member02" in answer.text


def _ends(pdf):
    at = pdf.find(b"%%EOF")
    while at >= 0:
        yield at
        at = pdf.find(b"%%EOF", at + 1)


def test_something_that_is_no_pdf_is_answered(client, place):
    answer = _check(client, place, b"no document at all")
    assert answer.status_code == 200
    assert "Файл не читается" in answer.text


def test_a_file_too_large_is_refused(client, place):
    answer = _check(client, place, b"%PDF-1.7\n" + b"0" * (20 * 1024 * 1024))
    assert answer.status_code == 422
    assert "больше 20 МБ" in answer.text


def test_no_file_is_answered(client, place):
    assert client.post_form(f"{place}/check", {}, page=place).status_code == 422


def test_checks_are_limited_by_address(client, place):
    codes = [_check(client, place, b"x").status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_an_unknown_code_is_answered_in_words(client):
    assert client.get("/v/" + "a" * 26).status_code == 404
    assert "Документа с таким кодом нет" in client.get("/v/" + "a" * 26).text
    assert client.get("/v/нет").status_code == 404


def test_a_document_is_found_by_code_and_by_hash(client, place, pdf):
    token = place.rsplit("/", 1)[1]
    for found in (token, token.upper(), f"https://example.org{place}"):
        assert client.get("/verify", query_string={"code": found}).location.startswith(place)
    sha256 = hashlib.sha256(pdf).hexdigest()
    answer = client.get("/verify", query_string={"sha256": sha256})
    assert answer.location == f"{place}?sha256={sha256}"
    assert "совпадает с действующей редакцией" in client.get(answer.location).text
    assert "принадлежит более ранней редакции" in client.get(place, query_string={"sha256": _first_sha256()}).text
    assert client.get("/verify", query_string={"sha256": "0" * 64}).status_code == 404
    assert client.get("/verify").status_code == 200


def _first_sha256():
    with reading():
        return session.scalars(select(ProtocolRevision.sha256).where(ProtocolRevision.number == 0)).one()


def test_a_journal_that_was_rewritten_breaks_rule_nine(client, place, monkeypatch):
    verification._seen.clear()
    with transaction() as unit:
        unit.execute(_drop_trigger())
        unit.execute(update(JournalEntry).where(JournalEntry.action == "protocol.signed_by").values(actor_id=7))
    page = client.get(place).text
    assert "не сходится со своим отпечатком" in page
    assert "Файл не подлинный" in page


def _drop_trigger():
    from sqlalchemy import text
    return text("DROP TRIGGER journal_no_update")


def test_an_unfinished_protocol_says_who_is_missing(make, login, client):
    group = make.marked_group()
    place = road.freeze(make, login, group)
    road.sign(login, group.chair, place)
    page = client.get(f"/v/{road.token(login(group.chair), place)}").text
    assert "Подписание не закончено" in page
    assert "нет подписи в полях: Member02" in page
    assert "Подписывается" in page


def test_a_revoked_certificate_does_not_undo_earlier_signatures(make, login, client, clock, group, place):
    verification._seen.clear()
    clock.move(hours=1)
    expert = login(group.experts[1])
    link = next(part for part in expert.get("/signing/key").text.split('"') if part.endswith("/revocation"))
    assert expert.post_form(link, {"reason": "фразу мог узнать другой"}).status_code == 303
    assert "Документ подлинный" in client.get(place).text
    from cryptography import x509
    listed = x509.load_pem_x509_crl(client.get("/ca.crl").data)
    assert len(list(listed)) == 1


def test_the_recomputed_table_must_stand_in_print(login, group, url, pdf):
    facts = login(group.chair).get(f"{url}/facts.json").data
    assert verification.recompute(facts, pdf) is None
    other = facts.replace(b'"total_hundredths":2000', b'"total_hundredths":1900')
    assert other != facts
    assert verification.recompute(other, pdf)
    blank = pdf[:0] + b"%PDF-1.4\n%%EOF"
    assert verification.recompute(facts, blank)
