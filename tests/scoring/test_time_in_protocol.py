"""Grants, reopenings and admitted late answers stand in the experts' protocol; fixed results change no more."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from contest.models import Nomination, Participant
from core.db import session, transaction
from core.documents.render import environment
from core.errors import Refused
from exam import attempts, grants, holds, latebox
from exam.models import Attempt, AttemptQuestion, LateSave
from scoring import fixed, protocols
from scoring.documents import expert_protocol
from scoring.models.papers import Protocol

META = {"number": "ЭГ-01-01", "date": "2026-03-02", "zone": "Asia/Tomsk", "title": "Протокол", "author": "Служба",
        "demo": False, "foot_line": "", "letterhead": "", "letterhead_line": "", "verify_url": ""}


@pytest.fixture
def group(make):
    return make.marked_group()


def theory(make, group, clock):
    """One attempt of the first participant: time granted, closed, reopened, closed again, a late answer admitted."""
    sitting = make.sitting(group.nomination)
    with make.app.app_context(), transaction():
        person = session.scalars(select(Participant).where(Participant.code == group.codes[0])).one()
    with make.app.app_context(), transaction():
        from tests.exam.answering import lines
        chair = make.me(group.chair)
        row = Attempt(sitting_id=sitting.id, participant_id=person.id, seed="s", request_key="k", started_at=clock.now,
                      head_hash="h")
        session.add(row)
        session.flush()
        for position, question in enumerate(attempts._paper(row.sitting or sitting, 1, "s"), start=1):
            session.add(AttemptQuestion(attempt_id=row.id, question_id=question, position=position))
        session.flush()
        grants.grant(row, span=timedelta(minutes=5), reason="отключали свет.", by=chair, now=clock.move(minutes=10))
        attempts.close_if_due(row, now=clock.move(minutes=36))
        grants.grant(row, span=timedelta(seconds=200), reason="сбой связи", by=chair, now=clock.now)
        attempts.close_if_due(row, now=clock.move(minutes=5))
        assert row.finish_reason == "deadline"
        line = lines(row)["single"]
        session.add(LateSave(attempt_id=row.id, question_id=line.id, seq=1, value="null", client_id="late",
                             received_at=clock.now))
        session.flush()
        return row.id


def admit(make, group, attempt_id, head, clock):
    with make.app.app_context(), transaction():
        late = session.scalars(select(LateSave)).one()
        latebox.admit(late, session.get_one(Attempt, attempt_id), reason="ответ дошёл позже", by=make.me(head),
                      now=clock.now)


def drafted(make, group):
    with make.app.app_context(), transaction():
        nomination = session.get_one(Nomination, group.nomination.id)
        return expert_protocol.draft(nomination, by=make.me(group.chair), now=make.now).id


def content(key):
    with transaction():
        return session.get_one(Protocol, key).content


def printed(facts):
    """The words of the page, without tags."""
    html = environment().get_template("scoring/documents/expert_protocol.html").render(
        facts=facts, meta=META, signers=[], facts_sha256="0" * 64, qr="", created="")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html).replace("\xa0", " "))


def test_grants_reopenings_and_admitted_answers_are_printed(make, group, clock):
    attempt_id = theory(make, group, clock)
    admit(make, group, attempt_id, make.member(group.nomination, "commission", "chair", name="Мельников Андрей Ильич"),
          clock)
    words, code = printed(content(drafted(make, group))), group.codes[0]
    assert "3. Время теоретического этапа" in words
    assert (f"{code}: добавлено 5 мин. Причина: отключали свет. Решение: Гордеев Павел Андреевич, "
            "02.03.2026 13:10:00 (МСК+4).") in words
    assert f"{code}: выполнение возобновлено, добавлено 3 мин 20 с. Причина: сбой связи." in words
    assert "Время истекло 02.03.2026 13:45:00 (МСК+4), новое окончание 02.03.2026 13:49:20 (МСК+4)." in words
    assert re.search(f"{code}: допущен ответ на вопрос \\d, поступивший 02.03.2026 13:51:00", words)
    assert "Причина: ответ дошёл позже. Решение: Мельников Андрей Ильич" in words
    assert "4. Решили" in words


def test_nothing_given_is_said_and_an_older_document_stays_as_it_was(make, group):
    facts = content(drafted(make, group))
    words = printed(facts)
    assert "Время не добавлялось." in words
    assert "Ответы, поступившие после окончания времени, не допускались." in words
    del facts["protocol"]["time"]
    older = printed(facts)
    assert "Время теоретического этапа" not in older
    assert "3. Решили" in older


def test_time_given_after_the_draft_makes_it_stale(make, group, clock):
    key = drafted(make, group)
    theory(make, group, clock)
    with make.app.app_context(), transaction(), pytest.raises(Refused) as refused:
        protocols.open_approval(protocols.locked(key), due_at=None, by=make.me(group.chair), now=make.now)
    assert "данные изменились" in refused.value.text


def test_a_frozen_protocol_fixes_the_points(make, group, clock):
    attempt_id = theory(make, group, clock)
    head = make.member(group.nomination, "commission", "chair")
    made = make.protocol(group, state="on_approval")
    with transaction():
        assert (holds.why(group.nomination.id), fixed.why(group.nomination.id)) == ("", "")
    with make.app.app_context(), transaction():
        protocols.freeze(protocols.locked(made.id), by=make.me(group.chair), now=make.now)
    with pytest.raises(Refused) as refused:
        admit(make, group, attempt_id, head, clock)
    assert refused.value.code == "results_fixed"
    assert "уже составлен, он «текст зафиксирован»" in refused.value.text
