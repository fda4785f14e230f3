"""The scheme of marking: modules, criteria, aspects. Frozen by canonical JSON and SHA-256 before the first sheet."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from core.errors import Refused
from scoring.aspects.base import MAX_POINTS
from scoring.aspects.registry import kind_of
from scoring.rules import reading
from scoring.rules.canonical import canonical_bytes, sha256_hex
from scoring.rules.numbers import show

MORE, LESS = "more", "less"
DIRECTIONS = {MORE: "больше — лучше", LESS: "меньше — лучше"}
UNIT_WEIGHT = 100
SCHEMA = 1


@dataclass(frozen=True)
class Aspect:
    """One thing that is marked. `max_hundredths` is before the weight; weight 100 is 1.00; `safety` marks penalties."""

    id: str
    title: str
    kind: str
    spec: dict[str, Any]
    max_hundredths: int
    weight: int = UNIT_WEIGHT
    safety: bool = False

    @property
    def weighted_max(self) -> Fraction:
        """The most this aspect brings to the total, in hundredths."""
        return Fraction(self.max_hundredths * self.weight, UNIT_WEIGHT)


@dataclass(frozen=True)
class Criterion:
    """Aspects under one heading."""

    id: str
    title: str
    aspects: tuple[Aspect, ...]


@dataclass(frozen=True)
class Module:
    """What one sheet covers. `floor_zero`: penalties cannot take a sheet of this module below zero."""

    id: str
    title: str
    criteria: tuple[Criterion, ...]
    floor_zero: bool = True

    def aspects(self) -> Iterator[Aspect]:
        """All aspects of the module, in their order."""
        return (aspect for criterion in self.criteria for aspect in criterion.aspects)


@dataclass(frozen=True)
class Scheme:
    """The scheme of one nomination. `max_hundredths` is the declared sum of the weighted maxima."""

    title: str
    max_hundredths: int
    modules: tuple[Module, ...]
    direction: str = MORE

    def aspects(self) -> Iterator[Aspect]:
        """All aspects, in their order."""
        return (aspect for module in self.modules for aspect in module.aspects())

    def module(self, module_id: str) -> Module:
        """Return the module by its id or refuse."""
        for module in self.modules:
            if module.id == module_id:
                return module
        raise Refused("unknown_module", f"В схеме нет модуля «{module_id[:40]}».")

    def to_dict(self) -> dict[str, Any]:
        """Return the scheme as plain JSON."""
        return {"schema": SCHEMA, **asdict(self)}

    def canonical(self) -> bytes:
        """Return the bytes that are frozen."""
        return canonical_bytes(self.to_dict())

    def sha256(self) -> str:
        """Return the SHA-256 of the frozen bytes."""
        return sha256_hex(self.to_dict())


@dataclass(frozen=True)
class Finding:
    """What is wrong with a scheme: `where` names the module, criterion or aspect; `text` is Russian."""

    where: str
    text: str


def validate_scheme(scheme: Scheme) -> list[Finding]:
    """Return everything that forbids freezing the scheme, empty when it may be frozen."""
    found = [*_headings(scheme), *_unique_ids(scheme)]
    for aspect in scheme.aspects():
        found += _aspect_findings(aspect, scheme.direction)
    total = sum((aspect.weighted_max for aspect in scheme.aspects()), Fraction(0))
    if total != scheme.max_hundredths:
        # A weight can make a fraction of a hundredth: then the sum cannot be printed, only the difference told.
        summed = show(int(total)) if total.denominator == 1 else f"{total} сотых"
        text = f"сумма максимальных баллов {summed}, а объявлено {show(scheme.max_hundredths)}."
        found.append(Finding("схема", text))
    return found


def read_scheme(data: object) -> Scheme:
    """Read a scheme from plain JSON; refuse what is not one. The meaning is checked by `validate_scheme`."""
    obj = reading.mapping(data, "Схема")
    reading.only(obj, ("schema", "title", "max_hundredths", "modules", "direction"), "Схема")
    reading.integer(obj, "schema", "Схема", SCHEMA, SCHEMA)
    return Scheme(
        title=reading.text(obj, "title", "Схема"),
        max_hundredths=reading.integer(obj, "max_hundredths", "Схема", 0, MAX_POINTS),
        modules=tuple(_read_module(module) for module in reading.items(obj, "modules", "Схема")),
        direction=reading.choice(obj, "direction", "Схема", tuple(DIRECTIONS)),
    )


def _read_module(data: object) -> Module:
    obj = reading.mapping(data, "Модуль")
    reading.only(obj, ("id", "title", "criteria", "floor_zero"), "Модуль")
    return Module(
        id=reading.text(obj, "id", "Модуль"),
        title=reading.text(obj, "title", "Модуль"),
        criteria=tuple(_read_criterion(criterion) for criterion in reading.items(obj, "criteria", "Модуль")),
        floor_zero=reading.flag(obj, "floor_zero", "Модуль", True),
    )


def _read_criterion(data: object) -> Criterion:
    obj = reading.mapping(data, "Критерий")
    reading.only(obj, ("id", "title", "aspects"), "Критерий")
    return Criterion(
        id=reading.text(obj, "id", "Критерий"),
        title=reading.text(obj, "title", "Критерий"),
        aspects=tuple(_read_aspect(aspect) for aspect in reading.items(obj, "aspects", "Критерий")),
    )


def _read_aspect(data: object) -> Aspect:
    obj = reading.mapping(data, "Показатель")
    reading.only(obj, ("id", "title", "kind", "spec", "max_hundredths", "weight", "safety"), "Показатель")
    return Aspect(
        id=reading.text(obj, "id", "Показатель"),
        title=reading.text(obj, "title", "Показатель"),
        kind=reading.text(obj, "kind", "Показатель"),
        spec=dict(reading.mapping(obj.get("spec"), "Показатель, правило")),
        max_hundredths=reading.integer(obj, "max_hundredths", "Показатель", 0, MAX_POINTS),
        weight=reading.integer(obj, "weight", "Показатель", 1, 100 * UNIT_WEIGHT),
        safety=reading.flag(obj, "safety", "Показатель", False),
    )


def _headings(scheme: Scheme) -> Iterator[Finding]:
    if scheme.direction not in DIRECTIONS:
        yield Finding("схема", "направление итога должно быть «больше — лучше» или «меньше — лучше».")
    if not scheme.modules:
        yield Finding("схема", "в схеме нет ни одного модуля.")
    for module in scheme.modules:
        if not any(True for _ in module.aspects()):
            yield Finding(f"модуль {module.id}", "в модуле нет ни одного показателя.")
    titles = [("схема", scheme.title)]
    for module in scheme.modules:
        named: list[Module | Criterion | Aspect] = [module, *module.criteria, *module.aspects()]
        titles += [(one.id, one.title) for one in named]
    for where, title in titles:
        if not title.strip():
            yield Finding(where, "нет названия.")


def _unique_ids(scheme: Scheme) -> Iterator[Finding]:
    criteria = [criterion for module in scheme.modules for criterion in module.criteria]
    for word, ids in (
        ("модуля", [module.id for module in scheme.modules]),
        ("критерия", [criterion.id for criterion in criteria]),
        ("показателя", [aspect.id for aspect in scheme.aspects()]),
    ):
        for repeated, count in Counter(ids).items():
            if count > 1:
                yield Finding(repeated, f"обозначение {word} повторяется {count} раза, а должно быть одно.")


def _aspect_findings(aspect: Aspect, direction: str) -> Iterator[Finding]:
    where = f"показатель {aspect.id}"
    try:
        kind_of(aspect.kind).validate(aspect.spec, aspect.max_hundredths)
        canonical_bytes(aspect.spec)
    except Refused as refusal:
        yield Finding(where, refusal.text)
        return
    kind = kind_of(aspect.kind)
    summed = kind.counts_to_max(aspect.spec)
    if aspect.safety and not kind.TAKES:
        yield Finding(where, "нарушением охраны труда может быть только штраф.")
    if summed and aspect.max_hundredths < 1:
        yield Finding(where, "максимальный балл должен быть больше 0.")
    if not summed and not kind.TAKES and direction == MORE:
        text = "результат без максимума считают, только когда меньше — лучше; задайте норму и потерю баллов."
        yield Finding(where, text)
    if aspect.weight < 1:
        yield Finding(where, "вес должен быть больше 0.")
