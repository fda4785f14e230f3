"""Administration: accounts, their cards and invitations; the journal and its check."""
from collections.abc import Iterable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy import Select, func, select

from core import db, journal, logins, web
from core.access import allow, me
from core.accounts import Account, RoleGrant
from core.db import session
from core.errors import NotVisible
from core.forms import AccountForm
from core.journal import JournalEntry
from core.routes import bp

PAGE = 50


def page_of(query: Select[Any], order: Any) -> dict[str, Any]:
    """One page of a list: rows, page and pages (from `?page=`), how many there are in all."""
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-count // PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    rows = list(session.scalars(query.order_by(order).limit(PAGE).offset((page - 1) * PAGE)))
    return {"rows": rows, "page": page, "pages": pages, "count": count}


def _account(key: int) -> Account:
    account = session.get(Account, key)
    if account is None:
        raise NotVisible
    return account


@bp.get("/accounts")
@allow("admin")
def accounts() -> Any:
    query, words = select(Account), request.args.get("q", "").strip()
    if words:
        query = query.where(logins.accounts_like(words))
    found = page_of(query, Account.id.desc())
    return render_template("core/accounts.html", **found, q=words, held=_roles(row.id for row in found["rows"]))


def _roles(accounts: Iterable[int]) -> dict[int, set[str]]:
    held: dict[int, set[str]] = {}
    for account_id, role in session.execute(select(RoleGrant.account_id, RoleGrant.role).where(
            RoleGrant.account_id.in_(list(accounts)), RoleGrant.ended_at.is_(None))):
        held.setdefault(account_id, set()).add(role)
    return held


@bp.route("/accounts/new", methods=["GET", "POST"])
@allow("admin")
def new_account() -> Any:
    form = AccountForm()

    def create() -> None:
        made = logins.create_account(form.name.data or "", email=form.email.data, by=me, now=g.now)
        if form.role.data:
            logins.give_role(made, form.role.data, by=me, now=g.now)
    if web.submit(form, create):
        flash("Учётная запись создана. Пошлите приглашение или выдайте карточку.", "ok")
        return redirect(url_for("core.accounts"))
    return render_template("core/account_new.html", form=form), web.form_status(form)


@bp.post("/accounts/<int:key>/invitation")
@allow("admin")
def account_invitation(key: int) -> Any:
    account = _account(key)
    logins.invite(account, by=me, now=g.now)
    flash(f"Письмо со ссылкой отправлено: {account.email}. Ссылка действует 14 дней.", "ok")
    return redirect(url_for("core.accounts"))


@bp.post("/accounts/<int:key>/card")
@allow("admin")
def account_card(key: int) -> Any:
    """The card is shown in the reply itself: its PIN is kept nowhere, so there is no page to come back to."""
    account = _account(key)
    pin, hashed = logins.new_card_pin()
    card = logins.issue_card(account, by=me, now=g.now, pin=pin, pin_hash=hashed)
    return render_template("core/card.html", account=account, card=card, url=web.settings().public_url)


@bp.post("/accounts/<int:key>/disabling")
@allow("admin")
def account_disabling(key: int) -> Any:
    logins.disable(_account(key), by=me, now=g.now)
    flash("Учётная запись отключена, её входы завершены.", "ok")
    return redirect(url_for("core.accounts"))


@bp.post("/accounts/<int:key>/enabling")
@allow("admin")
def account_enabling(key: int) -> Any:
    logins.enable(_account(key), by=me, now=g.now)
    flash("Учётная запись снова включена.", "ok")
    return redirect(url_for("core.accounts"))


@bp.get("/journal")
@allow("admin", "auditor")
def journal_page() -> Any:
    query, asked = select(JournalEntry), {name: request.args.get(name, "").strip() for name in ("type", "id", "action")}
    for name, column in (("type", JournalEntry.object_type), ("id", JournalEntry.object_id),
                         ("action", JournalEntry.action)):
        if asked[name]:
            query = query.where(column == asked[name])
    found = page_of(query, JournalEntry.seq.desc())
    people = _names({row.actor_id for row in found["rows"] if row.actor_id})
    return render_template("core/journal.html", **found, asked=asked, people=people)


def _names(accounts: set[int]) -> dict[int, str]:
    return {row.id: row.short_name for row in session.scalars(select(Account).where(Account.id.in_(accounts)))}


@bp.post("/journal/check")
@allow("admin", "auditor")
def journal_check() -> Any:
    """The chain is read without the write lock; that it was checked becomes a row of its own."""
    with db.reading() as unit:
        found = journal.verify(unit)
    journal.record("journal.checked", ("journal", found.rows), by=me, now=g.now, bad=found.bad_seq, head=found.head)
    return render_template("core/journal_check.html", found=found)
