"""Login, one's own account, administration."""

from sqlalchemy import select

from core import access, logins
from core.accounts import Account, LoginSession
from core.db import session
from tests.bad_input.entries.samples import PASSWORD, with_secret
from tests.bad_input.entry import Target, entry
from tests.bad_input.world import World


@entry("core.login")
def login(world: World) -> Target:
    account = with_secret(world, world.make.account())
    return Target({}, form={"email": account.email, "secret": PASSWORD}, closed={
        "disabled": lambda: setattr(session.get_one(Account, account.id), "disabled_at", world.clock.now)})


@entry("core.login_card")
def login_card(world: World) -> Target:
    by = world.make.me(world.make.account(roles=["admin"]))
    account = world.make.account(email="")
    card = world.do(lambda: logins.issue_card(session.get_one(Account, account.id), by=by, now=world.clock.now))
    return Target({}, form={"code": card.code, "secret": card.pin})


@entry("core.logout")
def logout(world: World) -> Target:
    return Target({}, world.make.account(), own=True)


@entry("core.password")
def password(world: World) -> Target:
    return Target({}, with_secret(world, world.make.account()), own=True, form={
        "secret": PASSWORD, "password": "другой длинный пароль", "again": "другой длинный пароль"})


@entry("core.invitation")
def invitation(world: World) -> Target:
    account = world.make.account()
    token = world.do(lambda: logins.invite(session.get_one(Account, account.id), by=None, now=world.clock.now))
    return Target({"token": token}, form={"password": PASSWORD, "again": PASSWORD},
                  closed={"expired": lambda: world.clock.move(days=15)})


@entry("core.revocation")
def revocation(world: World) -> Target:
    account = world.make.account()
    world.log_in("elsewhere", account)
    key = world.do(lambda: session.scalar(select(LoginSession.id).where(LoginSession.account_id == account.id)))
    return Target({"key": key}, account)


@entry("core.new_account")
def new_account(world: World) -> Target:
    return Target({}, world.make.account(roles=["admin"]), form={
        "name": "Зайцев Роман Игоревич", "email": "zaitsev@example.org", "role": "auditor"})


@entry("core.account_invitation", "core.account_card", "core.account_disabling")
def of_account(world: World) -> Target:
    account = world.make.account()
    return Target({"key": account.id}, world.make.account(roles=["admin"]), closed={
        "disabled": lambda: setattr(session.get_one(Account, account.id), "disabled_at", world.clock.now)})


@entry("core.account_enabling")
def enabling(world: World) -> Target:
    account = world.make.account(disabled_at=world.clock.now)
    by = access.Me(0, "тест")
    return Target({"key": account.id}, world.make.account(roles=["admin"]), closed={
        "enabled": lambda: logins.enable(session.get_one(Account, account.id), by=by, now=world.clock.now)})


@entry("core.journal_check", "core.installation_acceptance")
def journal_check(world: World) -> Target:
    return Target({}, world.make.account(roles=["admin"]))
