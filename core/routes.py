"""Login, one's own account, invitations, and the pages every installation has. Administration: core/admin.py."""
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask import session as cookie
from sqlalchemy import or_, select, text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from core import access, jobs, logins, web
from core.access import ANYONE, PUBLIC, allow, me
from core.accounts import Account, LoginSession
from core.db import session
from core.errors import NotVisible
from core.forms import CardForm, LoginForm, NewPasswordForm, PasswordForm
from core.journal import JournalEntry

bp = Blueprint("core", __name__)
OWN_JOURNAL_ROWS = 50
ACTION_WORDS = {
    "account.created": "Учётная запись создана", "account.invited": "Приглашение отправлено",
    "account.card_issued": "Карточка выдана", "account.password_set": "Пароль задан",
    "account.disabled": "Учётная запись отключена", "account.enabled": "Учётная запись включена",
    "login.opened": "Вход", "login.closed": "Выход", "login.failed": "Неудачный вход", "login.revoked": "Вход завершён",
    "login.all_revoked": "Все входы завершены", "secret.failed": "Неверный пароль или PIN при подтверждении",
    "role.given": "Роль дана", "role.ended": "Роль снята", "document.frozen": "Документ составлен",
    "document.rendered": "Файл документа готов", "journal.checked": "Журнал проверен",
}


def safe_next(target: str | None) -> str:
    """Where to go after the login: a path of this service, else the first page."""
    if not target or target[:1] != "/" or target[:2] == "//" or "\\" in target or not target.isprintable():
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target


@bp.route("/login", methods=["GET", "POST"])
@allow(PUBLIC)
def login() -> Any:
    form = LoginForm()
    return _log_in_page(form, "core/login.html", lambda: logins.check_password(
        form.email.data or "", form.secret.data or "", address=_address(), now=g.now))


@bp.route("/login/card", methods=["GET", "POST"])
@allow(PUBLIC)
def login_card() -> Any:
    form = CardForm()
    return _log_in_page(form, "core/login_card.html", lambda: logins.check_card(
        form.code.data or "", form.secret.data or "", address=_address(), now=g.now))


def _log_in_page(form: Any, template: str, check: Any) -> Any:
    target = safe_next(request.args.get("next"))
    if request.method == "GET" and access.current():
        return redirect(target)
    tokens: list[str] = []
    if web.submit(form, lambda opened: tokens.append(_open_session(opened)), first=check):
        return _with_login(redirect(target), tokens[0])
    return render_template(template, form=form, next=request.args.get("next")), web.form_status(form)


def _address() -> str:
    return request.remote_addr or ""


def _open_session(opened: logins.Opened) -> str:
    person = access.current()
    return logins.log_in(opened, address=_address(), agent=request.user_agent.string, now=g.now,
                         instead_of=person.session_id if person else 0)


def _with_login(response: BaseResponse, token: str) -> BaseResponse:
    """A reply that carries a new login cookie; nothing of the earlier cookie session is kept."""
    cookie.clear()
    response.set_cookie(web.cookie_name(), token, max_age=int(logins.SESSION_LASTS.total_seconds()), path="/",
                        secure=web.settings().https, httponly=True, samesite="Lax")
    return response


@bp.post("/logout")
@allow(ANYONE)
def logout() -> Any:
    logins.log_out(me, now=g.now)
    cookie.clear()
    response = redirect("/")
    response.delete_cookie(web.cookie_name(), path="/", secure=web.settings().https, httponly=True, samesite="Lax")
    return response


@bp.route("/password", methods=["GET", "POST"])
@allow(ANYONE)
def password() -> Any:
    """A new password; the present one is asked for unless it was a one-time one, with which the person just came."""
    form, account = PasswordForm(), _own()
    if me.one_time:
        del form.secret
    tokens: list[str] = []
    if web.submit(form, lambda hashed: tokens.append(_change(account, hashed)), first=lambda: _new_hash(form, account)):
        flash("Пароль изменён. Остальные входы завершены.", "ok")
        return _with_login(redirect("/"), tokens[0])
    return render_template("core/password.html", form=form, account=account), web.form_status(form)


def _new_hash(form: Any, account: Account) -> str:
    if not me.one_time:
        logins.confirm_secret(me, form.secret.data or "", now=g.now)
    return logins.new_password_hash(form.password.data or "", account.email)


def _change(account: Account, hashed: str) -> str:
    logins.set_password(account, hashed, by=me, now=g.now)
    return _open_session(logins.Opened(account.id, "password"))


def _own() -> Account:
    account = session.get(Account, me.account_id)
    if account is None:
        raise NotVisible
    return account


@bp.route("/invitations/<token>", methods=["GET", "POST"])
@allow(PUBLIC)
def invitation(token: str) -> Any:
    account, form, tokens = logins.invited(token, now=g.now), NewPasswordForm(), []

    def accept(hashed: str) -> None:
        opened = logins.accept_invitation(token, hashed, now=g.now)
        tokens.append(_open_session(logins.Opened(opened.id, "password")))
    if web.submit(form, accept, first=lambda: logins.new_password_hash(form.password.data or "", account.email)):
        return _with_login(redirect("/"), tokens[0])
    return render_template("core/invitation.html", form=form, account=account), web.form_status(form)


@bp.get("/account")
@allow(ANYONE)
def account() -> Any:
    """One's own data, roles, open logins, and what the journal says about this account."""
    open_ones = session.scalars(select(LoginSession).where(
        LoginSession.account_id == me.account_id, LoginSession.revoked_at.is_(None), LoginSession.expires_at > g.now)
        .order_by(LoginSession.id.desc()))
    entries = session.scalars(select(JournalEntry).where(or_(
        JournalEntry.actor_id == me.account_id,
        (JournalEntry.object_type == "account") & (JournalEntry.object_id == str(me.account_id))))
        .order_by(JournalEntry.seq.desc()).limit(OWN_JOURNAL_ROWS))
    return render_template("core/account.html", account=_own(), sessions=list(open_ones), entries=list(entries))


@bp.post("/account/sessions/<int:key>/revocation")
@allow(ANYONE)
def revocation(key: int) -> Any:
    row = session.scalar(select(LoginSession).where(LoginSession.id == key, LoginSession.account_id == me.account_id))
    if row is None:
        raise NotVisible
    logins.revoke_session(row, by=me, now=g.now)
    flash("Вход завершён: на том устройстве теперь нужно войти заново.", "ok")
    return redirect(url_for("core.account"))


@bp.get("/privacy")
@allow(PUBLIC)
def privacy() -> Any:
    return render_template("core/privacy.html")


@bp.get("/accessibility")
@allow(PUBLIC)
def accessibility() -> Any:
    return render_template("core/accessibility.html")


@bp.get("/support")
@allow(PUBLIC)
def support() -> Any:
    return render_template("core/support.html", worker=jobs.alive(g.now))


@bp.get("/healthz")
@allow(PUBLIC)
def healthz() -> Response:
    """Whether the web process and its database answer: for the supervisor and the balancer."""
    try:
        session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return Response("database\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
