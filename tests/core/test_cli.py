"""Commands of an installation."""

import re

import pytest
from sqlalchemy import select, text

from core.accounts import Account
from core.db import reading, transaction


@pytest.fixture
def run(app, db):
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=words)


def one_time(output):
    return re.search(r"Одноразовый пароль: (\S+)", output)[1]


def test_the_first_administrator_gets_a_one_time_password_once(run, client):
    first = run("admin", "first", "--email", "boss@example.org")
    again = run("admin", "first")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "Одноразовый пароль" not in again.output
    assert "Администратор уже есть" in again.output
    assert client.post("/login", data={"email": "boss@example.org", "secret": one_time(first.output)}).location == "/"
    assert client.get("/accounts").location == "/password"


def test_a_forgotten_password_is_replaced_by_a_one_time_one(run, client, make):
    account = make.account(email="boss@example.org")
    found = run("admin", "password", "Boss@example.org")
    reply = client.post("/login", data={"email": account.email, "secret": one_time(found.output)})
    assert (found.exit_code, reply.location) == (0, "/")
    missing = run("admin", "password", "nobody@example.org")
    assert (missing.exit_code, "nobody@example.org нет" in missing.output) == (1, True)


def test_a_disabled_account_gets_no_password(run, make):
    make.account(email="boss@example.org", disabled_at=make.now)
    found = run("admin", "password", "boss@example.org")
    assert (found.exit_code, "отключена" in found.output) == (1, True)
    with reading() as unit:
        assert unit.scalar(select(Account.password_hash)) is None


@pytest.mark.both_databases
def test_the_journal_is_verified_from_the_command_line(run, database_kind):
    assert "Записей 0, цепочка цела" in run("journal", "verify").output
    run("admin", "first")
    whole = run("journal", "verify")
    assert (whole.exit_code, "Записей 3, цепочка цела" in whole.output) == (0, True)
    off = {"sqlite": "DROP TRIGGER journal_no_update", "postgresql": "ALTER TABLE journal DISABLE TRIGGER ALL"}
    with transaction() as unit:
        unit.execute(text(off[database_kind]))
        unit.execute(text("UPDATE journal SET action = 'kind' WHERE seq = 2"))
    broken = run("journal", "verify")
    assert (broken.exit_code, "на записи 2; до неё верны 1" in broken.output) == (1, True)
