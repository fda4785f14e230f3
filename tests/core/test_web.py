"""The edge: what is committed, what people see when something is refused, and what is kept of it."""

import io
from pathlib import Path

import pytest
from flask import Flask, flash, g, get_flashed_messages, jsonify
from sqlalchemy import event, select, text
from wtforms import StringField
from wtforms.validators import DataRequired

from core import access, context, db, journal, routes, web
from core.access import ANYONE, PUBLIC, allow
from core.accounts import Account
from core.db import reading, session
from core.errors import Busy, NotVisible, Refused
from core.forms import Form
from core.journal import JournalEntry
from tests.fixtures import NOW, TOKEN, Browser, _login_session

ROOT = Path(__file__).resolve().parents[2]
both_databases = pytest.mark.both_databases


class NameForm(Form):
    name = StringField("Имя", [DataRequired()])


def write(name):
    session.add(Account(name=name, email=f"{name}@example.org", created_at=g.now))
    session.flush()


def refuse(**kwargs):
    write("потерянный")
    raise Refused("closed", "Приём заявок закрыт. Обратитесь к секретарю.", **kwargs)


def with_fact():
    refusal = Refused("closed", "Закрыто. Обратитесь к секретарю.")
    refusal.fact = lambda: journal.record("refused", ("account", 1), by=None, now=g.now)
    write("потерянный")
    raise refusal


def form_page():
    form = NameForm()

    def operation():
        write(form.name.data)
        if form.name.data == "плохой":
            raise Refused("bad_name", "Такое имя занято. Возьмите другое.", field="name")
        if form.name.data == "закрыто":
            raise Refused("closed", "Приём заявок закрыт. Обратитесь к секретарю.")
    if web.submit(form, operation):
        return "сделано"
    body = f"{form.name.data} {form.errors}"
    return body, web.form_status(form)


def fail():
    write("потерянный")
    raise ZeroDivisionError("a bug")


def upload():
    from flask import request
    return str(len(request.files["file"].read()))


def large():
    """Written at the commit only, beside words for the next page."""
    session.add(Account(name="я" * 10_000, email="l@example.org", created_at=g.now))
    flash("Сохранено.")
    return "ok"


VIEWS = {
    "large": (large, PUBLIC), "words": (lambda: str(get_flashed_messages()), PUBLIC),
    "written": (lambda: (write("новый"), "ok")[1], PUBLIC), "refused": (refuse, PUBLIC), "fault": (fail, PUBLIC),
    "teapot": (lambda: (write("потерянный"), ("нет", 418))[1], PUBLIC), "fact": (with_fact, PUBLIC),
    "twice": (lambda: (write("один"), write("один"), "ok")[2], PUBLIC), "form": (form_page, PUBLIC),
    "secret": (lambda: "тайна", "admin"), "own": (lambda: jsonify(name=access.me.name), ANYONE),
    "unmarked": (lambda: "никому", None), "upload": (upload, PUBLIC),
    "hidden": (lambda: (_ for _ in ()).throw(NotVisible()), PUBLIC),
    "busy": (lambda: (_ for _ in ()).throw(Busy()), PUBLIC),
}


@pytest.fixture(scope="module")
def edge(settings):
    """An application with the edge of the service and views of its own."""
    made = Flask("edge", root_path=str(ROOT))
    web.init(made, settings.model_copy(update={"MAX_UPLOAD_MB": 1}))
    context.init(made)
    made.register_blueprint(routes.bp)
    made.test_client_class = Browser
    made.config["WTF_CSRF_ENABLED"] = False
    for name, (view, role) in VIEWS.items():
        def call(view=view):
            return view()
        made.add_url_rule(f"/edge/{name}", name, allow(role)(call) if role else call, methods=["GET", "POST"])
    return made


@pytest.fixture
def browser(edge, db, clock):
    return edge.test_client()


def names():
    with reading() as unit:
        return list(unit.scalars(select(Account.name).order_by(Account.id)))


