"""Pages of login, account, administration and journal, through a browser's eyes."""

import re

import pytest
from sqlalchemy import func, select, text

from core import jobs, passwords
from core.accounts import Account, LoginSession
from core.db import reading, transaction
from core.journal import JournalEntry
from core.routes import safe_next

GOOD = "три слова подряд"
HASHED = passwords.hash_secret(GOOD)


@pytest.fixture
def person(make):
    return make.account("Тихонов Антон Ильич", email="tikhonov@example.org", password_hash=HASHED)


@pytest.fixture
def admin(make):
    return make.account("Осипова Марина Петровна", email="osipova@example.org", roles=["admin"], password_hash=HASHED)


def count(model, *where):
    with reading() as unit:
        return unit.scalar(select(func.count()).select_from(model).where(*where))


def last_action():
    with reading() as unit:
        return unit.scalar(select(JournalEntry.action).order_by(JournalEntry.seq.desc()).limit(1))


@pytest.mark.parametrize(("target", "path"), [
    ("/account", "/account"), ("/a?b=1&c=2", "/a?b=1&c=2"), (None, "/"), ("", "/"), ("account", "/"),
    ("//evil.example", "/"), ("/\\evil.example", "/"), ("https://evil.example", "/"), ("javascript:alert(1)", "/"),
    ("/\nevil", "/"), ("///evil.example", "/"), ("/ok//x", "/ok//x"),
])
def test_the_login_leads_to_own_pages_only(target, path):
    assert safe_next(target) == path


# Logging in and out


@pytest.mark.both_databases
def test_a_person_logs_in_and_out(client, person, csrf):
    page = client.get("/account")
    assert page.location == "/login?next=/account"
    reply = client.post_form(page.location, {"email": "Tikhonov@example.org", "secret": GOOD})
    assert (reply.status_code, reply.location) == (302, "/account")
    assert "Тихонов Антон Ильич" in client.get("/account").text
    token = client.get_cookie("login").value
    assert client.post_form("/logout", page="/account").location == "/"
    client.set_cookie("login", token)
    assert client.get("/account").status_code == 302, "the old cookie opens nothing"


def test_the_login_cookie_is_out_of_reach_of_scripts(client, person):
    reply = client.post("/login", data={"email": person.email, "secret": GOOD})
    cookie = next(line for line in reply.headers.getlist("Set-Cookie") if line.startswith("login="))
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie


def test_a_login_always_gives_a_new_cookie_and_forgets_the_old_session(client, person):
    client.set_cookie("login", "chosen by somebody else")
    client.post("/login", data={"email": person.email, "secret": GOOD})
    first = client.get_cookie("login").value
    client.post("/login", data={"email": person.email, "secret": GOOD})
    second = client.get_cookie("login").value
    assert len({first, second, "chosen by somebody else"}) == 3
    assert count(LoginSession, LoginSession.revoked_at.is_(None)) == 1


@pytest.mark.both_databases
def test_a_wrong_password_is_told_and_journalled(client, person):
    reply = client.post("/login", data={"email": person.email, "secret": "не тот пароль"})
    assert reply.status_code == 422
    assert "Адрес почты или пароль введены неверно." in reply.text
    assert f'value="{person.email}"' in reply.text, "what was typed is kept"
    assert "не тот пароль" not in reply.text
    assert (last_action(), count(LoginSession)) == ("login.failed", 0)


def test_an_empty_login_names_the_fields(client):
    reply = client.post("/login", data={})
    assert reply.status_code == 422
    assert "Введите адрес почты." in reply.text
    assert "Введите пароль." in reply.text
    assert last_action() is None


def test_a_card_logs_in(client, make):
    code = passwords.card_code()
    make.account(card_code=code, pin_hash=passwords.hash_secret("482107"))
    wrong = client.post("/login/card", data={"code": "1111-1111-11", "secret": "482107"})
    assert (wrong.status_code, "опечатка" in wrong.text) == (422, True)
    assert client.post("/login/card", data={"code": code.replace("-", ""), "secret": "482107"}).location == "/"
    assert "по карточке" in client.get("/account").text


def test_too_many_attempts_are_refused_on_the_page(client, person):
    for _ in range(10):
        client.post("/login", data={"email": person.email, "secret": "не тот"})
    reply = client.post("/login", data={"email": person.email, "secret": GOOD})
    assert (reply.status_code, "Слишком много попыток" in reply.text) == (422, True)


def test_who_is_logged_in_sees_no_login_page(login, person):
    assert login(person).get("/login?next=/account").location == "/account"


# One's own account


