"""Which open pages are told that something changed, and who may listen."""
import pytest
from sqlalchemy import select

from contest import participants
from contest.models import Contest, Nomination, Participant
from core.access import person_of
from core.accounts import Account
from core.db import reading, session, transaction
from core.realtime import OutboxMessage, room_guards
from exam.models import Sitting


def told():
    with reading():
        return set(session.scalars(select(OutboxMessage.room)))


def hears(room, key, account, now):
    with reading():
        return room_guards[room](person_of(account.id, now), key)


def row(model, key):
    with reading():
        return session.get_one(model, key)


def test_the_identity_queue_and_the_participant_are_told_of_a_decision(app, make, now):
    contest = make.contest()
    nomination = make.nomination(contest)
    participant, site = make.participant(nomination), make.staff(contest, "site")
    before = told()
    with app.app_context(), transaction():
        participants.vouch_identity(session.get_one(Participant, participant.id), note="паспорт",
                                    by=person_of(site.id, now), now=now)
    assert told() - before == {f"identities:{nomination.id}", f"person:{participant.account_id}"}
    assert hears("identities", nomination.id, site, now)
    assert not hears("identities", nomination.id, make.member(nomination), now)
    assert not hears("identities", nomination.id, make.staff(make.contest(), "site"), now)


def test_the_board_is_told_of_a_start_and_only_staff_listens(make, now):
    attempt = make.attempt()
    assert f"sitting:{attempt.sitting_id}" in told()
    sitting, participant = row(Sitting, attempt.sitting_id), row(Participant, attempt.participant_id)
    contest = row(Contest, row(Nomination, sitting.nomination_id).contest_id)
    assert hears("sitting", sitting.id, make.staff(contest, "proctor"), now)
    assert not hears("sitting", sitting.id, row(Account, participant.account_id), now)
    assert not hears("sitting", sitting.id, make.staff(make.contest(), "proctor"), now)


@pytest.mark.slow
def test_who_signs_a_protocol_is_told_what_the_journal_says_of_it(make, now):
    group = make.marked_group()
    protocol = make.protocol(group)
    assert f"protocol:{protocol.id}" in told()
    assert hears("protocol", protocol.id, group.chair, now)
    assert not hears("protocol", protocol.id, make.account(), now)
