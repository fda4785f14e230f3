"""Bodies and the people in them: every role comes from an order or an appointment, and ends with one."""
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from contest.models import Body, BodyMember, Contest, Nomination
from contest.rules import roles
from contest.scope import hold
from core import access, logins, mail
from core.access import Me
from core.accounts import Account, Invitation, RoleGrant
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record

APPOINTMENT = "назначение"
Pin = tuple[str, str] | None
"""A PIN and its hash, made off the loop before anything is written (`logins.new_card_pin`)."""


@dataclass(frozen=True)
class Appointed:
    """An account that has just got a role, with the printed card when it has no e-mail."""

    account: Account
    card: logins.Card | None = None


def make_body(contest: Contest, *, kind: str, title: str, order_ref: str, nomination_id: int | None, by: Me,
              now: datetime) -> Body:
    """A commission, an appeals board, or the expert group of a nomination. One of each per scope."""
    if (kind == "expert_group") != (nomination_id is not None):
        raise Refused("scope", "Экспертная группа создаётся для номинации, комиссия – для всего конкурса.",
                      field="nomination_id")
    hold(contest, "state")
    same = select(Body.id).where(Body.contest_id == contest.id, Body.kind == kind, Body.nomination_id == nomination_id)
    if session.scalar(same) is not None:
        raise Refused("exists", "Такой состав уже создан. Откройте его и добавьте людей.", field="kind")
    body = Body(contest_id=contest.id, nomination_id=nomination_id, kind=kind, title=title, order_ref=order_ref)
    session.add(body)
    session.flush()
    record("body.made", body, by=by, now=now, kind=kind, order=order_ref)
    return body


def body_of(contest_id: int, kind: str, nomination_id: int | None = None) -> Body | None:
    """The body of a kind with its members and their accounts."""
    return session.scalar(_whole().where(
        Body.contest_id == contest_id, Body.kind == kind, Body.nomination_id == nomination_id))


def body(body_id: int) -> Body | None:
    """One body with its members and their accounts."""
    return session.scalar(_whole().where(Body.id == body_id))


def _whole() -> Select[Any]:
    return select(Body).options(selectinload(Body.members).joinedload(BodyMember.account))


def members_at(body: Body, now: datetime) -> list[BodyMember]:
    """Who belongs to the body at `now`: chair, deputy, secretary, then members in order of appointment."""
    rank = {"chair": 0, "deputy": 1, "secretary": 2, "member": 3}
    sitting = [m for m in body.members if m.since <= now and (m.until is None or m.until > now)]
    return sorted(sitting, key=lambda m: (rank[m.duty], m.id))


def add_member(body: Body, *, name: str, email: str | None, duty: str, position: str, order_ref: str, by: Me,
               now: datetime, pin: Pin = None) -> Appointed:
    """Put a person into a body: account found or made, role given in the body's scope, invitation sent."""
    hold(body, "order_ref")
    given = roles.BODY_ROLES[body.kind].get(duty)
    if given is None:
        raise Refused("duty", "В этом составе такой обязанности нет. Выберите другую.", field="duty")
    if duty != "member" and any(m.duty == duty and m.until is None for m in _members(body)):
        raise Refused("taken", "Эта обязанность уже занята. Сначала замените того, кто её исполняет.", field="duty")
    appointed = _account(name, email, pin, by=by, now=now)
    if any(m.account_id == appointed.account.id and m.until is None for m in _members(body)):
        raise Refused("member", "Этот человек уже входит в состав.", field="email")
    member = BodyMember(body_id=body.id, account_id=appointed.account.id, duty=duty, position=position,
                        order_ref=order_ref or body.order_ref, since=now)
    session.add(member)
    session.flush()
    _give(member.account_id, given, body, basis=member.order_ref, now=now)
    record("body.member_added", member, by=by, now=now, body=body.id, duty=duty, order=member.order_ref)
    return appointed


def replace_member(member: BodyMember, *, name: str, email: str | None, position: str, order_ref: str, by: Me,
                   now: datetime, pin: Pin = None) -> Appointed:
    """Replace a member by order: the old role ends now, what they signed stands, the new one gets the same duty."""
    hold(member, "until")
    if member.until is not None:
        raise Refused("replaced", "Этого человека уже заменили.")
    if email and session.scalar(select(Account.id).where(Account.email == logins.normal_email(email))) \
            == member.account_id:
        raise Refused("same_person", "Это тот же человек. Укажите того, кто его заменяет.", field="email")
    body = session.get_one(Body, member.body_id)
    member.until = now
    kind, scope_id = _scope(body)
    access.end_role(member.account_id, roles.BODY_ROLES[body.kind][member.duty], now=now, kind=kind, scope_id=scope_id)
    session.flush()
    appointed = add_member(body, name=name, email=email, duty=member.duty, position=position, order_ref=order_ref,
                           by=by, now=now, pin=pin)
    newest = select(func.max(BodyMember.id)).where(BodyMember.body_id == body.id)
    member.replaced_by_id = session.scalar(newest)
    record("body.member_replaced", member, by=by, now=now, by_member=member.replaced_by_id, order=order_ref)
    return appointed


