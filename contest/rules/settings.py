"""Every rule is a setting with its clause («пункт порядка»): read, checked, frozen and printed (product.md step 1).

Settings of a nomination are kept as `{key: {"value": JSON, "clause": text}}`; the rules themselves stand in
`setting_table`, the kinds of values in `setting_kinds`.
"""

from collections.abc import Mapping
from typing import Any

from contest.rules.findings import Finding
from contest.rules.setting_table import GROUPS, SETTINGS, Setting
from core.canonical import digest
from core.errors import Refused

__all__ = [
    "GROUPS", "SETTINGS", "Setting", "Stored", "check", "clause", "defaults", "draft_clause_text",
    "form_values", "frozen_digest", "parse", "parse_one", "value", "values",
]  # fmt: skip

Stored = dict[str, dict[str, Any]]
MAX_CLAUSE = 200


def defaults(**given: Any) -> Stored:
    """The settings a new nomination starts with; `given` are typed values that replace the defaults."""
    stored: Stored = {}
    for key, setting in SETTINGS.items():
        kept = setting.kind.keep(given.pop(key, setting.default))
        stored[key] = {"value": setting.kind.keep(setting.kind.load(kept)), "clause": ""}
    if given:
        raise KeyError(f"no such rule settings: {sorted(given)}")
    return stored


def value(stored: Mapping[str, Any], key: str) -> Any:
    """The typed value of one rule, its default where nothing is kept. `KeyError` for an unknown key, `ValueError` for a
    kept value that its kind cannot have given."""
    setting = SETTINGS[key]
    return setting.kind.load(stored[key]["value"]) if key in stored else setting.default


def values(stored: Mapping[str, Any]) -> dict[str, Any]:
    """All typed values by key."""
    return {key: value(stored, key) for key in SETTINGS}


def clause(stored: Mapping[str, Any], key: str) -> str:
    """The «пункт порядка» the organiser gave for the rule, empty when none."""
    SETTINGS[key]
    return str(stored.get(key, {}).get("clause", ""))


def parse_one(key: str, text: str) -> Any:
    """The typed value of what a form sent for one rule; `Refused` with the field named."""
    try:
        return SETTINGS[key].kind.read(text)
    except Refused as refusal:
        refusal.field = key
        raise


def parse(form: Mapping[str, str], current: Mapping[str, Any] | None = None) -> tuple[Stored, list[Finding]]:
    """What a form of fields `<key>` and `<key>__clause` gives, and what is wrong with it.

    A field that was not sent keeps its current value (the default when there is none), and so does one that is refused.
    """
    stored = {key: _kept(current or {}, key) for key in SETTINGS}
    findings = []
    for key, setting in SETTINGS.items():
        text, point = form.get(key), form.get(f"{key}__clause")
        if text is not None:
            try:
                stored[key]["value"] = setting.kind.keep(setting.kind.read(text))
            except Refused as refusal:
                findings.append(Finding(refusal.code, f"{setting.title}: {_lower(refusal.text)}", key))
        if point is not None:
            stored[key]["clause"] = " ".join(point.split())
            if len(stored[key]["clause"]) > MAX_CLAUSE:
                words = f"{setting.title}: пункт порядка не длиннее {MAX_CLAUSE} знаков. Сократите его."
                findings.append(Finding("long_clause", words, f"{key}__clause"))
    return stored, findings or check(stored)


def form_values(stored: Mapping[str, Any]) -> dict[str, str]:
    """The texts a form shows and `parse` reads back: `<key>` and `<key>__clause`."""
    shown = {key: setting.kind.sent(value(stored, key)) for key, setting in SETTINGS.items()}
    return shown | {f"{key}__clause": clause(stored, key) for key in SETTINGS}


def check(stored: Mapping[str, Any]) -> list[Finding]:
    """Rules that contradict each other."""
    now = values(stored)
    found = []
    if now["theory_max"] + now["practice_max"] == 0:
        words = "Баллы за теорию и за практику вместе должны быть больше нуля. Исправьте одно из них."
        found.append(Finding("no_points", words, "theory_max"))
    if now["theory_threshold"] and not now["theory_max"]:
        words = "Порог теоретического этапа задан, а баллов за теорию нет. Уберите порог или задайте баллы."
        found.append(Finding("threshold_without_theory", words, "theory_threshold"))
    if now["wrong_answer_penalty"] > now["theory_max"]:
        words = "Снижение за неверный ответ больше всех баллов за теорию. Уменьшите его."
        found.append(Finding("penalty_above_theory", words, "wrong_answer_penalty"))
    return found


def frozen_digest(stored: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON of the settings: what «закреплены» fixes."""
    return digest(dict(stored))


def draft_clause_text(stored: Mapping[str, Any]) -> str:
    """A draft section of the regional порядок: numbered sentences by group, each with its clause where it is given."""
    lines = []
    for number, (group, heading) in enumerate(GROUPS.items(), start=1):
        lines.append(f"{number}. {heading}")
        members = [setting for setting in SETTINGS.values() if setting.group == group]
        for place, setting in enumerate(members, start=1):
            point = clause(stored, setting.key)
            source = f" (пункт порядка: {point})" if point else ""
            lines.append(f"{number}.{place}. {setting.clause(value(stored, setting.key))}{source}.")
    return "\n".join(lines) + "\n"


def _kept(current: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {"value": SETTINGS[key].kind.keep(value(current, key)), "clause": clause(current, key)}


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