@pytest.mark.both_databases
def test_a_session_is_revoked_from_another_device(login, person):
    here, there = login(person), login(person)
    assert there.get("/account").text.count("Другое устройство") == 1
    with reading() as unit:
        key = unit.scalar(select(LoginSession.id).order_by(LoginSession.id.desc()).limit(1))
    assert here.post(f"/account/sessions/{key}/revocation").location == "/account"
    assert there.get("/account").location == "/login?next=/account"
    assert here.get("/account").status_code == 200


def test_a_session_of_somebody_else_is_not_visible(login, person, admin):
    login(person)
    stranger = login(admin)
    with reading() as unit:
        key = unit.scalar(select(LoginSession.id).where(LoginSession.account_id == person.id))
    assert stranger.post(f"/account/sessions/{key}/revocation").status_code == 404
    assert stranger.post("/account/sessions/999/revocation").status_code == 404
    assert count(LoginSession, LoginSession.revoked_at.is_not(None)) == 0


def test_the_account_page_shows_roles_and_own_journal_only(login, make, person):
    client = login(make.account("Лебедев Игорь", roles=["auditor"], password_hash=HASHED))
    login(person).post("/password", data={"secret": "не тот", "password": "новый длинный пароль", "again": "x"})
    client.post("/password", data={"secret": "не тот", "password": "ещё один длинный", "again": "ещё один длинный"})
    page = client.get("/account").text
    assert "аудитор" in page
    assert "Неверный пароль или PIN при подтверждении" in page
    assert "Тихонов" not in page


@pytest.mark.both_databases
def test_a_password_is_changed_and_other_logins_end(client, login, person):
    here, there = login(person), login(person)
    form = {"secret": GOOD, "password": "совсем другие слова", "again": "совсем другие слова"}
    assert here.post("/password", data=form).location == "/"
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 302)
    assert client.post("/login", data={"email": person.email, "secret": GOOD}).status_code == 422
    assert client.post("/login", data={"email": person.email, "secret": form["password"]}).status_code == 302


@pytest.mark.parametrize(("form", "words"), [
    ({"secret": "не тот", "password": "совсем другие слова", "again": "совсем другие слова"}, "введён неверно"),
    ({"secret": GOOD, "password": "короткий", "again": "короткий"}, "Пароль короче 10 знаков."),
    ({"secret": GOOD, "password": "совсем другие слова", "again": "совсем другие"}, "Пароли не совпадают."),
    ({"secret": GOOD, "password": "tikhonov@example.org", "again": "tikhonov@example.org"}, "совпадает с адресом"),
    ({}, "Введите нынешний пароль"),
])
def test_a_password_that_cannot_be_changed(client, login, person, form, words):
    reply = login(person).post("/password", data=form)
    assert (reply.status_code, words in reply.text) == (422, True)
    assert client.post("/login", data={"email": person.email, "secret": GOOD}).status_code == 302


def test_a_one_time_password_is_replaced_before_anything_else(login, make):
    client = login(make.account(roles=["admin"], password_hash=HASHED, one_time=True))
    assert client.get("/accounts").location == "/password"
    assert "Нынешний" not in client.get("/password").text
    assert client.post("/password", data={"password": GOOD + "!", "again": GOOD + "!"}).location == "/"
    assert client.get("/accounts").status_code == 200


def test_an_invitation_leads_to_a_password_and_in(client, login, admin, mailbox, csrf):
    boss = login(admin)
    boss.post_form("/accounts/new", {"name": "Лебедев Игорь", "email": "lebedev@example.org", "role": "auditor"})
    with reading() as unit:
        key = unit.scalar(select(Account.id).where(Account.email == "lebedev@example.org"))
    assert boss.post_form(f"/accounts/{key}/invitation", page="/accounts").location == "/accounts"
    (link,) = mailbox.links("lebedev@example.org")
    assert "Лебедев Игорь" in client.get(link).text
    assert client.post_form(link, {"password": "короткий", "again": "короткий"}).status_code == 422
    assert client.post_form(link, {"password": GOOD, "again": GOOD}).location == "/"
    assert "аудитор" in client.get("/account").text
    assert client.get(link).status_code == 404


def test_an_unknown_invitation_says_what_to_do(client):
    reply = client.get("/invitations/nothing")
    assert (reply.status_code, "Попросите организатора прислать новую" in reply.text) == (404, True)


# Administration


@pytest.mark.parametrize("path", ["/accounts", "/accounts/new", "/journal"])
def test_pages_of_administration_do_not_exist_for_others(client, login, person, path):
    assert login(person).get(path).status_code == 404
    assert client.get(path).location == f"/login?next={path}"


@pytest.mark.parametrize("action", ["invitation", "card", "disabling", "enabling"])
def test_actions_of_administration_do_not_exist_for_others(login, person, admin, action):
    assert login(person).post(f"/accounts/{admin.id}/{action}").status_code == 404
    assert login(admin).post(f"/accounts/999/{action}").status_code == 404


