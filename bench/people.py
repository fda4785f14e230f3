"""Many people in the middle of a theory, written in bulk: a thousand are there in seconds."""

import random
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import insert, select

from contest.models import Application, BriefingSignature, Consent, ConsentText, Identity, Nomination, Participant
from core import access, db
from core.accounts import Account, LoginSession
from core.db import session
from exam import receipts, sittings
from exam.models import Attempt, AttemptQuestion, BankQuestion, SealedDelivery

SINGLE = "::Вопрос {0}::Какой из вариантов верен в случае {0}? {{=первый {0} ~второй {0} ~третий {0} ~четвёртый {0}}}"
SHORT = "::Вопрос {0}::Назовите шов номер {0}. {{=угловой {0}}}"
NUMERIC = "::Вопрос {0}::Сколько ампер при диаметре {0}? {{#{0}0:5}}"
QUESTIONS = 40
BANK = "\n\n".join((SHORT if n % 10 == 8 else NUMERIC if n % 10 == 9 else SINGLE).format(n) for n in range(QUESTIONS))
KEY = "x"  # of the processes that the tests start (tests/programs.py)


@dataclass
class Person:
    """A participant with a login. `choices` are the answers that may be given to each line of the attempt's paper."""

    account_id: int
    participant_id: int
    cookie: str
    attempt_id: int = 0
    choices: dict[int, list[Any]] = field(default_factory=dict)

    def save(self, seq: int) -> dict[str, Any]:
        """The body of the save with this number."""
        lines = sorted(self.choices)
        line = lines[seq % len(lines)]
        values = self.choices[line]
        return {"question": line, "seq": seq, "value": values[seq // len(lines) % len(values)], "client_id": f"c{seq}",
                "mono": seq, "page_id": "p1"}


@dataclass
class Hall:
    """A nomination with its theory and its task, both open now, and the people in it."""

    sitting_id: int
    bank_id: int
    task_id: int
    people: list[Person]


def csrf(key: str = KEY) -> tuple[str, str]:
    """A cookie of a browser session and the token that goes with it; one pair serves any number of people."""
    bare, raw = Flask("csrf"), secrets.token_hex(20)
    bare.secret_key = key
    signer = SecureCookieSessionInterface().get_signing_serializer(bare)
    assert signer is not None
    return signer.dumps({"csrf_token": raw}), URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw)


def seat(make: Any, count: int, *, begun: bool, limit: timedelta = timedelta(hours=3),
         **settings: Any) -> Hall:
    """`count` people who are admitted, drawn, briefed, identified and logged in; `begun`: with an open attempt.

    The task's hour has just come, its sealed package was delivered before. What stands once (contest, bank, sitting,
    task) goes through the operations; `settings` replace rules of the nomination."""
    now = make.clock.now
    make.clock.set(now - timedelta(hours=1))
    with make.app.app_context(), db.transaction():
        nomination = make.nomination(**settings)
        bank = make.bank(nomination, BANK)
        briefing = make.briefing(session.get_one(Nomination, nomination.id))
        event = make.event(nomination, "theory", after=timedelta(0), lasts=limit + timedelta(hours=3))
        sitting = sittings.set_sitting(event, nomination, bank, limit=limit, question_count=QUESTIONS,
                                       by=make.person(), now=make.clock.now)
        task = make.task(nomination, after=timedelta(minutes=50), lasts=limit + timedelta(hours=1))
        people = _admitted(make, nomination, briefing.id, briefing.sha256, count, now)
        _insert(SealedDelivery, [{"task_id": task.id, "participant_id": person.participant_id, "sha256": "0" * 64,
                                  "delivered_at": now - timedelta(minutes=5)} for person in people])
    make.clock.set(now)
    hall = Hall(sitting.id, bank.id, task.id, people)
    if begun:
        begin(make, hall, people)
    return hall


def begin(make: Any, hall: Hall, people: list[Person]) -> None:
    """Some of the hall begin their attempts at this moment."""
    now = datetime.now(UTC)
    with make.app.app_context(), db.transaction():
        attempts = _insert(Attempt, [
            {"sitting_id": hall.sitting_id, "participant_id": person.participant_id, "seed": secrets.token_hex(16),
             "request_key": secrets.token_hex(16), "started_at": now, "head_hash": ""} for person in people])
        for attempt_id in attempts:
            session.get_one(Attempt, attempt_id).head_hash = receipts.genesis(attempt_id)
        _papers(people, attempts, hall.bank_id)


def _admitted(make: Any, nomination: Nomination, briefing_id: int, sha256: str, count: int,
              now: datetime) -> list[Person]:
    serials = [make.number() for _ in range(count)]
    accounts = _insert(Account, [{"name": f"Зайцев Роман {n}", "email": f"bulk{n}@example.org", "created_at": now}
                                 for n in serials])
    applications = _insert(Application, [
        {"nomination_id": nomination.id, "account_id": account, "state": "admitted", "edited_at": now,
         "decided_at": now, "number": f"Б-{n:05d}", "fields": {"last_name": "Зайцев", "first_name": "Роман"}}
        for n, account in zip(serials, accounts, strict=True)])
    people = _insert(Participant, [
        {"nomination_id": nomination.id, "application_id": application, "account_id": account, "admitted_at": now,
         "code": f"Б-{n:05d}", "order_no": n}
        for n, account, application in zip(serials, accounts, applications, strict=True)])
    texts = session.scalars(select(ConsentText).where(ConsentText.contest_id == nomination.contest_id)).all()
    _insert(Consent, [{"application_id": application, "text_id": text.id, "kind": text.kind, "given_at": now,
                       "text_sha256": text.sha256} for application in applications for text in texts])
    _insert(BriefingSignature, [{"briefing_id": briefing_id, "participant_id": one, "text_sha256": sha256, "at": now}
                                for one in people])
    _insert(Identity, [{"participant_id": one, "method": "site", "state": "approved", "shown_at": now,
                        "decided_at": now} for one in people])
    return [Person(account, one, cookie) for account, one, cookie in
            zip(accounts, people, _logins(accounts, now), strict=True)]


def _logins(accounts: list[int], now: datetime) -> list[str]:
    cookies = [secrets.token_urlsafe(32) for _ in accounts]
    _insert(LoginSession, [
        {"token_hash": access.token_hash(cookie), "account_id": account, "via": "card", "created_at": now,
         "last_seen_at": now, "expires_at": now + timedelta(days=2)}
        for cookie, account in zip(cookies, accounts, strict=True)])
    return cookies


def _papers(people: list[Person], attempts: list[int], bank_id: int) -> None:
    """Every question of the bank, in an order of each person's own."""
    questions = list(session.scalars(select(BankQuestion).where(BankQuestion.bank_id == bank_id)))
    papers = [(attempt_id, random.sample(questions, len(questions))) for attempt_id in attempts]
    lines = iter(_insert(AttemptQuestion, [
        {"attempt_id": attempt_id, "question_id": question.id, "position": position}
        for attempt_id, paper in papers for position, question in enumerate(paper, start=1)]))
    for person, (attempt_id, paper) in zip(people, papers, strict=True):
        person.attempt_id = attempt_id
        person.choices = {next(lines): _choices(question) for question in paper}


def _choices(question: BankQuestion) -> list[Any]:
    """Answers that a person may give."""
    if question.kind == "numeric":
        return [{"number": str(number)} for number in range(200, 240)]
    if question.kind == "short":
        return [{"text": word} for word in ("угловой", "тавровый", "стыковой")]
    return [{"choice": option["id"]} for option in question.record["body"]["options"]]


def _insert(model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Ids of the new rows, in their order."""
    return list(session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), rows))
