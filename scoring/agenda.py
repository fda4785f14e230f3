"""The agenda and its votes: wording fixed when a vote opens, one vote per member, the decision when it closes."""
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from contest.models import Nomination
from core.access import Me
from core.canonical import canonical, digest
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from core.states import move
from scoring import awards, commission, handover, protocols
from scoring.meetings import attendance, line_of, present
from scoring.models.meetings import AgendaItem, Meeting, Presence, Vote
from scoring.models.papers import Protocol
from scoring.protocol_kinds import KINDS
from scoring.rules import quorum
from scoring.rules.states import ITEM_LABELS, ITEM_STEPS, MEETING_LABELS, PROTOCOL_LABELS

KINDS_WORDS = {"protocol": "Утвердить протокол экспертов и места", "tie": "Решить при равенстве баллов",
               "return": "Вернуть протокол экспертам", "other": "Другой вопрос"}
EDITABLE = frozenset({"planned", "registration", "in_session", "suspended"})
RECUSED = "recused"
SECRET_FROM = 3


def add_item(meeting: Meeting, *, kind: str, nomination: Nomination | None, wording: str, speaker: str = "",
             details: Mapping[str, Any] | None = None, by: Me, now: datetime) -> AgendaItem:
    """Put a question on the agenda; without a wording it gets the usual one of its kind.

    Refused after the meeting, for a nomination the meeting is not about, and for a tie that is none.
    """
    if meeting.state not in EDITABLE:
        raise Refused("over", "Заседание закончено: повестка больше не меняется.")
    if kind not in KINDS_WORDS:
        raise Refused("kind", "Выберите вид вопроса из списка.", field="kind")
    own = {one.nomination_id for one in meeting.nominations}
    if (nomination is None and kind != "other") or (nomination is not None and nomination.id not in own):
        raise Refused("nomination", "Выберите номинацию, о которой это заседание.", field="nomination_id")
    facts = _details(kind, nomination, dict(details or {}))
    text = wording.strip() or awards.usual_wording(kind, nomination, facts)
    if not text:
        raise Refused("wording", "Напишите, какое решение ставится на голосование.", field="wording")
    item = AgendaItem(meeting_id=meeting.id, nomination_id=nomination.id if nomination else None, kind=kind,
                      number=max((one.number for one in meeting.items), default=0) + 1, wording=text,
                      speaker=speaker.strip(), details=facts)
    session.add(item)
    session.flush()
    record("item.added", item, by=by, now=now, meeting=meeting.id, number=item.number, kind=kind, wording=text)
    commission.changed(meeting)
    return item


def _details(kind: str, nomination: Nomination | None, given: dict[str, Any]) -> dict[str, Any]:
    if kind == "return":
        if not str(given.get("reason", "")).strip():
            raise Refused("reason", "Напишите, почему протокол возвращается экспертам.", field="reason")
        return {"reason": str(given["reason"]).strip()[:1000]}
    if kind != "tie" or nomination is None:
        return {}
    ties = awards.ties(nomination)
    codes = [str(code) for code in given.get("codes", [])]
    if given.get("resolution") == "shared" and not codes and len(ties) == 1:
        codes = list(ties[0])
    if sorted(codes) not in [sorted(tie) for tie in ties]:
        listed = "; ".join(", ".join(tie) for tie in ties) or "таких нет"
        raise Refused("codes", f"Назовите всех участников одного неразрешённого равенства ({listed}).", field="codes")
    if given.get("resolution") not in ("order", "shared"):
        raise Refused("resolution", "Выберите: назвать порядок мест или разделить место.", field="resolution")
    return {"resolution": str(given["resolution"]), "codes": codes}


