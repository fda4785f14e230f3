"""The draw, the briefing, identity and absence through their pages."""

import io
import json
from hashlib import sha256

import pytest
from sqlalchemy import event, func, select

from contest import participants
from contest.models import (
    Application,
    Briefing,
    BriefingSignature,
    Consent,
    Draw,
    Identity,
    Nomination,
    Participant,
)
from contest.rules import draw as lots
from core import passwords
from core.db import engine, reading, session, transaction
from core.documents.papers import Document
from core.journal import JournalEntry
from tests.core.files import picture

SEED = {"seed": "Протокол жеребьёвки № 1", "called_numbers": "17, 4, 92"}
SECRET = "сварка-и-резка-2026"


@pytest.fixture
def contest(make):
    return make.contest()


@pytest.fixture
def nomination(make, contest):
    return make.nomination(contest)


@pytest.fixture
def organiser(login, make, contest):
    return login(make.staff(contest, "organiser"))


def _numbers(nomination):
    with reading():
        return list(session.scalars(select(Application.number).join(Participant).where(
            Participant.nomination_id == nomination.id)))


@pytest.mark.both_databases
def test_the_draw_is_public_and_anybody_repeats_it(organiser, client, make, nomination):
    for _ in range(3):
        make.participant(nomination)
    page = f"/nominations/{nomination.id}/draw"
    assert client.get(f"{page}/result").status_code == 404
    assert organiser.post_form(page, SEED).status_code == 303
    shown = client.get(f"{page}/result").text
    with reading():
        held = session.scalars(select(Draw)).one()
        stored = {row.number: (row.code, row.order_no, row.variant) for row in session.execute(
            select(Application.number, Participant.code, Participant.order_no, Participant.variant).join(
                Participant, Participant.application_id == Application.id))}
        assert session.scalar(select(func.count()).select_from(Document).where(Document.form == "draw_protocol")) == 1
    result = [lots.Drawn(number, *lot) for number, lot in stored.items()]
    assert lots.verify(result, _numbers(nomination), held.seed) == []
    assert held.seed in shown
    assert all(lot[0] in shown for lot in stored.values())
    assert not any(number in shown for number in stored)
    assert "Зайцев" not in shown
    assert sha256(json.dumps(json.loads(held.result), ensure_ascii=False, sort_keys=True,
                             separators=(",", ":")).encode()).hexdigest() == held.sha256
    second = organiser.post_form(page, SEED | {"seed": "другой"})
    assert second.status_code == 422
    assert "уже проведена" in second.text


@pytest.mark.parametrize(("wrong", "words"), [
    ({"called_numbers": ""}, "хотя бы одно число"), ({"called_numbers": "семь"}, "целые числа через запятую"),
    ({"called_numbers": "7, -1"}, "целые числа"), ({"seed": " "}, "Напишите текст"),
    ({"seed": "я" * 120, "called_numbers": " ".join("1" * 30)}, "слишком длинная")])
