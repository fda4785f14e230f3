"""Who may open what: roles in their scope, marks on views, tokens."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from core import access
from core.access import ANYONE, PUBLIC, Grant, Me, allow, check
from core.accounts import Account, LoginSession, RoleGrant
from core.db import reading, session, transaction
from core.errors import LoginNeeded, NotVisible

SECRETARY = Me(1, "Осипова М. П.", (Grant("secretary", "contest", 3), Grant("expert", "nomination", 8)))
ADMIN = Me(2, "Тихонов А. И.", (Grant("admin", "installation", 0),))


def view(*roles):
    return allow(*roles)(lambda: "shown") if roles else (lambda: "shown")


@pytest.mark.parametrize(("roles", "person", "error"), [
    ((PUBLIC,), None, None),
    ((PUBLIC,), SECRETARY, None),
    ((ANYONE,), None, LoginNeeded),
    ((ANYONE,), SECRETARY, None),
    (("secretary",), None, LoginNeeded),
    (("secretary",), SECRETARY, None),
    (("admin", "expert"), SECRETARY, None),
    (("admin",), SECRETARY, NotVisible),
    (("secretary",), ADMIN, NotVisible),
    ((), None, LoginNeeded),
    ((), ADMIN, NotVisible),
])
def test_a_view_lets_in_whom_it_names(roles, person, error):
    if error is None:
        check(view(*roles), person)
    else:
        with pytest.raises(error):
            check(view(*roles), person)


def test_a_mark_without_roles_is_a_mistake():
    with pytest.raises(ValueError, match="name at least one role"):
        allow()


@pytest.mark.parametrize(("roles", "scope", "held"), [
    (("secretary",), {"contest_id": 3}, True),
    (("secretary",), {"contest_id": 4}, False),
    (("secretary",), {"nomination_id": 3}, False),
    (("secretary",), {}, False),
    (("expert", "secretary"), {"nomination_id": 8}, True),
    (("expert",), {"contest_id": 8}, False),
])
def test_a_role_counts_in_its_scope_only(roles, scope, held):
    assert SECRETARY.has(*roles, **scope) is held


def test_a_role_of_the_installation_counts_everywhere():
    assert ADMIN.has("admin")
    assert ADMIN.has("admin", contest_id=5)
    assert ADMIN.ids("installation", ["admin"]) == {0}


def test_ids_are_the_scopes_of_a_role():
    both = Me(1, "Х", tuple(Grant(role, "contest", key) for role, key in (
        ("secretary", 3), ("secretary", 4), ("expert", 5))))
    assert both.ids("contest", ["secretary"]) == {3, 4}
    assert both.ids("nomination", ["secretary"]) == frozenset()


@pytest.mark.both_databases
def test_a_role_counts_from_its_giving_to_its_end(make, clock, now):
    account = make.account()
    with transaction():
        access.grant_role(account.id, "expert", now=now, kind="nomination", scope_id=8, basis="приказ № 5")
    end = clock.move(hours=2)
    with transaction():
        access.end_role(account.id, "expert", now=end, kind="nomination", scope_id=8)
    with reading():
        held = [access.person_of(account.id, at).roles for at in (
            now - timedelta(microseconds=1), now, end - timedelta(microseconds=1), end)]
        kept = session.scalars(select(RoleGrant)).all()
    assert held == [frozenset(), {"expert"}, {"expert"}, frozenset()]
    assert [(row.basis, row.ended_at) for row in kept] == [("приказ № 5", end)]


def test_a_role_given_twice_is_held_once(make):
    account = make.account(roles=["admin", "admin"])
    with reading() as unit:
        assert len(unit.scalars(select(RoleGrant)).all()) == 1
    assert make.me(account).acting_as == "admin"


def test_a_role_given_again_after_its_end_is_a_second_row(make, clock, now):
    account = make.account(roles=["admin"])
    with transaction():
        access.end_role(account.id, "admin", now=clock.move(hours=1), kind="installation", scope_id=0)
    with transaction():
        access.grant_role(account.id, "admin", now=clock.move(hours=1))
    with reading() as unit:
        assert len(unit.scalars(select(RoleGrant)).all()) == 2
    assert make.me(account).roles == {"admin"}


@pytest.fixture
def token(make):
    account = make.account(roles=["admin"])
    with transaction() as unit:
        unit.add(LoginSession(token_hash=access.token_hash("a token"), account_id=account.id, via="password",
                              created_at=make.now, last_seen_at=make.now, expires_at=make.now + timedelta(hours=24)))
    return account


def by_token(now, words="a token"):
    with reading():
        return access.person_by_token(words, now)


@pytest.mark.both_databases
def test_a_token_gives_its_person_until_it_expires(token, now):
    found = by_token(now)
    assert (found.account_id, found.name, found.roles, found.seen_at) == (token.id, token.name, {"admin"}, now)
    assert by_token(now + timedelta(hours=24) - timedelta(microseconds=1)) is not None
    assert by_token(now + timedelta(hours=24)) is None


@pytest.mark.both_databases
def test_a_token_gives_the_roles_held_now_in_order(token, now):
    later = now + timedelta(hours=1)
    with transaction():
        for role, scope_id in (("secretary", 7), ("expert", 12), ("expert", 5), ("proctor", 3)):
            access.grant_role(token.id, role, now=now, kind="nomination", scope_id=scope_id)
        access.grant_role(token.id, "organiser", now=later, kind="contest", scope_id=4)
        access.end_role(token.id, "proctor", now=later, kind="nomination", scope_id=3)
    before, after = by_token(now), by_token(later)
    held = [("admin", "installation", 0), ("expert", "nomination", 5), ("expert", "nomination", 12),
            ("proctor", "nomination", 3), ("secretary", "nomination", 7)]
    assert before.grants == tuple(Grant(*one) for one in held)
    assert before.acting_as == "admin,expert,proctor,secretary"
    assert after.acting_as == "admin,expert,organiser,secretary"
    with reading():
        for moment, found in ((now, before), (later, after)):
            assert replace(access.person_of(token.id, moment, session_id=found.session_id), seen_at=now) == found


@pytest.mark.both_databases
def test_a_look_outside_a_unit_of_work_writes_nothing(make):
    account = make.account()
    with pytest.raises(DBAPIError), access.glance() as unit:
        unit.execute(update(Account).where(Account.id == account.id).values(one_time=True))
    assert make.me(account).one_time is False


def test_an_unknown_token_gives_nobody(token, now):
    assert by_token(now, "another") is None
    assert by_token(now, access.token_hash("a token")) is None


@pytest.mark.parametrize(("model", "column"), [("LoginSession", "revoked_at"), ("Account", "disabled_at")])
def test_a_revoked_session_and_a_disabled_account_give_nobody(token, now, model, column):
    from core import accounts
    with transaction() as unit:
        setattr(unit.scalar(select(getattr(accounts, model))), column, now)
    assert by_token(now) is None


def test_the_person_of_an_unknown_account_is_not_visible(unit, now):
    with pytest.raises(NotVisible):
        access.person_of(404, now)


@pytest.mark.both_databases
def test_the_last_sign_of_life_is_kept_once_in_five_minutes(token, now):
    def seen(passed):
        access.note_seen(by_token(now + passed), now + passed)
        with reading() as unit:
            return unit.scalar(select(LoginSession.last_seen_at)) - now

    almost, five = timedelta(minutes=5) - timedelta(microseconds=1), timedelta(minutes=5)
    assert [seen(almost), seen(five), seen(five + almost), seen(2 * five)] == [timedelta(0), five, five, 2 * five]
