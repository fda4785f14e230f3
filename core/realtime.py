"""Sockets that tell open pages to look again. Nothing exists only here: a reload shows the same truth.

In the web process an event leaves right after the commit. Worker and commands write it into the outbox, in their
transaction; every web process tails the outbox while it has sockets and tells its own. Redis, when there are several
web processes, carries what one of them emits to the others.
"""
import json
import secrets
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, g, has_request_context, request
from flask_socketio import ConnectionRefusedError as Turned
from flask_socketio import SocketIO, join_room, leave_room
from sqlalchemy import String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from core import access, clock, db, journal, web
from core.access import ANYONE, Me, allow
from core.accounts import Account, LoginSession
from core.db import Base, UtcDateTime, session
from core.errors import LoginNeeded, NotVisible, Refused

TAIL_PAUSE_S = 1.0
TICKS_PER_CHECK = 15
LOOK_BACK = 500
KEEP = timedelta(minutes=10)
MAX_MESSAGE_BYTES = 64 * 1024
DROP = "drop"
Handler = TypeVar("Handler", bound=Callable[[dict[str, Any]], Any])
log = structlog.get_logger("realtime")
socketio = SocketIO()


class OutboxMessage(Base):
    """An event for open pages, written by a process that has no sockets."""

    __tablename__ = "outbox_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    room: Mapped[str] = mapped_column(String(80))
    event: Mapped[str] = mapped_column(String(40))
    data: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True)
class Event:
    """What a browser may send: its handler gets one JSON object; `write` says whether it may change anything."""

    name: str
    handler: Callable[[dict[str, Any]], Any]
    write: bool


EVENTS: dict[str, Event] = {}
room_guards: dict[str, Callable[[Me, int], bool]] = {"person": lambda me, key: me.account_id == key}
_people: dict[str, tuple[int, int]] = {}
_tails = threading.Lock()


def _thread() -> int:
    """The operating system's thread, also where gevent has replaced threads."""
    monkey = sys.modules.get("gevent.monkey")
    ident = monkey.get_original("_thread", "get_ident") if monkey else threading.get_ident
    return int(ident())


_loop_thread = _thread()


