"""The application through its pages: from a visitor to a participant, and every way it is refused."""

import io
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select

from contest.models import Application, Participant
from core.db import reading, session

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ENTERED = {"last_name": "Петров", "first_name": "Пётр", "birth_date": "12.04.1988",
           "citizenship": "Российская Федерация", "document": "паспорт", "phone": "+7 900 111-22-33",
           "organisation": "ООО", "position": "сварщик",
           "experience_profession": "5", "no_penalties": "y", "place_kind": "home"}


@pytest.fixture
def nomination(make):
    return make.nomination(make.contest())


def _state(application_id):
    with reading():
        return session.get_one(Application, application_id).state


def test_a_visitor_becomes_a_registered_applicant_by_the_letter(client, mailbox, nomination):
    answer = client.post_form(f"/nominations/{nomination.id}/application/start",
                              {"name": "Петров Пётр Петрович", "email": "petrov@example.org"})
    assert "Проверьте почту" in answer.text
    link = next(path for path in mailbox.links("petrov@example.org") if "/invitations/" in path)
    answer = client.post_form(link, {"password": "сварка-и-резка-2026", "again": "сварка-и-резка-2026"})
    assert answer.status_code in (302, 303)
    with reading():
        row = session.scalar(select(Application).where(Application.nomination_id == nomination.id))
    page = client.get(f"/applications/{row.id}")
    assert page.status_code == 200
    assert "Чего не хватает" in page.text
    refused = client.post_form(f"/applications/{row.id}/submission")
    assert refused.status_code == 422
    assert "Не заполнено поле «Дата рождения»" in refused.text
    assert client.post_form(f"/applications/{row.id}/edit", ENTERED).status_code == 303
    assert client.post_form(f"/applications/{row.id}/consents", {"processing": "y", "video": "y"}).status_code == 303
    client.post_form(f"/applications/{row.id}/attachments", {
        "kind": "qualification", "file": (io.BytesIO(PDF), "удостоверение.pdf")}, page=f"/applications/{row.id}")
    assert client.post_form(f"/applications/{row.id}/submission").status_code == 303
    receipt = client.get(f"/applications/{row.id}/receipt").text
    assert "ЛП-" in receipt
    assert "удостоверение.pdf" in receipt
    payload = client.get(f"/applications/{row.id}/receipt.json").data
    assert sha256(payload).hexdigest()[:8] in receipt
    assert json.loads(payload)["fields"]["birth_date"] == "1988-04-12"


def test_what_was_typed_wrongly_stays_on_the_page(login, make, nomination):
    row = make.application(nomination)
    browser = login(row.account_id)
    answer = browser.post_form(f"/applications/{row.id}/edit", ENTERED | {"birth_date": "31.02.1988", "phone": "12"})
    assert answer.status_code == 422
    assert "31.02.1988" in answer.text
    assert "Дата рождения пишется так" in answer.text
    with reading():
        assert session.get_one(Application, row.id).fields["last_name"] == "Зайцев"


def test_the_secretary_and_the_named_body_decide(login, make, nomination, mailbox):
    row = make.application(nomination, state="submitted")
    secretary = login(make.staff(row.nomination.contest, "secretary"))
    chair = login(make.member(nomination, "commission", "chair"))
    url = f"/applications/{row.id}"
    assert row.number in secretary.get(f"/contests/{nomination.contest_id}/applications").text
    assert secretary.post_form(f"{url}/registration", page=url).status_code == 303
    refused = chair.post_form(f"{url}/decision", {"outcome": "admit"})
    assert refused.status_code == 422
    assert "перейти в «участник допущен» нельзя" in refused.text
    assert secretary.post_form(f"{url}/proposal", {"proposal": "admit"}, page=url).status_code == 303
    assert secretary.post(f"{url}/decision", data={"outcome": "admit"}).status_code == 404
    assert chair.post_form(f"{url}/decision", {"outcome": "admit"}).status_code == 303
    assert _state(row.id) == "admitted"
    with reading():
        person = session.scalar(select(Participant).where(Participant.application_id == row.id))
        assert person.code is None
    assert any("решение" in letter["subject"].lower() for letter in mailbox.letters(row.account.email))


