"""Meetings of the commission as they are stored: who may see them, who is there, whether that is enough."""
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from contest.rules.roles import COMMISSION, MEMBER_CHAIR, SECRETARY, STAFF
from core.access import Me
from core.accounts import Account, RoleGrant
from core.db import session
from core.errors import NotVisible
from scoring.models.meetings import AgendaItem, Meeting, MeetingNomination, Presence
from scoring.rules import quorum

DUTY_WORDS = {"chair": "председатель комиссии", "deputy": "заместитель председателя комиссии",
              "secretary": "секретарь комиссии", "member": "член комиссии"}
SHORT_DUTIES = {"chair": "председатель", "deputy": "заместитель", "secretary": "секретарь"}
HERE = "present"
RUNNING = frozenset({"in_session", "suspended"})


@dataclass(frozen=True)
class Attendance:
    """How many of the commission are there and whether they may decide."""

    present: int
    total: int
    needed: int
    share: str

    @property
    def enough(self) -> bool:
        """Whether the meeting may decide."""
        return self.total > 0 and self.present >= self.needed


def of_person(me: Me) -> ColumnElement[bool]:
    """Condition on Meeting: the person belongs to the commission of its contest, or runs the contest."""
    wanted = (*STAFF, *COMMISSION)
    if me.ids("installation", wanted):
        return true()
    own = select(Presence.meeting_id).where(Presence.account_id == me.account_id)
    return or_(Meeting.contest_id.in_(me.ids("contest", wanted)), Meeting.id.in_(own))


def load(meeting_id: int) -> Meeting | None:
    """A meeting with everything its pages show, as it is stored now."""
    return session.scalar(select(Meeting).where(Meeting.id == meeting_id).options(
        joinedload(Meeting.contest), joinedload(Meeting.body), joinedload(Meeting.document),
        selectinload(Meeting.nominations).joinedload(MeetingNomination.nomination), selectinload(Meeting.roster),
        selectinload(Meeting.items).selectinload(AgendaItem.votes),
        selectinload(Meeting.items).joinedload(AgendaItem.nomination)).execution_options(populate_existing=True))


def visible(me: Me, meeting_id: int) -> Meeting:
    """The meeting, for the commission and those who run the contest; otherwise NotVisible."""
    found = load(meeting_id) if may_watch(me, meeting_id) else None
    if found is None:
        raise NotVisible
    return found


def may_watch(me: Me, meeting_id: int) -> bool:
    """Whether the person's open page may be told that the meeting changed."""
    return session.scalar(select(Meeting.id).where(Meeting.id == meeting_id, of_person(me))) is not None


def run_by(me: Me, meeting: Meeting) -> bool:
    """Whether the person leads or keeps the meeting: its chair, the secretary, the organiser."""
    return me.has(*STAFF, MEMBER_CHAIR, contest_id=meeting.contest_id) or meeting.presiding_id == me.account_id


def locked(meeting_id: int) -> Meeting:
    """The meeting for a change, read anew under a row lock: what it does next cannot overtake another act."""
    session.get_one(Meeting, meeting_id, with_for_update=True, populate_existing=True)
    found = load(meeting_id)
    assert found is not None
    return found


def attendance(meeting: Meeting) -> Attendance:
    """Those confirmed to be there against the quorum of the meeting's rules."""
    total = len(meeting.roster)
    share = str(meeting.rules.get("quorum", "2/3"))
    return Attendance(len(present(meeting)), total, quorum.quorum_needed(total, share) if total else 0, share)


def present(meeting: Meeting) -> list[Presence]:
    """The members confirmed to be there."""
    return [row for row in meeting.roster if row.state == HERE]


def line_of(meeting: Meeting, account_id: int) -> Presence | None:
    """The person's line in the list of the commission."""
    return next((row for row in meeting.roster if row.account_id == account_id), None)


def secretary_of(meeting: Meeting) -> Account | None:
    """Who keeps the minutes where no secretary of the commission's own is there: whoever led it through as one."""
    if any(row.duty == "secretary" for row in present(meeting)):
        return None
    for key in (meeting.closed_by_id, meeting.started_by_id, meeting.opened_by_id):
        if key and line_of(meeting, key) is None and session.scalar(select(RoleGrant.id).where(
                RoleGrant.account_id == key, RoleGrant.role == SECRETARY, RoleGrant.scope_kind == "contest",
                RoleGrant.scope_id == meeting.contest_id).limit(1)):
            return session.get(Account, key)
    return None
