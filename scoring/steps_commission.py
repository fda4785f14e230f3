"""«Что дальше» of the commission: presence, votes, what the secretary and the organiser have to do."""
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from contest import scope
from contest.models import Nomination
from contest.rules.roles import COMMISSION, MEMBER_CHAIR, ORGANISER, PARTICIPANT, STAFF
from core.access import Me
from core.db import session
from core.registry import Step
from scoring import meetings, publication
from scoring.models.meetings import AgendaItem, Meeting, MeetingNomination, Vote
from scoring.models.papers import Protocol

ACTIONS = {
    "meeting.called": "заседание назначено", "meeting.opened": "регистрация открыта", "meeting.quorum": "кворум есть",
    "meeting.not_held": "заседание не состоялось", "meeting.suspended": "заседание приостановлено",
    "meeting.closed": "заседание закрыто", "presence.declared": "член комиссии отметил присутствие",
    "presence.confirmed": "явка подтверждена", "presence.left": "член комиссии вышел",
    "presence.absent": "отсутствие отмечено", "item.added": "вопрос внесён в повестку",
    "item.vote_opened": "голосование открыто", "item.vote_closed": "голосование закрыто",
    "item.withdrawn": "вопрос снят с повестки", "item.minutes": "ход обсуждения записан", "vote.cast": "голос подан",
    "vote.recused": "самоотвод при голосовании", "vote.entered": "устный голос внесён",
    "vote.confirmed": "устный голос подтверждён", "results.published": "итоги опубликованы",
}


def next_steps(me: Me, now: datetime) -> Iterator[Step]:
    """Everything this part has for the person to do."""
    if me.roles & {*STAFF, *COMMISSION}:
        rows = session.scalars(select(Meeting).options(
            joinedload(Meeting.contest), selectinload(Meeting.roster),
            selectinload(Meeting.items).selectinload(AgendaItem.votes)).where(
            meetings.of_person(me), Meeting.state.not_in(("closed", "not_held"))).order_by(Meeting.starts_at)).all()
        for meeting in rows:
            yield from _member(me, meeting)
            if me.has(*STAFF, MEMBER_CHAIR, contest_id=meeting.contest_id):
                yield from _keeper(me, meeting)
    if me.roles & STAFF:
        yield from _to_call(me)
    if ORGANISER in me.roles:
        yield from _to_publish(me, now)
    if PARTICIPANT in me.roles:
        yield from _results(me)
    yield from _unconfirmed(me)


def _results(me: Me) -> Iterator[Step]:
    """A participant reads the results where they are published."""
    held = select(Nomination).where(scope.nominations_of(me, PARTICIPANT))
    for nomination in session.scalars(held):
        published = publication.of(nomination.id)
        if published:
            words = "Окончательные итоги" if "final" in published else "Предварительные итоги"
            yield Step(f"{words}: {nomination.title}", f"/nominations/{nomination.id}/results", "Посмотреть итоги",
                       "Места и баллы по кодам", lead=True, weight=1)


def _member(me: Me, meeting: Meeting) -> Iterator[Step]:
    url, line = f"/meetings/{meeting.id}", meetings.line_of(meeting, me.account_id)
    if meeting.state == "planned":
        if me.has(*COMMISSION, contest_id=meeting.contest_id):
            yield Step(f"Заседание комиссии № {meeting.number}", url, hint=meeting.title, due=meeting.starts_at)
        return
    if line is None:
        return
    if line.state in ("expected", "absent", "left"):
        yield Step("Отметьте присутствие на заседании", url, "Открыть заседание", meeting.title, due=meeting.starts_at,
                   lead=True, weight=5)
    for item in meeting.items:
        if item.state == "open" and line.state == "present" and not any(
                vote.account_id == me.account_id for vote in item.votes):
            yield Step(f"Проголосуйте по вопросу {item.number}", url, "Голосовать", item.wording[:120], lead=True,
                       weight=1)


def _keeper(me: Me, meeting: Meeting) -> Iterator[Step]:
    url, waiting = f"/meetings/{meeting.id}", sum(row.state == "declared" for row in meeting.roster)
    if meeting.state == "planned":
        yield Step(f"Откройте регистрацию: заседание № {meeting.number}", url, hint=meeting.title,
                   due=meeting.starts_at, weight=20)
    elif waiting and me.has(*STAFF, contest_id=meeting.contest_id):
        yield Step(f"Подтвердите явку: {waiting}", url, "Открыть заседание", meeting.title, lead=True, weight=4)
    elif meeting.state in ("registration", "suspended"):
        yield Step(f"Проверьте кворум: заседание № {meeting.number}", url, "Открыть заседание", meeting.title, weight=6)
    elif any(item.state == "open" for item in meeting.items):
        yield Step(f"Закройте голосование: заседание № {meeting.number}", url, "Открыть заседание", meeting.title,
                   weight=7)
    elif any(item.state == "draft" for item in meeting.items):
        yield Step(f"Откройте голосование: заседание № {meeting.number}", url, "Открыть заседание", meeting.title,
                   weight=7)
    elif meeting.items:
        yield Step(f"Закройте заседание № {meeting.number}", url, "Открыть заседание", meeting.title, weight=8)
    else:
        yield Step(f"Внесите повестку: заседание № {meeting.number}", url, "Открыть заседание", meeting.title, weight=8)


def _to_call(me: Me) -> Iterator[Step]:
    """Nominations whose experts' protocol is with the commission, and no meeting about them is called or held."""
    covered = select(MeetingNomination.nomination_id).join(Meeting, Meeting.id == MeetingNomination.meeting_id).where(
        Meeting.state != "not_held")
    given = select(Protocol.nomination_id).where(Protocol.kind == "experts",
                                                 Protocol.state.in_(("handed_over", "accepted")))
    for nomination in session.scalars(select(Nomination).where(
            scope.nominations_of(me, *STAFF), Nomination.id.in_(given), Nomination.id.not_in(covered))
            .order_by(Nomination.id)):
        yield Step(f"Назначьте заседание комиссии: {nomination.title}",
                   f"/contests/{nomination.contest_id}/meetings/new", "Назначить", weight=40)


def _to_publish(me: Me, now: datetime) -> Iterator[Step]:
    for nomination, kind in publication.waiting(scope.nominations_of(me, ORGANISER), now):
        yield Step(f"Опубликуйте {publication.KIND_WORDS[kind]}: {nomination.title}",
                   f"/nominations/{nomination.id}/publication", "Опубликовать", lead=True, weight=30)


def _unconfirmed(me: Me) -> Iterator[Step]:
    rows = session.execute(select(Vote.id, AgendaItem.number, AgendaItem.wording).join(
        AgendaItem, AgendaItem.id == Vote.item_id).where(
        Vote.account_id == me.account_id, Vote.oral, Vote.confirmed_at.is_(None)))
    for vote_id, number, wording in rows:
        yield Step(f"Подтвердите свой устный голос по вопросу {number}", f"/votes/{vote_id}/confirmation",
                   "Подтвердить", wording[:120], lead=True, weight=9)
