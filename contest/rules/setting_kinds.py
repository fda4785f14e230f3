"""Kinds of rule settings: how a value is read from a form, kept as JSON, and said in words.

`read` takes what a form sent and refuses in words; `load` takes what `keep` gave, all else is a `ValueError`.
`choices` is not empty where a form offers a list; the keys are what the form sends.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.errors import Refused


class Kind(Protocol):
    """What every kind can do; a value read is one that `load` of what was kept gives again."""

    @property
    def choices(self) -> Mapping[str, str]: ...

    def read(self, text: str) -> Any: ...

    def keep(self, value: Any) -> Any: ...

    def load(self, kept: Any) -> Any: ...

    def words(self, value: Any) -> str: ...

    def sent(self, value: Any) -> str: ...


@dataclass(frozen=True)
class Choice:
    """One of named words; the value is the name."""

    choices: Mapping[str, str]

    def read(self, text: str) -> str:
        name = text.strip()
        if name not in self.choices:
            raise Refused("bad_choice", "Выберите одно из значений списка.", status=422)
        return name

    def keep(self, value: str) -> str:
        return value

    def load(self, kept: Any) -> str:
        if not isinstance(kept, str) or kept not in self.choices:
            raise ValueError(f"{kept!r} is none of {sorted(self.choices)}")
        return kept

    def words(self, value: str) -> str:
        return self.choices[value]

    def sent(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Flag:
    """Yes or no; the value is a bool. The form sends «yes» or «no» (a list, not a box that sends nothing)."""

    choices: Mapping[str, str] = field(default_factory=lambda: {"yes": "да", "no": "нет"})

    def read(self, text: str) -> bool:
        name = text.strip().casefold()
        if name in {"yes", "да", "on", "true", "1"}:
            return True
        if name in {"no", "нет", "off", "false", "0"}:
            return False
        raise Refused("bad_flag", "Выберите «да» или «нет».", status=422)

    def keep(self, value: bool) -> bool:
        return value

    def load(self, kept: Any) -> bool:
        if not isinstance(kept, bool):
            raise ValueError(f"{kept!r} is no bool")
        return kept

    def words(self, value: bool) -> str:
        return "да" if value else "нет"

    def sent(self, value: bool) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True)
class Whole:
    """A whole number from `least` to `most`; `unit` is printed after it, «%» for percents."""

    least: int
    most: int
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)

    def read(self, text: str) -> int:
        bare = text.strip().removesuffix(self.unit).strip() if self.unit else text.strip()
        if not re.fullmatch(r"[0-9]{1,9}", bare) or not self.least <= int(bare) <= self.most:
            raise Refused("bad_number", f"Укажите целое число от {self.least} до {self.most}.", status=422)
        return int(bare)

    def keep(self, value: int) -> int:
        return value

    def load(self, kept: Any) -> int:
        if not isinstance(kept, int) or isinstance(kept, bool) or not self.least <= kept <= self.most:
            raise ValueError(f"{kept!r} is no whole number of {self.least}..{self.most}")
        return kept

    def words(self, value: int) -> str:
        return f"{value} {self.unit}".rstrip()

    def sent(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class Hundredths:
    """Points; the value is a whole number of hundredths from 0 to `most`."""

    most: int = 1_000_000
    choices: Mapping[str, str] = field(default_factory=dict)

    def read(self, text: str) -> int:
        match = re.fullmatch(r"([0-9]{1,6})(?:[.,]([0-9]{1,2}))?", text.strip())
        value = -1 if match is None else int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
        if not 0 <= value <= self.most:
            text = f"Укажите число баллов от 0 до {self.words(self.most)}, не больше двух знаков после запятой."
            raise Refused("bad_points", text, status=422)
        return value

    def keep(self, value: int) -> int:
        return value

    def load(self, kept: Any) -> int:
        if not isinstance(kept, int) or isinstance(kept, bool) or not 0 <= kept <= self.most:
            raise ValueError(f"{kept!r} is no number of hundredths up to {self.most}")
        return kept

    def words(self, value: int) -> str:
        whole, rest = divmod(value, 100)
        return f"{whole},{rest:02d}".rstrip("0").rstrip(",") if rest else str(whole)

    def sent(self, value: int) -> str:
        return self.words(value)


@dataclass(frozen=True)
class Part:
    """A part of a whole such as «2/3»; «>1/2» must be exceeded. The value is that text without spaces."""

    choices: Mapping[str, str] = field(default_factory=dict)

    def read(self, text: str) -> str:
        match = re.fullmatch(r"(>|более)?\s*([1-9][0-9]{0,2})\s*/\s*([1-9][0-9]{0,2})", text.strip().casefold())
        if match is None or int(match[2]) > int(match[3]) or (match[1] and match[2] == match[3]):
            raise Refused("bad_part", "Укажите долю дробью от 0 до 1, например 2/3.", status=422)
        return f"{'>' if match[1] else ''}{int(match[2])}/{int(match[3])}"

    def keep(self, value: str) -> str:
        return value

    def load(self, kept: Any) -> str:
        if not isinstance(kept, str) or not re.fullmatch(r">?[1-9][0-9]{0,2}/[1-9][0-9]{0,2}", kept):
            raise ValueError(f"{kept!r} is no part of a whole")
        return kept

    def words(self, value: str) -> str:
        return f"более {value[1:]}" if value.startswith(">") else f"не менее {value}"

    def sent(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Chain:
    """Named words in an order of the organiser's; the value is a tuple of names, the form sends them between commas."""

    names: Mapping[str, str]
    choices: Mapping[str, str] = field(default_factory=dict)

    def read(self, text: str) -> tuple[str, ...]:
        by_words = {words.casefold(): name for name, words in self.names.items()}
        parts = [part.strip() for part in re.split(r"[,;\n→]", text) if part.strip()]
        found = tuple(part if part in self.names else by_words.get(part.casefold(), "") for part in parts)
        if "" in found:
            known = ", ".join(self.names.values())
            raise Refused("bad_chain", f"Перечислите через запятую известные правила: {known}.", status=422)
        if len(set(found)) != len(found):
            raise Refused("repeated_in_chain", "Правило указано дважды. Оставьте его один раз.", status=422)
        return found

    def keep(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def load(self, kept: Any) -> tuple[str, ...]:
        if not isinstance(kept, list | tuple) or any(name not in self.names for name in kept):
            raise ValueError(f"{kept!r} names something unknown")
        return tuple(kept)

    def words(self, value: tuple[str, ...]) -> str:
        return ", затем ".join(self.names[name] for name in value) or "не применяются"

    def sent(self, value: tuple[str, ...]) -> str:
        return ", ".join(self.names[name] for name in value)
