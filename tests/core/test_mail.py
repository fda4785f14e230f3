"""Letters: written with their fact, delivered once, tried again, printed where there is no address."""
import email
import email.policy
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from jinja2 import UndefinedError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core import db as database
from core import mail, post
from core.accounts import Account
from core.db import session
from core.errors import Refused
from core.mail import Letter
from tests.core import mail_server


@pytest.fixture
def inside(app, db, tmp_path, monkeypatch):
    """An application context over a data folder of this test."""
    monkeypatch.setitem(app.config["core"].__dict__, "data_dir", tmp_path)
    with app.app_context():
        yield tmp_path / "mail"


@pytest.fixture
def server(app, inside, monkeypatch):
    with mail_server.running() as made:
        monkeypatch.setattr(app.config["core"], "MAIL_URL", made.url)
        yield made


def write(now, *addresses, subject="Приглашение"):
    with database.transaction():
        return [mail.send(to, subject, f"Здравствуйте!\n\nОткройте: https://example.org/{to}", now=now).id
                for to in addresses]


def letters():
    with database.reading():
        return session.scalars(select(Letter).order_by(Letter.id)).all()


def boxes(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


@pytest.mark.both_databases
def test_letter_arrives_in_the_folder_of_its_address(inside, now):
    [key] = write(now, "Osipova@Example.org")
    assert mail.deliver_due(now) == 1
    [name] = boxes(inside)
    assert name == f"osipova@example.org/20260302T060000.000000-{key}.eml"
    message = email.message_from_bytes((inside / name).read_bytes(), policy=email.policy.default)
    assert (message["Subject"], message["To"]) == ("Приглашение", "Osipova@Example.org")
    assert message["Date"].datetime == now
    assert message.get_content() == "Здравствуйте!\n\nОткройте: https://example.org/Osipova@Example.org\n"
    assert [(letter.state, letter.sent_at, letter.attempts) for letter in letters()] == [("отправлено", now, 1)]
    assert mail.deliver_due(now) == 0


def test_nothing_is_sent_without_the_commit(inside, now):
    with database.scope(write=True):
        mail.send("a@example.org", "Тема", "Текст", now=now)
    assert mail.deliver_due(now) == 0
    assert letters() == []


def test_letter_to_somebody_without_address_is_printed(inside, make, now):
    account = make.account(card_code="77-123")
    with database.transaction():
        session.get_one(Account, account.id).email = None
    with database.transaction():
        mail.send(account.id, "Тема", "Текст", now=now)
    assert mail.deliver_due(now + timedelta(days=1)) == 0
    assert [(letter.to_address, letter.account_id, letter.state) for letter in letters()] == [
        (None, account.id, "печать")]


def test_account_gives_its_address(inside, make, now):
    account = make.account(email="person@example.org")
    with database.transaction():
        assert mail.send(account, "Тема", "Текст", now=now).to_address == "person@example.org"


@pytest.mark.parametrize("address", ["", "нет", "a@", "@b", "a b@c", "a@b\r\nBcc: d@e", "a@" + "b" * 300])
def test_what_is_no_address_is_refused(unit, now, address):
    with pytest.raises(Refused, match="bad_address"):
        mail.send(address, "Тема", "Текст", now=now)


def test_a_letter_to_nobody_cannot_be_written(unit, now):
    session.add(Letter(subject="т", body="т", created_at=now, next_try_at=now))
    with pytest.raises(IntegrityError):
        session.flush()


def test_subject_cannot_carry_headers(inside, now):
    write(now, "a@example.org", subject="Тема\r\nBcc: other@example.org")
    mail.deliver_due(now)
    message = email.message_from_bytes((inside / boxes(inside)[0]).read_bytes(), policy=email.policy.default)
    assert message["Bcc"] is None
    assert message["Subject"] == "Тема Bcc: other@example.org"


@pytest.mark.parametrize(("address", "box"), [
    ("../../etc@x.org", "_.._etc@x.org"), ("a/b@x.org", "a_b@x.org"), ("Почта@россия.рф", "почта@россия.рф")])
def test_box_is_one_folder(address, box):
    assert post.box_name(address) == box


def test_server_takes_a_batch_in_one_conversation(server, now):
    write(now, *(f"p{number}@example.org" for number in range(5)))
    assert mail.deliver_due(now) == 5
    assert server.conversations == 1
    assert [to for to, _body in server.messages] == [f"p{number}@example.org" for number in range(5)]
    message = email.message_from_bytes(server.messages[0][1], policy=email.policy.default)
    assert message.get_content() == "Здравствуйте!\n\nОткройте: https://example.org/p0@example.org\n"


def test_no_transaction_is_open_while_the_server_is_talked_to(server, now):
    write(now, "a@example.org")
    server.watch = database._write_lock.locked
    mail.deliver_due(now)
    assert server.seen_inside == [False]


def test_silent_server_is_tried_again_later(app, inside, monkeypatch, now):
    monkeypatch.setattr(app.config["core"], "MAIL_URL", "smtp://127.0.0.1:1")
    write(now, "a@example.org")
    at, tries = now, []
    for pause in mail.PAUSES:
        assert mail.deliver_due(at) == 0
        assert mail.deliver_due(at + pause - timedelta(seconds=1)) == 0
        tries.append(letters()[0].attempts)
        at += pause
    assert tries == [1, 2, 3, 4, 5, 6]
    mail.deliver_due(at)
    assert letters()[0].state == "не доставлено"
    assert letters()[0].last_error.startswith("ConnectionRefusedError")


def test_refused_address_is_given_up_and_the_others_arrive(server, now):
    server.replies = {"gone@example.org": b"550 no such user", "full@example.org": b"452 mailbox full"}
    write(now, "gone@example.org", "full@example.org", "here@example.org")
    assert mail.deliver_due(now) == 1
    assert [letter.state for letter in letters()] == ["не доставлено", "ожидает отправки", "отправлено"]
    server.replies = {}
    assert mail.deliver_due(now + mail.PAUSES[0]) == 1
    assert [to for to, _body in server.messages] == ["here@example.org", "full@example.org"]


def test_server_that_hangs_up_leaves_the_rest_for_later(server, now):
    server.hang_up_after = 2
    write(now, *(f"p{number}@example.org" for number in range(4)))
    assert mail.deliver_due(now) == 2
    server.hang_up_after = 1000
    assert mail.deliver_due(now) == 0
    assert mail.deliver_due(now + mail.PAUSES[0]) == 2
    assert sorted(to for to, _body in server.messages) == [f"p{number}@example.org" for number in range(4)]


@pytest.mark.slow
@pytest.mark.both_databases
def test_two_workers_at_once_deliver_each_letter_once(app, server, now):
    write(now, *(f"p{number}@example.org" for number in range(60)))
    delivered = []

    def worker():
        with app.app_context():
            delivered.append(mail.deliver_due(now))
    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(delivered) == 60
    assert sorted(to for to, _body in server.messages) == sorted(f"p{number}@example.org" for number in range(60))


KILLED = """
import os, signal, sys
from core import clock, config, db, mail, post
from flask import Flask
app = Flask("x"); app.config["core"] = config.Settings(DATA_DIR=sys.argv[1], MAIL_URL="")
db.connect(sys.argv[2])
deliver = post.Folder.deliver
def dies(self, letter):
    if sys.argv[3] == "after":
        deliver(self, letter)
    os.kill(os.getpid(), signal.SIGKILL)
post.Folder.deliver = dies
with app.app_context():
    mail.deliver_due(clock.now())
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_worker_killed_while_delivering_leaves_the_letter_to_the_next(inside, db, tmp_path, clock, moment):
    write(clock.now, "a@example.org")
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path, db, moment], check=False, env={**os.environ})
    assert done.returncode == -signal.SIGKILL
    present = letters()[0].next_try_at
    assert letters()[0].sent_at is None
    assert mail.deliver_due(present - timedelta(seconds=1)) == 0
    assert mail.deliver_due(present) == 1
    assert len(boxes(inside)) == 1


@pytest.fixture
def template(app, tmp_path, monkeypatch):
    """`template(text)` puts templates/mail/sample.txt beside the real ones."""
    from jinja2 import ChoiceLoader, DictLoader
    texts: dict[str, str] = {}
    monkeypatch.setattr(app.jinja_env, "loader", ChoiceLoader([DictLoader(texts), app.jinja_env.loader]))

    def put(text):
        texts["mail/sample.txt"] = text
    return put


def test_template_gives_subject_and_body(inside, template):
    template('{% extends "mail/base.txt" %}{% block subject %}Приглашение{% endblock %}'
             "{% block body %}Вас ждут <здесь>.{% endblock %}")
    subject, body = mail.compose("sample", name="Осипова М. П.", link="/invitation/abc")
    assert subject == "Приглашение"
    assert body.startswith("Здравствуйте, Осипова М. П.!\n\nВас ждут <здесь>.\n\nhttp://localhost/invitation/abc\n")
    assert body.endswith("http://localhost\n")


def test_template_without_its_word_is_an_error(inside, template):
    template('{% extends "mail/base.txt" %}{% block subject %}Т{% endblock %}')
    with pytest.raises(UndefinedError):
        mail.compose("sample")