def test_a_refusal_needs_a_reason(login, make, nomination):
    row = make.application(nomination, state="proposed")
    chair = login(make.member(nomination, "commission", "chair"))
    bare = chair.post_form(f"/applications/{row.id}/decision", {"outcome": "refuse"})
    assert bare.status_code == 422
    assert "Отказ без причины" in bare.text
    assert _state(row.id) == "proposed"
    reason = {"outcome": "refuse", "reason_code": "experience", "reason": "Стаж два года."}
    assert chair.post_form(f"/applications/{row.id}/decision", reason).status_code == 303
    assert _state(row.id) == "rejected"


def test_the_organiser_decides_where_the_rules_say_so(login, make):
    nomination = make.nomination(make.contest(), who_admits="organiser")
    row = make.application(nomination, state="proposed")
    chair = login(make.member(nomination, "commission", "chair"))
    organiser = login(make.staff(row.nomination.contest, "organiser"))
    assert chair.post_form(f"/applications/{row.id}/decision", {"outcome": "admit"}).status_code == 422
    assert organiser.post_form(f"/applications/{row.id}/decision", {"outcome": "admit"}).status_code == 303


def test_a_returned_application_comes_back_as_the_next_version(login, make, nomination):
    row = make.application(nomination, state="registered")
    secretary = login(make.staff(row.nomination.contest, "secretary"))
    url = f"/applications/{row.id}"
    past = secretary.post_form(f"{url}/return", {"text": "Нет разряда", "due_at": "2020-01-01 10:00"}, page=url)
    assert past.status_code == 422
    assert "Срок исправления уже прошёл" in past.text
    assert secretary.post_form(f"{url}/return", {"text": "Нет разряда"}, page=url).status_code == 303
    applicant = login(row.account_id)
    assert "Нет разряда" in applicant.get(url).text
    assert applicant.post_form(f"{url}/submission").status_code == 303
    assert "Редакция" in applicant.get(f"{url}/receipt").text
    with reading():
        again = session.get_one(Application, row.id)
        assert (again.version, again.number, again.state) == (2, row.number, "submitted")


def test_strangers_and_other_applicants_see_nothing(login, make, nomination, client):
    row = make.application(nomination, state="submitted")
    other = login(make.account())
    assert other.get(f"/applications/{row.id}").status_code == 404
    assert other.get(f"/contests/{nomination.contest_id}/applications").status_code == 404
    assert client.get(f"/applications/{row.id}").status_code == 302
    elsewhere = login(make.staff(make.contest(), "secretary"))
    assert elsewhere.get(f"/applications/{row.id}").status_code == 404
    assert elsewhere.post(f"/applications/{row.id}/registration").status_code == 404


def test_the_last_second_counts_and_the_next_does_not(login, make, clock, nomination):
    early, late = make.application(nomination), make.application(nomination)
    with reading():
        closes = early.nomination.contest.applications_close_at
    clock.set(closes)
    assert login(early.account_id).post_form(f"/applications/{early.id}/submission").status_code == 303
    clock.set(closes + timedelta(microseconds=1))
    answer = login(late.account_id).post_form(f"/applications/{late.id}/submission")
    assert answer.status_code == 422
    assert _state(late.id) == "draft"


def test_a_wrong_file_is_refused_before_it_is_stored(login, make, nomination):
    row = make.application(nomination)
    browser = login(row.account_id)
    answer = browser.post_form(f"/applications/{row.id}/attachments", {
        "kind": "passport", "file": (io.BytesIO(b"MZ\x90\x00 no document"), "virus.pdf")},
        page=f"/applications/{row.id}")
    assert answer.status_code in (415, 422)
    assert "virus.pdf" not in browser.get(f"/applications/{row.id}").text


