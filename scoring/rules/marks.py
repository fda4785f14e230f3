"""From marks to practice points. Everything is an exact Fraction of hundredths; rounding happens once, at the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from core.errors import Refused
from scoring.aspects.registry import check_mark, is_assessed, kind_of, points
from scoring.rules.numbers import show
from scoring.rules.scheme import LESS, UNIT_WEIGHT, Aspect, Module, Scheme

Marks = Mapping[str, Mapping[str, Any]]  # aspect id → mark

TRIM_FROM = 5


@dataclass(frozen=True)
class SheetTotal:
    """One sheet: `points` without penalties, `penalty` taken (≥ 0), its `safety` part, `total`; exact hundredths."""

    points: Fraction
    penalty: Fraction
    safety: Fraction
    total: Fraction


def check_marks(module: Module, marks: Marks) -> None:
    """Refuse a sheet with a mark missing, a mark for nothing, or a mark that does not fit its aspect."""
    aspects = {aspect.id: aspect for aspect in module.aspects()}
    missing = [f"«{aspect.title}»" for aspect in aspects.values() if aspect.id not in marks]
    if missing:
        left = ", ".join(missing[:3]) + (f" и ещё {len(missing) - 3}" if len(missing) > 3 else "")
        text = f"Оцените все показатели или отметьте «не оценивалось» с причиной. Осталось: {left}."
        raise Refused("marks_missing", text)
    for aspect_id, mark in marks.items():
        if aspect_id not in aspects:
            raise Refused("unknown_aspect", f"В модуле {module.id} нет показателя «{aspect_id[:40]}».")
        check_mark(aspects[aspect_id].kind, aspects[aspect_id].spec, mark)


def aspect_points(aspect: Aspect, mark: Mapping[str, Any]) -> Fraction | None:
    """Return the weighted exact points of one mark (penalties negative), None when not assessed."""
    given = points(aspect.kind, aspect.spec, mark, aspect.max_hundredths)
    return None if given is None else given * Fraction(aspect.weight, UNIT_WEIGHT)


def sheet_total(scheme: Scheme, module: Module, marks: Marks) -> SheetTotal:
    """Total one checked sheet by itself; «не оценивалось» counts as nothing given and nothing taken."""
    given = {aspect.id: aspect_points(aspect, marks[aspect.id]) or Fraction(0) for aspect in module.aspects()}
    return _total(scheme, module, given)


def module_totals(scheme: Scheme, module: Module, sheets: Sequence[Marks], not_assessed: str) -> list[SheetTotal]:
    """Total the sheets of one participant for one module, one result per sheet in the order given.

    not_assessed says what an aspect is worth that an expert did not assess: "zero", or "others": the mean of
    the experts who did assess it (nothing when none did). An unassessed penalty takes what the others' mean takes.
    """
    table = [{a.id: aspect_points(a, marks[a.id]) for a in module.aspects()} for marks in sheets]
    instead = {aspect.id: _instead(table, aspect.id, not_assessed) for aspect in module.aspects()}
    filled = [{key: instead[key] if value is None else value for key, value in row.items()} for row in table]
    return [_total(scheme, module, row) for row in filled]


def mean(values: Sequence[Fraction]) -> Fraction:
    """Return the arithmetic mean."""
    return sum(values, Fraction(0)) / len(values)


def median(values: Sequence[Fraction]) -> Fraction:
    """Return the middle value, the mean of the middle two for an even number."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def trimmed(values: Sequence[Fraction]) -> Fraction:
    """Return the mean without one highest and one lowest; with fewer than five values the plain mean."""
    return mean(sorted(values)[1:-1] if len(values) >= TRIM_FROM else values)


def consensus(values: Sequence[Fraction]) -> Fraction:
    """Return the value all experts agreed on; refuse when they did not."""
    if len(set(values)) > 1:
        raise Refused("no_consensus", "Эксперты не пришли к общей оценке: итоги их листов различаются.")
    return values[0]


AGGREGATIONS: dict[str, Callable[[Sequence[Fraction]], Fraction]] = {
    "mean": mean,
    "median": median,
    "trimmed": trimmed,
    "consensus": consensus,
}
AGGREGATION_LABELS = {
    "mean": "среднее",
    "median": "медиана",
    "trimmed": "среднее без высшей и низшей оценки (при пяти и более экспертах, иначе среднее)",
    "consensus": "общая оценка по согласию экспертов",
}
NOT_ASSESSED_LABELS = {"others": "среднее остальных экспертов", "zero": "0 баллов"}
MISSING_LABELS = {
    "block": "протокол не составляется, пока не сданы все назначенные листы",
    "present": "считаются сданные листы, если их не меньше установленного числа",
}


