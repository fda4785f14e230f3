"""The expert group's protocol: its facts from the computed summary, its draft, its kind. Participants stand by code."""
import json
from datetime import datetime
from typing import Any

from contest import contests, people
from contest.models import BodyMember, Nomination
from contest.rules import events
from contest.rules.roles import COMMISSION, EXPERT_CHAIR, EXPERTS
from core.access import Me
from core.canonical import plain
from core.documents.papers import Form
from core.errors import Refused
from exam import time_facts
from exam.documents import task_accesses
from scoring import divergences, protocols, recalc, schemes, summary
from scoring.models.papers import Protocol
from scoring.models.sheets import Divergence, Sheet
from scoring.protocol_kinds import KINDS, Kind, Signer
from scoring.rules.states import EXPERT_PROTOCOL_STEPS
from scoring.rules.wording import row_note, rules_text

KEY = "experts"
FORM = Form("expert_protocol", "Протокол экспертной рабочей группы", "scoring/documents/expert_protocol.html")
DUTY_WORDS = {"chair": "председатель экспертной группы", "member": "эксперт"}
READABLE = frozenset({"handed_over", "accepted", "returned"})


def draft(nomination: Nomination, *, by: Me, now: datetime) -> Protocol:
    """Draft the protocol from the summary as it stands. Refused, in words, while sheets are unsigned, divergences open,
    attempts not closed or experts too few (all told by the summary), and without an expert group."""
    group = people.body_of(nomination.contest_id, "expert_group", nomination.id)
    members = people.members_at(group, now) if group else []
    if group is None or not members:
        raise Refused("no_group", "Экспертная группа не назначена: протокол некому подписать.")
    fewest = int(contests.setting(nomination, "min_experts"))
    if len(members) < fewest:
        raise Refused("few_experts", f"В группе {len(members)} экспертов, а по правилам нужно не меньше {fewest}. "
                                     "Назначьте замену приказом.")
    kept = summary.keep(nomination, by=by, now=now)
    facts = json.loads(summary.document(kept)) | {recalc.WORDS: _words(nomination, group.order_ref, members, kept.id)}
    signers = [Signer(row.account_id, row.duty, row.account.name, DUTY_WORDS[row.duty]) for row in members]
    return protocols.start(KEY, contest=nomination.contest, nomination=nomination, subject=nomination, facts=facts,
                           signers=signers, rule=str(contests.setting(nomination, KINDS[KEY].setting)), by=by, now=now)


def _words(nomination: Nomination, order: str, members: list[BodyMember], summary_id: int) -> dict[str, Any]:
    kept = summary.latest(nomination.id)
    assert kept is not None
    assert kept.id == summary_id
    table, inputs = summary.table(kept), json.loads(kept.inputs)
    scheme = schemes.in_force(nomination.id)
    return dict(plain({
        "kind": KEY, "contest": nomination.contest.title, "nomination": nomination.title,
        "profession": nomination.profession, "region": nomination.contest.region, "year": nomination.contest.year,
        "order": order, "members": [{"name": row.account.name, "role": DUTY_WORDS[row.duty]} for row in members],
        "theory_max": int(contests.setting(nomination, "theory_max")),
        "scheme_version": scheme.version if scheme else 0,
        "stages": {kind: _first(nomination.id, kind) for kind in (events.THEORY, events.PRACTICE)},
        "sheets": [_sheet(row) for row in summary.signed_sheets(nomination.id)],
        "time": time_facts.of_nomination(nomination.id),
        "divergences": [_divergence(row) for row in divergences.of_nomination(nomination.id) if row.closed_at],
        "prizes": [{"place": row["place"], "code": row["code"]} for row in table["rows"]
                   if row["place"] is not None and row["place"] <= nomination.prize_places],
        "rules": rules_text(inputs["rules"], table["direction"]),
        "accesses": task_accesses.made_for(nomination.id),
        "columns": _columns(table["experts"]), "notes": {row["code"]: row_note(row) for row in table["rows"]}}))


def _first(nomination_id: int, kind: str) -> datetime | None:
    found = contests.events(nomination_id, kind)
    return found[0].starts_at if found else None


def _columns(experts: list[str]) -> list[str]:
    """Heads of the experts' columns: surnames, with initials where two share one."""
    surnames = [name.split()[0] for name in experts]
    return [name if surnames.count(name) == 1 else f"{name} {''.join(f'{part[0]}.' for part in whole.split()[1:3])}"
            for name, whole in zip(surnames, experts, strict=True)]


def _sheet(row: Sheet) -> dict[str, Any]:
    return {"code": row.participant.code, "expert": row.expert.name, "module": row.module, "version": row.version,
            "sha256": row.sha256, "basis": row.basis}


def _divergence(row: Divergence) -> dict[str, Any]:
    return {"code": row.participant.code, "text": row.text, "resolution": row.resolution, "closed_at": row.closed_at}


def _current(protocol: Protocol, now: datetime) -> dict[str, Any]:
    """The draft's words with table and time computed anew: a changed sheet or attempt makes the draft stale."""
    assert protocol.nomination is not None
    found, words = summary.compute(protocol.nomination, now), dict(protocol.content[recalc.WORDS])
    if "time" in words:  # drafts of older editions have no such section
        words["time"] = plain(time_facts.of_nomination(protocol.nomination.id))
    return {**protocol.content, recalc.WORDS: words, "inputs": found.inputs, "summary": found.table}


def _readers(me: Me, protocol: Protocol) -> bool:
    if me.has(*EXPERTS, nomination_id=protocol.nomination_id or 0):
        return True
    return protocol.state in READABLE and me.has(*COMMISSION, contest_id=protocol.contest_id)


KINDS[KEY] = Kind(key=KEY, form=FORM.key, title=FORM.title, prefix="ЭГ", setting="signing_experts", chair=EXPERT_CHAIR,
                  members=EXPERTS, steps=EXPERT_PROTOCOL_STEPS, current_facts=_current, readers=_readers,
                  opens_names=True)
