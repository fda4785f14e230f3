"""What the pages of the commission show: read-only."""
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from contest import scope
from contest.models import Contest
from contest.rules import timetable
from contest.rules.roles import STAFF
from core.access import Me
from core.db import session
from scoring import awards, meetings, protocols
from scoring.documents import commission_protocol
from scoring.models.meetings import AgendaItem, Meeting, Presence, Vote
from scoring.rules.quorum import BASES, SIMPLE_MAJORITY, VOTES, parse_share
from scoring.rules.states import ITEM_LABELS, MEETING_LABELS, PRESENCE_LABELS, PROTOCOL_LABELS

VOTE_KINDS = {"for": "ok", "against": "bad", "abstain": "info", "recused": "idle"}
VOTE_WORDS = VOTES | {"recused": "самоотвод"}


@dataclass(frozen=True)
class Line:
    """One member in the table: presence and vote in words; `kind` of the vote for its sign."""

    row: Presence
    who: str
    presence: str
    vote: str
    kind: str
    at: datetime | None
    note: str


def at_second(instant: datetime, zone: str) -> str:
    """«15:12:04» in the zone: votes are told to the second."""
    return timetable.format_clock(instant, zone, seconds=True)


def mine(me: Me) -> dict[str, Any]:
    """Meetings the person may open, the newest first, and contests where they may call one."""
    rows = session.scalars(select(Meeting).options(joinedload(Meeting.contest)).where(meetings.of_person(me)).order_by(
        Meeting.starts_at.desc(), Meeting.id.desc()).limit(200)).all()
    contests = session.scalars(select(Contest).where(scope.contests_of(me, *STAFF)).order_by(Contest.id)).all()
    return {"rows": rows, "contests": contests, "words": MEETING_LABELS}


def page(meeting: Meeting, *, me: Me, now: datetime) -> dict[str, Any]:
    """The whole page of a meeting for this person."""
    keeper, staff = meetings.run_by(me, meeting), me.has(*STAFF, contest_id=meeting.contest_id)
    item, secret = current_item(meeting), meeting.rules.get("ballot") == "secret"
    line = meetings.line_of(meeting, me.account_id)
    votes = {vote.account_id: vote for vote in item.votes} if item else {}
    paper = commission_protocol.of_meeting(meeting)
    return {
        "state": MEETING_LABELS[meeting.state], "keeper": keeper, "staff": staff, "line": line, "item": item,
        "secret": secret, "quorum": meetings.attendance(meeting) if meeting.roster else None,
        "mine": votes.get(me.account_id), "can_vote": line is not None and line.state == "present",
        "lines": [_line(row, votes.get(row.account_id), me, item, secret) for row in meeting.roster],
        "tally": _tally(meeting, item, votes, secret), "rule": _rule(meeting, item),
        "steps": [_step(one, item) for one in meeting.items], "places": _places(item),
        "materials": _materials(meeting, item, me), "course": _course(meeting),
        "oral": [(one, vote) for one in meeting.items for vote in one.votes
                 if vote.oral and vote.account_id == me.account_id and vote.confirmed_at is None],
        "protocol": paper, "protocol_state": PROTOCOL_LABELS[paper.state] if paper else "",
        "redraft": paper is not None and paper.state in protocols.OPEN | protocols.REPLACEABLE, "words": VOTE_WORDS,
        "item_words": ITEM_LABELS, "editable": meeting.state in ("planned", "registration", "in_session", "suspended")}


def current_item(meeting: Meeting) -> AgendaItem | None:
    """The question the page is about: the open one, else the next, else the last decided."""
    for state in ("open", "draft"):
        found = [item for item in meeting.items if item.state == state]
        if found:
            return found[0]
    decided = [item for item in meeting.items if item.state == "closed"]
    return decided[-1] if decided else None


def voters(meeting: Meeting) -> list[tuple[int, str]]:
    """Those present, for the list of oral votes."""
    return [(row.account_id, row.name) for row in meetings.present(meeting)]


def oral_words(vote: Vote) -> list[str]:
    """What the member confirms."""
    return [f"Ваш голос: «{VOTE_WORDS[vote.choice]}».", f"Внесён секретарём с ваших слов, момент записи {vote.moment}."]


def _line(row: Presence, vote: Vote | None, me: Me, item: AgendaItem | None, secret: bool) -> Line:
    who = "это вы" if row.account_id == me.account_id else meetings.SHORT_DUTIES.get(row.duty, "")
    presence = PRESENCE_LABELS[row.state] + (f": {row.reason}" if row.reason else "")
    if vote is None or item is None or item.state == "draft":
        words = "не голосовал(а)" if item and item.state == "open" and row.state == "present" else ""
        return Line(row, who, presence, words, "idle", None, "")
    hidden = secret and vote.choice != "recused" and row.account_id != me.account_id
    oral = f"устно, запись {vote.moment}{'' if vote.confirmed_at else ', не подтверждён'}"
    note = oral if vote.oral else vote.reason
    return Line(row, who, presence, "голос подан" if hidden else VOTE_WORDS[vote.choice],
                "info" if hidden else VOTE_KINDS[vote.choice], vote.at, note)


