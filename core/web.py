"""The edge of the web process: one place that opens and commits, one that turns refusals into pages."""
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

import structlog
from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask import session as cookie
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.routing import IntegerConverter, Map

from core import access, clock, db
from core.config import Settings
from core.cookies import Cookies, check_script, csrf
from core.errors import Busy, LoginNeeded, NotVisible, Refused, Unknown

P = ParamSpec("P")
R = TypeVar("R")
BODY_PATIENCE = timedelta(seconds=5)
MAX_ID = 2**31 - 1
READING = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = ("default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
       "base-uri 'self'; form-action 'self'; frame-ancestors 'none'")
HEADERS = {"Content-Security-Policy": CSP, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
           "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
           "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()"}
_HEADERS = [(name.lower(), name, value) for name, value in HEADERS.items()]
HTTP_TEXTS = {
    400: "Сервер не понял запрос. Вернитесь на страницу и повторите действие.",
    404: "Такой страницы нет, или у вас нет к ней доступа.",
    405: "Так эту страницу открыть нельзя. Вернитесь назад и нажмите кнопку на странице.",
    413: "Файл слишком большой. Уменьшите его или разделите на части.",
    415: "Этот вид данных здесь не принимается.",
    429: "Слишком много попыток. Подождите десять минут и попробуйте снова.",
}
FULL_DISK = ("database or disk is full", "No space left on device", "disk I/O error")
log = structlog.get_logger("web")
_slow = ThreadPoolExecutor(max_workers=4, thread_name_prefix="offload")


class Id(IntegerConverter):
    """A key of a table in a URL; a larger number is no page, not a fault of the database."""

    def __init__(self, url_map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(url_map, *args, **{"max": MAX_ID, **kwargs})


def init(app: Flask, settings: Settings) -> None:
    """Put the edge round an application."""
    app.session_interface = Cookies()
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=12 * 3600, SESSION_COOKIE_HTTPONLY=True,
                      SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=settings.https,
                      MAX_CONTENT_LENGTH=settings.MAX_UPLOAD_MB * 1024 * 1024, MAX_FORM_PARTS=2000)
    csrf.init_app(app)
    app.config["core"] = settings
    app.url_map.converters["int"] = Id
    app.before_request(_open)
    app.after_request(_commit)
    app.after_request(_headers)
    app.teardown_request(_close)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(IntegrityError, _clash)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _fault)


def settings() -> Settings:
    """Settings of the running application."""
    found: Settings = current_app.config["core"]
    return found


def cookie_name() -> str:
    """`__Host-` cookies exist only over https."""
    return "__Host-login" if settings().https else "login"


def _open() -> None:
    """Read the body, find the person, check `@allow`, open the unit of work: in this order, lock last."""
    g.now = clock.now()
    access.set_current(None)
    if request.endpoint == "static":
        return
    if (edge := getattr(current_app.view_functions.get(request.endpoint or ""), "edge", None)) is not None:
        edge()
        return
    if request.method not in READING:
        _ = request.form, request.files
    if token := request.cookies.get(cookie_name()):
        access.set_current(access.person_by_token(token, g.now))
        if (person := access.current()) is not None:
            _note_seen(person)
    if request.endpoint is None:
        return
    _no_zero_bytes()
    _csrf_check()
    _one_time_password()
    stack = ExitStack()
    g.stack = stack
    g.scope = stack.enter_context(db.scope(write=request.method not in READING))
    view = _view()
    access.check(view, access.current())


def grouped(view: access.View) -> access.View:
    """Mark a view that hands its work to a `db.GroupWriter`: the group checks the login session (`g.token`) in its own
    transaction, so here nobody is looked up and no unit of work is open. Everything else of the edge stays."""
    view.edge = _open_grouped  # type: ignore[attr-defined]
    return view


def cookieless(view: access.View) -> access.View:
    """Mark a public route that reads no cookie: what it is sent shows by itself that it may be taken, so whoever is
    logged in on that computer does not matter, and there is no CSRF to guard against. It opens units of work itself."""
    view.edge = _open_cookieless  # type: ignore[attr-defined]
    return view


def _open_grouped() -> None:
    if request.query_string:
        _no_zero_bytes()
    if current_app.config.get("WTF_CSRF_ENABLED", True):
        check_script()
    token = request.cookies.get(cookie_name())
    if not token:
        raise LoginNeeded
    g.token = access.token_hash(token)


