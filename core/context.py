"""What every template has: menu, person, place, clock of the server, addresses of static files, words for instants."""
import hashlib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, url_for

from core import access, clock, web, words
from core.registry import registry


@dataclass(frozen=True)
class Visitor(access.Me):
    """The person behind the page, with their roles in words."""

    role_words: str = ""


def init(app: Flask) -> None:
    """Hand the names to Jinja."""
    app.context_processor(page)
    app.jinja_env.globals.update(static_url=static_url, plural=words.plural)
    app.jinja_env.filters.update(day=words.day, moment=words.moment, minute=words.minute, size=words.size,
                                 role_words=role_words, action_words=action_words)


def page() -> dict[str, Any]:
    """Names every page gets. A page about a contest sets `g.zone` and `g.place` first."""
    person, settings = access.current(), web.settings()
    zone = g.get("zone") or words.DEFAULT_ZONE
    return {
        "me": visitor(person) if person else None, "nav": menu(person), "place": g.get("place"), "zone": zone,
        "clock": server_clock(zone), "region": settings.REGION, "support_phone": settings.SUPPORT_PHONE,
        "support_hours": settings.SUPPORT_HOURS, "demo": settings.ENVIRONMENT == "demo",
    }


def visitor(person: access.Me) -> Visitor:
    """`person` with role words."""
    known = {item.name: getattr(person, item.name) for item in fields(access.Me)}
    return Visitor(**known, role_words=role_words(person.roles))


def role_words(roles: Any) -> str:
    """«организатор, секретарь» of role names, in the order of the registry."""
    return ", ".join(word for role, word in registry.role_words.items() if role in roles)


def action_words(action: str) -> str:
    """The journal's action in Russian, or as it is when no package has a word for it."""
    return registry.action_words.get(action, action)


def menu(person: access.Me | None) -> list[dict[str, Any]]:
    """Entries of the menu this person may open; a visitor gets those for everybody, ANYONE asks for a login."""
    held = person.roles | {access.ANYONE} if person else frozenset()
    seen = [item for item in registry.nav if item.endpoint in current_app.view_functions
            and (not item.roles or item.roles & held)]
    urls = [(url_for(item.endpoint), item) for item in sorted(seen, key=lambda item: (item.weight, item.text))]
    return [{"text": item.text, "url": url, "current": _here(url)} for url, item in urls]


def _here(url: str) -> bool:
    return request.path == url or (url != "/" and request.path.startswith(url + "/"))


def server_clock(zone: str) -> dict[str, str]:
    """The server's moment in a zone, as base.html and clock.js want it."""
    now = clock.now().astimezone(words.ZoneInfo(zone))
    return {"iso": now.isoformat(timespec="seconds"), "zone": words.zone_words(zone, now),
            "text": f"{now.day} {words.MONTHS[now.month - 1]}, {now:%H:%M}"}


def static_url(path: str) -> str:
    """Address of a static file that changes with its content, so that browsers may keep it for ever."""
    file = Path(current_app.static_folder or "") / path
    if not file.is_file():
        return url_for("static", filename=path)
    place = (request.script_root, current_app.static_url_path) if has_request_context() else None
    return _address(path, file, file.stat().st_mtime_ns, place)


@lru_cache(maxsize=500)
def _address(path: str, file: Path, changed: int, _place: object) -> str:
    """Kept for each file as it is and each place the service is served at: a page names twenty of them."""
    return url_for("static", filename=path, v=_mark(file, changed))


@lru_cache(maxsize=500)
def _mark(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10]