def cooperative() -> bool:
    """Whether this code runs on the loop of a gevent-patched process (wsgi.py), where waiting must be cooperative."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading")) and _thread() == _loop_thread


def init(app: Flask) -> None:
    """Put the socket server round an application; the last one made is the one that is served."""
    settings = app.config["core"]
    socketio.server, socketio.handlers, socketio.server_options = None, [], {}
    socketio.on_event("connect", _connected)
    socketio.on_event("disconnect", _disconnected)
    socketio.on_event("*", _unknown)
    for event in EVENTS.values():
        socketio.on_event(event.name, _edge(event))
    shared = {"client_manager": _channel(settings.REDIS_URL)} if settings.REDIS_URL else {}
    socketio.init_app(
        app, async_mode="gevent" if cooperative() else "threading", **shared,
        manage_session=False, cors_allowed_origins=_own_origin(settings.public_url),
        transports=["websocket", "polling"], max_http_buffer_size=MAX_MESSAGE_BYTES)


def _channel(url: str) -> Any:
    from core.channel import Channel  # the redis package, where there is a Redis
    return Channel(url)


def on(event: str, *, write: bool = True) -> Callable[[Handler], Handler]:
    """Register `handler(data) -> JSON | None` for an event; stands above `@allow`. Its value is the ack.

    The handler runs in a unit of work of its own as the person of the socket; what it says by `notify` leaves after
    the commit. A refusal becomes the ack {"error", "text"}, a fault {"error": "fault", "text", "number"}.
    """
    def mark(handler: Handler) -> Handler:
        known = EVENTS.get(event)
        if known is not None and known.handler.__module__ != handler.__module__:
            raise ValueError(f"two handlers of the event {event}")
        EVENTS[event] = Event(event, handler, write)
        if socketio.server is not None:
            socketio.on_event(event, _edge(EVENTS[event]))
        return handler
    return mark


def notify(room: str, event: str = "changed", data: dict[str, Any] | None = None) -> None:
    """Tell the pages in `room` ("attempt:7"), once the running unit of work is committed; dropped when it is not.

    The pages get `data` with the room's name in it. Facts of others have no place here: say that something changed.
    """
    body = {"room": room, **(data or {})}
    if has_request_context():
        db.after_commit(lambda: socketio.emit(event, body, to=room))
    else:
        _write(room, event, body)


def tell_of(kind: str, key: str) -> None:
    """Tell the pages of an object that something about it was journalled, where pages of its kind have a room."""
    if kind in room_guards and key.isdigit():
        notify(f"{kind}:{key}")


if tell_of not in journal.told:
    journal.told.append(tell_of)


def drop_session(session_id: int) -> None:
    """Close the sockets of a login session after the commit: here at once, in other processes within a second."""
    if has_request_context():
        db.after_commit(lambda: _drop({session_id}))
    _write(f"session:{session_id}", DROP, {})


def prune(now: datetime) -> int:
    """Forget outbox messages every web process has long seen. Returns how many."""
    old = select(OutboxMessage.id).where(OutboxMessage.created_at < now - KEEP).limit(1)
    with db.reading():
        if session.scalar(old) is None:
            return 0
    with db.transaction():
        gone = session.scalars(delete(OutboxMessage).where(OutboxMessage.created_at < now - KEEP)
                               .returning(OutboxMessage.id))
        return len(gone.all())


@on("join", write=False)
@allow(ANYONE)
def join(data: dict[str, Any]) -> dict[str, str]:
    """Enter the room {"room": "attempt:7"}, if its guard lets this person in."""
    room = _guarded(data)
    join_room(room)
    return {"room": room}


@on("leave", write=False)
@allow(ANYONE)
def leave(data: dict[str, Any]) -> dict[str, str]:
    """Leave the room {"room": "attempt:7"}; leaving where one is not is no mistake."""
    room = _room_name(data)
    leave_room(room)
    return {"room": room}


def _room_name(data: dict[str, Any]) -> str:
    prefix, _, key = str(data.get("room", "")).partition(":")
    if prefix not in room_guards or not (key.isascii() and key.isdigit()) or len(key) > 18:
        raise NotVisible
    return f"{prefix}:{int(key)}"


def _guarded(data: dict[str, Any]) -> str:
    room = _room_name(data)
    prefix, _, key = room.partition(":")
    person = access.current()
    if person is None or not room_guards[prefix](person, int(key)):
        raise NotVisible
    return room


def _write(room: str, event: str, body: dict[str, Any]) -> None:
    text = json.dumps(body, ensure_ascii=False)
    session.add(OutboxMessage(room=room, event=event, data=text, created_at=clock.now()))


def _own_origin(public_url: str) -> Callable[[str, dict[str, Any]], bool]:
    def allowed(origin: str, environ: dict[str, Any]) -> bool:
        return origin == public_url or urlsplit(origin).netloc == environ.get("HTTP_HOST")
    return allowed


@contextmanager
def _as_person() -> Any:
    """The person of the socket's cookie, looked up anew: a session may have been revoked since."""
    g.now = clock.now()
    token = request.cookies.get(web.cookie_name())
    person = access.person_by_token(token, g.now) if token else None
    access.set_current(person)
    try:
        yield person
    finally:
        access.set_current(None)


def _edge(event: Event) -> Callable[..., Any]:
    def answer(*args: Any) -> Any:
        try:
            return _run(event, args)
        except Refused as refused:
            return {"error": refused.code, "text": refused.text}
        except Exception:
            number = secrets.token_hex(4).upper()
            log.exception("fault", number=number, event_name=event.name)
            return {"error": "fault", "number": number, "text": "На сервере произошла ошибка, ничего не сохранено. "
                    f"Обновите страницу; если не поможет, сообщите в поддержку номер {number}."}
    return answer


