"""The journal only grows, and any later change is found."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core import journal
from core.db import is_sqlite, reading, scope, transaction
from core.journal import GENESIS, JournalEntry
from tests.fixtures import NOW

both_databases = pytest.mark.both_databases


def write(*actions, by=None, **payload):
    with transaction():
        for action in actions:
            journal.record(action, ("account", 7), by=by, now=NOW, **payload)


def rows():
    with reading() as unit:
        return list(unit.scalars(select(JournalEntry).order_by(JournalEntry.seq)))


def check():
    with reading() as unit:
        return journal.verify(unit)


def tamper(*statements):
    """What somebody with full rights on the database could do: drop the triggers, change, put them back."""
    with transaction() as unit:
        if is_sqlite():
            for verb in ("update", "delete"):
                unit.execute(text(f"DROP TRIGGER journal_no_{verb}"))
        else:
            unit.execute(text("ALTER TABLE journal DISABLE TRIGGER journal_no_change"))
        for statement in statements:
            unit.execute(text(statement))


@both_databases
def test_entries_are_numbered_and_chained(make):
    person = make.person(roles=["auditor"])
    write("first", "second", by=person, points=125, words="Тихонов")
    write("third")
    first, second, third = rows()
    assert [row.seq for row in (first, second, third)] == [1, 2, 3]
    assert [row.prev_hash for row in (first, second, third)] == [GENESIS, first.hash, second.hash]
    assert (first.actor_id, first.role, first.at, first.object_type, first.object_id) == (
        person.account_id, "auditor", NOW, "account", "7")
    assert first.payload == '{"points":125,"words":"Тихонов"}'
    assert check() == journal.Check(3, 0, third.hash)


@both_databases
def test_an_empty_journal_holds(db):
    assert check() == journal.Check(0, 0, GENESIS)


@both_databases
@pytest.mark.parametrize("statement", ["UPDATE journal SET action = 'other' WHERE seq = 1", "DELETE FROM journal"])
def test_an_entry_can_be_neither_changed_nor_deleted(db, statement):
    write("first")
    with pytest.raises(DBAPIError, match="the journal only grows"), transaction() as unit:
        unit.execute(text(statement))
    assert [row.action for row in rows()] == ["first"]


@both_databases
@pytest.mark.parametrize(("statements", "bad"), [
    (["UPDATE journal SET payload = '{}' WHERE seq = 3"], 3),
    (["UPDATE journal SET actor_id = 99 WHERE seq = 2"], 2),
    (["UPDATE journal SET role = 'organiser' WHERE seq = 4"], 4),
    (["UPDATE journal SET action = 'kind' WHERE seq = 1"], 1),
    (["UPDATE journal SET object_id = '8' WHERE seq = 5"], 5),
    (["UPDATE journal SET at = '2026-03-02 06:00:01' WHERE seq = 2"], 2),
    (["UPDATE journal SET payload_hash = prev_hash WHERE seq = 2"], 2),
    (["DELETE FROM journal WHERE seq = 2"], 3),
    (["DELETE FROM journal WHERE seq = 1"], 2),
    (["DELETE FROM journal WHERE seq = 2", "UPDATE journal SET seq = seq - 1 WHERE seq = 3"], 2),
    (["UPDATE journal SET seq = 9 WHERE seq = 2", "UPDATE journal SET seq = 2 WHERE seq = 3",
      "UPDATE journal SET seq = 3 WHERE seq = 9"], 2),
])
def test_a_later_change_is_found_at_its_row(db, statements, bad):
    write("one", "two", "three", "four", "five", points=1)
    tamper(*statements)
    assert check().bad_seq == bad


def test_an_entry_recomputed_alone_breaks_the_next(db):
    write("one", "two", "three", points=1)
    second = rows()[1]
    fields = {"seq": 2, "at": second.at, "actor_id": None, "role": "", "action": "kind", "object_type": "account",
              "object_id": "7", "payload_hash": second.payload_hash}
    tamper(f"UPDATE journal SET action = 'kind', hash = '{journal.entry_hash(second.prev_hash, fields)}' WHERE seq = 2")
    assert check().bad_seq == 3


def test_a_cut_tail_is_seen_by_the_number_of_rows(db):
    write("one", "two", "three")
    whole = check()
    tamper("DELETE FROM journal WHERE seq = 3")
    assert check() == journal.Check(2, 0, rows()[1].hash)
    assert check() != whole


@both_databases
def test_nothing_is_written_when_the_fact_is_not(db):
    with scope(write=True) as unit:
        journal.record("lost", ("account", 1), by=None, now=NOW)
        unit.rollback()
        journal.record("kept", ("account", 1), by=None, now=NOW)
        unit.commit()
    assert [row.action for row in rows()] == ["kept"]


@pytest.mark.parametrize("payload", [{"points": 1.5}, {"deep": [{"points": 0.1}]}, {"thing": object()}])
def test_what_has_no_one_form_is_refused_at_once(unit, payload):
    with pytest.raises(ValueError, match="canonical"):
        journal.record("bad", ("account", 1), by=None, now=NOW, **payload)


def test_the_entry_names_the_row_even_when_it_gets_its_id_later(unit, make):
    made = make.account()
    journal.record("made", made, by=5, now=NOW)
    unit.commit()
    entry = unit.session.scalar(select(JournalEntry))
    assert (entry.object_type, entry.object_id, entry.actor_id, entry.role) == ("account", str(made.id), 5, "")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(max_size=20), max_size=3), max_size=4))
def test_the_chain_only_grows_and_holds(db, units):
    before = rows()
    for payloads in units:
        with transaction():
            for words in payloads:
                journal.record("said", ("account", 1), by=None, now=NOW, words=words)
    after = rows()
    assert [row.hash for row in after[:len(before)]] == [row.hash for row in before]
    assert check() == journal.Check(len(before) + sum(map(len, units)), 0, after[-1].hash if after else GENESIS)
