"""Two people who act at once, on both databases: one of them is told, nothing is written twice."""

import threading

import pytest
from sqlalchemy import func, select

from contest import applications, contests, participants
from contest.models import Application, Draw, Identity, Nomination, Participant
from core import storage
from core.db import reading, session, transaction
from core.errors import Refused
from tests.core.files import picture

pytestmark = pytest.mark.both_databases


def _at_once(app, *acts):
    """Run each act in a thread and a transaction of its own, all begun before any ends; gives what each came to."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    act()
                results[place] = "done"
            except Refused as refused:
                results[place] = refused.code
            except Exception as error:
                results[place] = type(error).__name__

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_two_draws_give_the_codes_once(app, make):
    nomination = make.nomination()
    for _ in range(3):
        make.participant(nomination)
    by = make.organiser()

    def draw():
        participants.hold_draw(session.get_one(Nomination, nomination.id), seed="основа", called_numbers="1", by=by,
                               now=make.now)
    assert _at_once(app, draw, draw) == ["done", "drawn"]
    with reading():
        assert session.scalar(select(func.count(Draw.id))) == 1
        assert session.scalar(select(func.count(func.distinct(Participant.code)))) == 3


def test_two_submissions_take_two_numbers_and_one_double_click_takes_one(app, make):
    nomination = make.nomination()
    rows = [make.application(nomination) for _ in range(2)]

    def submit(row):
        return lambda: applications.submit(applications.load(row.id), by=make.me(row.account_id), now=make.now)
    assert _at_once(app, submit(rows[0]), submit(rows[1])) == ["done", "done"]
    with reading():
        numbers = list(session.scalars(select(Application.number)))
    assert sorted(number[-4:] for number in numbers) == ["0001", "0002"]
    third = make.application(nomination)
    assert _at_once(app, submit(third), submit(third)) == ["done", "not_editable"]


def test_a_return_and_a_proposal_at_once_leave_one_of_them(app, make):
    row, by = make.application(state="registered"), make.organiser()

    def propose():
        applications.propose(applications.load(row.id), proposal="admit", reason_code="", reason="", by=by,
                             now=make.now)

    def send_back():
        applications.return_for_correction(applications.load(row.id), text="Нет разряда", due_at=None, by=by,
                                           now=make.now)
    assert _at_once(app, propose, send_back) == ["done", "wrong_state"]


def test_one_decision_about_an_identity(app, make):
    person, by = make.participant(), make.organiser()
    with app.app_context():
        shown = [storage.receive(picture("JPEG"), allowed=storage.IMAGES, max_bytes=storage.MB) for _ in range(2)]
        with transaction():
            participants.show_identity(session.get_one(Participant, person.id), *shown, by=make.me(person.account_id),
                                       now=make.now)

    def decide(outcome):
        return lambda: participants.decide_identity(session.scalars(select(Identity)).one(), outcome=outcome,
                                                    reason="темно", by=by, now=make.now)
    assert _at_once(app, decide("approve"), decide("refuse")) == ["decided", "done"]


def test_rules_are_frozen_once(app, make):
    nomination, by = make.nomination(), make.organiser()

    def freeze():
        contests.freeze_settings(session.get_one(Nomination, nomination.id), by=by, now=make.now)
    assert _at_once(app, freeze, freeze) == ["done", "frozen"]
