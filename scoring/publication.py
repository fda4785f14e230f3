"""Results made public: preliminary ones open the window of appeals, final ones follow its end.

What is published holds codes; a name and an organisation appear while the consent to publication is in force.
"""
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from contest import contests, participants
from contest.models import Consent, Contest, Nomination
from contest.rules import timetable
from core import mail
from core.access import Me
from core.canonical import canonical, digest
from core.db import session
from core.documents.papers import Document
from core.errors import NotVisible, Refused
from core.journal import record
from core.states import move
from scoring import awards
from scoring.documents import commission_protocol
from scoring.models.meetings import AgendaItem, Publication
from scoring.models.papers import Protocol
from scoring.protocol_kinds import KINDS
from scoring.rules.deadlines import appeals_end
from scoring.rules.states import PROTOCOL_LABELS

PRELIMINARY, FINAL = "preliminary", "final"
KIND_WORDS = {PRELIMINARY: "предварительные итоги", FINAL: "окончательные итоги"}
SIGNED = frozenset({"signed", "signed_with_dissent"})


@dataclass(frozen=True)
class Readiness:
    """What may be published next and what stands in the way, in words; `kind` is empty when all is published."""

    kind: str
    missing: list[str]
    protocol: Protocol | None
    item: AgendaItem | None


def of(nomination_id: int) -> dict[str, Publication]:
    """What has been published of a nomination, by kind."""
    rows = session.scalars(select(Publication).options(
        joinedload(Publication.protocol).joinedload(Protocol.document)).where(
        Publication.nomination_id == nomination_id))
    return {row.kind: row for row in rows}


def newest(nomination_id: int) -> Publication | None:
    """The publication in force: the final one where there is one."""
    found = of(nomination_id)
    return found.get(FINAL) or found.get(PRELIMINARY)


def readiness(nomination: Nomination, now: datetime, kind: str = "") -> Readiness:
    """What is missing before results of `kind` (by default the next one) are published."""
    done = of(nomination.id)
    kind = kind or ("" if FINAL in done else FINAL if PRELIMINARY in done or _days(nomination) == 0 else PRELIMINARY)
    found = commission_protocol.for_nomination(nomination)
    protocol, item = found or (None, None)
    missing = _unsigned(protocol, item, published=bool(done)) + _too_early(nomination, kind, done, now)
    return Readiness(kind, missing, protocol, item)


def _days(nomination: Nomination) -> int:
    return int(contests.setting(nomination, "appeal_days"))


def _unsigned(protocol: Protocol | None, item: AgendaItem | None, *, published: bool) -> list[str]:
    if protocol is None or item is None:
        return ["комиссия ещё не утвердила места в этой номинации"]
    if protocol.state not in SIGNED | {"published"}:
        return [f"протокол комиссии № {protocol.number} ещё не подписан: сейчас он «{PROTOCOL_LABELS[protocol.state]}»"]
    expert = session.get_one(Protocol, item.frozen["expert"]["id"])
    if expert.state != "accepted" and not published:
        return [f"протокол экспертной группы № {expert.number} сейчас «{PROTOCOL_LABELS[expert.state]}»"]
    return []


def _too_early(nomination: Nomination, kind: str, done: dict[str, Publication], now: datetime) -> list[str]:
    if kind != FINAL or _days(nomination) == 0:
        return []
    before = done.get(PRELIMINARY)
    if before is None:
        return ["сначала публикуют предварительные итоги: они открывают срок подачи апелляций"]
    if before.appeals_until is not None and now <= before.appeals_until:
        until = timetable.format_instant(before.appeals_until, nomination.contest.zone)
        return [f"срок подачи апелляций ещё идёт, до {until}"]
    return []


def publish(nomination: Nomination, kind: str, *, by: Me, now: datetime) -> Publication:
    """Publish the results: the row with its hash, the protocol published, a letter to each participant.

    Refused a second time, before the commission's protocol is signed, and finally before the end of the appeals.
    """
    if kind not in KIND_WORDS:
        raise Refused("kind", "Выберите, что публиковать: предварительные или окончательные итоги.", field="kind")
    session.get(Nomination, nomination.id, with_for_update=True)
    done = of(nomination.id)
    if kind in done or FINAL in done:
        raise Refused("published", f"{KIND_WORDS[kind].capitalize()} этой номинации уже опубликованы.")
    ready = readiness(nomination, now, kind)
    if ready.missing or ready.protocol is None or ready.item is None:
        raise Refused("not_ready", f"Опубликовать {KIND_WORDS[kind]} пока нельзя: " + "; ".join(ready.missing) + ".")
    payload = _payload(nomination, kind, ready.protocol, ready.item, now)
    until = appeals_end(now, _days(nomination), nomination.contest.zone) if _window(nomination, kind) else None
    row = Publication(nomination_id=nomination.id, protocol_id=ready.protocol.id, kind=kind, at=now,
                      by_id=by.account_id, payload=canonical(payload).decode(), sha256=digest(payload),
                      appeals_until=until)
    session.add(row)
    if ready.protocol.state in SIGNED:
        move(ready.protocol, "published", KINDS[ready.protocol.kind].steps, words=PROTOCOL_LABELS)
    session.flush()
    record("results.published", row, by=by, now=now, kind=kind, nomination=nomination.id, sha256=row.sha256,
           protocol=ready.protocol.id, appeals_until=until)
    _letters(nomination, kind, until, now)
    return row