def appoint(contest: Contest, *, name: str, email: str | None, role: str, by: Me, now: datetime,
            pin: Pin = None) -> Appointed:
    """Give a role of the day (secretary, observer, site…) for the whole contest."""
    if role not in roles.APPOINTED:
        raise Refused("role", "Выберите роль из списка.", field="role")
    appointed = _account(name, email, pin, by=by, now=now)
    access.grant_role(appointed.account.id, role, kind="contest", scope_id=contest.id, now=now, basis=APPOINTMENT)
    record("role.given", appointed.account, by=by, now=now, role=role, contest=contest.id)
    return appointed


def dismiss(contest: Contest, grant_id: int, *, by: Me, now: datetime) -> None:
    """End a role given by `appoint`. Refused for roles that come from an order, and for one's own."""
    grant = session.get(RoleGrant, grant_id)
    if grant is None or (grant.scope_kind, grant.scope_id) != ("contest", contest.id):
        raise NotVisible
    if grant.account_id == by.account_id:
        raise Refused("oneself", "Свою роль снять нельзя. Попросите другого организатора.")
    if grant.basis != APPOINTMENT:
        raise Refused("by_order", "Эта роль дана приказом о составе. Замените человека в составе.")
    if grant.ended_at is not None:
        raise Refused("ended", "Роль уже снята.")
    grant.ended_at = now
    record("role.ended", ("account", grant.account_id), by=by, now=now, role=grant.role, contest=contest.id)


def appointed(contest: Contest) -> list[RoleGrant]:
    """Everybody with a role for the whole contest, by role and name."""
    rows = session.scalars(select(RoleGrant).options(joinedload(RoleGrant.account)).where(
        RoleGrant.scope_kind == "contest", RoleGrant.scope_id == contest.id, RoleGrant.ended_at.is_(None)))
    return sorted(rows, key=lambda grant: (grant.role, grant.account.name))


def bodies(contest_id: int) -> list[Body]:
    """All bodies of a contest with their people."""
    return list(session.scalars(_whole().where(Body.contest_id == contest_id).order_by(Body.id)))


def nominations(contest_id: int) -> list[Nomination]:
    """Nominations of a contest in their order."""
    return list(session.scalars(select(Nomination).where(Nomination.contest_id == contest_id).order_by(Nomination.id)))


def _members(body: Body) -> list[BodyMember]:
    return list(session.scalars(select(BodyMember).where(BodyMember.body_id == body.id)))


def _scope(body: Body) -> tuple[str, int]:
    return ("nomination", body.nomination_id) if body.nomination_id else ("contest", body.contest_id)


def _give(account_id: int, role: str, body: Body, *, basis: str, now: datetime) -> None:
    kind, scope_id = _scope(body)
    access.grant_role(account_id, role, kind=kind, scope_id=scope_id, basis=basis, now=now)


def _account(name: str, email: str | None, pin: Pin, *, by: Me, now: datetime) -> Appointed:
    """The account with this e-mail, or a new one: invited by letter, or by a printed card when there is no e-mail."""
    if email:
        found = session.scalar(select(Account).where(Account.email == logins.normal_email(email)))
        if found is not None:
            return _known(found, name, by=by, now=now)
        account = logins.create_account(name, email=email, by=by, now=now)
        logins.invite(account, by=by, now=now)
        return Appointed(account)
    account = logins.create_account(name, by=by, now=now)
    drawn, drawn_hash = pin or (None, None)
    return Appointed(account, logins.issue_card(account, by=by, now=now, pin=drawn, pin_hash=drawn_hash))


def _known(account: Account, name: str, *, by: Me, now: datetime) -> Appointed:
    """Somebody who has an account already: told of the new role, or invited again when no link of theirs works."""
    if account.disabled_at is not None:
        raise Refused("disabled", "Учётная запись с этим адресом отключена. Обратитесь к администратору.",
                      field="email")
    if not same_person(account.name, name):
        raise Refused("other_name", f"С этим адресом зарегистрирован другой человек: {account.short_name}. Проверьте "
                                    "адрес или напишите имя так же.", field="email")
    waits = session.scalar(select(Invitation.id).where(
        Invitation.account_id == account.id, Invitation.used_at.is_(None), Invitation.expires_at > now).limit(1))
    if account.password_hash is None and waits is None:
        logins.invite(account, by=by, now=now)
    else:
        mail.send(account, *mail.compose("role_given", name=account.name, link="/"), now=now)
    return Appointed(account)


def same_person(known: str, typed: str) -> bool:
    """Whether two ways to write a name agree in surname and first name; case, spaces and ё make no difference."""
    first, second = ([word.casefold().replace("ё", "е") for word in words.split()[:2]] for words in (known, typed))
    return first == second