def _open_cookieless() -> None:
    _no_zero_bytes()


def read_body(most: int) -> bytes:
    """The body, of at most `most` bytes. One that comes long after its head has arrived counts from its end: nobody
    opens a request before the deadline to fill it in afterwards."""
    request.max_content_length = most
    raw = request.get_data()
    if (arrived := clock.now()) - g.now > BODY_PATIENCE:
        g.now = arrived
    return raw


def _note_seen(person: access.Me) -> None:
    """A full disk or a busy database keeps nobody from reading."""
    try:
        access.note_seen(person, g.now)
    except OperationalError as error:
        log.error("not_noted", error=type(error.orig).__name__)


def _no_zero_bytes() -> None:
    """No person types one, and PostgreSQL keeps none."""
    if any("\0" in text for sent in (request.values, request.view_args or {}) for text in _texts(sent)):
        raise BadRequest


def _texts(sent: Any) -> Iterator[str]:
    pairs = sent.items(multi=True) if isinstance(sent, MultiDict) else sent.items()
    return (text for pair in pairs for text in pair if isinstance(text, str))


def _view() -> Callable[..., Any]:
    return current_app.view_functions[request.endpoint or ""]


def _csrf_check() -> None:
    needed = current_app.config.get("WTF_CSRF_ENABLED", True) and not getattr(_view(), "csrf_exempt", False)
    if request.method not in READING and needed:
        csrf.protect()


def _one_time_password() -> None:
    """Somebody who came by a one-time password chooses their own before anything else."""
    person = access.current()
    if person and person.one_time and request.endpoint not in {"core.password", "core.logout"}:
        raise OneTimePassword


class OneTimePassword(Exception):
    """The person must choose a password first."""


def _commit(response: Response) -> Response:
    scope: db.Scope | None = g.get("scope")
    if scope is not None and not g.get("settled"):
        g.settled = True
        if response.status_code >= 400:
            scope.rollback()
        else:
            try:
                scope.commit()
            except Exception as error:  # noqa: BLE001  whatever it is becomes a page
                response = _not_committed(error)
    _keep_facts()
    return response


def _not_committed(error: Exception) -> Response:
    """The page of a commit that failed: nothing of what the route said or put into the cookie leaves."""
    cookie.pop("_flashes", None)
    answer = current_app.make_response(current_app.handle_user_exception(error))
    cookie.modified = False
    return answer


def _keep_facts() -> None:
    """What must be kept of a refusal is written after the rollback, in a transaction of its own."""
    for fact in g.pop("facts", []):
        try:
            with db.transaction():
                fact()
        except OperationalError as error:
            log.error("fact_lost", endpoint=request.endpoint, error=type(error.orig).__name__)


def keep_refusal(refusal: Refused) -> None:
    """Have the fact of a refusal (a wrong secret) written once this request is rolled back."""
    if refusal.fact is not None:
        g.setdefault("facts", []).append(refusal.fact)


