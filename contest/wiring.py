"""What this package contributes to the application."""
from flask import Flask

from core.registry import Registry


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