def test_a_draw_without_its_ground_is_refused(organiser, make, nomination, wrong, words):
    make.participant(nomination)
    answer = organiser.post_form(f"/nominations/{nomination.id}/draw", SEED | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    with reading():
        assert session.scalar(select(func.count(Participant.code))) == 0


def test_a_draw_of_nobody_is_refused(organiser, nomination):
    answer = organiser.post_form(f"/nominations/{nomination.id}/draw", SEED)
    assert answer.status_code == 422
    assert "Список участников пуст" in answer.text


def test_somebody_admitted_later_is_drawn_without_touching_the_others(organiser, make, nomination):
    first = make.participant(nomination)
    make.application(nomination, state="proposed")
    page = f"/nominations/{nomination.id}/draw"
    assert "Заявок без решения о допуске: 1" in organiser.get(page).text
    organiser.post_form(page, SEED)
    with reading():
        code = session.get_one(Participant, first.id).code
    later = make.participant(nomination)
    assert organiser.post_form(page, SEED).status_code == 303
    with reading():
        assert session.get_one(Participant, first.id).code == code
        late = session.get_one(Participant, later.id)
        assert late.order_no == 2
        assert late.code not in (None, code)


def _with_secret(make, account_id):
    from core.accounts import Account
    with transaction():
        session.get_one(Account, account_id).password_hash = passwords.hash_secret(SECRET)


def test_the_briefing_is_signed_by_the_secret_and_each_version_anew(organiser, login, make, nomination, app):
    person = make.participant(nomination)
    browser, page = login(person.account_id), f"/participants/{person.id}/briefing"
    with app.app_context():
        _with_secret(make, person.account_id)
    assert "Текст ещё не утверждён" in browser.get(page).text
    edit = f"/nominations/{nomination.id}/briefing/edit"
    text = {"title": "Инструктаж", "text": "Работать в исправных средствах защиты."}
    assert organiser.post_form(edit, text | {"text": "мало"}).status_code == 422
    assert organiser.post_form(edit, text).status_code == 303
    sign = {"agree": "y", "secret": SECRET, "version": "1"}
    for wrong, words in (({"secret": "не тот пароль"}, "введён неверно"), ({"agree": ""}, "Поставьте отметку"),
                         ({"secret": ""}, "это ваша подпись"), ({"version": ""}, "новую редакцию")):
        data = {key: value for key, value in (sign | wrong).items() if value}
        answer = browser.post_form(page, data)
        assert answer.status_code == 422
        assert words in answer.text
    with reading():
        assert session.scalar(select(func.count(BriefingSignature.id))) == 0
    assert browser.post_form(page, sign).status_code == 303
    assert "Вы подписали инструктаж" in browser.get(page).text
    organiser.post_form(edit, text | {"text": "Новый текст: работать только в средствах защиты."})
    assert "Подпишите инструктаж" in browser.get(page).text
    old = browser.post_form(page, sign)
    assert old.status_code == 422
    assert "новую редакцию" in old.text
    assert browser.post_form(page, sign | {"version": "2"}).status_code == 303
    journal = organiser.get(f"/nominations/{nomination.id}/briefing/journal").text
    assert "Подписали: 1 из 1" in journal
    with reading():
        assert session.scalar(select(func.count(BriefingSignature.id))) == 2
        assert session.scalar(select(func.count(Briefing.id))) == 2


def test_the_journal_becomes_a_paper_once_somebody_has_signed(organiser, make, nomination):
    page = f"/nominations/{nomination.id}/briefing/journal"
    empty = organiser.post_form(page)
    assert empty.status_code == 422
    assert "ещё нет подписей" in empty.text
    assert organiser.get(f"{page}.pdf").status_code == 404
    make.participant(nomination, ready=True)
    assert organiser.post_form(page).status_code == 303
    with reading():
        paper = session.scalars(select(Document).where(Document.form == "briefing_journal")).one()
    assert paper.content["rows"][0] | {"at": "", "mark": "", "sha256": "", "instructor": "", "instructor_mark": ""} == {
        "at": "", "name": paper.content["rows"][0]["name"], "born": "1988", "profession": "электрогазосварщик",
        "organisation": "ООО «Промсварка»", "briefing": "Инструктаж по охране труда, редакция 1", "instructor": "",
        "instructor_mark": "", "mark": "", "sha256": ""}


def _photos():
    return {"face": (io.BytesIO(picture("JPEG")), "face.jpg"), "document": (io.BytesIO(picture("JPEG")), "doc.jpg")}


def test_identity_by_camera_refused_shown_again_approved(login, make, contest, nomination):
    person, other = make.participant(nomination), make.participant(nomination)
    browser, page = login(person.account_id), f"/participants/{person.id}/identity"
    proctor = login(make.staff(contest, "proctor"))
    assert 'name="face"' in browser.get(page).text
    half = browser.post_form(page, {"face": (io.BytesIO(picture("JPEG")), "face.jpg")})
    assert half.status_code == 422
    assert "снимок документа" in half.text
    text = browser.post_form(page, _photos() | {"face": (io.BytesIO(b"not a picture"), "face.jpg")})
    assert text.status_code == 422
    assert "не принимается" in text.text
    assert login(other.account_id).post_form(page, _photos()).status_code == 404
    assert browser.post_form(page, _photos()).status_code == 303
    assert browser.post_form(page, _photos()).status_code == 422
    with reading():
        shown = session.scalars(select(Identity)).one()
    url, queue = f"/identities/{shown.id}", f"/nominations/{nomination.id}/identities"
    assert proctor.get(f"{url}/photo/face").mimetype == "image/jpeg"
    with reading():
        assert session.scalar(select(func.count()).where(JournalEntry.action == "identity.viewed")) == 1
    silent = proctor.post_form(f"{url}/decision", {"outcome": "refuse"}, page=queue)
    assert silent.status_code == 422
    assert "Напишите, что не так" in silent.text
    assert proctor.post_form(f"{url}/decision", {"outcome": "refuse", "reason": "Не видно лица"},
                             page=queue).status_code == 303
    assert proctor.post_form(f"{url}/decision", {"outcome": "approve"}, page=queue).status_code == 422
    assert "Не видно лица" in browser.get(page).text
    assert browser.post_form(page, _photos()).status_code == 303
    assert proctor.post_form(f"/identities/{shown.id + 1}/decision", {"outcome": "approve"},
                             page=queue).status_code == 303
    assert "Личность установлена" in browser.get(page).text


def test_who_may_establish_an_identity(login, make, contest, nomination):
    person = make.participant(nomination)
    elsewhere, proctor = login(make.staff(make.contest(), "proctor")), login(make.staff(contest, "proctor"))
    queue, vouch = f"/nominations/{nomination.id}/identities", f"/participants/{person.id}/identity/site"
    assert elsewhere.get(queue).status_code == 404
    assert elsewhere.post(vouch, data={"note": "паспорт"}).status_code == 404
    assert proctor.post(vouch, data={"note": "паспорт"}).status_code == 404
    assert vouch not in proctor.get(queue).text
    site = login(make.staff(contest, "site"))
    assert vouch in site.get(queue).text
    empty = site.post_form(vouch, {"note": ""}, page=queue)
    assert empty.status_code == 422
    assert "вид документа" in empty.text
    assert site.post_form(vouch, {"note": "паспорт"}, page=queue).status_code == 303
    assert site.post_form(vouch, {"note": "паспорт"}, page=queue).status_code == 422
    with reading():
        assert participants.readiness(session.get_one(Participant, person.id)).identity


@pytest.mark.both_databases
def test_the_readiness_of_one_is_that_of_many(make, nomination, now):
    person, other = make.participant(nomination), make.participant(nomination, ready=True)
    seen = []
    with transaction():
        one, two = (session.get_one(Participant, row.id) for row in (person, other))
        for step in (lambda: None,
                     lambda: participants.vouch_identity(one, note="паспорт", by=make.organiser(), now=now),
                     lambda: participants.sign_briefing(one, address="", by=make.me(one.account_id), now=now),
                     lambda: [setattr(one, *pair) for pair in (("code", "С-77"), ("order_no", 77))],
                     lambda: participants.set_briefing(session.get_one(Nomination, nomination.id), title="Инструктаж",
                                                       text="Новый порядок.", by=make.organiser(), now=now),
                     lambda: setattr(session.scalars(select(Consent).where(
                         Consent.application_id == two.application_id, Consent.kind == "video")).one(),
                         "withdrawn_at", now)):
            step()
            session.flush()
            assert participants.readiness_of([one, two]) == {row.id: participants.readiness(row) for row in (one, two)}
            seen.append((participants.readiness(one), participants.readiness(two)))
    assert [one.complete for one, _two in seen] == [False, False, False, True, False, False]
    assert [(two.complete, two.consents) for _one, two in seen] == [(True, True)] * 4 + [(False, True), (False, False)]


def test_nobody_reads_all_applications_to_find_where_a_person_takes_part(make, nomination):
    person, asked = make.participant(nomination), []
    event.listen(engine(), "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    with reading() as unit:
        assert [row.id for row in participants.of_person(person.account_id)] == [person.id]
        plan = [row[-1] for words, values in list(asked)
                for row in unit.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)]
    assert len(plan) > 3
    assert not [line for line in plan if line.startswith("SCAN")]


def test_nobody_establishes_their_own_identity(login, make, contest, nomination):
    person = make.participant(nomination)
    with_role = make.account(roles=[("site", "contest", contest.id)])
    with transaction():
        session.get_one(Participant, person.id).account_id = with_role.id
    browser, queue = login(with_role), f"/nominations/{nomination.id}/identities"
    own = browser.post_form(f"/participants/{person.id}/identity/site", {"note": "паспорт"}, page=queue)
    assert own.status_code == 422
    assert "О себе решать нельзя" in own.text
    browser.post_form(f"/participants/{person.id}/identity", _photos())
    with reading():
        shown = session.scalars(select(Identity)).one()
    own = browser.post_form(f"/identities/{shown.id}/decision", {"outcome": "approve"}, page=queue)
    assert own.status_code == 422
    assert "О себе решать нельзя" in own.text


def test_experts_see_codes_and_no_names(login, make, nomination):
    person = make.participant(nomination, code="У-0417")
    page = f"/nominations/{nomination.id}/participants"
    expert, staff = login(make.member(nomination)), login(make.organiser())
    with reading():
        name = session.scalar(select(Participant).where(Participant.id == person.id)).account_id
    seen = expert.get(page).text
    assert "У-0417" in seen
    assert "Зайцев" not in seen
    assert f"/participants/{person.id}/absence" not in seen
    assert name
    assert "Зайцев" in staff.get(page).text
    absent = staff.post_form(f"/participants/{person.id}/absence", {"reason": ""}, page=page)
    assert absent.status_code == 422
    assert "о неявке" in absent.text
    assert staff.post_form(f"/participants/{person.id}/absence", {"reason": "не вышел на связь"},
                           page=page).status_code == 303
    assert "не явился" in expert.get(page).text
    assert expert.post(f"/participants/{person.id}/absence", data={"reason": "х"}).status_code == 404


def test_who_withdraws_is_out_of_the_lists_and_signs_nothing(login, make, nomination, organiser):
    person = make.participant(nomination)
    make.briefing(nomination)
    browser = login(person.account_id)
    assert browser.post_form(f"/applications/{person.application_id}/withdrawal").status_code == 303
    assert "Допущенных участников пока нет" in organiser.get(f"/nominations/{nomination.id}/participants").text
    shown = browser.post_form(f"/participants/{person.id}/identity", _photos())
    assert shown.status_code == 422
    assert "участие прекращено" in shown.text
    assert "участник" not in browser.get("/").text.partition("<main")[0]