def open_vote(item: AgendaItem, meeting: Meeting, *, by: Me, now: datetime) -> None:
    """Open the vote: wording and materials are fixed from here on. One vote at a time, and only with a quorum."""
    _refuse_not_in_session(meeting)
    if item.state != "draft":
        raise Refused("opened", "Голосование по этому вопросу уже открывали. Обновите страницу.")
    if any(other.state == "open" for other in meeting.items):
        raise Refused("another_open", "Сначала закройте голосование, которое уже идёт.")
    if meeting.rules.get("ballot") == "secret" and len(present(meeting)) < SECRET_FROM:
        raise Refused("reveals", f"Тайное голосование при числе голосующих меньше {SECRET_FROM} раскрыло бы голоса.")
    materials = _materials(item, meeting)
    item.materials, item.wording_sha256 = canonical(materials).decode(), digest(item.wording)
    item.opened_at, item.opened_by_id, item.present_at_open = now, by.account_id, len(present(meeting))
    move(item, "open", ITEM_STEPS, words=ITEM_LABELS)
    session.flush()
    record("item.vote_opened", item, by=by, now=now, meeting=meeting.id, wording_sha256=item.wording_sha256,
           materials_sha256=digest(materials), present=item.present_at_open)
    commission.changed(meeting)


def _refuse_not_in_session(meeting: Meeting) -> None:
    if meeting.state != "in_session":
        raise Refused("not_in_session", f"Заседание сейчас «{MEETING_LABELS[meeting.state]}»: голосовать нельзя. "
                                        "Секретарь открывает заседание, когда есть кворум.")
    found = attendance(meeting)
    if not found.enough:
        raise Refused("no_quorum", f"Кворума нет: присутствуют {found.present}, нужно {found.needed}.")


def _materials(item: AgendaItem, meeting: Meeting) -> dict[str, Any]:
    """What the vote rests on: the experts' protocol as it is, the places by it and the decisions on ties."""
    if item.kind == "other" or item.nomination is None:
        return {}
    expert = awards.expert_protocol(item.nomination)
    wanted = ("handed_over", "accepted") if item.kind == "return" else ("accepted",)
    if expert is None or expert.state not in wanted:
        state = PROTOCOL_LABELS[expert.state] if expert else "не составлен"
        raise Refused("not_accepted", f"Протокол экспертной группы сейчас «{state}». Голосовать можно, когда секретарь "
                                      "принял его по акту.")
    found = awards.frozen(item.nomination, expert)
    if item.kind == "tie":
        _details("tie", item.nomination, item.details)
    if item.kind == "protocol" and (open_ties := awards.prize_ties(item.nomination, found)):
        raise Refused("unresolved", "Равенство баллов на призовых местах не разрешено: "
                                    + "; ".join(", ".join(tie) for tie in open_ties) + ". Сначала проголосуйте о нём.")
    return found


def cast(item: AgendaItem, meeting: Meeting, choice: str, *, by: Me, now: datetime) -> Vote:
    """The member's own vote; a second one changes the first until the close. Refused without presence and a recusal."""
    _refuse_choice(choice)
    _voter(item, meeting, by.account_id)
    vote = _vote_of(item, by.account_id)
    if vote.choice == RECUSED:
        raise Refused("recused", "Вы взяли самоотвод по этому вопросу: голос не принимается.")
    vote.choice, vote.at = choice, now
    vote.oral, vote.moment, vote.entered_by_id, vote.confirmed_at = False, "", None, None
    return _keep(vote, "vote.cast", item, meeting, by, now)


def recuse(item: AgendaItem, meeting: Meeting, *, reason: str, by: Me, now: datetime) -> Vote:
    """The member steps back from this question: no vote, and not counted among those who decide it."""
    _voter(item, meeting, by.account_id)
    if not reason.strip():
        raise Refused("reason", "Напишите причину самоотвода: она попадёт в протокол.", field="reason")
    vote = _vote_of(item, by.account_id)
    vote.choice, vote.reason, vote.at = RECUSED, reason.strip()[:300], now
    vote.oral, vote.moment, vote.entered_by_id, vote.confirmed_at = False, "", None, None
    return _keep(vote, "vote.recused", item, meeting, by, now)


