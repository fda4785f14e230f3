"""What this package contributes to the application."""
from flask import Flask, before_render_template

from contest import actions, place, steps
from contest.documents import application_receipt, briefing_journal, draw_protocol
from contest.filters import FILTERS
from contest.routes import applications, contests, nominations, participants, people
from contest.rules import roles
from core import realtime
from core.registry import Registry


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
    registry.role_words.update(roles.WORDS)
    registry.installation_roles.append(roles.ORGANISER)
    for module in (contests, nominations, people, applications, participants):
        app.register_blueprint(module.blueprint)
    for form in (application_receipt.FORM, draw_protocol.FORM, briefing_journal.FORM):
        registry.forms[form.key] = form
    registry.action_words.update(actions.WORDS)
    registry.steps.append(steps.next_steps)
    realtime.room_guards["identities"] = participants.may_identify
    app.jinja_env.filters.update(FILTERS)
    before_render_template.connect(place.locate, app)
