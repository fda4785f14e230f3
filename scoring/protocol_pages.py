"""What the pages of protocols show, and what may be done there now.

A kind of protocol shows its own content by templates/scoring/_protocol_<kind>.html (facts as `facts`, `page`).
"""
from datetime import datetime
from typing import Any

from sqlalchemy import select

from contest import participants
from contest.models import Participant
from contest.rules.roles import MEMBER_CHAIR, ORGANISER, SECRETARY
from core.access import Me
from core.db import session
from core.words import minute
from scoring import handover, keys, protocols, summary_pages
from scoring.models.papers import Protocol, Signatory
from scoring.protocol_kinds import KINDS
from scoring.rules.states import PROTOCOL_LABELS

OUTCOMES = {"waiting": ("idle", "Ещё не подписал"), "signed": ("ok", "Подписано"),
            "paper": ("ok", "Подписан на бумаге"), "refused": ("bad", "Отказ от подписи"),
            "missed": ("warn", "Не подписал в срок")}
ORDER = ("draft", "on_approval", "frozen", "signing", "signed", "handed_over", "accepted")
STAGE = {"signed_with_dissent": "signed", "failed": "signing", "returned": "handed_over", "published": "accepted",
         "superseded": "accepted"}


def page(protocol: Protocol, *, me: Me, now: datetime) -> dict[str, Any]:
    """Everything on /protocols/<id>."""
    facts, row = protocol.content, protocols.signatory_of(protocol, me)
    lead = protocols.leads(protocol, me) or protocols.is_staff(protocol, me, ORGANISER)
    given = handover.of_protocol(protocol.id)
    return {
        "kind": KINDS[protocol.kind], "facts": facts, "state": PROTOCOL_LABELS[protocol.state], "mine": row,
        "steps": steps(protocol), "signers": [_signer(one, protocol, row) for one in protocol.signatories],
        "done": sum(one.state in ("signed", "paper") for one in protocol.signatories), "handover": given,
        "words": protocols.last_words(protocol), "obstacles": protocols.obstacles(protocol, now), "now": now,
        "head": protocol.revisions[-1] if protocol.revisions else None, "may": _may(protocol, me, row, lead, given),
        "table": _table(protocol, facts), "names": names(protocol) if protocol.names_opened_at else {},
        "names_of": {one.account_id: one.name for one in protocol.signatories}}


def _may(protocol: Protocol, me: Me, row: Signatory | None, lead: bool, given: Any) -> dict[str, bool]:
    staff = protocols.is_staff(protocol, me)
    state, waiting = protocol.state, row is not None and row.state == "waiting"
    open_hand = given is not None and given.state == "given"
    return {
        "open": lead and state == "draft", "redraft": lead and state in ("draft", "on_approval", "returned", "failed"),
        "agree": row is not None and state == "on_approval", "answer": lead and state == "on_approval",
        "freeze": lead and state == "on_approval", "sign": waiting and state == "signing",
        "paper": staff and state == "signing", "check": (staff or lead) and state == "signing",
        "hand_over": lead and state in handover.GIVABLE and "handed_over" in KINDS[protocol.kind].steps[state],
        "accept": open_hand and protocols.is_staff(protocol, me, SECRETARY, ORGANISER),
        "return": open_hand and protocols.is_staff(protocol, me, SECRETARY, ORGANISER, MEMBER_CHAIR),
        "names": (lead or staff) and KINDS[protocol.kind].opens_names and protocol.names_opened_at is None
        and state in protocols.COMPLETE}


def _signer(one: Signatory, protocol: Protocol, mine: Signatory | None) -> dict[str, Any]:
    kind, words = OUTCOMES[one.state]
    entered = any(paper.state == "entered" for paper in one.papers)
    if one.state == "waiting" and entered:
        kind, words = "warn", "Скан внесён, ждёт проверки"
    elif one is mine and one.state == "waiting":
        kind, words = "warn", "Ждёт вашей подписи" if protocol.state == "signing" else "Это вы"
    own = ", это вы" if one is mine else ""
    dissent = ", особое мнение" if one.dissent is not None and one.dissent.sha256 else ""
    return {"row": one, "kind": kind, "words": words, "detail": one.role + own + dissent,
            "waiting_paper": next((paper for paper in one.papers if paper.state == "entered"), None)}


def steps(protocol: Protocol) -> list[dict[str, Any]]:
    """The line of steps: drafted, agreed, frozen, signed, then what its kind does next."""
    reached = ORDER.index(STAGE.get(protocol.state, protocol.state))
    done = sum(row.state in ("signed", "paper") for row in protocol.signatories)
    zone = protocol.contest.zone
    last = ([("Передан комиссии", "handed_over"), ("Принят секретарём", "accepted")]
            if "handed_over" in KINDS[protocol.kind].steps else [("Опубликован", "accepted")])
    rows = [("Составлен", "draft", _at(protocol.drafted_at, zone)), ("Согласован", "on_approval", ""),
            ("Закрыт от правки", "frozen", _at(protocol.frozen_at, zone)),
            ("Подписан", "signing", f"{done} из {len(protocol.signatories)}"), *((text, key, "") for text, key in last)]
    return [{"text": text, "detail": detail, "state": _stage(ORDER.index(key), reached)} for text, key, detail in rows]


def _stage(place: int, reached: int) -> str:
    """A stage is behind when the next one has been reached; draft and frozen are passed as soon as they are there."""
    if place < reached or (place == reached and place in (0, 2, 6)):
        return "done"
    at_work = {0: 1, 2: 3, 4: 5}.get(reached, reached)
    return "now" if place == at_work else "todo"


def _at(moment: datetime | None, zone: str) -> str:
    return minute(moment, zone) if moment else ""


def _table(protocol: Protocol, facts: dict[str, Any]) -> dict[str, Any] | None:
    if "summary" not in facts or protocol.nomination is None:
        return None
    table = facts["summary"]
    return {"head": summary_pages.columns(protocol.nomination, table), "prizes": protocol.nomination.prize_places,
            "columns": facts["protocol"].get("columns", table["experts"]),
            "rows": [summary_pages.row_of(row, table["experts"]) for row in table["rows"]]}


def names(protocol: Protocol) -> dict[str, str]:
    """Code → full name, once the names are opened."""
    known = participants.names(protocol.nomination_id or 0)
    rows = session.execute(select(Participant.id, Participant.code).where(
        Participant.nomination_id == protocol.nomination_id, Participant.code.is_not(None)).order_by(Participant.code))
    return {str(code): known.get(key, "") for key, code in rows}


def signature(protocol: Protocol, row: Signatory, now: datetime) -> dict[str, Any]:
    """The page of signing: exactly which bytes, with which certificate, by when."""
    return {"row": row, "head": protocol.revisions[-1], "certificate": keys.in_force(row.account_id, now),
            "earlier": len(protocol.revisions) - 1}


def waiting_signers(protocol: Protocol) -> list[tuple[int, str]]:
    """Choices for paper and missed terms."""
    return [(row.id, f"{row.name}, {row.role}") for row in protocol.signatories if row.state == "waiting"]
