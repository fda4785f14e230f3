"""Small schemes, marks and inputs for the tests of scoring."""

from typing import Any

from scoring.rules.scheme import Aspect, Criterion, Module, Scheme

LEVELS = {"levels": ["плохо", "сносно", "хорошо", "отлично"]}
GAP = {"by": "tolerance", "unit": "мм", "low": 200, "high": 300, "loss_hundredths": 200, "step": 50}

PLACE = Aspect("1.1", "Место", "yes_no", {}, 500)
SIZE = Aspect("1.2", "Зазор", "measurement", GAP, 1000)
LOOK = Aspect("2.1", "Вид", "judgement", LEVELS, 500)
SAFETY = Aspect("3.1", "Охрана труда", "penalty", {"each_hundredths": 500}, 0, safety=True)
CULTURE = Aspect("3.2", "Порядок", "penalty", {"each_hundredths": 100}, 0)


def module(*aspects: Aspect, module_id: str = "A", floor_zero: bool = True) -> Module:
    """One module with one criterion."""
    return Module(module_id, f"Модуль {module_id}", (Criterion(f"{module_id}-к", "Критерий", aspects),), floor_zero)


def scheme(*modules: Module, direction: str = "more") -> Scheme:
    """A scheme whose declared sum is right."""
    given = modules or (module(PLACE, SIZE, LOOK, SAFETY, CULTURE),)
    total = sum(int(aspect.weighted_max) for one in given for aspect in one.aspects())
    return Scheme("Проба", total, given, direction)


def fine(count: int) -> dict[str, Any]:
    """A mark of a penalty."""
    return {"count": count, "note": "без щитка" if count else "", "moment_seconds": None}


def marks(place: bool = True, size: int = 250, level: int = 3, safety: int = 0, culture: int = 0) -> dict[str, Any]:
    """Marks of the default module; without arguments 20 of 20."""
    return {
        "1.1": {"yes": place},
        "1.2": {"value": size},
        "2.1": {"level": level},
        "3.1": fine(safety),
        "3.2": fine(culture),
    }


def participant(code: str, theory: int | None = 3000, **more: Any) -> dict[str, Any]:
    """A participant of the inputs."""
    given = {"code": code, "status": "took_part", "reason": "", "theory_hundredths": theory, "time_seconds": None}
    return {**given, **more}


def sheet(expert: str, code: str, given: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A sheet of the inputs."""
    base = {"expert": expert, "participant": code, "module": "A", "state": "signed"}
    return {**base, "marks": marks() if given is None else given, **more}


def inputs(*participants: dict[str, Any], sheets: list[dict[str, Any]], **rules: Any) -> dict[str, Any]:
    """Inputs with the default scheme."""
    return {
        "scheme": scheme().to_dict(),
        "rules": rules,
        "participants": list(participants),
        "sheets": sheets,
        "resolutions": [],
    }