def _headers(response: Response) -> Response:
    given = {name.lower() for name, _value in response.headers}
    for lower, name, value in _HEADERS:
        if lower not in given:
            response.headers.add(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif request.args.get("v") and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    if settings().https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _close(_error: BaseException | None) -> None:
    stack: ExitStack | None = g.pop("stack", None)
    g.pop("scope", None)
    if stack is not None:
        stack.close()
    access.set_current(None)


def _forget() -> None:
    """Roll back before an error page is made, so that the page sees what is really stored."""
    if (scope := g.get("scope")) is not None and not g.get("settled"):
        scope.rollback()


def wants_json() -> bool:
    """Whether the asker is a script rather than a page."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def _answer(status: int, code: str, text: str, **extra: Any) -> tuple[Response | str, int]:
    if wants_json():
        return jsonify(error=code, text=text, **extra), status
    template = "errors/500.html" if status == 500 else "errors/error.html"
    return render_template(template, status=status, code=code, text=text, **extra), status


def _refused(error: Refused) -> Any:
    _forget()
    keep_refusal(error)
    if isinstance(error, LoginNeeded) and not wants_json():
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("core.login", next=back))
    if not isinstance(error, NotVisible | LoginNeeded):
        log.info("refused", code=error.code, endpoint=request.endpoint)
    answer = current_app.make_response(_answer(error.status, error.code, error.text, **(error.facts or {})))
    if isinstance(error, Busy | Unknown):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _csrf(error: CSRFError) -> Any:
    _forget()
    return _answer(400, "csrf", "Страница устарела: её открыли слишком давно или в другом окне вошли заново. "
                                "Вернитесь назад, обновите страницу и повторите действие.")


def _http(error: HTTPException) -> Any:
    _forget()
    if error.code is not None and error.code < 400:
        return error
    code = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        code = 413
    return _answer(code, f"http_{code}", HTTP_TEXTS.get(code, "Запрос не выполнен. Вернитесь назад и повторите."))


def _clash(error: IntegrityError) -> Any:
    """Two people did the same at once: the database kept the first."""
    _forget()
    log.warning("clash", endpoint=request.endpoint, constraint=str(error.orig)[:200])
    return _answer(409, "clash", "Такая запись уже есть: возможно, кнопку нажали дважды или это только что сделал "
                                 "другой человек. Обновите страницу и проверьте.")


def _database(error: OperationalError) -> Any:
    """The database cannot write or be reached: a full disk (507), or busy (503). Another attempt may succeed."""
    words = str(error.orig)
    full = any(sign in words for sign in FULL_DISK)
    if isinstance(error.orig, sqlite3.Error) and not full and "locked" not in words:
        return _fault(error)
    log.error("disk_full" if full else "database", endpoint=request.endpoint, error=words[:200])
    refusal = Busy("На сервере закончилось место, ничего не сохранено. Сообщите в поддержку и повторите позже."
                   if full else "База данных сейчас не отвечает, ничего не сохранено. Повторите через минуту.", 60)
    refusal.status = 507 if full else 503
    return _refused(refusal)


def _fault(error: Exception) -> Any:
    _forget()
    if isinstance(error, OneTimePassword):
        return redirect(url_for("core.password"))
    number = secrets.token_hex(4).upper()
    log.exception("fault", number=number, endpoint=request.endpoint)
    return _answer(500, "fault", "На сервере произошла ошибка, ничего не сохранено. Повторите действие; если не "
                                 f"поможет, сообщите в поддержку номер {number}.", number=number)


def submit(form: FlaskForm, operation: Callable[..., object], *, first: Callable[[], object] | None = None) -> bool:
    """Validate `form` and run `operation`; a refusal becomes the form's error and undoes what was written.

    The route re-renders the form with `form_status`, so nothing typed is lost (and nothing is committed).
    `first` is slow work without writes (`logins.confirm_secret`): it runs before the operation, which gets its result.
    """
    if not form.validate_on_submit():
        return False
    try:
        found = [first()] if first else []
        with db.session.begin_nested():
            operation(*found)
    except Refused as refusal:
        if isinstance(refusal, NotVisible | LoginNeeded):
            raise
        keep_refusal(refusal)
        _show(refusal, form)
        return False
    return True


def _show(refusal: Refused, form: FlaskForm) -> None:
    target = form._fields.get(refusal.field or "")
    if target is not None:
        target.errors = [*target.errors, refusal.text]
    else:
        form.form_errors = [*form.form_errors, refusal.text]


def form_status(form: FlaskForm) -> int:
    """Status of a page that shows `form`: 200 when fresh, 422 when it was sent and not taken."""
    return 422 if request.method not in READING else 200


def offload(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run slow pure work (hashing, rendering, signing) off the loop, without holding transaction or lock."""
    if db.in_scope():
        db.current_scope().release()
    return _run_slow(lambda: call(*args, **kwargs))


def _run_slow(call: Callable[[], R]) -> R:
    from core.realtime import cooperative
    if not cooperative():
        return _slow.submit(call).result()
    import gevent
    found: list[R] = []
    failed = gevent.get_hub().threadpool.apply(_caught, (call, found))
    if failed is not None:
        raise failed
    return found[0]


def _caught(call: Callable[[], R], found: list[R]) -> Exception | None:
    """Carry an exception out of gevent's pool: raised inside, it would be printed as if nobody minded it."""
    try:
        found.append(call())
    except Exception as error:  # noqa: BLE001 (raised again by the caller)
        return error
    return None
