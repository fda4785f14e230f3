"""Our templates in a bare application: what the macros draw, without the service behind them."""

from functools import cache
from typing import Any

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import Environment

from tests.architecture.tree import ROOT


def bare_app() -> Flask:
    app = Flask("front", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.secret_key = "test"
    CSRFProtect(app)
    app.jinja_env.globals.update(static_url=lambda path: f"/static/{path}")
    return app


@cache
def shared_app() -> Flask:
    """One for all pieces: the macros are compiled once."""
    return bare_app()


def draw(source: str, **names: Any) -> str:
    """A template string with ui, forms, questions imported."""
    app = shared_app()
    imports = "".join(f'{{% import "macros/{name}.html" as {name} %}}' for name in ("ui", "forms", "questions"))
    env: Environment = app.jinja_env
    with app.test_request_context():
        return env.from_string(imports + source).render(**names)


ONE_OF_TWO = {"options": [{"id": "a1", "text": "раз"}, {"id": "a2", "text": "два"}]}
YES_NO = {"options": [{"id": "t", "text": "Да"}, {"id": "f", "text": "Нет"}]}
STEPS = {"items": [{"id": "i1", "text": "А"}, {"id": "i2", "text": "Б"}]}
PAIRS = {"left": [{"id": "l1", "text": "Ток"}, {"id": "l2", "text": "Напряжение"}],
         "right": [{"id": "r1", "text": "Вольт"}, {"id": "r2", "text": "Ампер"}]}
QUESTIONS: list[dict[str, Any]] = [
    {"id": 1, "kind": "single", "text": "Выберите одно", "public": ONE_OF_TWO},
    {"id": 2, "kind": "yes_no", "text": "Верно ли", "public": YES_NO},
    {"id": 3, "kind": "multiple", "text": "Выберите", "public": ONE_OF_TWO},
    {"id": 4, "kind": "matching", "text": "Пары", "public": PAIRS},
    {"id": 5, "kind": "ordering", "text": "Порядок", "public": STEPS},
    {"id": 6, "kind": "numeric", "text": "Сколько", "public": {"unit": "А"}},
    {"id": 7, "kind": "short", "text": "Кратко", "public": {}},
    {"id": 8, "kind": "open", "text": "Подробно", "public": {}},
]


def exam(**changes: Any) -> dict[str, Any]:
    """What exam_base.html needs; moments in the contest's zone."""
    rows = [{**question, "answer": None, "seq": 0, "flagged": False, "seen": False} for question in QUESTIONS]
    return {"title": "Теория", "subtitle": "Лучший сварщик", "now": "2026-06-09T10:20:00+07:00",
            "deadline": "2026-06-09T10:40:00+07:00", "left": "20:00", "until": "до 10:40, Томск", "save_url": "/save",
            "finish_url": "/finish", "after_url": "/after", "close_url": "/close", "questions": rows, **changes}


def exam_page(**changes: Any) -> str:
    app = bare_app()
    with app.test_request_context():
        return app.jinja_env.get_template("exam_base.html").render(exam=exam(**changes))
