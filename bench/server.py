"""What gunicorn serves while it is measured: the service, and in the same process an empty handler (the floor), an
event to every open page, and the gaps of the loop."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from wsgi import app as service  # first: it patches

import gevent  # isort: skip
from flask import Flask, jsonify, request  # isort: skip

from core import realtime  # isort: skip
from exam import saves  # isort: skip

TICK_S = 0.005
OWN = ("/floor", "/broadcast", "/gaps", "/group")
floor = Flask("floor")
gaps: list[float] = []


@floor.get("/floor")
def empty() -> str:
    """What every request costs before we do anything."""
    return ""


@floor.get("/broadcast")
def broadcast() -> str:
    """Tell every page, with the moment of the machine's monotonic clock at which it was said."""
    realtime.socketio.server.emit("changed", {"room": "bench", "at": time.monotonic()})
    return ""


@floor.get("/gaps")
def late() -> Any:
    """By how many seconds the loop was late, every 5 ms since it was asked last; asking begins to count."""
    if not gaps:
        gevent.spawn(_watch)
    found, gaps[:] = list(gaps), [0.0]
    return jsonify(found)


@floor.get("/group")
def group() -> Any:
    """How many groups and saves there were so far; `size` sets how many saves at most one commit takes from now on."""
    saves.WRITER.batch = int(request.args.get("size", saves.WRITER.batch))
    return jsonify(batches=saves.WRITER.batches, items=saves.WRITER.items)


def _watch() -> None:
    while True:
        due = time.monotonic() + TICK_S
        gevent.sleep(TICK_S)
        gaps.append(max(time.monotonic() - due, 0.0))


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The bench's own addresses, the service under all the others."""
    return (floor if environ["PATH_INFO"] in OWN else service)(environ, start_response)
