"""Meetings of the commission: called, opened for registration, in session by quorum, closed with a protocol.

Agenda and votes are in agenda.py, the protocol's facts in documents/commission_protocol.py.
"""
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from contest import contests, people
from contest.models import BodyMember, Contest, Nomination
from contest.rules import settings as rule_settings
from core import mail, realtime
from core.access import Me
from core.db import session
from core.errors import Refused
from core.journal import record
from core.states import move
from scoring.documents import commission_protocol
from scoring.meetings import HERE, RUNNING, attendance, line_of, present
from scoring.models.meetings import Meeting, MeetingNomination, Presence
from scoring.models.papers import Protocol
from scoring.rules.states import ITEM_LABELS, ITEM_STEPS, MEETING_LABELS, MEETING_STEPS, PRESENCE_LABELS, PRESENCE_STEPS

RULE_KEYS = ("quorum", "majority_base", "casting_vote", "ballot", "signing_commission")


def call(contest: Contest, nominations: Sequence[Nomination], *, title: str, starts_at: datetime, by: Me,
         now: datetime) -> Meeting:
    """Call a meeting of the contest's commission about some nominations; its members get a letter.

    Refused without a commission, without nominations, and where their rules for the commission differ.
    """
    body = people.body_of(contest.id, "commission")
    members = people.members_at(body, now) if body else []
    if body is None or not members:
        raise Refused("no_commission", "Комиссия не назначена. Внесите её состав, затем назначьте заседание.")
    if not nominations:
        raise Refused("no_nominations", "Выберите хотя бы одну номинацию.", field="nomination_ids")
    _refuse_different_rules(nominations)
    session.get(Contest, contest.id, with_for_update=True)
    number = (session.scalar(select(func.max(Meeting.number)).where(Meeting.contest_id == contest.id)) or 0) + 1
    meeting = Meeting(contest_id=contest.id, body_id=body.id, number=number, title=title, starts_at=starts_at,
                      created_at=now, created_by_id=by.account_id)
    session.add(meeting)
    session.flush()
    session.add_all(MeetingNomination(meeting_id=meeting.id, nomination_id=one.id) for one in nominations)
    session.flush()
    record("meeting.called", meeting, by=by, now=now, number=number, starts_at=starts_at,
           nominations=sorted(one.id for one in nominations))
    _invite(meeting, members, now)
    return meeting


def rules_of(nomination: Nomination) -> dict[str, Any]:
    """What of the nomination's rules the commission goes by."""
    return {key: contests.setting(nomination, key) for key in RULE_KEYS}


def _refuse_different_rules(nominations: Iterable[Nomination]) -> None:
    first, *others = nominations
    for other in others:
        unlike = [key for key in RULE_KEYS if contests.setting(first, key) != contests.setting(other, key)]
        if unlike:
            names = ", ".join(f"«{rule_settings.SETTINGS[key].title}»" for key in unlike)
            raise Refused("different_rules", f"В номинациях «{first.title}» и «{other.title}» разные правила комиссии: "
                                             f"{names}. Назначьте для них отдельные заседания.", field="nomination_ids")


def _invite(meeting: Meeting, members: list[BodyMember], now: datetime) -> None:
    for member in members:
        subject, body = mail.compose("meeting_called", name=member.account.name, number=meeting.number,
                                     title=meeting.title, link=f"/meetings/{meeting.id}")
        mail.send(member.account, subject, body, now=now)


def open_registration(meeting: Meeting, *, by: Me, now: datetime) -> None:
    """Open the registration: the members by order and the rules of the meeting are fixed. Refused a second time."""
    body = people.body_of(meeting.contest_id, "commission")
    members = people.members_at(body, now) if body else []
    if not members:
        raise Refused("no_commission", "В составе комиссии никого нет: регистрировать некого.")
    nominations = [one.nomination for one in meeting.nominations]
    _refuse_different_rules(nominations)
    first = nominations[0]
    clauses = {key: rule_settings.clause(first.settings, key) for key in RULE_KEYS}
    meeting.rules = {**rules_of(first), "clauses": clauses}
    meeting.opened_at, meeting.opened_by_id = now, by.account_id
    move(meeting, "registration", MEETING_STEPS, words=MEETING_LABELS)
    session.add_all(Presence(meeting_id=meeting.id, account_id=one.account_id, ordinal=number, duty=one.duty,
                             name=one.account.name, position=one.position) for number, one in enumerate(members, 1))
    session.flush()
    record("meeting.opened", meeting, by=by, now=now, members=len(members), rules=meeting.rules)
    changed(meeting)


def declare(meeting: Meeting, *, here: bool, by: Me, now: datetime) -> None:
    """The member's own «Я присутствую» or «Ухожу». It counts once the secretary has confirmed it; leaving at once."""
    row = line_of(meeting, by.account_id)
    if row is None:
        raise Refused("not_member", "Вас нет в составе комиссии на этом заседании. Обратитесь к секретарю.")
    _refuse_not_open(meeting)
    if not here:
        _leave(row, "", now)
    elif row.state != HERE:
        move(row, "declared", PRESENCE_STEPS, words=PRESENCE_LABELS)
        row.declared_at, row.reason = now, ""
    record("presence.declared" if here else "presence.left", row, by=by, now=now, meeting=meeting.id)
    _watch_quorum(meeting, by, now)