def _window(nomination: Nomination, kind: str) -> bool:
    return kind == PRELIMINARY and _days(nomination) > 0


def _payload(nomination: Nomination, kind: str, protocol: Protocol, item: AgendaItem, now: datetime) -> dict[str, Any]:
    return {"schema": 1, "kind": kind, "contest": nomination.contest.title, "nomination": nomination.title, "at": now,
            "protocol": {"number": protocol.number, "sha256": protocol.head_sha256},
            "expert_protocol": {key: item.frozen["expert"][key] for key in ("id", "number", "sha256")},
            "summary_sha256": item.frozen["summary_sha256"], "prize_places": item.frozen["prize_places"],
            "rows": item.frozen["rows"]}


def _letters(nomination: Nomination, kind: str, until: datetime | None, now: datetime) -> None:
    term = timetable.format_instant(until, nomination.contest.zone) if until else ""
    for person in participants.of_nomination(nomination.id):
        subject, body = mail.compose("results_published", name=person.account.name, title=nomination.title,
                                     kind=KIND_WORDS[kind], until=term, link=f"/nominations/{nomination.id}/results")
        mail.send(person.account, subject, body, now=now)


def public_nomination(nomination_id: int) -> Nomination:
    """A nomination of an announced contest, for anybody."""
    found = session.scalar(select(Nomination).options(joinedload(Nomination.contest)).join(Contest).where(
        Nomination.id == nomination_id, Contest.state != "draft"))
    if found is None:
        raise NotVisible
    return found


def named(nomination_id: int) -> dict[str, dict[str, str]]:
    """Name and organisation by code of those whose consent to publication is in force now."""
    people = participants.of_nomination(nomination_id)
    agreed = set(session.scalars(select(Consent.application_id).where(
        Consent.application_id.in_([person.application_id for person in people]), Consent.kind == "publication",
        Consent.withdrawn_at.is_(None))))
    names = participants.names(nomination_id)
    return {str(person.code): {"name": names[person.id], "organisation": awards.organisation_of(person)}
            for person in people if person.code and person.application_id in agreed}


def results(row: Publication, nomination: Nomination) -> list[dict[str, Any]]:
    """The public lines: place, code, points; name and organisation where they may be shown."""
    return lines(nomination.id, row.content["rows"], int(row.content["prize_places"]))


def preview(ready: Readiness, nomination: Nomination) -> list[dict[str, Any]]:
    """The lines as they would be public now; nothing before the commission has decided."""
    if ready.item is None or not ready.kind:
        return []
    return lines(nomination.id, ready.item.frozen["rows"], int(ready.item.frozen["prize_places"]))


def lines(nomination_id: int, rows: list[dict[str, Any]], prizes: int) -> list[dict[str, Any]]:
    """Rows of a table with names and organisations of those who agreed, and the award in a word."""
    people, blank = named(nomination_id), {"name": "", "organisation": ""}
    return [{**row, **people.get(row["code"], blank), "award": awards.award(row["place"], prizes)} for row in rows]


def papers_of(row: Publication) -> list[dict[str, str]]:
    """Both protocols behind the results with the addresses where a stranger checks them."""
    found = []
    expert = session.scalar(select(Protocol).options(joinedload(Protocol.document)).where(
        Protocol.id == row.content["expert_protocol"]["id"]))
    for words, protocol in (("Протокол экспертной группы", expert), ("Протокол комиссии", row.protocol)):
        document: Document | None = protocol.document if protocol else None
        if protocol is not None and document is not None:
            found.append({"title": f"{words} № {protocol.number}", "url": f"/v/{document.token}",
                          "sha256": protocol.head_sha256 or ""})
    return found


def waiting(me_condition: Any, now: datetime) -> list[tuple[Nomination, str]]:
    """Nominations with something to publish now, of those under the condition; for «Что дальше»."""
    awarded = select(AgendaItem.nomination_id).where(AgendaItem.kind == "protocol", AgendaItem.accepted.is_(True))
    rows = session.scalars(select(Nomination).options(joinedload(Nomination.contest)).where(
        me_condition, Nomination.id.in_(awarded)).order_by(Nomination.id)).all()
    found = [(nomination, readiness(nomination, now)) for nomination in rows]
    return [(nomination, ready.kind) for nomination, ready in found if ready.kind and not ready.missing]
