"""The commission's protocol and «Заседание не состоялось»: facts of a meeting, its signers, its kind of protocol."""
from datetime import datetime
from typing import Any

from sqlalchemy import select

from contest.models import Nomination
from contest.rules.roles import COMMISSION, MEMBER_CHAIR
from core import web
from core.access import Me
from core.canonical import plain
from core.db import session
from core.documents import papers
from core.documents.papers import Document, Form
from scoring import awards, meetings, protocols, recalc
from scoring.meetings import DUTY_WORDS, Attendance
from scoring.models.meetings import AgendaItem, Meeting, Presence, Vote
from scoring.models.papers import Protocol
from scoring.protocol_kinds import KINDS, Kind, Signer
from scoring.rules.quorum import BASES, VOTES
from scoring.rules.states import COMMISSION_PROTOCOL_STEPS, PRESENCE_LABELS
from scoring.rules.wording import row_note

KEY = "commission"
FORM = Form("commission_protocol", "Протокол заседания конкурсной комиссии",
            "scoring/documents/commission_protocol.html")
NOT_HELD = Form("meeting_not_held", "Акт: заседание не состоялось", "scoring/documents/meeting_not_held.html")


def draft(meeting: Meeting, *, by: Me, now: datetime) -> Protocol:
    """Draft the protocol of a closed meeting; those present sign by the rule fixed at its opening."""
    only = meeting.nominations[0].nomination if len(meeting.nominations) == 1 else None
    return protocols.start(KEY, contest=meeting.contest, nomination=only, subject=meeting, facts=facts(meeting),
                           signers=signers(meeting), rule=str(meeting.rules["signing_commission"]), by=by, now=now)


def signers(meeting: Meeting) -> list[Signer]:
    """Those present, and whoever kept the minutes where no secretary of the commission was there."""
    found = [Signer(row.account_id, "chair" if row.account_id == meeting.presiding_id else
                    "member" if row.duty in ("chair", "deputy") else row.duty, row.name, role_of(meeting, row))
             for row in meeting.roster if row.confirmed_at is not None]
    keeper = meetings.secretary_of(meeting)
    if keeper is not None:
        found.append(Signer(keeper.id, "secretary", keeper.name, "секретарь заседания"))
    return found


def role_of(meeting: Meeting, row: Presence) -> str:
    """The member's role in words; the one who led the meeting is named so."""
    if row.account_id == meeting.presiding_id and row.duty != "chair":
        return f"председательствующий, {DUTY_WORDS[row.duty]}"
    return DUTY_WORDS[row.duty]


def facts(meeting: Meeting) -> dict[str, Any]:
    """The facts of the protocol. The table of one nomination stands beside them and can be recomputed (recalc.py); the
    tables of several stand inside them, each with its inputs."""
    decided = [item for item in meeting.items if item.state == "closed"]
    tables = {item.id: _table(item) for item in decided if item.kind == "protocol" and item.accepted}
    words = _words(meeting) | {"items": [_item(item, meeting) for item in decided],
                               "withdrawn": [{"number": item.number, "wording": item.wording} for item in meeting.items
                                             if item.state == "withdrawn"],
                               "awards": [_award(item, tables[item.id]["summary"]) for item in decided
                                          if item.id in tables],
                               "annexes": _annexes(decided)}
    if len(tables) == 1:
        found = {**next(iter(tables.values())), recalc.WORDS: words}
    else:
        found = {"schema": recalc.SCHEMA, recalc.WORDS: words | {"tables": list(tables.values())}}
    made: dict[str, Any] = plain(found)
    return made


def _words(meeting: Meeting) -> dict[str, Any]:
    found, contest = meetings.attendance(meeting), meeting.contest
    came = [row for row in meeting.roster if row.confirmed_at is not None]
    keeper = meetings.secretary_of(meeting)
    return {"kind": KEY, "contest": contest.title, "region": contest.region, "year": contest.year,
            "meeting": meeting.number, "title": meeting.title,
            "body": meeting.body.title, "order": meeting.body.order_ref,
            "nominations": [one.nomination.title for one in meeting.nominations],
            "starts_at": meeting.starts_at, "started_at": meeting.started_at, "closed_at": meeting.closed_at,
            "presiding": next((row.name for row in came if row.account_id == meeting.presiding_id), ""),
            "secretary": keeper.name if keeper else next((row.name for row in came if row.duty == "secretary"), ""),
            "present": [{"name": row.name, "role": role_of(meeting, row), "position": row.position,
                         "left_at": row.left_at if row.state == "left" else None} for row in came],
            "absent": [{"name": row.name, "role": DUTY_WORDS[row.duty], "reason": row.reason}
                       for row in meeting.roster if row.confirmed_at is None],
            "quorum": {"share": found.share, "needed": found.needed, "total": found.total, "came": len(came)},
            "rules": {"majority_base": meeting.rules["majority_base"], "ballot": meeting.rules["ballot"],
                      "casting_vote": meeting.rules["casting_vote"] and meeting.rules["ballot"] != "secret"},
            "clauses": meeting.rules["clauses"], "base_words": BASES[meeting.rules["majority_base"]]}


