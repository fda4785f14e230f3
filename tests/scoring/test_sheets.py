"""Sheets through their pages: assigned, filled, handed in blind, signed and locked; conflicts and divergences."""

import json
from hashlib import sha256

import pytest
from sqlalchemy import event, select

from contest import people
from contest.models import BodyMember
from core import access
from core.db import engine, reading, session
from core.journal import JournalEntry
from scoring.models.sheets import Conflict, Divergence, Mark, Sheet

FIELDS = {"m-1.1": "yes", "m-1.2": "2,5", "m-2.1": "3", "m-3.1": "0", "m-3.2": "0"}


@pytest.fixture
def contest(make):
    return make.contest()


@pytest.fixture
def nomination(make, contest):
    return make.nomination(contest, practice_max=2000)


@pytest.fixture
def staged(make, nomination):
    """Two participants, a chair and an expert, a frozen scheme, sheets assigned: {(code, account id): sheet}."""
    chair, expert = make.member(nomination, duty="chair"), make.member(nomination)
    for code in ("У-0417", "У-0288"):
        make.participant(nomination, code=code)
    make.scheme(nomination)
    rows = make.sheets_of(nomination)
    return chair, expert, {(row.participant.code, row.expert_id): row for row in rows}


def _sheet(key):
    with reading():
        return session.get_one(Sheet, key)


def _marks(key):
    with reading():
        rows = session.scalars(select(Mark).where(Mark.sheet_id == key))
        return {row.aspect_id: (row.value, row.note) for row in rows}


def test_everybody_gets_a_sheet_of_every_code_once(login, make, contest, nomination):
    chair, expert = make.member(nomination, duty="chair"), make.member(nomination)
    absent = make.participant(nomination, code="У-0001")
    for code in ("У-0417", "У-0288"):
        make.participant(nomination, code=code)
    make.participant(nomination)
    organiser, url = login(make.staff(contest, "organiser")), f"/nominations/{nomination.id}/sheets"
    organiser.post_form(f"/participants/{absent.id}/absence", {"reason": "болезнь"},
                        page=f"/nominations/{nomination.id}/participants")
    refused = organiser.post_form(url)
    assert refused.status_code == 422
    assert "Схема оценки не закреплена" in refused.text
    make.scheme(nomination)
    assert organiser.post_form(url).status_code == 303
    assert organiser.post_form(url).status_code == 303
    with reading():
        rows = session.execute(select(Sheet.expert_id, Sheet.participant_id, Sheet.state)).all()
    assert len(rows) == 4
    assert {row.state for row in rows} == {"assigned"}
    assert {row.expert_id for row in rows} == {chair.id, expert.id}
    assert absent.id not in {row.participant_id for row in rows}
    assert login(expert).post(url).status_code == 404


def test_a_draft_is_kept_at_any_completeness_with_points_by_the_rules(login, staged):
    _chair, expert, rows = staged
    key, browser = rows["У-0417", expert.id].id, login(expert)
    assert browser.post_form(f"/sheets/{key}", {"m-1.2": "3,1", "n-1.2": "зазор неровный"}).status_code == 303
    assert _marks(key) == {"1.2": ({"value": 310}, "зазор неровный")}
    assert _sheet(key).state == "in_progress"
    page = browser.get(f"/sheets/{key}").text
    assert "Оценено 1 из 5" in page
    assert '<b class="c-ink">8</b>' in page
    assert "зазор неровный" in page
    browser.post_form(f"/sheets/{key}", {"m-2.1": "2"})
    page = browser.get(f"/sheets/{key}").text
    assert '<b class="c-ink">3,33</b>' in page
    assert '<b class="t-xl">11,33</b>' in page
    assert browser.post_form(f"/sheets/{key}", {"m-1.2": "", "n-1.2": "", "x-1.2": ""}).status_code == 303
    assert {name: mark for name, (mark, _) in _marks(key).items() if mark} == {"2.1": {"level": 2}}


