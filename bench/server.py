"""What gunicorn serves while it is measured: the service, and an empty handler in the same process (the floor)."""

from collections.abc import Callable, Iterable
from typing import Any

from wsgi import app as service  # first: it patches

from flask import Flask  # isort: skip

floor = Flask("floor")


@floor.get("/floor")
def empty() -> str:
    """What every request costs before we do anything."""
    return ""


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The floor under its own address, the service under all the others."""
    return (floor if environ["PATH_INFO"] == "/floor" else service)(environ, start_response)