def test_an_attachment_opened_by_staff_is_journalled(login, make, nomination):
    row = make.application(nomination)
    own = login(row.account_id)
    own.post_form(f"/applications/{row.id}/attachments", {"kind": "passport", "file": (io.BytesIO(PDF), "паспорт.pdf")},
                  page=f"/applications/{row.id}")
    own.post_form(f"/applications/{row.id}/submission")
    secretary = login(make.staff(row.nomination.contest, "secretary"))
    link = next(part for part in secretary.get(f"/applications/{row.id}").text.split('"') if part.endswith("/file"))
    assert secretary.get(link).data == PDF
    from core.journal import JournalEntry
    with reading():
        assert session.scalar(select(JournalEntry.object_type).where(
            JournalEntry.action == "attachment.viewed")) == "attachment"


def test_a_stranger_begins_nothing_in_the_name_of_somebody_known(client, make, nomination, mailbox):
    known = make.account("Петров Пётр", email="petrov@example.org", password_hash="argon2")
    new = client.post_form(f"/nominations/{nomination.id}/application/start", {"name": "Чужой Человек",
                                                                              "email": "petrov@example.org"})
    assert "Проверьте почту" in new.text
    assert f"/login?next=/nominations/{nomination.id}/application/start" in mailbox.links("petrov@example.org")
    with reading():
        assert session.scalar(select(Application).where(Application.account_id == known.id)) is None


def test_a_correction_after_its_term_is_refused_and_the_review_goes_on(login, make, nomination, clock):
    row = make.application(nomination, state="registered")
    secretary, applicant = login(make.organiser()), login(row.account_id)
    url = f"/applications/{row.id}"
    secretary.post_form(f"{url}/return", {"text": "Нет разряда", "due_at": "2026-03-03 18:00"}, page=url)
    early = secretary.post_form(f"{url}/review", page=url)
    assert early.status_code == 409
    clock.move(hours=36)
    late = applicant.post_form(f"{url}/submission")
    assert late.status_code == 422
    assert "Срок исправления прошёл" in late.text
    assert "Вернуть на рассмотрение" in secretary.get(url).text
    assert secretary.post_form(f"{url}/review", page=url).status_code == 303
    assert _state(row.id) == "on_review"


def test_the_deciding_body_sends_a_proposal_back(login, make, nomination):
    row = make.application(nomination, state="proposed")
    chair, url = login(make.member(nomination, "commission", "chair")), f"/applications/{row.id}"
    assert chair.post_form(f"{url}/review", page=url).status_code == 303
    assert _state(row.id) == "on_review"


def test_members_read_applications_only_where_the_commission_decides(login, make):
    contest = make.contest()
    by_commission, by_organiser = make.nomination(contest), make.nomination(contest, who_admits="organiser")
    member = login(make.member(by_commission, "commission"))
    seen, hidden = make.application(by_commission, state="submitted"), make.application(by_organiser, state="submitted")
    assert member.get(f"/applications/{seen.id}").status_code == 200
    assert member.get(f"/applications/{hidden.id}").status_code == 404


def test_a_text_changed_under_an_open_page_is_not_signed(login, make, nomination):
    row = make.application(nomination)
    browser, page = login(row.account_id), f"/applications/{row.id}/consents"
    stale = browser.post_form(page, {"processing": "y", "seen": "processing:9"})
    assert stale.status_code == 422
    assert "новую редакцию текста" in stale.text


@pytest.mark.slow
def test_the_notice_of_a_submission_is_a_paper(login, make, nomination):
    draft, row = make.application(nomination), make.application(nomination, state="submitted")
    browser, url = login(row.account_id), f"/applications/{row.id}/receipt.pdf"
    assert login(draft.account_id).get(f"/applications/{draft.id}/receipt.pdf").status_code == 404
    first = browser.get(url)
    assert first.mimetype == "application/pdf"
    assert first.data.startswith(b"%PDF-")
    assert browser.get(url).data == first.data
    assert login(draft.account_id).get(url).status_code == 404
