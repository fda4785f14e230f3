"""Signing: everybody ends up in the file, poppler trusts each signature, and nothing is lost on the way."""

import hashlib
import io
import threading
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from core.db import reading, session, transaction
from core.errors import Refused
from scoring import pades, protocols, signing
from scoring.models.papers import Protocol, ProtocolRevision, Signatory
from tests.factories.papers import PASSPHRASE
from tests.scoring import road


def scan():
    """A picture of a signed sheet."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(content, "PNG")
    return io.BytesIO(content.getvalue())



@pytest.fixture
def present(clock):
    """The clock of the test stands at the real present: pdfsig looks at the machine's own."""
    return clock.set(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def frozen(world, make, login, present):
    """A group and the address of its protocol, waiting for signatures."""
    def build():
        found = make.marked_group()
        return found, road.freeze(make, login, found)
    return world("frozen at present", build)


@pytest.fixture
def three(world, make, login, present):
    """The same with three experts."""
    def build():
        found = make.marked_group(experts=3)
        return found, road.freeze(make, login, found)
    return world("three at present", build)


def test_every_signature_is_valid_and_trusted(login, frozen, tmp_path):
    group, url = frozen
    for account in group.experts:
        assert road.sign(login, account, url).status_code == 303
    chair = login(group.chair)
    assert road.state(chair, url) == "подписан"
    pdf, ca = chair.get(f"{url}/file.pdf").data, chair.get("/ca.pem").data
    assert road.trusted(tmp_path, pdf, ca) == ["valid, trusted"] * 3


def test_the_page_shows_the_hash_of_the_bytes_being_signed(make, login, frozen):
    group, url = frozen
    browser = login(group.experts[1])
    shown = browser.get(f"{url}/signature").text
    sha256 = hashlib.sha256(browser.get(f"{url}/preview").data).hexdigest()
    assert " ".join(f"<span>{sha256[at:at + 8]}</span>" for at in range(0, 64, 8)) in shown
    answer = road.sign(login, group.experts[1], url, sha256=sha256)
    assert answer.status_code == 303
    with reading():
        row = session.scalars(select(ProtocolRevision).where(ProtocolRevision.number == 1)).one()
    assert row.previous_sha256 == sha256
    assert sha256[:8] in browser.get(answer.location).text


def test_a_hash_of_another_file_is_refused(make, login, frozen):
    group, url = frozen
    assert road.sign(login, group.chair, url, sha256="0" * 64).status_code == 422
    assert "Был показан отпечаток другого файла" in road.sign(login, group.chair, url, sha256="0" * 64).text


def test_a_wrong_passphrase_leaves_nothing_but_the_journal(make, login, frozen):
    group, url = frozen
    answer = login(group.chair).post_form(f"{url}/signature", {"passphrase": "не та фраза"})
    assert answer.status_code == 422
    assert "Фраза подписи введена неверно" in answer.text
    from core.journal import JournalEntry
    with reading():
        assert session.scalar(select(Protocol.lease_signatory_id)) is None
        assert session.scalar(select(JournalEntry.action).where(JournalEntry.action == "passphrase.failed"))
        assert len(session.scalars(select(ProtocolRevision)).all()) == 1


@pytest.mark.both_databases
def test_two_signers_at_once_both_end_up_in(make, login, present):
    group = make.marked_group(experts=4)
    url = road.freeze(make, login, group)
    start, answers = threading.Barrier(4), []

    def one(account):
        browser = login_of[account.id]
        start.wait()
        answers.append(browser.post(f"{url}/signature", data={"passphrase": PASSPHRASE}).status_code)

    login_of = {account.id: login(account) for account in group.experts}
    threads = [threading.Thread(target=one, args=(account,)) for account in group.experts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    chair = login(group.chair)
    assert road.state(chair, url) == "подписан"
    names = pades.field_names(chair.get(f"{url}/file.pdf").data)
    assert names == {"Registrar": True} | {f"Member0{number}": True for number in range(1, 5)}


def test_a_signer_who_fails_after_the_render_loses_nothing(make, login, frozen, monkeypatch):
    group, url = frozen
    real = pades.sign

    def broken(*args, **kwargs):
        raise RuntimeError("the power went off")

    monkeypatch.setattr(pades, "sign", broken)
    assert road.sign(login, group.chair, url).status_code == 500
    monkeypatch.setattr(pades, "sign", real)
    for account in group.experts:
        assert road.sign(login, account, url).status_code == 303
    assert road.state(login(group.chair), url) == "подписан"


def test_a_lease_bars_others_until_it_is_outlived(make, login, frozen, present):
    _group, url = frozen
    protocol_id = int(url.rsplit("/", 1)[1])
    with reading():
        one, two = session.scalars(select(Signatory.id).order_by(Signatory.id))
    signing.take_lease(protocol_id, one, now=present)
    with pytest.raises(Refused, match="подписывает другой человек"):
        signing.take_lease(protocol_id, two, now=present + signing.LEASE - timedelta(seconds=1), patience=0)
    signing.take_lease(protocol_id, two, now=present + signing.LEASE, patience=0)
    with reading():
        assert session.scalar(select(Protocol.lease_signatory_id)) == two


def test_an_outlived_signature_is_not_registered_over_another(make, login, frozen, app, present, operation):
    group, url = frozen
    protocol_id = int(url.rsplit("/", 1)[1])
    with app.app_context(), transaction():
        late = make.me(group.chair)
    with app.app_context(), reading():
        done = signing.sign_file(protocol_id, PASSPHRASE, by=late, now=present)
    with transaction():
        session.get_one(Protocol, protocol_id).lease_until = present - timedelta(seconds=1)
    assert road.sign(login, group.experts[1], url).status_code == 303
    with pytest.raises(Refused, match="Нажмите «Подписать» ещё раз"):
        operation(signing.register, done, by=late, now=present)
    assert road.sign(login, group.chair, url).status_code == 303
    assert road.state(login(group.chair), url) == "подписан"


def test_a_refusal_is_recorded_and_the_document_lives_on(login, three):
    group, url = three
    third = login(group.experts[2])
    assert third.post_form(f"{url}/refusal", {"reason": ""}).status_code == 422
    assert third.post_form(f"{url}/refusal", {"reason": "Не согласен с порядком"}).status_code == 303
    for account in group.experts[:2]:
        assert road.sign(login, account, url).status_code == 303
    page = login(group.chair).get(url).text
    assert road.state(login(group.chair), url) == "подписан"
    assert "Отказ от подписи" in page
    assert "Не согласен с порядком" in page
    assert third.post_form(f"{url}/signature", {"passphrase": PASSPHRASE}, page="/").status_code in (409, 422)


def test_without_the_chair_it_fails_and_the_next_edition_is_drafted(make, login, frozen):
    group, url = frozen
    chair = login(group.chair)
    chair.post_form(f"{url}/refusal", {"reason": "Ошибка в составе"})
    assert road.sign(login, group.experts[1], url).status_code == 303
    assert road.state(chair, url) == "не подписан"
    again = chair.post_form(f"/nominations/{group.nomination.id}/protocol")
    assert again.status_code == 303
    assert again.location != url
    assert "Редакция 2" in chair.get(again.location).text


def test_a_dissent_is_a_paper_of_its_own(make, login, frozen, tmp_path):
    group, url = frozen
    author = login(group.experts[1])
    assert author.post_form(f"{url}/dissent", {"text": "", "passphrase": PASSPHRASE}).status_code == 422
    answer = author.post_form(f"{url}/dissent", {"text": "Работа У-0117 оценена слишком мягко.",
                                                 "passphrase": PASSPHRASE})
    assert answer.status_code == 303, answer.text
    assert road.sign(login, group.experts[1], url).status_code == 303
    assert road.sign(login, group.chair, url).status_code == 303
    page = login(group.chair).get(url).text
    assert road.state(login(group.chair), url) == "подписан с особым мнением"
    link = next(part for part in page.split('"') if "/dissents/" in part)
    pdf = login(group.chair).get(link).data
    assert road.trusted(tmp_path, pdf, author.get("/ca.pem").data) == ["valid, trusted"] * 2
    assert hashlib.sha256(pdf).hexdigest() in login(group.chair).get(f"/v/{road.token(author, url)}").text


def test_a_wet_signature_takes_two_people(make, login, frozen):
    group, url = frozen
    secretary, organiser = login(group.secretary), login(group.organiser)
    with reading():
        row = session.scalars(select(Signatory.id).where(Signatory.account_id == group.experts[1].id)).one()
    answer = secretary.post_form(f"{url}/paper", {"signer_id": row, "scan": (scan(), "лист.png"),
                                                  "note": "подписан в кабинете 12"})
    assert answer.status_code == 303, answer.text
    check = next(part for part in organiser.get(url).text.split('"') if part.endswith("/check"))
    assert "Сверьте скан" in organiser.get("/").text
    own = secretary.post_form(check, {"outcome": "confirm"})
    assert own.status_code == 422
    assert "Скан сверяет не тот" in own.text or "проверяет не тот" in own.text
    assert organiser.post_form(check, {"outcome": "confirm"}).status_code == 303
    assert "Подписан на бумаге" in organiser.get(url).text
    assert road.sign(login, group.chair, url).status_code == 303
    assert road.state(organiser, url) == "подписан"


def test_a_scan_that_is_not_good_may_be_entered_again(make, login, frozen):
    group, url = frozen
    secretary, organiser = login(group.secretary), login(group.organiser)
    with reading():
        row = session.scalars(select(Signatory.id).where(Signatory.account_id == group.experts[1].id)).one()
    entry = lambda: secretary.post_form(f"{url}/paper", {"signer_id": row, "scan": (scan(), "a.png")})  # noqa: E731
    assert entry().status_code == 303
    assert entry().status_code == 422
    check = next(part for part in organiser.get(url).text.split('"') if part.endswith("/check"))
    assert organiser.post_form(check, {"outcome": "refuse"}).status_code == 422
    assert organiser.post_form(check, {"outcome": "refuse", "note": "не видно подписи"}).status_code == 303
    assert entry().status_code == 303


def test_a_missed_term_is_entered_only_after_it(login, three, clock):
    group, url = three
    for account in group.experts[:2]:
        road.sign(login, account, url)
    with reading():
        row = session.scalars(select(Signatory.id).where(Signatory.account_id == group.experts[2].id)).one()
    secretary = login(group.secretary)
    early = secretary.post_form(f"{url}/missed", {"signer_id": row}, page=url)
    assert early.status_code == 422
    assert "Срок подписания ещё не прошёл" in early.text
    clock.move(seconds=protocols.SIGNING_TERM.total_seconds())
    late = login(group.secretary)
    assert late.post_form(f"{url}/missed", {"signer_id": row}, page=url).status_code == 303
    assert road.state(late, url) == "подписан"
    assert "Не подписал в срок" in late.get(url).text
