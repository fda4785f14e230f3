"""What the page of the summary shows, and to whom: an expert sees no table before handing in the own sheets."""
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from contest import contests
from contest.models import Nomination, Participant
from contest.rules.roles import EXPERT_CHAIR, EXPERTS
from core.access import Me
from core.db import session
from scoring import divergences, summary
from scoring.models.sheets import Sheet
from scoring.rules.numbers import show
from scoring.rules.wording import row_note, rules_text


def page(nomination: Nomination, *, me: Me, now: datetime) -> dict[str, Any]:
    """The table as it stands, the rules it was computed by, ties, what is missing."""
    found = summary.compute(nomination, now)
    blind = me.has(*EXPERTS, nomination_id=nomination.id) and _own_open(nomination.id, me.account_id)
    table = None if blind else found.table
    chair = me.has(EXPERT_CHAIR, nomination_id=nomination.id)
    return {"found": found, "blind": blind, "table": table, "chair": chair, "prizes": nomination.prize_places,
            "rows": [row_of(row, table["experts"]) for row in table["rows"]] if table else [],
            "head": columns(nomination, table) if table else {},
            "rules": rules_text(found.inputs["rules"], table["direction"]) if table and found.inputs else [],
            "closed": [one for one in divergences.of_nomination(nomination.id) if one.closed_at] if table else [],
            "kept": summary.latest(nomination.id)}


def _own_open(nomination_id: int, account_id: int) -> bool:
    return bool(session.scalar(select(func.count()).select_from(Sheet).join(Participant).where(
        Sheet.nomination_id == nomination_id, Sheet.expert_id == account_id, Participant.no_show == "",
        Participant.withdrawn_at.is_(None), Sheet.state.in_({"assigned", "in_progress", "reopened"}))))


def columns(nomination: Nomination, table: dict[str, Any]) -> dict[str, Any]:
    """The heads of a printed table: maxima and experts."""
    theory = int(contests.setting(nomination, "theory_max"))
    practice = int(table["practice_max_hundredths"])
    less = table["direction"] == "less"
    return {"theory": show(theory) if theory and not less else "", "practice": show(practice),
            "total": show(theory + practice), "experts": short_names(table["experts"]), "less": less}


def short_names(names: list[str]) -> list[str]:
    """Surnames for the heads of columns; whole names where two experts share a surname."""
    surnames = [name.split()[0] for name in names]
    return surnames if len(set(surnames)) == len(surnames) else list(names)


def row_of(row: dict[str, Any], experts: list[str]) -> dict[str, Any]:
    """One row in words and figures; «—» where there is nothing."""
    totals = {one["expert"]: show(one["total_hundredths"]) for one in row["experts"]}
    figures = {key: "—" if row[f"{key}_hundredths"] is None else show(row[f"{key}_hundredths"])
               for key in ("theory", "practice_mean", "penalty", "practice", "total")}
    return {**figures, "code": row["code"], "place": row["place"], "note": row_note(row), "status": row["status"],
            "unresolved": row["tie"]["unresolved"], "experts": [totals.get(name, "—") for name in experts]}