def test_an_account_is_made_for_a_role_of_the_installation(login, admin):
    client = login(admin)
    good = {"name": "Лебедев", "email": "", "role": "auditor"}
    assert client.post("/accounts/new", data=good).location == "/accounts"
    page = client.get("/accounts?q=лебедев").text
    assert "Найдено: 1" in page
    assert re.search(r"<td>аудитор</td>", page)
    for form, words in (({"name": "Х", "role": "king"}, "Неверный вариант"), ({"name": ""}, "Укажите фамилию"),
                        ({"name": "Х", "email": "не адрес", "role": ""}, "Такого адреса не бывает"),
                        ({"name": "Х", "email": admin.email, "role": ""}, "уже есть")):
        reply = client.post("/accounts/new", data=form)
        assert (reply.status_code, words in reply.text) == (422, True), form
    assert count(Account) == 2


def test_a_card_is_shown_once_and_opens(client, login, admin, person):
    page = login(admin).post(f"/accounts/{person.id}/card").text
    code = re.search(r"\d{4}-\d{4}-\d{2}", page)[0]
    pin = re.search(r"<dd>(\d{6})</dd>", page)[1]
    assert client.post("/login/card", data={"code": code, "secret": pin}).location == "/"


@pytest.mark.both_databases
def test_a_disabled_account_is_out_at_once(client, login, admin, person):
    theirs, boss = login(person), login(admin)
    assert boss.post(f"/accounts/{person.id}/disabling").location == "/accounts"
    assert theirs.get("/account").status_code == 302
    assert client.post("/login", data={"email": person.email, "secret": GOOD}).status_code == 422
    assert boss.post(f"/accounts/{person.id}/disabling").status_code == 409
    assert boss.post(f"/accounts/{admin.id}/disabling").status_code == 409
    assert boss.post(f"/accounts/{person.id}/enabling").location == "/accounts"
    assert client.post("/login", data={"email": person.email, "secret": GOOD}).status_code == 302


def test_the_list_of_accounts_comes_in_pages(login, admin, make):
    for number in range(60):
        make.account(f"Участник {number:02}")
    client = login(admin)
    assert "Страница 1 из 2" in client.get("/accounts").text
    assert "Участник 00" in client.get("/accounts?page=2").text
    assert "Страница 2 из 2" in client.get("/accounts?page=99").text
    assert "Страница 1 из 2" in client.get("/accounts?page=минус").text
    assert "Никого не нашлось" in client.get("/accounts?q=Сидоров").text


def test_the_journal_is_read_filtered_and_checked(login, make, admin):
    client = login(make.account(roles=["auditor"]))
    login(admin).post("/accounts/new", data={"name": "Лебедев", "email": "", "role": ""})
    page = client.get("/journal").text
    assert "Учётная запись создана" in page
    assert "Осипова М. П." in page
    assert "Таких записей нет" in client.get("/journal?type=nothing").text
    assert "Записей: 1" in client.get("/journal?action=account.created").text
    assert "Журнал цел" in client.post("/journal/check").text
    with transaction() as unit:
        unit.execute(text("DROP TRIGGER journal_no_update"))
        unit.execute(text("UPDATE journal SET payload = '{}' WHERE seq = 1"))
    reply = client.post("/journal/check").text
    assert "Цепочка нарушена" in reply
    assert "Запись 1 " in reply
    assert last_action() == "journal.checked"


# Pages of every installation


@pytest.mark.parametrize(("path", "words"), [
    ("/login", "Вход"), ("/login/card", "Вход по карточке"), ("/privacy", "Персональные данные"),
    ("/accessibility", "Доступность"), ("/support", "Поддержка"),
])
def test_pages_anybody_can_read(client, path, words):
    page = client.get(path)
    assert (page.status_code, f"<h1>{words}" in page.text) == (200, True)
    assert "МСК" in page.text
    assert re.search(r'href="/static/css/theme\.css\?v=[0-9a-f]{10}"', page.text)
    for inline in (" style=", "<style", "onclick=", "<script>"):
        assert inline not in page.text


def test_the_support_page_names_the_telephone(client, settings, monkeypatch):
    monkeypatch.setattr(settings, "SUPPORT_PHONE", "8 800 000-00-00")
    monkeypatch.setattr(settings, "SUPPORT_HOURS", "по будням с 9 до 18")
    page = client.get("/support").text
    assert "8 800 000-00-00" in page
    assert "по будням с 9 до 18" in page


@pytest.mark.both_databases
def test_the_service_says_it_is_well(client):
    reply = client.get("/healthz")
    assert (reply.status_code, reply.text) == (200, "ok\n")


def test_support_says_when_the_background_service_is_silent(client, db, now):
    words = "Фоновая служба не отвечает"
    assert words in client.get("/support").text
    with transaction():
        jobs.beat(now)
    assert words not in client.get("/support").text
