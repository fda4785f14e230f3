"""The commission and its meetings in the state a test needs, made through the operations."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contest.models import Contest, Nomination
from core.accounts import Account
from core.db import session
from scoring import agenda, awards, commission, meetings
from scoring.models.meetings import AgendaItem, Meeting
from scoring.models.papers import Protocol
from tests.factories.papers import Group

SURNAMES = ("Морозов", "Черных", "Басов", "Гусев", "Ильина", "Каримова", "Петренко", "Юдин", "Рогов", "Фомина")


@dataclass
class Board:
    """A commission with a nomination before it: chair first among the members; secretary and organiser apart."""

    group: Group
    members: list[Account]

    @property
    def nomination(self) -> Nomination:
        """The nomination to be decided."""
        return self.group.nomination

    @property
    def chair(self) -> Account:
        """The chair of the commission."""
        return self.members[0]

    @property
    def secretary(self) -> Account:
        """The secretary of the contest, no member of the commission."""
        return self.group.secretary


def board(make: Any, *, members: int = 3, group: Group | None = None, **settings: Any) -> Board:
    """A commission whose experts' protocol has been accepted (unless `group` says otherwise)."""
    if group is None:
        group = make.marked_group(**settings)
        make.accepted(group)
    people = [make.member(group.nomination, "commission", "chair" if number == 0 else "member",
                          name=f"{SURNAMES[number]} А. Д.") for number in range(members)]
    return Board(group, people)


def accepted(make: Any, group: Group) -> Protocol:
    """The experts' protocol as it stands after its handover, without the file."""
    row = make.protocol(group, certified=False)
    row = session.get_one(Protocol, row.id)
    row.state, row.head_sha256, row.frozen_at, row.completed_at = "accepted", "ab" * 32, make.now, make.now
    row.names_opened_at, row.names_opened_by_id = make.now, group.secretary.id
    session.flush()
    return row


def meeting(make: Any, board: Board, *, present: int | None = None, state: str = "in_session",
            nominations: list[Nomination] | None = None) -> Meeting:
    """A meeting of the board: planned, registration or in_session, with the first `present` members confirmed."""
    by = make.me(board.secretary)
    asked = [session.get_one(Nomination, one.id) for one in nominations or [board.nomination]]
    made = commission.call(session.get_one(Contest, board.nomination.contest_id), asked, title="Итоги этапа",
                           starts_at=make.now + timedelta(hours=1), by=by, now=make.now)
    if state == "planned":
        return made
    commission.open_registration(meetings.locked(made.id), by=by, now=make.now)
    for account in board.members[:present]:
        commission.register(meetings.locked(made.id), account.id, here=True, reason="", by=by, now=make.now)
    if state == "in_session":
        commission.check_quorum(meetings.locked(made.id), by=by, now=make.now)
    return meetings.locked(made.id)


def item(make: Any, board: Board, meeting: Meeting, *, kind: str = "other", wording: str = "", vote: bool = True,
         **details: Any) -> AgendaItem:
    """A question of the agenda, its vote open unless told otherwise."""
    nomination = None if kind == "other" else session.get_one(Nomination, board.nomination.id)
    text = wording or ("Рекомендовать победителя в федеральный этап" if kind == "other" else "")
    by = make.me(board.secretary)
    made = agenda.add_item(meetings.locked(meeting.id), kind=kind, nomination=nomination, wording=text, details=details,
                           by=by, now=make.now)
    if vote:
        found = meetings.locked(meeting.id)
        agenda.open_vote(next(one for one in found.items if one.id == made.id), found, by=by, now=make.now)
    return made


def votes(make: Any, item: AgendaItem, choices: dict[int, str], *, close: bool = True,
          by: Account | None = None) -> None:
    """Votes by account id; then the vote is closed."""
    for account_id, choice in choices.items():
        found = meetings.locked(item.meeting_id)
        row = next(one for one in found.items if one.id == item.id)
        agenda.cast(row, found, choice, by=make.me(account_id), now=make.now)
    if close:
        found = meetings.locked(item.meeting_id)
        row = next(one for one in found.items if one.id == item.id)
        agenda.close_vote(row, found, by=make.me(by or found.created_by_id), now=make.now)


def decided(make: Any, board: Board, *, signed: bool = True) -> Protocol:
    """The commission's protocol after a unanimous vote on the places; `signed`: in force, without the file."""
    held = make.meeting(board)
    asked = make.item(board, held, kind="protocol")
    make.votes(asked, {account.id: "for" for account in board.members})
    paper = commission.close(meetings.locked(held.id), by=make.me(board.secretary), now=make.now)
    if signed:
        paper.state, paper.head_sha256, paper.completed_at = "signed", "cd" * 32, make.now
        session.flush()
    return paper


def expert_protocol_of(make: Any, board: Board) -> Protocol:
    """The experts' protocol of the board's nomination."""
    found = awards.expert_protocol(session.get_one(Nomination, board.nomination.id))
    assert found is not None
    return found
