"""Meetings, votes, publication."""

from typing import Any

from sqlalchemy import select

from core.accounts import Account
from core.db import session
from scoring import agenda, commission, meetings
from scoring.models.meetings import Vote
from tests.bad_input.entry import Target, entry
from tests.bad_input.world import World


def _facts(board: Any, meeting: Any = None, item: Any = None) -> dict[str, int]:
    return {"nomination": board.nomination.id, "contest": board.nomination.contest_id, "secretary": board.secretary.id,
            "organiser": board.group.organiser.id, "chair": board.chair.id, "member": board.members[1].id,
            "meeting": meeting.id if meeting else 0, "item": item.id if item else 0}


def called(world: World) -> dict[str, int]:
    """A meeting is called."""
    board = world.make.board()
    return _facts(board, world.make.meeting(board, state="planned"))


def registering(world: World) -> dict[str, int]:
    """Attendance is being taken; everybody is there."""
    board = world.make.board()
    return _facts(board, world.make.meeting(board, state="registration"))


def asked(world: World) -> dict[str, int]:
    """In session, a question whose vote is not open."""
    board = world.make.board()
    meeting = world.make.meeting(board)
    return _facts(board, meeting, world.make.item(board, meeting, vote=False))


def voting(world: World) -> dict[str, int]:
    """In session, a vote is open."""
    board = world.make.board()
    meeting = world.make.meeting(board)
    return _facts(board, meeting, world.make.item(board, meeting))


def voted(world: World) -> dict[str, int]:
    """In session, one question decided."""
    board = world.make.board()
    meeting = world.make.meeting(board)
    item = world.make.item(board, meeting, kind="protocol")
    world.make.votes(item, {account.id: "for" for account in board.members})
    return _facts(board, meeting, item)


def decided(world: World) -> dict[str, int]:
    """The commission's protocol is in force."""
    board = world.make.board()
    world.make.decided(board)
    return _facts(board)


def closed_vote(world: World, found: dict[str, int]):
    """The vote is over."""
    def close() -> None:
        meeting = meetings.locked(found["meeting"])
        item = next(one for one in meeting.items if one.id == found["item"])
        agenda.close_vote(item, meeting, by=world.make.me(found["secretary"]), now=world.clock.now)
    return close


@entry("meetings.new")
def new(world: World) -> Target:
    found = world.stage(called)
    return Target({"contest_id": found["contest"]}, found["secretary"], form={
        "title": "Итоги", "starts_at": "2026-03-10 10:00:00", "nomination_ids": [str(found["nomination"])]})


@entry("meetings.opening")
def opening(world: World) -> Target:
    found = world.stage(called)
    return Target({"meeting_id": found["meeting"]}, found["secretary"])


@entry("meetings.presence")
def presence(world: World) -> Target:
    found = world.stage(registering)
    return Target({"meeting_id": found["meeting"]}, found["secretary"], optional=True, form={
        "account_id": str(found["member"]), "present": "no", "reason": "болен"})


@entry("meetings.quorum")
def quorum(world: World) -> Target:
    found = world.stage(registering)
    return Target({"meeting_id": found["meeting"]}, found["secretary"])


@entry("meetings.items")
def items(world: World) -> Target:
    found = world.stage(called)
    return Target({"meeting_id": found["meeting"]}, found["secretary"], form={
        "kind": "other", "nomination_id": "0", "wording": "Поблагодарить участников", "speaker": "Морозов",
        "resolution": "", "codes": "", "reason": ""})


@entry("meetings.open_vote", "meetings.withdrawal")
def open_vote(world: World) -> Target:
    found = world.stage(asked)
    return Target({"item_id": found["item"]}, found["secretary"])


@entry("meetings.votes")
def votes(world: World) -> Target:
    found = world.stage(voting)
    return Target({"item_id": found["item"]}, found["member"], form={"choice": "for"},
                  closed={"closed": closed_vote(world, found)})


@entry("meetings.oral_votes")
def oral_votes(world: World) -> Target:
    found = world.stage(voting)
    return Target({"item_id": found["item"]}, found["secretary"], form={
        "account_id": str(found["member"]), "choice": "for", "moment": "01:12:40"},
        closed={"closed": closed_vote(world, found)})


@entry("meetings.close_vote")
def close_vote(world: World) -> Target:
    found = world.stage(voting)
    return Target({"item_id": found["item"]}, found["secretary"], closed={"closed": closed_vote(world, found)})


@entry("meetings.minutes")
def minutes(world: World) -> Target:
    found = world.stage(voting)
    return Target({"item_id": found["item"]}, found["secretary"], optional=True,
                  form={"speaker": "Морозов", "minutes": "Выступил Черных."})


@entry("meetings.recusal")
def recusal(world: World) -> Target:
    found = world.stage(voting)
    return Target({"item_id": found["item"]}, found["member"], form={"reason": "Родственник участника."},
                  closed={"closed": closed_vote(world, found)})


@entry("meetings.confirmation")
def confirmation(world: World) -> Target:
    found = world.stage(voting)
    secret = world.do(lambda: world.make.secret(session.get_one(Account, found["member"])))

    def enter() -> int:
        meeting = meetings.locked(found["meeting"])
        item = next(one for one in meeting.items if one.id == found["item"])
        agenda.enter_oral(item, meeting, found["member"], "for", moment="01:12:40",
                          by=world.make.me(found["secretary"]), now=world.clock.now)
        session.flush()
        return session.scalars(select(Vote.id)).one()

    return Target({"vote_id": world.do(enter)}, found["member"], form={"secret": secret})


@entry("meetings.closing")
def closing(world: World) -> Target:
    found = world.stage(voted)
    return Target({"meeting_id": found["meeting"]}, found["secretary"])


@entry("meetings.protocol")
def protocol(world: World) -> Target:
    found = world.stage(voted)
    world.do(lambda: commission.close(meetings.locked(found["meeting"]), by=world.make.me(found["secretary"]),
                                      now=world.clock.now))
    world.do(lambda: agenda.write_minutes(
        session.get_one(agenda.AgendaItem, found["item"]), meetings.locked(found["meeting"]), speaker="Морозов",
        minutes="Выступил.", by=world.make.me(found["secretary"]), now=world.clock.now))
    return Target({"meeting_id": found["meeting"]}, found["secretary"])


@entry("publication.publish")
def publish(world: World) -> Target:
    found = world.stage(decided)
    return Target({"nomination_id": found["nomination"]}, found["organiser"], form={"kind": "preliminary"})
