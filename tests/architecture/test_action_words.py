"""What the journal says happened has Russian words on the pages that show it."""
import re
from pathlib import Path

from core.registry import registry

ROOT = Path(__file__).resolve().parents[2]
RECORDED = re.compile(r'(?:record|_wrong|_fact|_note|_log)\(\s*(?:[^"()]*?,\s*)?"([a-z_]+\.[a-z_]+)"')
PACKAGES = ("core", "contest", "exam", "scoring", "desk", "demo")


def recorded() -> set[str]:
    return {action for package in PACKAGES for path in (ROOT / package).rglob("*.py")
            for action in RECORDED.findall(path.read_text())}


def test_every_recorded_action_has_words(app):
    found = recorded()
    assert {"login.opened", "document.frozen", "protocol.frozen"} <= found
    assert sorted(found - registry.action_words.keys()) == []