def enter_oral(item: AgendaItem, meeting: Meeting, account_id: int, choice: str, *, moment: str, by: Me,
               now: datetime) -> Vote:
    """The secretary enters a vote said aloud, with the moment of the recording; the member confirms it later."""
    _refuse_choice(choice)
    if account_id == by.account_id:
        raise Refused("own", "Свой голос подают сами, устно вносят голос другого члена комиссии.", field="account_id")
    if not moment.strip():
        raise Refused("moment", "Укажите момент записи, например 01:12:40.", field="moment")
    _voter(item, meeting, account_id)
    vote = _vote_of(item, account_id)
    if vote.id is not None and not vote.oral:
        raise Refused("voted", "Этот член комиссии уже проголосовал сам: устный голос не вносится.", field="account_id")
    vote.choice, vote.at, vote.oral, vote.moment = choice, now, True, moment.strip()[:40]
    vote.entered_by_id, vote.confirmed_at = by.account_id, None
    return _keep(vote, "vote.entered", item, meeting, by, now)


def _refuse_choice(choice: str) -> None:
    if choice not in quorum.VOTES:
        raise Refused("choice", "Выберите: за, против или воздержаться.", field="choice")


def _voter(item: AgendaItem, meeting: Meeting, account_id: int) -> Presence:
    """The line of somebody who may vote now; refused in words otherwise."""
    line = line_of(meeting, account_id)
    if line is None:
        raise Refused("not_member", "Голосуют члены комиссии, которые были в составе при открытии заседания.")
    if item.state != "open":
        words = "ещё не открыто" if item.state == "draft" else "закрыто"
        raise Refused("vote_closed", f"Голосование по этому вопросу {words}: голос не принят.")
    _refuse_not_in_session(meeting)
    if line.state != "present":
        raise Refused("not_present", f"{line.name}: явка не подтверждена секретарём, голос не принят. Нажмите "
                                     "«Я присутствую» и дождитесь подтверждения.")
    return line


def _vote_of(item: AgendaItem, account_id: int) -> Vote:
    found = session.scalar(select(Vote).where(Vote.item_id == item.id, Vote.account_id == account_id))
    return found or Vote(item_id=item.id, account_id=account_id)


def _keep(vote: Vote, action: str, item: AgendaItem, meeting: Meeting, by: Me, now: datetime) -> Vote:
    session.add(vote)
    session.flush()
    shown = {} if meeting.rules.get("ballot") == "secret" else {"choice": vote.choice}
    record(action, vote, by=by, now=now, item=item.id, member=vote.account_id, moment=vote.moment, **shown)
    commission.changed(meeting)
    return vote


def close_vote(item: AgendaItem, meeting: Meeting, *, by: Me, now: datetime) -> quorum.VoteOutcome:
    """Count the votes and fix the decision with who was entitled and present. Refused without a quorum."""
    if item.state != "open":
        raise Refused("vote_closed", "Голосование по этому вопросу не идёт. Обновите страницу.")
    _refuse_not_in_session(meeting)
    votes = {vote.account_id: vote for vote in session.scalars(select(Vote).where(Vote.item_id == item.id))}
    out = {key for key, vote in votes.items() if vote.choice == RECUSED}
    entitled = {row.account_id for row in meeting.roster} - out
    here = ({row.account_id for row in present(meeting)} | set(votes)) - out
    rules = meeting.rules
    outcome = quorum.vote_outcome(
        {str(key): vote.choice for key, vote in votes.items() if key not in out},
        entitled=[str(key) for key in entitled], present=[str(key) for key in here],
        base=str(rules["majority_base"]), chair=str(meeting.presiding_id),
        casting_vote=bool(rules["casting_vote"]) and rules.get("ballot") != "secret")
    item.closed_at, item.closed_by_id, item.accepted = now, by.account_id, outcome.accepted
    item.present_at_close = len(present(meeting))
    item.result = _result(outcome, meeting, entitled, here, out)
    move(item, "closed", ITEM_STEPS, words=ITEM_LABELS)
    session.flush()
    record("item.vote_closed", item, by=by, now=now, meeting=meeting.id, accepted=outcome.accepted, result=item.result)
    if outcome.accepted and item.kind == "return":
        _return_protocol(item, by, now)
    commission.changed(meeting)
    return outcome