def aggregate(name: str, values: Sequence[Fraction]) -> Fraction:
    """Join the experts' values by the named rule; refuse an unknown rule or no value at all."""
    if name not in AGGREGATIONS:
        raise Refused("unknown_aggregation", f"Неизвестное правило сведения оценок «{name[:40]}».")
    if not values:
        raise Refused("no_sheets", "Нет ни одного учтённого оценочного листа.")
    return AGGREGATIONS[name](values)


def missing_expert_problem(rule: str, min_experts: int, included: int, unfinished: int) -> str | None:
    """Return why the sheets of one participant and module cannot be summed yet: "too_few_sheets" | "unfinished_sheets".

    rule "block": every assigned sheet must be in; "present": those that are in count, from `min_experts` on.
    """
    if included < min_experts:
        return "too_few_sheets"
    return "unfinished_sheets" if rule == "block" and unfinished else None


@dataclass(frozen=True)
class Divergence:
    """Experts far apart on one aspect of one participant; `experts` and `values` go together."""

    aspect_id: str
    kind: str
    text: str
    experts: tuple[str, ...]
    values: tuple[str, ...]


def divergences(
    module: Module, sheets: Mapping[str, Marks], *, levels: int = 1, percent: int = 20, penalties: bool = True
) -> list[Divergence]:
    """Return the aspects where the experts' marks (expert → marks) of one participant differ too much.

    Judgements: the spread of levels above `levels`. Other kinds: the spread of points above `percent` of the
    maximum. Penalties: any difference, unless `penalties` is off. «Не оценивалось» is not compared.
    """
    found = []
    for aspect in module.aspects():
        given = {expert: sheets[expert][aspect.id] for expert in sorted(sheets)}
        marks = {expert: mark for expert, mark in given.items() if is_assessed(mark)}
        text = _divergence(aspect, list(marks.values()), levels, percent, penalties) if len(marks) > 1 else None
        if text:
            values = tuple(show(int(aspect_points(aspect, mark) or 0)) for mark in marks.values())
            found.append(Divergence(aspect.id, aspect.kind, text, tuple(marks), values))
    return found


def _divergence(
    aspect: Aspect, marks: list[Mapping[str, Any]], levels: int, percent: int, penalties: bool
) -> str | None:
    compare = kind_of(aspect.kind).COMPARE
    if compare == "levels":
        apart = max(mark["level"] for mark in marks) - min(mark["level"] for mark in marks)
        return f"«{aspect.title}»: уровни расходятся на {apart}, допустимо {levels}." if apart > levels else None
    given = [points(aspect.kind, aspect.spec, mark, aspect.max_hundredths) or Fraction(0) for mark in marks]
    spread = max(given) - min(given)
    if compare == "same":
        return f"«{aspect.title}»: штраф у экспертов разный, {show(int(spread))}." if spread and penalties else None
    if not aspect.max_hundredths or spread * 100 <= percent * aspect.max_hundredths:
        return None
    return f"«{aspect.title}»: разница {show(int(spread))} из {show(aspect.max_hundredths)}, допустимо {percent} %."


def _instead(table: list[dict[str, Fraction | None]], aspect_id: str, rule: str) -> Fraction:
    known = [value for row in table if (value := row[aspect_id]) is not None]
    return mean(known) if known and rule == "others" else Fraction(0)


def _total(scheme: Scheme, module: Module, given: Mapping[str, Fraction]) -> SheetTotal:
    fines = {aspect.id: aspect.safety for aspect in module.aspects() if kind_of(aspect.kind).TAKES}
    earned = sum((value for key, value in given.items() if key not in fines), Fraction(0))
    penalty = -sum((given[key] for key in fines), Fraction(0))
    safety = -sum((given[key] for key, is_safety in fines.items() if is_safety), Fraction(0))
    if scheme.direction == LESS:
        return SheetTotal(earned, penalty, safety, earned + penalty)
    total = earned - penalty
    return SheetTotal(earned, penalty, safety, max(total, Fraction(0)) if module.floor_zero else total)
