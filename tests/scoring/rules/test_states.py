from types import SimpleNamespace

import pytest

from core import states as core_states
from core.errors import Refused
from scoring.rules import states
from scoring.rules.states import Protocol, Sheet

TABLES = [
    (states.SHEET_STEPS, states.SHEET_LABELS, Sheet.ASSIGNED),
    (states.EXPERT_PROTOCOL_STEPS, states.PROTOCOL_LABELS, Protocol.DRAFT),
    (states.COMMISSION_PROTOCOL_STEPS, states.PROTOCOL_LABELS, Protocol.DRAFT),
]


def reachable(table, start):
    seen, front = set(), {start}
    while front:
        seen |= front
        front = {target for state in front for target in table[state]} - seen
    return seen


@pytest.mark.parametrize(("table", "labels", "start"), TABLES)
def test_every_step_leads_to_a_known_named_state(table, labels, start):
    assert {target for targets in table.values() for target in targets} <= set(table) <= set(labels)
    assert reachable(table, start) == set(table) - {Sheet.REOPENED.value}
    assert len(set(labels.values())) == len(labels)


@pytest.mark.parametrize(
    "road",
    [
        ["in_progress", "submitted", "signed", "included"],
        ["in_progress", "submitted", "alert", "reconciling", "submitted", "signed", "annulled"],
        ["recused"],
        ["in_progress", "unfinished"],
    ],
)
def test_sheet_walks_its_road(road):
    sheet = SimpleNamespace(state="assigned")
    for state in road:
        core_states.move(sheet, state, states.SHEET_STEPS, words=states.SHEET_LABELS)
    assert sheet.state == road[-1]


@pytest.mark.parametrize(
    "road",
    [
        (
            states.EXPERT_PROTOCOL_STEPS,
            [
                "on_approval",
                "draft",
                "on_approval",
                "frozen",
                "signing",
                "signed_with_dissent",
                "handed_over",
                "returned",
                "superseded",
            ],
        ),
        (states.COMMISSION_PROTOCOL_STEPS, ["on_approval", "frozen", "signing", "signed", "published", "superseded"]),
        (states.COMMISSION_PROTOCOL_STEPS, ["on_approval", "frozen", "signing", "failed", "superseded"]),
    ],
)
def test_protocol_walks_its_road(road):
    table, steps = road
    protocol = SimpleNamespace(state="draft")
    for state in steps:
        core_states.move(protocol, state, table, words=states.PROTOCOL_LABELS)
    assert protocol.state == steps[-1]


@pytest.mark.parametrize(
    ("table", "state", "target"),
    [
        (states.SHEET_STEPS, "signed", "in_progress"),
        (states.SHEET_STEPS, "in_progress", "signed"),
        (states.SHEET_STEPS, "alert", "signed"),
        (states.SHEET_STEPS, "annulled", "in_progress"),
        (states.EXPERT_PROTOCOL_STEPS, "draft", "signing"),
        (states.EXPERT_PROTOCOL_STEPS, "frozen", "draft"),
        (states.EXPERT_PROTOCOL_STEPS, "signed", "published"),
        (states.COMMISSION_PROTOCOL_STEPS, "signing", "published"),
        (states.COMMISSION_PROTOCOL_STEPS, "signed", "handed_over"),
    ],
)
def test_step_past_the_table_is_refused_in_russian(table, state, target):
    thing = SimpleNamespace(state=state)
    with pytest.raises(Refused) as caught:
        core_states.move(thing, target, table, words=states.SHEET_LABELS | states.PROTOCOL_LABELS)
    assert caught.value.code == "wrong_state"
    assert thing.state == state


@pytest.mark.parametrize(
    ("table", "signed"), [(table, ("signed", "signed_with_dissent")) for table, _, _ in TABLES[1:]]
)
def test_no_path_round_the_signature(table, signed):
    blind = {state: targets - set(signed) for state, targets in table.items()}
    assert reachable(blind, "draft") & {"handed_over", "accepted", "published"} == set()


def test_sheet_counts_only_after_its_signature():
    blind = {state: targets - {"signed"} for state, targets in states.SHEET_STEPS.items()}
    assert reachable(blind, "assigned") & states.COUNTED_SHEETS == set()
    assert not states.COUNTED_SHEETS & states.OUT_OF_COUNT_SHEETS
