"""What the pages of sheets show: the participant is a code here, whoever looks."""
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from contest.models import Nomination
from contest.rules.roles import EXPERT_CHAIR, ORGANISER
from core.access import Me
from core.db import session
from exam.models import ResultFile, Task
from scoring import conflicts, divergences, schemes, sheets
from scoring.aspects.registry import describe, kind_of
from scoring.forms.sheets import SheetForm
from scoring.models.sheets import Divergence, Sheet, Stance
from scoring.models.sheets import Scheme as SchemeRow
from scoring.rules import entry, states
from scoring.rules.marks import aspect_points, sheet_total
from scoring.rules.numbers import round_half_up, show
from scoring.rules.scheme import Aspect, Module, Scheme

KINDS_OF_STATE = {"assigned": "idle", "in_progress": "info", "submitted": "warn", "alert": "bad", "reconciling": "warn",
                  "signed": "ok", "included": "ok", "recused": "idle", "unfinished": "idle", "reopened": "warn",
                  "annulled": "idle"}
UNSEEN = {"not_assessed": "—"}


@dataclass(frozen=True)
class Row:
    """One aspect on a sheet's page."""

    aspect: Aspect
    key: str
    hint: str
    fields: list[dict[str, Any]]
    note: str
    instead: str
    points: str
    most: str
    said: str
    divergence: dict[str, Any] | None = None
    others: list[dict[str, str]] = field(default_factory=list)


def page(sheet: Sheet, form: SheetForm, *, me: Me) -> dict[str, Any]:
    """The page of one sheet: criteria with their aspects, points by the rules, what is missing, the others' marks."""
    scheme = schemes.content(sheet.scheme)
    module, kept = scheme.module(sheet.module), sheets.entries(sheet)
    mine = sheet.expert_id == me.account_id
    open_to = {d.aspect_id: _stance(s, d) for s, d in divergences.of_sheet(sheet.id)}
    seen = sheets.others(sheet) if mine and sheet.state in sheets.HANDED_IN else []
    numbers = {aspect.id: number for number, aspect in enumerate(module.aspects(), 1)}
    groups = [(criterion, [_row(aspect, f"a{numbers[aspect.id]}", kept, form, open_to, seen)
                           for aspect in criterion.aspects]) for criterion in module.criteria]
    rows = [row for _, found in groups for row in found]
    marks = sheets.values(sheet)
    return {"groups": groups, "module": module, "many": len(scheme.modules) > 1, "mine": mine,
            "writable": mine and sheet.state in sheets.WRITABLE, "total": show(_total(scheme, module, marks)),
            "most": show(int(sum(aspect.weighted_max for aspect in module.aspects()))), "count": len(rows),
            "done": sum(1 for row in rows if row.aspect.id in marks),
            "left": [row for row in rows if row.aspect.id not in marks], "others": seen,
            "chair": me.has(EXPERT_CHAIR, nomination_id=sheet.nomination_id), "word": states.SHEET_LABELS[sheet.state],
            "kind": KINDS_OF_STATE[sheet.state], "may_step_back": mine and sheet.state not in states.COUNTED_SHEETS
            and sheet.state not in states.OUT_OF_COUNT_SHEETS, "locked": sheets.LOCKED_WORDS.get(sheet.state, ""),
            **_material(sheet)}


def _row(aspect: Aspect, key: str, kept: dict[str, entry.Entry], form: SheetForm, open_to: dict[str, Any],
         seen: list[Sheet]) -> Row:
    kind, one = kind_of(aspect.kind), kept.get(aspect.id, entry.Entry(None, ""))
    described = kind.form(aspect.spec)
    names = entry.field_names(aspect)
    fields = [{**each, "html": names[each["name"]], "value": form.texts[names[each["name"]]],
               "wrong": form.wrong.get(names[each["name"]], "")}
              for each in described["fields"] if each["name"] != "note"]
    return Row(aspect, key, described["hint"], fields, form.texts[f"n-{aspect.id}"], form.texts[f"x-{aspect.id}"],
               _points(aspect, one.mark), "штраф" if kind.TAKES else show(int(aspect.weighted_max)),
               describe(aspect.kind, aspect.spec, one.mark) if one.mark else "", open_to.get(aspect.id),
               [_other(sheet, aspect) for sheet in seen])


def _points(aspect: Aspect, mark: dict[str, Any] | None) -> str:
    given = aspect_points(aspect, mark) if mark else None
    return "—" if given is None else show(round_half_up(given))


def _other(sheet: Sheet, aspect: Aspect) -> dict[str, str]:
    mark = next((one for one in sheet.marks if one.aspect_id == aspect.id and one.value), None)
    if mark is None:
        return {"expert": sheet.expert.name, "points": "—", "said": "", "note": ""}
    return {"expert": sheet.expert.name, "points": _points(aspect, mark.value), "note": mark.note,
            "said": describe(aspect.kind, aspect.spec, mark.value)}


