"""Builds the application: settings, database, edge, packages. Sees everything, is imported by no package."""
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import contest.wiring
import core.wiring
import demo.wiring
import desk.wiring
import exam.wiring
import scoring.wiring
from core import config, db, web
from core.registry import Registry, registry

PACKAGES = (core.wiring, contest.wiring, exam.wiring, scoring.wiring, desk.wiring, demo.wiring)


def create_app(settings: config.Settings | None = None) -> Flask:
    """The WSGI application of one installation. Nothing is opened or written until the first request or command."""
    settings = settings or config.load()
    app = Flask(__name__)
    if settings.TRUSTED_PROXIES:
        hops = settings.TRUSTED_PROXIES
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.connect_later(lambda: settings.database_url)
    web.init(app, settings)
    fill(app, registry)
    return app


def fill(app: Flask, into: Registry) -> None:
    """Let every package contribute: blueprints, commands, steps, menu, duties, forms."""
    into.clear()
    for package in PACKAGES:
        package.register(app, into)
