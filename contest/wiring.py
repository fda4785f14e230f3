"""What this package contributes to the application."""
from flask import Flask, before_render_template

from contest import place, steps
from contest.routes import applications, contests, nominations, participants, people
from contest.rules import roles
from core.registry import Registry


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
    registry.role_words.update(roles.WORDS)
    registry.installation_roles.append(roles.ORGANISER)
    for module in (contests, nominations, people, applications, participants):
        app.register_blueprint(module.blueprint)
    registry.steps.append(steps.next_steps)
    before_render_template.connect(place.locate, app)
