"""«Что дальше» about time: proposals that wait for a decision, late answers the commission may look at."""
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from contest import scope
from contest.models import Nomination
from core.access import Me
from core.db import session
from core.registry import Step
from exam import grants, holds, latebox
from exam.models import Sitting


def next_steps(me: Me, now: datetime) -> Iterator[Step]:
    """What this person has to decide about time and late answers."""
    if me.roles & frozenset(grants.GRANTERS):
        for sitting, nomination, count, since in grants.waiting(me):
            yield Step(f"Решите о добавлении времени: {nomination.title}", f"/sittings/{sitting.id}", "Решить",
                       f"Предложений: {count}", due=since, lead=True, weight=0)
    if latebox.ADMITS in me.roles:
        yield from _late(me)


def _late(me: Me) -> Iterator[Step]:
    """Late answers for the chair of the commission, while the results may still change."""
    mine = dict(session.execute(select(Sitting.id, Nomination).join(
        Nomination, Nomination.id == Sitting.nomination_id).where(
        scope.nominations_of(me, latebox.ADMITS))).tuples().all())
    for sitting_id, count in sorted(latebox.undecided(mine).items()):
        if not holds.why(mine[sitting_id].id):
            yield Step(f"Ответы после окончания времени: {mine[sitting_id].title}", f"/sittings/{sitting_id}/late",
                       "Посмотреть", f"Поступило: {count}, не оцениваются", weight=62)
