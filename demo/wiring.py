"""What this package contributes to the application."""
from flask import Flask

from core.registry import Registry
from demo.cli import demo_group


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
    app.cli.add_command(demo_group)
    registry.action_words["demo.seeded"] = "демонстрация заполнена"