@both_databases
def test_a_reply_below_400_is_committed(browser):
    assert browser.post("/edge/written").status_code == 200
    assert names() == ["новый"]


@both_databases
@pytest.mark.parametrize(("path", "status"), [
    ("refused", 409), ("teapot", 418), ("fault", 500), ("twice", 409), ("fact", 409),
])
def test_any_other_reply_keeps_nothing(browser, path, status):
    assert browser.post(f"/edge/{path}").status_code == status
    assert names() == []


@both_databases
def test_a_get_cannot_write(browser):
    reply = browser.get("/edge/written")
    assert (reply.status_code, names()) == (500, [])
    assert browser.post("/edge/written").status_code == 200


def test_a_refusal_is_a_page_or_json(browser):
    page = browser.post("/edge/refused")
    assert page.mimetype == "text/html"
    assert "Приём заявок закрыт. Обратитесь к секретарю." in page.text
    script = browser.post("/edge/refused", headers={"Accept": "application/json"})
    assert (script.status_code, script.json) == (409, {
        "error": "closed", "text": "Приём заявок закрыт. Обратитесь к секретарю."})


@both_databases
def test_what_must_be_kept_of_a_refusal_is_kept(browser):
    browser.post("/edge/fact")
    with reading() as unit:
        assert unit.scalars(select(JournalEntry.action)).all() == ["refused"]
    assert names() == []


def test_a_fault_shows_a_number_and_no_detail(browser):
    page = browser.post("/edge/fault")
    number = browser.post("/edge/fault", headers={"Accept": "application/json"}).json["number"]
    assert len(number) == 8
    assert "Номер происшествия" in page.text
    for leak in ("ZeroDivisionError", "a bug", "Traceback"):
        assert leak not in page.text


def test_two_clicks_at_once_are_told_so(browser):
    assert "кнопку нажали дважды" in browser.post("/edge/twice").text


@both_databases
@pytest.mark.parametrize(("name", "status", "words", "kept"), [
    ("Осипова", 200, "сделано", ["Осипова"]),
    ("", 422, "Обязательное поле", []),
    ("плохой", 422, "{'name': ['Такое имя занято. Возьмите другое.']}", []),
    ("закрыто", 422, "{'': ['Приём заявок закрыт. Обратитесь к секретарю.']}", []),
])
def test_a_form_keeps_what_was_typed_and_stores_nothing_half(browser, name, status, words, kept):
    reply = browser.post("/edge/form", data={"name": name})
    assert (reply.status_code, names()) == (status, kept)
    assert words in reply.text
    if status == 422:
        assert reply.text.startswith(name + " ")


def test_a_stranger_is_sent_to_the_login_and_back(browser):
    reply = browser.get("/edge/own?page=2")
    assert (reply.status_code, reply.location) == (302, "/login?next=/edge/own?page%3D2")
    reply = browser.post("/edge/own", json={})
    assert (reply.status_code, reply.json["error"]) == (401, "login_needed")


@pytest.mark.parametrize("path", ["secret", "unmarked", "hidden", "nowhere"])
def test_what_is_not_for_a_person_looks_as_if_it_were_not(edge, make, path):
    reply = logged_in(edge, make).get(f"/edge/{path}")
    assert reply.status_code == 404
    assert "тайна" not in reply.text
    assert "Такой страницы нет, или у вас нет к ней доступа." in reply.text


def logged_in(edge, make, **kwargs):
    make._call(_login_session, make.account(**kwargs), "the token")
    browser = edge.test_client()
    browser.set_cookie("login", "the token")
    return browser


def test_a_role_opens_its_page(edge, make):
    assert logged_in(edge, make, roles=["admin"]).get("/edge/secret").text == "тайна"


def test_a_one_time_password_leads_to_a_new_one(edge, make):
    browser = logged_in(edge, make, one_time=True)
    assert browser.get("/edge/own").location == "/password"
    assert browser.get("/password").status_code == 200


