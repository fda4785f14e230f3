"""What this package contributes to the application."""
from flask import Flask

from core.access import ANYONE
from core.registry import NavItem, Registry
from desk.routes import home


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
    app.register_blueprint(home.blueprint)
    registry.nav.append(NavItem("Что дальше", "desk.first_page", frozenset({ANYONE}), weight=0))
    registry.nav.append(NavItem("Конкурсы", "desk.contests", weight=10))
