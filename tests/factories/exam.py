"""Theory and practice, made through the operations, in the state a test needs."""

from datetime import timedelta
from typing import Any

from contest.models import Event, Nomination, Participant
from core import access
from core.db import session
from exam import attempts, sittings, tasks
from exam import bank as banks
from exam.models import Attempt, Bank, Sitting, Task

# One question of each kind that is marked without people; the whole paper is worth 8 points.
GIFT = """\
::Один::Какой металл плавится при 1538 °C? {=железо ~медь ~алюминий}

// points: 2
::Несколько::Что относится к защите сварщика? {~%50%щиток ~%50%краги ~%-100%галстук}

::Верно::Сварочный ток измеряют в амперах. {T}

::Пары::Найдите пары. {=ток -> ампер =напряжение -> вольт}

::Порядок::Расставьте по порядку.{>
подготовка
сборка
сварка
}

::Число::Сколько вольт в бытовой сети? {#220:10}

::Слово::Как называется шов под углом? {=угловой =%50%тавровый}
"""
ANSWERS: dict[str, Any] = {
    "single": "железо", "multiple": ["щиток", "краги"], "yes_no": True,
    "matching": {"ток": "ампер", "напряжение": "вольт"}, "ordering": ["подготовка", "сборка", "сварка"],
    "numeric": "220", "short": "угловой"}


def _by(make: Any) -> access.Me:
    return make.person("Осипова Марина Петровна")


def bank(make: Any, nomination: Nomination, text: str = GIFT) -> Bank:
    """A bank of seven questions, one of each kind."""
    nomination = session.get_one(Nomination, nomination.id)
    content = banks.content_of("банк.gift", text.encode())
    made = banks.import_bank(nomination, content, title="Сварщик", only_good=False, by=_by(make),
                             now=make.now)
    session.expire(made)
    return banks.load(made.id)


def sitting(make: Any, nomination: Nomination | None = None, *, limit: timedelta = timedelta(minutes=40),
            opens: timedelta = timedelta(0), lasts: timedelta = timedelta(hours=2), count: int = 7,
            **settings: Any) -> Sitting:
    """Theory that opens now, of all seven questions."""
    nomination = session.get_one(Nomination, (nomination or make.nomination(**settings)).id)
    event = make.event(nomination, "theory", after=opens, lasts=lasts)
    made = sittings.set_sitting(event, nomination, make.bank(nomination), limit=limit, question_count=count,
                                by=_by(make), now=make.now)
    return sittings.load(made.id)


def attempt(make: Any, sitting: Sitting | None = None, participant: Participant | None = None) -> Attempt:
    """Somebody ready who has just begun."""
    sitting = sittings.load((sitting or make.sitting()).id)
    nomination = session.get_one(Nomination, sitting.nomination_id)
    participant = participant or make.participant(nomination, ready=True)
    participant = session.get_one(Participant, participant.id)
    return attempts.start(sitting, participant, request_key=f"key{make.number()}", by=make.me(participant.account_id),
                          now=make.now)


def task(make: Any, nomination: Nomination | None = None, *, after: timedelta = timedelta(hours=1),
         lasts: timedelta = timedelta(hours=2), files: list[Any] | None = None) -> Task:
    """A practice task handed over in an hour."""
    nomination = session.get_one(Nomination, (nomination or make.nomination()).id)
    event: Event = make.event(nomination, "practice", after=after, lasts=lasts)
    return tasks.add_task(event, title="Стык трубы", text="Подготовьте кромки.\nСварите стык.", files=files or [],
                          closes_at=event.ends_at, by=_by(make), now=make.now)
