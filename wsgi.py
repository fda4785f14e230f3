"""What gunicorn serves. Nothing else in the project patches, so pytest and the flask command run unpatched."""

import gc
import sys

gc.disable()  # nothing of what a start makes is garbage: looking for it took a sixth of the start
sys.modules["aiohttp"] = None  # type: ignore[assignment]  # engineio would load its asyncio client, needed by nobody here

from gevent import monkey

monkey.patch_all()

import psycopg.waiting  # after the patch: it then waits through select, not in C, and lets others run

if psycopg.waiting.wait is psycopg.waiting.wait_c:
    raise RuntimeError("psycopg was imported before the patch: it would stop the whole loop")

from app import create_app

app = create_app()
del sys.modules["aiohttp"]  # pyHanko needs it when the first protocol is frozen
gc.freeze()  # what lives as long as the process is never looked through again
gc.enable()
