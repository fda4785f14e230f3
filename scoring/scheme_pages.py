"""What the page of a scheme shows, and reading the workbook off the loop."""
from typing import Any, BinaryIO

from contest.models import Nomination
from core import web
from scoring import schemes
from scoring.aspects.registry import KINDS
from scoring.formats.scheme_xlsx import read_scheme_xlsx
from scoring.models.sheets import Scheme
from scoring.rules.numbers import show
from scoring.rules.scheme import Aspect, Criterion, Module
from scoring.rules.scheme import Scheme as Content

SAMPLE = Content("Образец: «Сварщик», практика", 4600, (Module("А", "Стыковое соединение", (
    Criterion("А1", "Подготовка", (Aspect("А1.1", "Место и СИЗ готовы", "yes_no", {}, 500),)),
    Criterion("А2", "Сборка и шов", (
        Aspect("А2.1", "Зазор", "measurement", {"by": "tolerance", "unit": "мм", "low": 200, "high": 300,
                                                "loss_hundredths": 200, "step": 50}, 1000),
        Aspect("А2.2", "Поры", "defects", {"defects": [{"title": "мелкая", "minus_hundredths": 100},
                                                       {"title": "крупная", "minus_hundredths": 300}]}, 700),
        Aspect("А2.3", "Вид шва", "judgement", {"levels": ["грубые дефекты", "ниже обычного", "обычный", "отличный"]},
               1100),
        Aspect("А2.4", "Работоспособность", "steps", {"steps": [
            {"title": "с первой попытки", "points_hundredths": 1000},
            {"title": "не работает", "points_hundredths": 0}]}, 1000),
        Aspect("А2.5", "Время", "time", {"as": "points", "norm_seconds": 3600, "loss_hundredths": 50, "minute": "full"},
               300))),
    Criterion("А3", "Охрана труда", (
        Aspect("А3.1", "Нарушение охраны труда", "penalty", {"each_hundredths": 500}, 0, safety=True),)))),))


def read(stream: BinaryIO) -> Content:
    """The scheme in an uploaded workbook; Refused with the sheet and the row of what is wrong."""
    stream.seek(0)
    return web.offload(read_scheme_xlsx, stream.read())


def page(nomination: Nomination, *, maker: bool) -> dict[str, Any]:
    """The scheme in force, the draft (for its makers), earlier versions, and what must be seen before freezing."""
    rows = schemes.versions(nomination.id)
    frozen = next((row for row in rows if row.state == "frozen"), None)
    draft = next((row for row in rows if row.state == "draft"), None) if maker else None
    shown = draft or frozen
    content = schemes.content(shown) if shown else None
    return {"frozen": frozen, "draft": draft, "shown": shown, "content": content,
            "modules": [_module(module) for module in content.modules] if content else [],
            "total": show(content.max_hundredths) if content else "", "older": _older(rows),
            "warnings": list(schemes.warnings(nomination, content)) if draft and content else []}


def _older(rows: list[Scheme]) -> list[Scheme]:
    return [row for row in rows if row.state == "superseded"]


def _module(module: Module) -> dict[str, Any]:
    return {"id": module.id, "title": module.title, "criteria": [
        {"id": criterion.id, "title": criterion.title, "aspects": [_aspect(one) for one in criterion.aspects]}
        for criterion in module.criteria]}


def _aspect(aspect: Aspect) -> dict[str, Any]:
    kind = KINDS[aspect.kind]
    return {"id": aspect.id, "title": aspect.title, "kind": kind.LABEL, "rule": kind.to_text(aspect.spec).split("\n"),
            "most": "штраф" if kind.TAKES else show(aspect.max_hundredths), "safety": aspect.safety,
            "weight": show(aspect.weight) if aspect.weight != 100 else ""}
