"""The form of rule settings: its fields come from the table of rules."""
from typing import Any

from flask import request

from contest.rules import settings
from core.forms import Form


class SettingsForm(Form):
    """Fields `<key>` and `<key>__clause` of every rule; `texts` is what they show."""

    def __init__(self, stored: dict[str, Any]) -> None:
        super().__init__()
        self.current = stored
        self.texts = settings.form_values(stored)
        self.found: dict[str, str] = {}
        if request.method == "POST":
            self.texts |= {key: text for key, text in request.form.items() if key in self.texts}

    def validate(self, extra_validators: Any = None) -> bool:
        """CSRF and every rule by its kind; contradictions between rules as well."""
        ready = super().validate(extra_validators)
        self.stored, findings = settings.parse(self.texts, self.current)
        self.found = {finding.field or "": finding.text for finding in findings}
        self.form_errors.extend(finding.text for finding in findings)
        return ready and not findings