def _item(item: AgendaItem, meeting: Meeting) -> dict[str, Any]:
    votes = {vote.account_id: vote for vote in session.scalars(select(Vote).where(Vote.item_id == item.id))}
    names = {row.account_id: row.name for row in meeting.roster}
    secret = meeting.rules.get("ballot") == "secret"
    return {"number": item.number, "kind": item.kind, "wording": item.wording, "wording_sha256": item.wording_sha256,
            "nomination": item.nomination.title if item.nomination else "", "speaker": item.speaker,
            "minutes": [line for line in item.minutes.splitlines() if line.strip()], "opened_at": item.opened_at,
            "closed_at": item.closed_at, "present_at_open": item.present_at_open,
            "present_at_close": item.present_at_close, "accepted": item.accepted, "result": _counted(item.result),
            "votes": [_vote(names[key], votes.get(key), secret) for key in item.result["here"]],
            "recused": [{"name": names[key], "reason": votes[key].reason} for key in item.result["recused"]]}


def _counted(result: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key not in ("entitled", "here", "recused")} | {
        "entitled": len(result["entitled"])}


def _vote(name: str, vote: Vote | None, secret: bool) -> dict[str, Any]:
    if vote is None:
        return {"name": name, "choice": "", "words": "не голосовал(а)", "moment": ""}
    if secret:
        return {"name": name, "choice": "", "words": "голос подан", "moment": vote.moment}
    return {"name": name, "choice": vote.choice, "words": VOTES[vote.choice], "moment": vote.moment}


def _table(item: AgendaItem) -> dict[str, Any]:
    expert = session.get_one(Protocol, item.frozen["expert"]["id"])
    return recalc.document(awards.inputs_with(expert, item.frozen["resolutions"]))


def _award(item: AgendaItem, table: dict[str, Any]) -> dict[str, Any]:
    people, prizes = awards.people_by_code(item.nomination_id or 0), item.frozen["prize_places"]
    blank, notes = {"name": "", "organisation": ""}, {row["code"]: row_note(row) for row in table["rows"]}
    return {"nomination": item.nomination.title if item.nomination else "", "prize_places": prizes, "item": item.number,
            "summary_sha256": item.frozen["summary_sha256"],
            "rows": [{**row, **people.get(row["code"], blank), "award": awards.award(row["place"], prizes),
                      "note": notes[row["code"]]} for row in item.frozen["rows"]],
            "others": [{key: row[key] for key in awards.KEPT} | {"note": notes[row["code"]]} for row in table["rows"]
                       if row["place"] is None]}


def _annexes(decided: list[AgendaItem]) -> list[dict[str, Any]]:
    """The experts' protocols the decisions rest on, each once."""
    found = {item.frozen["expert"]["id"]: (item, item.frozen["expert"]) for item in decided if "expert" in item.frozen}
    return [{"nomination": item.nomination.title if item.nomination else "", "number": expert["number"],
             "edition": expert["edition"], "sha256": expert["sha256"]} for item, expert in found.values()]


def freeze_not_held(meeting: Meeting, found: Attendance, *, by: Me, now: datetime) -> Document:
    """«Заседание не состоялось» as a frozen document: who was expected, who came, how many were needed."""
    contest = meeting.contest
    told = {"schema": 1, "protocol": {
        "kind": "meeting_not_held", "contest": contest.title, "region": contest.region, "meeting": meeting.number,
        "title": meeting.title, "body": meeting.body.title, "order": meeting.body.order_ref,
        "starts_at": meeting.starts_at, "checked_at": now, "by": by.name,
        "quorum": {"share": found.share, "needed": found.needed, "total": found.total, "came": found.present},
        "members": [{"name": row.name, "role": DUTY_WORDS[row.duty], "state": PRESENCE_LABELS[row.state],
                     "reason": row.reason} for row in meeting.roster]}}
    return papers.freeze(NOT_HELD.key, meeting, plain(told), title="Акт о несостоявшемся заседании комиссии",
                         number=f"КК-{contest.id:02d}-{meeting.number:02d}-Н", zone=contest.zone,
                         public_url=web.settings().public_url, by=by, now=now, letterhead=contest.operator_name,
                         demo=contest.demo)


def of_meeting(meeting: Meeting) -> Protocol | None:
    """The newest edition of the meeting's protocol."""
    return protocols.newest(KEY, meeting)


def for_nomination(nomination: Nomination) -> tuple[Protocol, AgendaItem] | None:
    """The newest protocol that awards the places of the nomination, with the question that did it; None without one."""
    item = session.scalar(select(AgendaItem).where(
        AgendaItem.nomination_id == nomination.id, AgendaItem.kind == "protocol", AgendaItem.accepted.is_(True))
        .order_by(AgendaItem.closed_at.desc(), AgendaItem.id.desc()).limit(1))
    if item is None:
        return None
    paper = session.scalar(select(Protocol).where(
        Protocol.kind == KEY, Protocol.subject_type == "meeting", Protocol.subject_id == item.meeting_id)
        .order_by(Protocol.edition.desc()).limit(1))
    return (paper, item) if paper is not None else None


def _current(protocol: Protocol, now: datetime) -> dict[str, Any]:
    meeting = meetings.load(protocol.subject_id)
    assert meeting is not None
    return facts(meeting)


def _readers(me: Me, protocol: Protocol) -> bool:
    return me.has(*COMMISSION, contest_id=protocol.contest_id)


KINDS[KEY] = Kind(key=KEY, form=FORM.key, title=FORM.title, prefix="КК", setting="signing_commission",
                  chair=MEMBER_CHAIR, members=COMMISSION, steps=COMMISSION_PROTOCOL_STEPS, current_facts=_current,
                  readers=_readers)
