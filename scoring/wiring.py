"""What this package contributes to the application."""
from flask import Flask

from contest.rules.roles import EXPERTS
from core.registry import NavItem, Registry
from scoring import steps
from scoring.routes import schemes, sheets, summary
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
