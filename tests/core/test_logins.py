"""Accounts and logins: what is allowed, what is kept, and what ends when."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import access, attempts, logins, passwords
from core.accounts import Account, Invitation, LoginSession
from core.db import reading, scope, session
from core.errors import NotVisible, Refused
from core.journal import JournalEntry

both_databases = pytest.mark.both_databases
GOOD = "три слова подряд"
HASHED = passwords.hash_secret(GOOD)


def refusal(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value


def actions():
    with reading() as unit:
        return list(unit.scalars(select(JournalEntry.action).order_by(JournalEntry.seq)))


def open_sessions():
    with reading() as unit:
        return list(unit.scalars(select(LoginSession.account_id).where(LoginSession.revoked_at.is_(None))
                                 .order_by(LoginSession.id)))


@pytest.fixture
def admin(make):
    return make.person(roles=["admin"])


@pytest.fixture
def person(make):
    return make.account("Тихонов Антон Ильич", email="tikhonov@example.org", password_hash=HASHED)


@pytest.fixture
def enter(operation, now):
    def log_in(account, **kwargs):
        return operation(logins.log_in, logins.Opened(account.id, "password"), address="127.0.0.1", agent="Firefox",
                         now=now, **kwargs)
    return log_in


# Secrets


@pytest.mark.parametrize(("password", "code"), [
    ("", "password_short"), ("девятьзна", "password_short"), ("a" * 201, "password_long"),
    ("aaaaaaaaaaaa", "password_common"), ("Password123", "password_common"), ("парольпароль", "password_common"),
    ("tikhonov@example.org", "password_is_email"), ("TIKHONOV@example.org", "password_is_email"),
])
def test_a_bad_password_is_refused_in_words(password, code):
    found = refusal(passwords.check_password, password, "tikhonov@example.org")
    assert (found.code, found.field) == (code, "password")
    assert found.text.endswith(".")


@pytest.mark.parametrize("password", ["десятьзнак", GOOD, "a b c d e f", "x7yz" * 50])
def test_a_good_password_is_taken(password):
    passwords.check_password(password, "tikhonov@example.org")


@pytest.mark.parametrize(("pin", "code"), [
    ("12345", "pin_form"), ("1234567", "pin_form"), ("12a456", "pin_form"), ("١٢٣٤٥٦", "pin_form"),
    ("000000", "pin_weak"), ("777777", "pin_weak"), ("123456", "pin_weak"), ("654321", "pin_weak"),
    ("890123", "pin_weak"),
])
def test_a_bad_pin_is_refused(pin, code):
    assert refusal(passwords.check_pin, pin).code == code


def test_made_pins_and_passwords_are_good():
    for _ in range(200):
        passwords.check_pin(passwords.new_pin())
        passwords.check_password(passwords.new_password())


def test_a_hash_is_argon2id_at_the_minimum_of_owasp():
    assert HASHED.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify_secret(HASHED, GOOD)
    assert not passwords.verify_secret(HASHED, GOOD + " ")


@pytest.mark.parametrize("hashed", [None, "", "not a hash"])
def test_nothing_is_behind_no_hash(hashed):
    assert passwords.verify_secret(hashed, "") is False
    assert passwords.verify_secret(hashed, GOOD) is False


def test_an_unknown_account_costs_as_much_as_a_known_one():
    assert passwords._NOBODY.split("$")[:4] == HASHED.split("$")[:4]


@given(st.integers(0, 9), st.integers(0, 9), st.sampled_from([" ", "-", "", " - "]))
def test_a_card_code_is_read_with_any_separators_and_one_wrong_digit_is_found(place, digit, joint):
    code = passwords.card_code()
    digits = code.replace("-", "")
    assert passwords.format_code(joint.join(digits)) == code
    wrong = digits[:place] + str(digit) + digits[place + 1:]
    if wrong != digits:
        assert refusal(passwords.format_code, wrong).code == "code_form"


@given(st.integers(0, 8))
def test_two_digits_that_changed_places_are_found(place):
    digits = passwords.card_code().replace("-", "")
    wrong = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2:]
    if wrong != digits:
        assert refusal(passwords.format_code, wrong).code == "code_form"


# Accounts


@both_databases
def test_an_account_is_created_with_its_email_as_small_letters(operation, admin, now):
    made = operation(logins.create_account, " Тихонов  Антон Ильич ", email=" A.Tikhonov@Example.org ", by=admin,
                     now=now)
    assert (made.name, made.email, made.card_code) == ("Тихонов Антон Ильич", "a.tikhonov@example.org", None)
    assert actions() == ["account.created"]


def test_an_account_without_email_gets_a_card_code(operation, admin, now):
    made = operation(logins.create_account, "Тихонов Антон", email="", by=admin, now=now)
    assert made.email is None
    assert passwords.format_code(made.card_code) == made.card_code


@pytest.mark.parametrize(("name", "email", "code"), [("  ", None, "name_missing"),
                                                     ("Тихонов", "TIKHONOV@example.org", "email_taken")])
def test_an_account_that_cannot_be(operation, person, admin, now, name, email, code):
    assert refusal(operation, logins.create_account, name, email=email, by=admin, now=now).code == code
    assert actions() == []


@both_databases
def test_an_invitation_works_once(operation, person, admin, now, mailbox):
    token = operation(logins.invite, person, by=admin, now=now)
    assert mailbox.links("tikhonov@example.org") == [f"/invitations/{token}"]
    accepted = operation(logins.accept_invitation, token, "a hash", now=now)
    assert (accepted.id, accepted.password_hash) == (person.id, "a hash")
    with pytest.raises(NotVisible, match="уже использована"):
        operation(logins.accept_invitation, token, "another", now=now)
    assert actions() == ["account.invited", "account.password_set"]


def test_an_invitation_ends_after_fourteen_days(operation, person, admin, now):
    token = operation(logins.invite, person, by=admin, now=now)
    end = now + timedelta(days=14)
    with reading():
        assert logins.invited(token, now=end - timedelta(microseconds=1)).id == person.id
        with pytest.raises(NotVisible):
            logins.invited(token, now=end)


def test_a_new_invitation_ends_the_earlier(operation, person, admin, now):
    first, second = (operation(logins.invite, person, by=admin, now=now) for _ in range(2))
    with reading():
        with pytest.raises(NotVisible):
            logins.invited(first, now=now)
        assert logins.invited(second, now=now).id == person.id


def test_an_invitation_needs_an_address_and_an_enabled_account(operation, person, admin, now):
    card = operation(logins.create_account, "Без Почты", by=admin, now=now)
    assert refusal(operation, logins.invite, card, by=admin, now=now).code == "no_email"
    with reading():
        person = session.get(Account, person.id)
    person.disabled_at = now
    assert refusal(operation, logins.invite, person, by=admin, now=now).code == "disabled"
    with reading():
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


@both_databases
def test_a_new_card_ends_the_old_one_and_its_logins(operation, make, admin, now):
    account = make.account()
    with scope(write=True) as unit:
        old = logins.issue_card(session.get(Account, account.id), by=admin, now=now)
        unit.commit()
    operation(logins.log_in, logins.Opened(account.id, "card"), address="", agent="", now=now)
    operation(logins.log_in, logins.Opened(account.id, "password"), address="", agent="", now=now)
    with scope(write=True) as unit:
        new = logins.issue_card(session.get(Account, account.id), by=admin, now=now)
        unit.commit()
    assert old.code != new.code
    with reading():
        kept = session.get(Account, account.id)
        assert (kept.card_code, passwords.verify_secret(kept.pin_hash, new.pin)) == (new.code, True)
        assert session.scalars(select(LoginSession.via).where(LoginSession.revoked_at.is_(None))).all() == ["password"]
    assert actions() == ["account.card_issued", "login.opened", "login.opened", "account.card_issued"]


@both_databases
def test_a_disabled_account_has_no_logins_and_can_be_enabled(operation, person, admin, now, enter):
    enter(person)

    def change(call):
        return call(session.get(Account, person.id), by=admin, now=now)
    operation(change, logins.disable)
    assert open_sessions() == []
    assert refusal(operation, change, logins.disable).code == "disabled"
    operation(change, logins.enable)
    assert refusal(operation, change, logins.enable).code == "enabled"
    assert actions() == ["login.opened", "account.disabled", "account.enabled"]


def test_nobody_disables_themselves(operation, admin, now):
    found = refusal(operation, lambda: logins.disable(session.get(Account, admin.account_id), by=admin, now=now))
    assert found.code == "disabling_oneself"


def test_the_first_administrator_is_made_once(app, operation, now):
    password = operation(logins.first_admin, "Admin@Example.org", now=now)
    assert operation(logins.first_admin, "other@example.org", now=now) is None
    with app.app_context(), reading():
        account = session.scalar(select(Account))
        opened = logins.check_password("admin@example.org", password, address="", now=now)
        person = access.person_of(opened.account_id, now)
    assert (account.one_time, person.one_time, person.roles) == (True, True, {"admin"})


# Logging in


@both_databases
def test_a_login_gives_a_new_token_every_time(person, enter, now):
    tokens = [enter(person) for _ in range(3)]
    assert len(set(tokens)) == 3
    with reading():
        assert [access.person_by_token(token, now).account_id for token in tokens] == [person.id] * 3
        kept = session.scalars(select(LoginSession.token_hash)).all()
    assert not set(kept) & set(tokens)


def test_a_login_ends_the_session_it_replaces(person, enter, now):
    first = enter(person)
    with reading():
        key = access.person_by_token(first, now).session_id
    enter(person, instead_of=key)
    with reading():
        assert access.person_by_token(first, now) is None
    assert open_sessions() == [person.id]


@pytest.mark.parametrize(("email", "password"), [
    ("tikhonov@example.org", "не тот пароль"), ("nobody@example.org", GOOD), ("", GOOD), ("tikhonov@example.org", ""),
])
def test_a_wrong_login_is_refused_alike_and_leaves_a_fact(app, operation, person, now, email, password):
    with app.app_context(), reading():
        found = refusal(logins.check_password, email, password, address="10.0.0.1", now=now)
    assert (found.code, found.text) == ("wrong_secret", logins.WRONG["password"])
    operation(found.fact)
    with reading():
        entry = session.scalar(select(JournalEntry))
    known = email == person.email
    assert (entry.action, entry.actor_id) == ("login.failed", person.id if known else None)
    assert "example.org" not in entry.payload
    assert "10.0.0.1" not in entry.payload


def test_a_card_opens_with_its_pin_only(app, make, now):
    code = passwords.card_code()
    account = make.account(card_code=code, pin_hash=passwords.hash_secret("482107"), password_hash=HASHED)
    with app.app_context(), reading():
        assert logins.check_card(code.replace("-", " "), " 482107 ", address="", now=now) == logins.Opened(
            account.id, "card")
        assert refusal(logins.check_card, code, "482108", address="", now=now).text == logins.WRONG["card"]
        assert refusal(logins.check_card, code, GOOD, address="", now=now).code == "wrong_secret"
        assert refusal(logins.check_card, "1234567890", "482107", address="", now=now).code == "code_form"


def test_a_disabled_account_is_wrong_like_an_unknown_one(app, make, now):
    make.account(email="tikhonov@example.org", password_hash=HASHED, disabled_at=now)
    with app.app_context(), reading():
        assert refusal(logins.check_password, "tikhonov@example.org", GOOD, address="", now=now).code == "wrong_secret"


def test_too_many_attempts_on_an_account_are_refused_even_with_the_right_password(app, person, now):
    with app.app_context(), reading():
        for number in range(10):
            refusal(logins.check_password, person.email, "не тот", address=f"10.0.0.{number}", now=now)
        found = refusal(logins.check_password, person.email, GOOD, address="10.0.1.1", now=now)
        assert (found.code, found.status) == ("too_many_attempts", 429)
        with pytest.raises(Refused, match="wrong_secret"):
            logins.check_password("other@example.org", GOOD, address="10.0.1.1", now=now)


def test_a_right_password_forgets_the_failures_before_it(app, person, now):
    with app.app_context(), reading():
        for _ in range(3):
            for _ in range(9):
                refusal(logins.check_password, person.email, "не тот", address="", now=now)
            assert logins.check_password(person.email, GOOD, address="", now=now).account_id == person.id


def test_redis_away_counts_here_and_keeps_nobody_out(settings):
    attempts.init(settings.model_copy(update={"REDIS_URL": "redis://127.0.0.1:1/0"}))
    try:
        for _ in range(10):
            attempts.count("card:1", "10.0.0.1")
        with pytest.raises(Refused, match="too_many_attempts"):
            attempts.count("card:1", "10.0.0.1")
        attempts.forget("card:1")
        attempts.count("card:1", "10.0.0.1")
    finally:
        attempts.init(settings)


def test_a_site_of_three_hundred_behind_one_address_gets_in():
    for number in range(300):
        attempts.count(f"card:{number}", "10.0.0.1")
    with pytest.raises(Refused, match="too_many_attempts"):
        attempts.count("card:301", "10.0.0.1")
    attempts.count("card:302", "10.0.0.2")


@both_databases
def test_a_new_password_ends_every_session_and_link(operation, person, admin, enter, now):
    enter(person)
    token = operation(logins.invite, person, by=admin, now=now)
    operation(lambda: logins.set_password(session.get(Account, person.id), "a hash", by=None, now=now))
    assert open_sessions() == []
    with reading(), pytest.raises(NotVisible):
        logins.invited(token, now=now)


@both_databases
def test_sessions_can_be_revoked_one_by_one_and_all_but_one(operation, make, person, admin, enter, now):
    tokens = [enter(person) for _ in range(4)]
    enter(make.account())
    with reading():
        keys = [access.person_by_token(token, now).session_id for token in tokens]
    me = make.me(person)

    def revoke(key):
        logins.revoke_session(session.get(LoginSession, key), by=me, now=now)
    operation(revoke, keys[0])
    operation(revoke, keys[0])
    assert operation(lambda: logins.revoke_all(session.get(Account, person.id), by=admin, now=now, but=keys[1])) == 2
    with reading():
        assert [access.person_by_token(token, now) is not None for token in tokens] == [False, True, False, False]
    assert actions()[-2:] == ["login.revoked", "login.all_revoked"]
    assert len(open_sessions()) == 2


# The secret re-entered to sign


def test_the_re_entered_secret_is_the_password_or_the_pin(app, make, now):
    account = make.account(card_code=passwords.card_code(), pin_hash=passwords.hash_secret("482107"),
                           password_hash=HASHED)
    me = make.me(account)
    with app.app_context(), reading():
        logins.confirm_secret(me, GOOD, now=now)
        logins.confirm_secret(me, "482 107", now=now)
        found = refusal(logins.confirm_secret, me, "482106", now=now)
    assert (found.code, found.field) == ("wrong_secret", "secret")


def test_a_wrong_secret_leaves_a_fact_and_ten_close_the_door(app, operation, make, person, now):
    me = make.me(person)
    with app.app_context(), reading():
        facts = [refusal(logins.confirm_secret, me, "не тот", now=now).fact for _ in range(10)]
        found = refusal(logins.confirm_secret, me, GOOD, now=now)
    assert (found.code, found.fact) == ("too_many_attempts", None)
    operation(facts[0])
    assert actions() == ["secret.failed"]


def test_confirming_after_a_write_is_a_mistake(unit, make, now):
    me = make.person(password_hash=HASHED)
    with pytest.raises(RuntimeError, match="slow work"):
        logins.confirm_secret(me, GOOD, now=now)


@pytest.mark.parametrize(("typed", "found"), [
    ("тихонов", True), ("Антон", True), ("TIKHONOV@", True), ("иванов", False), ("%", True), ("нов", True),
])
def test_accounts_are_found_by_part_of_a_name_or_address(person, typed, found):
    with reading():
        assert (session.scalar(select(Account.id).where(logins.accounts_like(typed))) == person.id) is found