def _result(outcome: quorum.VoteOutcome, meeting: Meeting, entitled: set[int], here: set[int],
            out: set[int]) -> dict[str, Any]:
    return {"for": outcome.votes_for, "against": outcome.votes_against, "abstain": outcome.abstained,
            "not_cast": outcome.not_cast, "base": meeting.rules["majority_base"], "base_count": outcome.base_count,
            "needed": outcome.needed, "casting": outcome.by_casting_vote, "text": outcome.text,
            "quorum": attendance(meeting).needed, "entitled": sorted(entitled), "here": sorted(here),
            "recused": sorted(out)}


def _return_protocol(item: AgendaItem, by: Me, now: datetime) -> None:
    """The decision returns the experts' protocol, also one the secretary has already taken by the act."""
    expert = session.get_one(Protocol, item.frozen["expert"]["id"], with_for_update=True)
    given = handover.of_protocol(expert.id)
    if expert.state == "handed_over" and given is not None:
        handover.send_back(given, reason=item.details["reason"], by=by, now=now)
        return
    move(expert, "returned", KINDS[expert.kind].steps, words=PROTOCOL_LABELS)
    record("protocol.returned", expert, by=by, now=now, item=item.id, reason=item.details["reason"])


def withdraw(item: AgendaItem, meeting: Meeting, *, by: Me, now: datetime) -> None:
    """Take a question off the agenda; one whose vote is open only while the meeting stands still or nobody may vote."""
    nobody = not {row.account_id for row in present(meeting)} - {
        vote.account_id for vote in item.votes if vote.choice == RECUSED}
    if item.state != "draft" and not (item.state == "open" and (meeting.state == "suspended" or nobody)):
        raise Refused("wrong_state", "Снять можно вопрос, голосование по которому ещё не открыто.")
    move(item, "withdrawn", ITEM_STEPS, words=ITEM_LABELS)
    record("item.withdrawn", item, by=by, now=now, meeting=meeting.id)
    commission.changed(meeting)


def write_minutes(item: AgendaItem, meeting: Meeting, *, speaker: str, minutes: str, by: Me, now: datetime) -> None:
    """«Слушали» and «Выступили» of a question, until the protocol's text is fixed."""
    paper = protocols.newest("commission", meeting)
    if paper is not None and paper.state not in protocols.OPEN | protocols.REPLACEABLE:
        raise Refused("frozen", "Текст протокола зафиксирован: ход заседания больше не меняется.")
    item.speaker, item.minutes = speaker.strip()[:200], minutes.strip()
    record("item.minutes", item, by=by, now=now, meeting=meeting.id, sha256=digest(item.minutes))
    commission.changed(meeting)


def confirm_oral(vote: Vote, *, by: Me, now: datetime) -> None:
    """The member confirms, by the re-entered secret (checked before), the vote the secretary entered for them."""
    if not vote.oral:
        raise Refused("not_oral", "Этот голос подан вами лично: подтверждать его не нужно.")
    if vote.confirmed_at is not None:
        raise Refused("confirmed", "Голос уже подтверждён.")
    vote.confirmed_at = now
    record("vote.confirmed", vote, by=by, now=now, item=vote.item_id)


def own_vote(me: Me, vote_id: int) -> tuple[Vote, AgendaItem]:
    """A vote of the person's own with its question; otherwise NotVisible."""
    row = session.execute(select(Vote, AgendaItem).join(AgendaItem, AgendaItem.id == Vote.item_id).where(
        Vote.id == vote_id, Vote.account_id == me.account_id)).first()
    if row is None:
        raise NotVisible
    return row[0], row[1]