@pytest.fixture
def full_disk(browser):
    """SQLite answers as on a full disk: the file may not grow by one page."""
    def no_page_more(connection, _record, _proxy):
        connection.execute("PRAGMA max_page_count=1")
    event.listen(db.engine(), "checkout", no_page_more)
    return browser


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_full_disk_is_said_in_words_and_nothing_is_promised(full_disk, accept):
    reply = full_disk.post("/edge/large", headers={"Accept": accept})
    assert (reply.status_code, reply.mimetype, reply.headers["Retry-After"]) == (507, accept, "60")
    said = reply.json["text"] if accept == "application/json" else reply.text
    assert "На сервере закончилось место, ничего не сохранено." in said
    assert "Сохранено." not in reply.text
    assert full_disk.get("/edge/words").text == "[]"
    assert names() == []


def test_a_commit_that_fails_by_a_bug_shows_a_number(browser, monkeypatch):
    def bug(_unit):
        raise ZeroDivisionError("a bug")
    monkeypatch.setattr(db, "before_commit", [bug])
    reply = browser.post("/edge/large", headers={"Accept": "application/json"})
    assert (reply.status_code, reply.json["error"], len(reply.json["number"])) == (500, "fault", 8)
    assert browser.get("/edge/words").text == "[]"


def test_the_log_of_a_database_fault_holds_no_values(browser):
    from sqlalchemy.exc import SQLAlchemyError
    with pytest.raises(SQLAlchemyError) as found, db.transaction() as unit:
        unit.execute(text("INSERT INTO nothing VALUES (:name)"), {"name": "Осипова"})
    assert "Осипова" not in str(found.value)


def test_a_busy_service_says_so(browser):
    reply = browser.get("/edge/busy")
    assert (reply.status_code, "Повторите через несколько секунд" in reply.text) == (503, True)


def test_a_method_that_is_not_there_is_refused_in_russian(browser):
    reply = browser.put("/edge/form")
    assert (reply.status_code, "нажмите кнопку" in reply.text) == (405, True)


def test_a_file_too_large_is_refused(browser):
    def send(size):
        return browser.post("/edge/upload", data={"file": (io.BytesIO(b"x" * size), "a.pdf")})
    assert send(1000).text == "1000"
    reply = send(1024 * 1024 + 1)
    assert (reply.status_code, "Файл слишком большой" in reply.text) == (413, True)


def test_headers_of_every_reply(browser):
    for path in ("/edge/form", "/nowhere"):
        headers = browser.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert (headers["X-Content-Type-Options"], headers["X-Frame-Options"], headers["Cache-Control"]) == (
            "nosniff", "DENY", "no-store")


@pytest.fixture
def checked(edge):
    edge.config["WTF_CSRF_ENABLED"] = True
    yield
    edge.config["WTF_CSRF_ENABLED"] = False


def test_a_post_without_csrf_token_is_refused_in_russian(browser, checked):
    for data in ({}, {"csrf_token": "forged"}):
        reply = browser.post("/edge/written", data=data)
        assert (reply.status_code, "Страница устарела" in reply.text) == (400, True)
    assert names() == []


def test_a_post_with_the_token_of_its_page_or_header_is_taken(browser, checked):
    assert browser.post_form("/edge/written", page="/login").status_code == 200
    token = TOKEN.search(browser.get("/login").text)[1]
    assert browser.post("/edge/teapot", headers={"X-CSRF-Token": token}).status_code == 418


def test_a_token_of_another_browser_is_refused(edge, browser, checked):
    other = edge.test_client()
    token = TOKEN.search(other.get("/login").text)[1]
    browser.get("/login")
    assert browser.post("/edge/written", data={"csrf_token": token}).status_code == 400


def test_no_lock_is_left_behind_by_a_fault(browser):
    browser.post("/edge/fault")
    with db.transaction():
        session.add(Account(name="после", email="после@example.org", created_at=NOW))
    assert names() == ["после"]