@pytest.mark.parametrize(("sent", "said", "typed"), [
    ({"m-1.2": "12,5x"}, "«12,5x» не число", 'value="12,5x"'),
    ({"m-3.1": "1"}, "Штраф нужно подтвердить", "нет щитка в начале"),
    ({"m-3.1": "сто"}, "введите целое число", 'value="сто"'),
    ({"m-2.1": "9"}, "Такого значения в списке нет", "нет щитка в начале"),
    ({"n-1.1": "о" * 1001}, "не длиннее 1000", "о" * 1001),
])
def test_what_cannot_be_read_is_said_beside_the_field_and_nothing_typed_is_lost(login, staged, sent, said, typed):
    _chair, expert, rows = staged
    key = rows["У-0417", expert.id].id
    answer = login(expert).post_form(f"/sheets/{key}", {"m-1.1": "yes", "n-3.2": "нет щитка в начале"} | sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert typed in answer.text
    assert "нет щитка в начале" in answer.text
    assert _marks(key) == {}
    assert _sheet(key).state == "assigned"


def test_a_penalty_with_its_note_takes_points(login, staged):
    _chair, expert, rows = staged
    key, browser = rows["У-0417", expert.id].id, login(expert)
    assert browser.post_form(f"/sheets/{key}", FIELDS | {"m-3.1": "2", "n-3.1": "без щитка"}).status_code == 303
    assert _marks(key)["3.1"] == ({"count": 2, "note": "без щитка", "moment_seconds": None}, "без щитка")
    page = browser.get(f"/sheets/{key}").text
    assert '<b class="c-ink">−10</b>' in page
    assert '<b class="t-xl">10</b>' in page


def test_an_incomplete_sheet_is_not_handed_in(login, staged):
    _chair, expert, rows = staged
    key, browser = rows["У-0417", expert.id].id, login(expert)
    url = f"/sheets/{key}"
    typed = {name: text for name, text in FIELDS.items() if name != "m-1.2"}
    answer = browser.post_form(f"{url}/submission", typed | {"n-1.1": "чисто"}, page=url)
    assert answer.status_code == 422
    assert "Осталось: «Зазор»" in answer.text
    assert "чисто" in answer.text
    assert (_sheet(key).state, _marks(key)) == ("assigned", {})
    assert browser.post_form(f"{url}/submission", typed | {"x-1.2": "не видно на записи"}, page=url).status_code == 303
    assert _sheet(key).state == "submitted"
    assert _marks(key)["1.2"] == ({"not_assessed": "не видно на записи"}, "")
    again = browser.post_form(url, FIELDS)
    assert again.status_code == 422
    assert "Лист уже сдан" in again.text


def test_two_signers_sign_their_own_and_the_signed_is_locked(login, make, staged, clock):
    chair, expert, rows = staged
    for account in (chair, expert):
        browser, key, password = login(account), rows["У-0417", account.id].id, make.secret(account)
        url = f"/sheets/{key}"
        early = browser.post_form(f"{url}/signature", {"secret": password, "basis": "видеозапись"})
        assert early.status_code == 422
        assert "Сначала сдайте лист" in early.text
        assert browser.post_form(f"{url}/submission", FIELDS, page=url).status_code == 303
        wrong = browser.post_form(f"{url}/signature", {"secret": "не тот пароль", "basis": "видеозапись"})
        assert wrong.status_code == 422
        assert "введён неверно" in wrong.text
        bare = browser.post_form(f"{url}/signature", {"secret": password})
        assert bare.status_code == 422
        assert "по чему оценивали" in bare.text
        clock.move(seconds=7)
        assert browser.post_form(f"{url}/signature", {"secret": password, "basis": "видеозапись"}).status_code == 303
        row = _sheet(key)
        assert (row.state, row.signed_at, row.basis) == ("signed", clock.now, "видеозапись")
        payload = browser.get(f"{url}/sheet.json").data
        facts = json.loads(payload)
        assert sha256(payload).hexdigest() == row.sha256
        assert row.sha256[:8] in browser.get(url).text
        assert (facts["participant"], facts["total_hundredths"], facts["marks"]["1.2"]["value"]) == (
            "У-0417", 2000, {"value": 250})
        locked = browser.post_form(url, {"m-1.2": "1"})
        assert locked.status_code == 422
        assert "Лист подписан и закрыт" in locked.text
        assert browser.post_form(f"{url}/submission", page=url).status_code == 422
        assert browser.post_form(f"{url}/signature", {"secret": password, "basis": "да"}).status_code == 422
        assert browser.post_form(f"{url}/recusal", {"reason": "передумал"}).status_code == 422
        assert _sheet(key).sha256 == row.sha256
        assert _marks(key)["1.2"] == ({"value": 250}, "")
    with reading():
        done = session.scalars(select(JournalEntry.action).where(JournalEntry.object_type == "sheet")).all()
    assert done.count("sheet.signed") == 2
    assert done.count("sheet.submitted") == 2


def test_marks_of_the_others_open_after_ones_own_sheet_is_handed_in(login, make, staged):
    chair, expert, rows = staged
    theirs, own = rows["У-0417", chair.id], rows["У-0417", expert.id]
    make.fill(theirs, to="submitted", size=310)
    browser = login(expert)
    assert browser.get(f"/sheets/{theirs.id}").status_code == 404
    assert "3,1 мм" not in browser.get(f"/sheets/{own.id}").text
    make.fill(own, to="submitted")
    assert browser.get(f"/sheets/{theirs.id}").status_code == 200
    page = browser.get(f"/sheets/{own.id}").text
    assert "3,1 мм" in page
    assert chair.name in page
    assert browser.get(f"/sheets/{rows['У-0288', chair.id].id}").status_code == 404


def test_a_foreign_sheet_is_nobodys_business(login, make, staged, client, nomination):
    chair, expert, rows = staged
    key = rows["У-0417", chair.id].id
    stranger = login(make.member(make.nomination(make.contest())))
    for browser in (login(expert), stranger, login(make.account())):
        for path in ("", "/signature", "/recusal", "/sheet.json"):
            assert browser.get(f"/sheets/{key}{path}").status_code == 404
        for path in ("", "/submission", "/signature", "/recusal", "/reconciliation", "/reopening"):
            data = {"m-1.1": "yes", "reason": "да", "secret": "да", "basis": "да", "aspect": "1.1", "outcome": "keep"}
            assert browser.post(f"/sheets/{key}{path}", data=data).status_code == 404
    assert stranger.get(f"/nominations/{nomination.id}/sheets").status_code == 404
    assert client.get(f"/sheets/{key}").status_code == 302
    assert (_sheet(key).state, _marks(key)) == ("assigned", {})


def test_no_page_of_an_expert_names_a_participant(login, make, nomination, staged):
    chair, expert, rows = staged
    make.fill(rows["У-0417", chair.id], to="signed")
    make.fill(rows["У-0417", expert.id], to="submitted")
    person = rows["У-0417", expert.id].participant
    with reading():
        from contest.models import Application
        form = session.get_one(Application, person.application_id)
        secrets = [form.fields["last_name"], form.fields["organisation"], form.fields["document"], form.number]
    assert all(secrets)
    key = rows["У-0417", expert.id].id
    for account in (chair, expert):
        for url in ("/sheets", f"/sheets/{key}", f"/sheets/{rows['У-0288', account.id].id}", "/",
                    f"/sheets/{rows['У-0417', chair.id].id}/sheet.json", f"/nominations/{nomination.id}/sheets",
                    f"/nominations/{nomination.id}/summary", f"/sheets/{key}/signature"):
            answer = login(account).get(url)
            told = [secret for secret in secrets if secret in answer.text]
            assert told == [], url
            assert f"/accounts/{person.account_id}" not in answer.text


def test_an_own_word_bars_assignment_and_writing(login, make, staged, nomination):
    _chair, expert, rows = staged
    key, browser = rows["У-0417", expert.id].id, login(expert)
    empty = browser.post_form(f"/sheets/{key}/recusal", {"reason": " "})
    assert empty.status_code == 422
    assert browser.post_form(f"/sheets/{key}/recusal", {"reason": "учил этого участника"}).status_code == 303
    assert (_sheet(key).state, _sheet(key).reason) == ("recused", "учил этого участника")
    refused = browser.post_form(f"/sheets/{key}", FIELDS)
    assert refused.status_code == 422
    assert "заполнять нельзя" in refused.text
    make.sheets_of(nomination)
    with reading():
        found = session.scalars(select(Sheet.id).where(
            Sheet.expert_id == expert.id, Sheet.participant_id == rows["У-0417", expert.id].participant_id)).all()
    assert found == [key]


def test_a_shared_organisation_bars_too(login, make, nomination):
    expert, other = make.member(nomination, duty="chair"), make.member(nomination)
    make.scheme(nomination)
    colleague = make.participant(nomination, code="У-0417")
    stranger = make.participant(nomination, code="У-0288")
    with make.app.app_context():
        from contest.models import Application
        from core.db import transaction
        with transaction():
            row = session.get_one(Application, colleague.application_id)
            row.fields = {**row.fields, "organisation_inn": "7017000001"}
    rows = {(r.participant_id, r.expert_id): r.id for r in make.sheets_of(nomination)}
    browser = login(expert)
    wrong = browser.post_form(f"/nominations/{nomination.id}/interests", {"inn": "7017000001, 12"}, page="/sheets")
    assert wrong.status_code == 422
    assert "«12» не ИНН" in wrong.text
    assert browser.post_form(f"/nominations/{nomination.id}/interests", {"inn": "7017000001"},
                             page="/sheets").status_code == 303
    assert _sheet(rows[colleague.id, expert.id]).state == "recused"
    assert _sheet(rows[stranger.id, expert.id]).state == "assigned"
    assert _sheet(rows[colleague.id, other.id]).state == "assigned"
    with reading():
        assert session.scalars(select(Conflict.ground)).all() == ["organisation"]


def test_a_replaced_expert_leaves_unfinished_sheets_and_signed_ones_stand(login, make, operation, staged, nomination):
    chair, expert, rows = staged
    make.fill(rows["У-0417", expert.id])
    with reading():
        member_id = session.scalar(select(BodyMember.id).where(BodyMember.account_id == expert.id))
    operation(lambda: people.replace_member(
        session.get_one(BodyMember, member_id), name="Новый Эксперт Иванович", email="new@example.org", position="",
        order_ref="№ 70", by=access.Me(0, "тест"), now=make.now))
    assert login(expert).get(f"/sheets/{rows['У-0288', expert.id].id}").status_code == 404
    answer = login(chair).post_form(f"/nominations/{nomination.id}/sheets")
    assert answer.status_code == 303
    states = {key: _sheet(row.id).state for key, row in rows.items()}
    assert states == {("У-0288", chair.id): "assigned", ("У-0417", chair.id): "assigned",
                      ("У-0288", expert.id): "unfinished", ("У-0417", expert.id): "signed"}
    with reading():
        fresh = session.scalar(select(BodyMember.account_id).where(
            BodyMember.until.is_(None), BodyMember.id > member_id))
        assert len(session.scalars(select(Sheet.id).where(Sheet.expert_id == fresh)).all()) == 2


@pytest.mark.both_databases
def test_experts_far_apart_are_alerted_answer_and_the_chair_closes(login, make, staged, nomination):
    chair, expert, rows = staged
    first, second = rows["У-0417", chair.id], rows["У-0417", expert.id]
    make.fill(first, to="submitted", level=3)
    assert _sheet(first.id).state == "submitted"
    make.fill(second, to="submitted", level=1)
    assert (_sheet(first.id).state, _sheet(second.id).state) == ("alert", "alert")
    with reading():
        found = session.scalars(select(Divergence)).one()
    assert (found.aspect_id, found.text) == ("2.1", "«Вид»: уровни расходятся на 2, допустимо 1.")
    head, other, url = login(chair), login(expert), f"/nominations/{nomination.id}/sheets"
    blocked = other.post_form(f"/sheets/{second.id}/signature", {"secret": make.secret(expert), "basis": "запись"})
    assert blocked.status_code == 422
    assert "открыто расхождение" in blocked.text
    early = head.post_form(f"/divergences/{found.id}/closing", {"resolution": "сошлись"}, page=url)
    assert early.status_code == 422
    assert "Ответили не все" in early.text
    bare = other.post_form(f"/sheets/{second.id}/reconciliation", {"aspect": "2.1", "outcome": "change", "m-2.1": "2"},
                           page=f"/sheets/{second.id}")
    assert bare.status_code == 422
    assert "Напишите причину" in bare.text
    assert other.post_form(f"/sheets/{second.id}/reconciliation", {
        "aspect": "2.1", "outcome": "change", "m-2.1": "2", "reason": "посмотрел ещё раз"},
        page=f"/sheets/{second.id}").status_code == 303
    assert (_sheet(second.id).state, _marks(second.id)["2.1"][0]) == ("reconciling", {"level": 2})
    assert head.post_form(f"/sheets/{first.id}/reconciliation", {
        "aspect": "2.1", "outcome": "keep", "reason": "шов ровный"}, page=f"/sheets/{first.id}").status_code == 303
    assert "посмотрел ещё раз" in head.get(url).text
    assert other.post(f"/divergences/{found.id}/closing", data={"resolution": "да"}).status_code == 404
    closed = head.post_form(f"/divergences/{found.id}/closing", {"resolution": "разница в уровень"}, page=url)
    assert closed.status_code == 303
    assert (_sheet(first.id).state, _sheet(second.id).state) == ("submitted", "submitted")
    assert other.post_form(f"/sheets/{second.id}/signature", {"secret": make.secret(expert), "basis": "запись"}
                           ).status_code == 303


def test_a_signed_sheet_keeps_in_a_divergence_or_comes_back_as_a_new_version(login, make, staged):
    chair, expert, rows = staged
    first, second = rows["У-0417", chair.id], rows["У-0417", expert.id]
    make.fill(second, to="signed", level=0)
    make.fill(first, to="submitted", level=3)
    assert (_sheet(first.id).state, _sheet(second.id).state) == ("alert", "signed")
    other, head = login(expert), login(chair)
    refused = other.post_form(f"/sheets/{second.id}/reconciliation", {
        "aspect": "2.1", "outcome": "change", "m-2.1": "2", "reason": "ошибся"}, page=f"/sheets/{second.id}")
    assert refused.status_code == 422
    assert "Лист подписан" in refused.text
    assert head.post_form(f"/sheets/{second.id}/reopening", {"reason": "ошибка в уровне"}).status_code == 303
    with reading():
        fresh = session.scalars(select(Sheet).where(Sheet.replaces_id == second.id)).one()
    assert (_sheet(second.id).state, fresh.state, fresh.version) == ("annulled", "reopened", 2)
    assert _marks(fresh.id)["2.1"] == ({"level": 0}, "")
    assert other.get(f"/sheets/{second.id}/sheet.json").status_code == 200
    assert other.post_form(f"/sheets/{fresh.id}", {"m-2.1": "3"}).status_code == 303
    assert _marks(second.id)["2.1"] == ({"level": 0}, "")


def test_next_steps_tell_experts_and_the_chair_what_to_do(login, make, staged, nomination):
    _chair, expert, rows = staged
    browser = login(expert)
    assert "Заполните 2 оценочных листа" in browser.get("/").text
    for row in rows.values():
        make.fill(row, to="submitted")
    assert "Подпишите 2 оценочных листа" in browser.get("/").text


def _queries(browser, url):
    """How many statements a page takes."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        assert browser.get(url).status_code == 200
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    return sum(statement.startswith("SELECT") for statement in seen)


@pytest.mark.parametrize("page", ["/sheets", "/nominations/{}/sheets", "/nominations/{}/summary", "/"])
def test_lists_take_as_many_queries_for_three_as_for_one(login, make, nomination, page):
    chair, url = make.member(nomination, duty="chair"), page.format(nomination.id)
    make.scheme(nomination)
    make.participant(nomination, code="У-0001")
    browser = login(chair)
    make.sheets_of(nomination)
    one = _queries(browser, url)
    for code in ("У-0002", "У-0003"):
        make.participant(nomination, code=code)
    make.sheets_of(nomination)
    assert _queries(browser, url) == one
    assert one <= 30
