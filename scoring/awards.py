"""Places the commission awards: the experts' table with the commission's own decisions on ties."""
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from contest import participants
from contest.models import Nomination, Participant
from core.db import session
from scoring import protocols, recalc
from scoring.models.meetings import AgendaItem, Meeting
from scoring.models.papers import Protocol
from scoring.rules.canonical import sha256_hex

EXPERTS = "experts"
KEPT = ("place", "code", "theory_hundredths", "practice_hundredths", "total_hundredths")


def expert_protocol(nomination: Nomination) -> Protocol | None:
    """The newest edition of the experts' protocol of the nomination."""
    return protocols.newest(EXPERTS, nomination)


def resolutions(expert: Protocol) -> list[dict[str, Any]]:
    """The commission's decisions on ties of this very table, in the order they were taken."""
    rows = session.execute(select(AgendaItem, Meeting.number).join(Meeting, Meeting.id == AgendaItem.meeting_id).where(
        AgendaItem.kind == "tie", AgendaItem.accepted.is_(True), AgendaItem.nomination_id == expert.nomination_id)
        .order_by(AgendaItem.closed_at, AgendaItem.id)).tuples()
    return [{"kind": item.details["resolution"], "codes": list(item.details["codes"]),
             "basis": f"заседание № {number}, вопрос {item.number}"} for item, number in rows
            if item.frozen["expert"]["facts_sha256"] == expert.facts_sha256]


def inputs_with(expert: Protocol, decided: list[dict[str, Any]]) -> dict[str, Any]:
    """The inputs of the experts' table with the decisions on ties in them."""
    given: dict[str, Any] = expert.content["inputs"]
    return {**given, "resolutions": [*given["resolutions"], *decided]}


def frozen(nomination: Nomination, expert: Protocol) -> dict[str, Any]:
    """What a vote about places rests on: the experts' protocol by hash, decisions on ties, the table that follows."""
    decided = resolutions(expert)
    table = recalc.summary(inputs_with(expert, decided))
    return {"expert": {"id": expert.id, "number": expert.number, "edition": expert.edition,
                       "sha256": expert.head_sha256, "facts_sha256": expert.facts_sha256},
            "resolutions": decided, "summary_sha256": sha256_hex(table), "ties": table["ties"],
            "prize_places": nomination.prize_places,
            "rows": [{key: row[key] for key in KEPT} for row in table["rows"] if row["place"] is not None]}


def ties(nomination: Nomination) -> list[list[str]]:
    """Codes of each tie nobody has resolved yet."""
    expert = expert_protocol(nomination)
    return list(frozen(nomination, expert)["ties"]) if expert is not None else []


def prize_ties(nomination: Nomination, found: Mapping[str, Any]) -> list[list[str]]:
    """Unresolved ties that touch a prize place."""
    places = {row["code"]: row["place"] for row in found["rows"]}
    return [codes for codes in found["ties"] if places[codes[0]] <= nomination.prize_places]


def usual_wording(kind: str, nomination: Nomination | None, details: Mapping[str, Any]) -> str:
    """The wording a question of this kind has unless another is given; empty where there is no usual one."""
    if nomination is None or kind == "other":
        return ""
    name, codes = f"«{nomination.title}»", ", ".join(details.get("codes", []))
    if kind == "tie":
        how = "распределить места в порядке" if details["resolution"] == "order" else "разделить место"
        return f"При равенстве баллов в номинации {name} {how}: {codes}"
    if kind == "return":
        return f"Вернуть протокол экспертной рабочей группы по номинации {name}. Причина: {details['reason']}"
    return (f"Утвердить протокол экспертной рабочей группы и признать победителя и призёров в номинации {name} "
            "согласно распределению мест")


def people_by_code(nomination_id: int) -> dict[str, dict[str, str]]:
    """Full name and organisation by code. Opened to the commission only once the names are open."""
    if not protocols.names_open(nomination_id):
        return {}
    names = participants.names(nomination_id)
    rows = {person.code: person for person in participants.of_nomination(nomination_id) if person.code}
    return {str(code): {"name": names[person.id], "organisation": organisation_of(person)}
            for code, person in rows.items()}


def organisation_of(person: Participant) -> str:
    """The organisation named in the application."""
    return str(person.application.fields.get("organisation", ""))


def award(place: int, prize_places: int) -> str:
    """«победитель», «призёр» or nothing."""
    return "победитель" if place == 1 else "призёр" if place <= prize_places else ""
