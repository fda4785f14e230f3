"""The commission of the seed: a meeting called, held with a quorum, votes, its protocol; and the publications."""
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from contest.models import Contest, Nomination
from core.access import Me
from core.db import session
from demo import cast
from demo.cast import Person
from demo.story import Story
from scoring import agenda, commission, meetings, publication
from scoring.models.meetings import AgendaItem, Meeting

MOMENT = "00:24:10"


def call(story: Story, key: str, nomination_key: str, *, at: datetime, starts_at: datetime) -> None:
    """The secretary calls a meeting about a nomination, with the usual question on its agenda."""
    def make(now: datetime) -> None:
        by = story.person(cast.SECRETARY.key)
        nomination = session.get_one(Nomination, story.cast[nomination_key])
        owner = session.get_one(Contest, story.cast["tomsk"])
        row = commission.call(owner, [nomination], title=f"Итоги в номинации «{nomination.title}»", starts_at=starts_at,
                              by=by, now=now)
        story.cast[key] = row.id
        agenda.add_item(_meeting(story, key), kind="protocol", nomination=nomination, wording="",
                        speaker=cast.WELDING_EXPERTS[0].name, by=by, now=now)
    story.at(at, make)


def _meeting(story: Story, key: str) -> Meeting:
    return meetings.locked(story.cast[key])


def _item(meeting: Meeting) -> AgendaItem:
    return meeting.items[0]


def hold(story: Story, key: str, *, at: datetime, absent: Person, aloud: Person) -> None:
    """Registration, quorum, the vote, the close. `absent` is away with a reason; the vote of `aloud` is said aloud."""
    here = [one for one in (*cast.COMMISSION, cast.SECRETARY) if one is not absent]
    secretary = cast.SECRETARY
    _act(story, key, secretary, at, lambda meeting, by, now: commission.open_registration(meeting, by=by, now=now))
    for number, person in enumerate(here):
        moment = at + timedelta(seconds=40 + 25 * number)
        _act(story, key, person, moment, _declare)
        story.at(moment + timedelta(seconds=12), partial(_confirm, story, key, person, True, ""))
    story.at(at + timedelta(minutes=4), partial(_confirm, story, key, absent, False, "в командировке"))
    _act(story, key, secretary, at + timedelta(minutes=5),
         lambda meeting, by, now: commission.check_quorum(meeting, by=by, now=now))
    _vote(story, key, here, aloud, at=at + timedelta(minutes=20))
    _act(story, key, secretary, at + timedelta(minutes=40),
         lambda meeting, by, now: commission.close(meeting, by=by, now=now), keep=f"{key}:protocol")


def _act(story: Story, key: str, person: Person, at: datetime, call: Callable[..., object], *, keep: str = "") -> None:
    """Plan what a person does in the meeting; with `keep` the id of what it made is kept under that name."""
    def act(now: datetime) -> None:
        made = call(_meeting(story, key), story.person(person.key), now)
        if keep:
            story.cast[keep] = made.id  # type: ignore[attr-defined]
    story.at(at, act)


def _declare(meeting: Meeting, by: Me, now: datetime) -> None:
    commission.declare(meeting, here=True, by=by, now=now)


def _confirm(story: Story, key: str, person: Person, here: bool, reason: str, now: datetime) -> None:
    commission.register(_meeting(story, key), story.cast[person.key], here=here, reason=reason,
                        by=story.person(cast.SECRETARY.key), now=now)


def _vote(story: Story, key: str, here: list[Person], aloud: Person, *, at: datetime) -> None:
    _act(story, key, cast.SECRETARY, at,
         lambda meeting, by, now: agenda.open_vote(_item(meeting), meeting, by=by, now=now))
    for number, person in enumerate(here):
        choice = "abstain" if person is here[-2] else "for"
        story.at(at + timedelta(seconds=30 + 20 * number), partial(_cast, story, key, person, choice, person is aloud))
    closing = at + timedelta(minutes=5)
    _act(story, key, cast.SECRETARY, closing,
         lambda meeting, by, now: agenda.close_vote(_item(meeting), meeting, by=by, now=now))
    _act(story, key, cast.SECRETARY, closing + timedelta(minutes=4), lambda meeting, by, now: agenda.write_minutes(
        _item(meeting), meeting, speaker=cast.WELDING_EXPERTS[0].name, by=by, now=now,
        minutes="Слушали председателя экспертной группы о ходе этапа и распределении мест. Вопросов по оценкам нет."))
    story.at(closing + timedelta(minutes=8), partial(_confirm_aloud, story, key, aloud))


def _cast(story: Story, key: str, person: Person, choice: str, aloud: bool, now: datetime) -> None:
    meeting = _meeting(story, key)
    if aloud:
        agenda.enter_oral(_item(meeting), meeting, story.cast[person.key], choice, moment=MOMENT,
                          by=story.person(cast.SECRETARY.key), now=now)
    else:
        agenda.cast(_item(meeting), meeting, choice, by=story.person(person.key), now=now)


def _confirm_aloud(story: Story, key: str, person: Person, now: datetime) -> None:
    me = story.person(person.key)
    vote = next(one for one in _item(_meeting(story, key)).votes if one.account_id == me.account_id)
    agenda.confirm_oral(vote, by=me, now=now)


def publish(story: Story, nomination_key: str, kind: str, *, at: datetime) -> None:
    """The organiser publishes the results."""
    story.at(at, lambda now: publication.publish(session.get_one(Nomination, story.cast[nomination_key]), kind,
                                                 by=story.person(cast.ORGANISER.key), now=now))
