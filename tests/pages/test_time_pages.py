"""Pages of time in a real browser, on a monitor and on a phone: board, a participant's time, decision, late box."""

from datetime import timedelta
from typing import Any

import pytest

from contest.models import Nomination
from core.db import session, transaction
from exam import grants
from exam.models import Attempt, Contact, LateSave, Sitting
from tests.exam.answering import lines
from tests.pages.test_key_pages import chromium, look, present, site  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture
def under_way(make: Any, clock: Any) -> Any:
    """An attempt with a lost connection, a grant, a proposal that waits and an answer in the late box."""
    attempt = make.attempt()
    with make.app.app_context(), transaction():
        nomination = session.get_one(Nomination, session.get_one(Sitting, attempt.sitting_id).nomination_id)
    people = {"chair": make.member(nomination, duty="chair"), "proctor": make.staff(nomination.contest, "proctor"),
              "head": make.member(nomination, "commission", "chair")}
    now = clock.now
    with make.app.app_context(), transaction():
        row = session.get_one(Attempt, attempt.id)
        row.started_at = now - timedelta(minutes=10)
        for first, last in ((10, 6), (4, 2)):
            session.add(Contact(attempt_id=row.id, from_at=now - timedelta(minutes=first),
                                last_at=now - timedelta(minutes=last)))
        grants.grant(row, span=timedelta(minutes=3), reason="отключали свет", by=make.me(people["chair"]), now=now)
        asked = grants.propose(row, span=timedelta(seconds=90), reason="обрыв связи у провайдера площадки",
                               by=make.me(people["proctor"]), now=now)
        late = LateSave(attempt_id=row.id, question_id=lines(row)["single"].id, seq=1, value="null", client_id="c",
                        received_at=now)
        session.add(late)
        session.flush()
        return row.id, row.sitting_id, asked.id, late.id, people


def test_pages_of_time_on_a_monitor_and_on_a_phone(look: Any, under_way: Any) -> None:  # noqa: F811 (fixture)
    attempt, sitting, asked, late, people = under_way
    look(f"/sittings/{sitting}", people["proctor"], says="нет связи с")
    look(f"/attempts/{attempt}/time", people["proctor"], says="Предложить компенсацию")
    look(f"/attempts/{attempt}/time", people["chair"], says="Решить")
    look(f"/time-proposals/{asked}/decision", people["chair"], says="Принять решение")
    look(f"/sittings/{sitting}/late", people["head"], says="не оценивается")
    look(f"/late-answers/{late}/admission", people["head"], says="Допустить ответ")