def _tally(meeting: Meeting, item: AgendaItem | None, votes: dict[int, Vote], secret: bool) -> list[dict[str, Any]]:
    if item is None or item.state not in ("open", "closed"):
        return []
    here = {row.account_id for row in meetings.present(meeting)}
    waiting = len(here - set(votes)) if item.state == "open" else item.result["not_cast"]
    rest = {"text": "ещё не голосовали" if item.state == "open" else "не голосовали", "value": waiting}
    if secret and item.state == "open":
        return [{"text": "голосов подано", "value": len(votes)}, rest]
    count = {choice: sum(vote.choice == choice for vote in votes.values()) for choice in VOTES}
    return [{"text": "за", "value": count["for"], "cls": "for"},
            {"text": "против", "value": count["against"], "cls": "against"},
            {"text": "воздержались", "value": count["abstain"]}, rest]


def _rule(meeting: Meeting, item: AgendaItem | None) -> str:
    """How the vote is decided, in a sentence or two."""
    if not meeting.rules:
        return ""
    base, rules = meeting.rules["majority_base"], meeting.rules
    kind = "Тайное голосование" if rules.get("ballot") == "secret" else "Открытое поимённое голосование"
    out = sum(vote.choice == "recused" for vote in item.votes) if item else 0
    total = {"present": len(meetings.present(meeting)) - out, "all": len(meeting.roster) - out}.get(base)
    count = f": нужно {parse_share(SIMPLE_MAJORITY).needed(total)} из {total}" if total else ""
    casting = " При равенстве решает голос председательствующего." if rules["casting_vote"] and rules.get(
        "ballot") != "secret" else " При равенстве решение не принято."
    return f"{kind}. Простое большинство {BASES[base]}{count}.{casting}"


def _step(item: AgendaItem, current: AgendaItem | None) -> dict[str, str]:
    state = "done" if item.state in ("closed", "withdrawn") else "now" if item is current else "todo"
    detail = item.result["text"] if item.state == "closed" else ITEM_LABELS[item.state]
    title = f", «{item.nomination.title}»" if item.nomination else ""
    short = {"protocol": "Места", "tie": "Равенство баллов", "return": "Возврат протокола"}.get(item.kind)
    return {"text": f"{item.number}. {short + title if short else item.wording}", "detail": detail, "state": state}


def _places(item: AgendaItem | None) -> list[dict[str, Any]]:
    """Places of the question: as fixed at the opening of the vote, before it as the experts' table has them."""
    if item is None or item.kind != "protocol" or item.nomination is None:
        return []
    found = item.frozen if item.state in ("open", "closed") else None
    if found is None:
        expert = awards.expert_protocol(item.nomination)
        found = awards.frozen(item.nomination, expert) if expert is not None else None
    if not found:
        return []
    people = awards.people_by_code(item.nomination.id)
    prizes = item.nomination.prize_places
    return [{**row, "name": people.get(row["code"], {}).get("name", ""), "award": awards.award(row["place"], prizes)}
            for row in found["rows"]]


def _materials(meeting: Meeting, item: AgendaItem | None, me: Me) -> list[dict[str, str]]:
    """What to read before voting: the experts' protocol and the table."""
    nominations = [item.nomination] if item and item.nomination else [one.nomination for one in meeting.nominations]
    found = []
    for nomination in nominations:
        expert = awards.expert_protocol(nomination)
        if expert is not None and protocols.may_watch(me, expert.id):
            found.append({"text": f"Протокол № {expert.number}, {PROTOCOL_LABELS[expert.state]}",
                          "url": f"/protocols/{expert.id}"})
        found.append({"text": f"Сводная ведомость: {nomination.title}", "url": f"/nominations/{nomination.id}/summary"})
    return found


def _course(meeting: Meeting) -> list[tuple[datetime, str]]:
    """The course of the meeting for its minutes, the newest first."""
    found = [(meeting.opened_at, "Открыта регистрация присутствующих."),
             (meeting.started_at, "Кворум есть, заседание открыто."),
             (meeting.suspended_at, "Кворума нет, заседание приостановлено."),
             (meeting.closed_at, "Заседание не состоялось." if meeting.state == "not_held" else "Заседание закрыто.")]
    for item in meeting.items:
        found.append((item.opened_at, f"Открыто голосование по вопросу {item.number}. "
                                      f"Присутствуют {item.present_at_open}."))
        if item.state == "closed":
            found.append((item.closed_at, f"Решение по вопросу {item.number}: {item.result['text']}."))
    told = sorted(((at, text) for at, text in found if at is not None), key=lambda pair: pair[0])
    return told[::-1]