def _stance(stance: Stance, divergence: Divergence) -> dict[str, Any]:
    return {"text": divergence.text, "open": divergence.closed_at is None, "outcome": stance.outcome,
            "outcome_words": divergences.OUTCOMES.get(stance.outcome or "", ""), "reason": stance.reason,
            "resolution": divergence.resolution}


def _total(scheme: Scheme, module: Module, marks: dict[str, dict[str, Any]]) -> int:
    full = {aspect.id: marks.get(aspect.id, UNSEEN) for aspect in module.aspects()}
    return round_half_up(sheet_total(scheme, module, full).total)


def _material(sheet: Sheet) -> dict[str, Any]:
    """The tasks and what the participant handed in; file names stay out, people write their own names into them."""
    tasks = session.scalars(select(Task).where(Task.nomination_id == sheet.nomination_id).order_by(Task.id)).all()
    files = session.scalars(select(ResultFile).where(
        ResultFile.participant_id == sheet.participant_id).order_by(ResultFile.id)).all()
    return {"tasks": tasks, "files": files, "withdrawn": {task.id: task.version for task in tasks if task.withdrawn_at}}


def mine(me: Me) -> dict[str, Any]:
    """Own sheets by nomination with how much of each is done."""
    rows = sheets.mine(me)
    asked, contents = divergences.asked(me.account_id), {row.scheme_id: schemes.content(row.scheme) for row in rows}
    groups: dict[int, dict[str, Any]] = {
        row.nomination_id: {"nomination": row.nomination, "rows": [], "inns": []} for row in rows}
    for nomination_id, inns in conflicts.own_interests(me.account_id, list(groups)).items():
        groups[nomination_id]["inns"] = inns
    for row in rows:
        count = sum(1 for _ in contents[row.scheme_id].module(row.module).aspects())
        groups[row.nomination_id]["rows"].append({
            "sheet": row, "word": states.SHEET_LABELS[row.state], "kind": KINDS_OF_STATE[row.state],
            "asks": row.id in asked, "done": len(sheets.values(row)), "count": count})
    return {"groups": list(groups.values())}


def _told(found: list[Divergence], scheme: SchemeRow) -> list[tuple[Divergence, str, list[dict[str, str]]]]:
    """Divergences by the scheme in force for the chair: the aspect, and of each expert the mark and the answer."""
    aspects = {aspect.id: aspect for aspect in schemes.content(scheme).aspects()}
    return [(one, aspects[one.aspect_id].title, [_answer(stance, aspects[one.aspect_id]) for stance in one.stances])
            for one in found if one.scheme_id == scheme.id]


def _answer(stance: Stance, aspect: Aspect) -> dict[str, str]:
    said = describe(aspect.kind, aspect.spec, stance.before)
    if stance.outcome == "change" and stance.after:
        said += f" → {describe(aspect.kind, aspect.spec, stance.after)}"
    return {"title": stance.sheet.expert.name, "kind": "ok" if stance.outcome else "idle",
            "detail": ". ".join(part for part in (said, stance.reason) if part),
            "state": divergences.OUTCOMES.get(stance.outcome or "", "ответа ещё нет")}


def matrix(nomination: Nomination, *, me: Me, now: datetime) -> dict[str, Any]:
    """Who has done what: codes × experts, and for the chair the divergences. No marks, no participants' names."""
    scheme = schemes.in_force(nomination.id)
    rows = sheets.of_nomination(nomination.id, scheme.id if scheme else None)
    kept = [row for row in rows if row.state != "annulled"]
    people = {member.account_id: member.account.name for member in sheets.experts(nomination, now)}
    columns = [*people.items(), *{row.expert_id: f"{row.expert.name}, заменён" for row in kept
                                  if row.expert_id not in people}.items()]
    codes = sorted({str(person.code) for person in sheets.markable(nomination.id)} |
                   {str(row.participant.code) for row in kept})
    cells: dict[tuple[str, int], list[Sheet]] = {}
    for row in kept:
        cells.setdefault((str(row.participant.code), row.expert_id), []).append(row)
    chair = me.has(EXPERT_CHAIR, nomination_id=nomination.id)
    found = divergences.of_nomination(nomination.id)
    handed = {(row.participant_id, row.module) for row in rows
              if row.expert_id == me.account_id and row.state in sheets.HANDED_IN}
    return {"scheme": scheme, "columns": columns, "codes": codes, "cells": cells, "words": states.SHEET_LABELS,
            "kinds": KINDS_OF_STATE, "counts": Counter(row.state for row in kept), "chair": chair,
            "divergences": _told(found, scheme) if chair and scheme else [],
            "open": sum(1 for one in found if one.closed_at is None),
            "may_assign": chair or me.has(ORGANISER, contest_id=nomination.contest_id),
            "linked": {row.id for row in kept if row.expert_id == me.account_id or (
                (row.participant_id, row.module) in handed and row.state in sheets.HANDED_IN)}}
