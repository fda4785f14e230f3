"""The browser's signed cookie (CSRF token, flashed words) and the check of the token, cheap where nothing changes."""
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Request, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, same_origin
from itsdangerous import BadData, URLSafeTimedSerializer

from core import clock

REMEMBERED = 5000
REMEMBER_S = 300
csrf = CSRFProtect()
_checked: dict[tuple[Any, str, str], float] = {}


class Cookie(SessionMixin):
    """What the cookie holds; its signature is checked when somebody looks into it for the first time."""

    accessed = False

    def __init__(self, load: Callable[[], SecureCookieSession]) -> None:
        self._load = load
        self.content: SecureCookieSession | None = None

    def opened(self) -> SecureCookieSession:
        """The content."""
        if self.content is None:
            self.content = self._load()
        return self.content

    @property
    def modified(self) -> bool:  # type: ignore[override]
        """Whether the browser needs a new one."""
        return self.content is not None and self.content.modified

    @modified.setter
    def modified(self, value: bool) -> None:
        self.opened().modified = value

    def __getitem__(self, key: str) -> Any:
        return self.opened()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.opened()[key] = value

    def __delitem__(self, key: str) -> None:
        del self.opened()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.opened())

    def __len__(self) -> int:
        return len(self.opened())


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookie; the key is read at the first request."""

    def open_session(self, app: Flask, request: Request) -> Any:
        app.secret_key, load = app.secret_key or app.config["core"].secret_key, super().open_session
        return Cookie(lambda: load(app, request) or self.session_class())

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if session.content is not None:
            super().save_session(app, session, response)


def check_script() -> None:
    """The CSRF check of a script's request, which sends its token in a header.

    A pair of cookie and token that has passed the whole check passes for some minutes by itself, never past the age of
    the token: the signatures of the same texts need not be computed for each answer of a participant.
    """
    pair = (current_app.secret_key, request.cookies.get(current_app.config["SESSION_COOKIE_NAME"], ""),
            request.headers.get("X-CSRF-Token", ""))
    if _checked.get(pair, 0.0) < clock.monotonic():
        csrf.protect()
        _remember(pair)
    elif request.is_secure and not (request.referrer and same_origin(request.referrer, f"https://{request.host}/")):
        raise CSRFError("The referrer does not match the host.")
    g.csrf_valid = True


def _remember(pair: tuple[Any, str, str]) -> None:
    secret, _cookie, token = pair
    age = current_app.config["WTF_CSRF_TIME_LIMIT"] - REMEMBER_S
    try:
        URLSafeTimedSerializer(secret, salt="wtf-csrf-token").loads(token, max_age=age)
    except BadData:  # it came in a form, or is about to expire
        return
    if len(_checked) >= REMEMBERED:
        _checked.pop(next(iter(_checked)))
    _checked[pair] = clock.monotonic() + REMEMBER_S
