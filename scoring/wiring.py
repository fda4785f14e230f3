"""What this package contributes to the application."""
from flask import Flask

from contest.rules.roles import COMMISSION, EXPERTS, STAFF
from contest.rules.timetable import format_instant
from core import clock, realtime
from core.documents import papers, typography
from core.registry import Duty, NavItem, Registry
from exam import holds
from scoring import cli, fixed, meeting_pages, meetings, preparation, steps, steps_commission, steps_papers
from scoring import handover as handovers
from scoring import protocols as papers_of
from scoring.documents import commission_protocol, dissent, expert_protocol
from scoring.routes import handover, keys, protocols, publication, schemes, sheets, summary, verify
from scoring.routes import meetings as meeting_routes
from scoring.rules.numbers import show

SHEET_ACTIONS = {
    "scheme.uploaded": "схема оценки загружена", "scheme.frozen": "схема оценки закреплена",
    "scheme.superseded": "схема оценки заменена", "sheets.assigned": "листы назначены",
    "sheet.saved": "лист сохранён", "sheet.submitted": "лист сдан", "sheet.signed": "лист подписан",
    "sheet.recused": "самоотвод эксперта", "sheet.unfinished": "лист не завершён",
    "sheet.reopened": "лист возвращён эксперту", "interest.declared": "эксперт назвал свои организации",
    "conflict.found": "конфликт интересов", "divergence.opened": "расхождение оценок",
    "divergence.answered": "ответ на расхождение", "divergence.closed": "расхождение закрыто",
    "summary.kept": "сводная ведомость составлена",
}


def register(app: Flask, registry: Registry) -> None:
    """Blueprints, commands and registry entries of this package."""
    app.jinja_env.filters["points"] = show
    for module in (schemes, sheets, summary):
        app.register_blueprint(module.blueprint)
    registry.steps.append(steps.next_steps)
    registry.action_words.update(SHEET_ACTIONS)
    registry.nav.append(NavItem("Оценочные листы", "sheets.mine", EXPERTS, weight=30))
    for module in (keys, protocols, handover, verify):
        app.register_blueprint(module.blueprint)
    for form in (expert_protocol.FORM, dissent.FORM, handovers.FORM):
        registry.forms[form.key] = form
    registry.steps.append(steps_papers.next_steps)
    registry.action_words.update(steps_papers.actions())
    registry.nav.append(NavItem("Ключ подписи", "keys.page", frozenset({*EXPERTS, *COMMISSION, *STAFF}), weight=70))
    registry.nav.append(NavItem("Проверить документ", "verify.search", weight=60))
    registry.duties.append(Duty("render_documents", 10, lambda: papers.render_waiting(clock.now())))
    registry.duties.append(Duty("finish_protocols", 15, lambda: preparation.finish_waiting(clock.now())))
    app.cli.add_command(cli.ca_group)
    app.jinja_env.filters.update(exact=format_instant, at_second=meeting_pages.at_second, full_points=typography.points)
    for module in (meeting_routes, publication):
        app.register_blueprint(module.blueprint)
    for form in (commission_protocol.FORM, commission_protocol.NOT_HELD):
        registry.forms[form.key] = form
    registry.steps.append(steps_commission.next_steps)
    registry.action_words.update(steps_commission.ACTIONS)
    registry.nav.append(NavItem("Заседания", "meetings.mine", frozenset({*COMMISSION, *STAFF}), weight=40))
    holds.holds["scoring"] = fixed.why
    realtime.room_guards["meeting"] = meetings.may_watch
    realtime.room_guards["protocol"] = papers_of.may_watch