def register(meeting: Meeting, account_id: int, *, here: bool, reason: str, by: Me, now: datetime) -> None:
    """The secretary confirms a member, or enters that one is absent or has left, with the reason known."""
    row = line_of(meeting, account_id)
    if row is None:
        raise Refused("not_member", "Такого члена комиссии в списке нет. Обновите страницу.")
    _refuse_not_open(meeting)
    if here:
        if row.state != HERE:
            row.confirmed_at, row.confirmed_by_id, row.left_at, row.reason = now, by.account_id, None, ""
            move(row, HERE, PRESENCE_STEPS, words=PRESENCE_LABELS)
    else:
        _leave(row, reason.strip()[:200], now)
    record("presence.confirmed" if here else f"presence.{row.state}", row, by=by, now=now, meeting=meeting.id)
    _watch_quorum(meeting, by, now)


def _refuse_not_open(meeting: Meeting) -> None:
    if meeting.state == "planned":
        raise Refused("not_open", "Регистрация ещё не открыта. Её открывает секретарь к началу заседания.")
    if meeting.state not in ("registration", *RUNNING):
        raise Refused("over", "Заседание уже закончено: список присутствующих больше не меняется.")


def _leave(row: Presence, reason: str, now: datetime) -> None:
    """Somebody who was there once has left; somebody who never was is absent."""
    if row.confirmed_at is not None:
        row.left_at = now
        move(row, "left", PRESENCE_STEPS, words=PRESENCE_LABELS)
    else:
        row.declared_at = None
        move(row, "absent", PRESENCE_STEPS, words=PRESENCE_LABELS)
    row.reason = reason


def _watch_quorum(meeting: Meeting, by: Me, now: datetime) -> None:
    """Losing the quorum suspends the meeting at once; going on needs a new check."""
    session.flush()
    if meeting.state == "in_session" and not attendance(meeting).enough:
        meeting.suspended_at = now
        move(meeting, "suspended", MEETING_STEPS, words=MEETING_LABELS)
        record("meeting.suspended", meeting, by=by, now=now, present=attendance(meeting).present)
    changed(meeting)


def check_quorum(meeting: Meeting, *, by: Me, now: datetime) -> bool:
    """With a quorum the meeting is in session (again). Without one, before its start, it is recorded as not held; gives
    whether it goes on. Refused while somebody who says to be there is not confirmed and could make the quorum."""
    if meeting.state not in ("registration", "suspended"):
        raise Refused("wrong_state", f"Заседание сейчас «{MEETING_LABELS[meeting.state]}»: кворум проверять не нужно.")
    found, waiting = attendance(meeting), [row.name for row in meeting.roster if row.state == "declared"]
    if not found.enough:
        if found.present + len(waiting) >= found.needed:
            raise Refused("unconfirmed", "Сначала подтвердите явку: " + ", ".join(waiting) + ".")
        if meeting.state == "suspended":
            raise Refused("no_quorum", f"Кворума по-прежнему нет: присутствуют {found.present}, нужно {found.needed}. "
                                       "Дождитесь членов комиссии или закройте заседание.")
        _not_held(meeting, by, now)
        return False
    if meeting.started_at is None:
        meeting.presiding_id = _presiding(meeting)
        meeting.started_at, meeting.started_by_id = now, by.account_id
    meeting.suspended_at = None
    move(meeting, "in_session", MEETING_STEPS, words=MEETING_LABELS)
    record("meeting.quorum", meeting, by=by, now=now, present=found.present, total=found.total, needed=found.needed)
    changed(meeting)
    return True


def _presiding(meeting: Meeting) -> int:
    """The chair presides, the deputy where no chair is there."""
    by_duty = {row.duty: row.account_id for row in present(meeting)}
    found = by_duty.get("chair") or by_duty.get("deputy")
    if found is None:
        raise Refused("nobody_presides", "Нет ни председателя, ни заместителя: вести заседание некому. Дождитесь их "
                                         "или назначьте замену приказом.")
    return found


def _not_held(meeting: Meeting, by: Me, now: datetime) -> None:
    found = attendance(meeting)
    document = commission_protocol.freeze_not_held(meeting, found, by=by, now=now)
    meeting.closed_at, meeting.closed_by_id, meeting.document_id = now, by.account_id, document.id
    move(meeting, "not_held", MEETING_STEPS, words=MEETING_LABELS)
    record("meeting.not_held", meeting, by=by, now=now, present=found.present, total=found.total, needed=found.needed)
    changed(meeting)


def changed(meeting: Meeting) -> None:
    """Tell the open pages of the meeting to look again."""
    realtime.notify(f"meeting:{meeting.id}")


def close(meeting: Meeting, *, by: Me, now: datetime) -> Protocol:
    """Close the meeting and draft its protocol. Questions not reached are taken off; refused while a vote is open and
    when nothing was decided."""
    if any(item.state == "open" for item in meeting.items):
        raise Refused("vote_open", "Сначала закройте голосование, которое идёт.")
    if not any(item.state == "closed" for item in meeting.items):
        raise Refused("nothing_decided", "Ни одно голосование не проведено: протоколировать нечего.")
    for item in meeting.items:
        if item.state == "draft":
            move(item, "withdrawn", ITEM_STEPS, words=ITEM_LABELS)
    meeting.closed_at, meeting.closed_by_id, meeting.suspended_at = now, by.account_id, None
    move(meeting, "closed", MEETING_STEPS, words=MEETING_LABELS)
    session.flush()
    record("meeting.closed", meeting, by=by, now=now, decided=sum(item.state == "closed" for item in meeting.items))
    changed(meeting)
    return commission_protocol.draft(meeting, by=by, now=now)


def draft_again(meeting: Meeting, *, by: Me, now: datetime) -> Protocol:
    """The protocol of a closed meeting written anew: with what was added to its minutes, or after it was not signed."""
    if meeting.state != "closed":
        raise Refused("not_closed", "Протокол составляется, когда заседание закрыто.")
    return commission_protocol.draft(meeting, by=by, now=now)
