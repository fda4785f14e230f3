"""What this package contributes to the application."""
from flask import Flask

from core.registry import Registry
from exam import cli


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
    app.cli.add_command(cli.bank)