def _run(event: Event, args: tuple[Any, ...]) -> Any:
    with _as_person() as person:
        access.check(event.handler, person)
        if person.one_time:
            raise Refused("one_time", "Сначала задайте свой пароль.", status=403)
        if len(args) != 1 or not isinstance(args[0], dict):
            raise Refused("bad_message", "Сервер не понял сообщение страницы. Обновите страницу.", status=400)
        with db.scope(write=event.write) as unit:
            reply = event.handler(args[0])
            unit.commit()
        return {} if reply is None else reply


def _unknown(*args: Any) -> dict[str, str]:
    return {"error": "unknown_event", "text": "Сервер не понял сообщение страницы. Обновите страницу."}


def _connected(_auth: Any = None) -> None:
    with _as_person() as person:
        if person is None or person.one_time:
            raise Turned("login_needed", {"error": "login_needed", "text": LoginNeeded().text})
        _people[request.sid] = (person.session_id, person.account_id)  # type: ignore[attr-defined]
    _start_tail(current_app._get_current_object())  # type: ignore[attr-defined]


def _disconnected(_reason: Any = None) -> None:
    _people.pop(request.sid, None)  # type: ignore[attr-defined]


def _drop(session_ids: set[int]) -> None:
    for sid, (session_id, _account) in list(_people.items()):
        if session_id in session_ids:
            _people.pop(sid, None)
            socketio.server.disconnect(sid, namespace="/")


def _start_tail(app: Flask) -> None:
    """One tail per process, while there are sockets. In an empty context: no unit of work of the caller comes along."""
    if _tails.acquire(blocking=False):
        Context().run(socketio.start_background_task, _tail, app)


def _tail(app: Flask) -> None:
    tail, ticks = Tail(), 0
    try:
        while _people:
            ticks += 1
            try:
                with app.app_context():
                    tail.read()
                    if ticks % TICKS_PER_CHECK == 0:
                        _drop(_ended({held for held, _account in _people.values()}, clock.now()))
            except Exception:
                log.exception("tail")
            socketio.sleep(TAIL_PAUSE_S)
    finally:
        _tails.release()
    if _people:
        _start_tail(app)


def _ended(session_ids: set[int], now: datetime) -> set[int]:
    """Which of these login sessions are over: revoked, expired, or of a disabled account."""
    with db.reading():
        alive = session.scalars(select(LoginSession.id).join(Account, Account.id == LoginSession.account_id).where(
            LoginSession.id.in_(session_ids), LoginSession.revoked_at.is_(None), LoginSession.expires_at > now,
            Account.disabled_at.is_(None)))
        return session_ids - set(alive)


class Tail:
    """Reads the outbox on from where it was: ids may become visible out of order, so it looks back a little."""

    def __init__(self) -> None:
        self.seen: set[int] | None = None
        self.last = 0

    def read(self) -> int:
        """Tell this process's sockets what is new; the first call says what is younger than a minute."""
        with db.reading():
            fresh = self._fresh()
            messages = session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(fresh))
                                       .order_by(OutboxMessage.id)).all() if fresh else []
        for message in messages:
            if message.event == DROP:
                _drop({int(message.room.partition(":")[2])})
            else:
                socketio.server.emit(message.event, json.loads(message.data), to=message.room, ignore_queue=True)
        return len(messages)

    def _fresh(self) -> list[int]:
        if self.seen is None:
            return self._first()
        ids = set(session.scalars(select(OutboxMessage.id).where(OutboxMessage.id > self.last - LOOK_BACK)))
        fresh = sorted(ids - self.seen)
        self.last = max(ids | {self.last})
        self.seen = {key for key in self.seen | ids if key > self.last - LOOK_BACK}
        return fresh

    def _first(self) -> list[int]:
        rows = session.execute(select(OutboxMessage.id, OutboxMessage.created_at)
                               .order_by(OutboxMessage.id.desc()).limit(LOOK_BACK)).all()
        self.seen = {row.id for row in rows}
        self.last = max(self.seen | {0})
        return sorted(row.id for row in rows if row.created_at > clock.now() - timedelta(minutes=1))
