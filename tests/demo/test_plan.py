"""The plan of the demonstration before it is played, and where it is not played."""
from datetime import UTC, datetime, timedelta

import pytest

from core import clock as core_clock
from core import db as database
from core.errors import Refused
from demo import plan, seed
from demo.story import Story

NOW = datetime(2026, 6, 9, 17, 10, tzinfo=UTC)


@pytest.mark.parametrize("hour", range(24))
def test_nothing_is_planned_for_the_future_whatever_the_hour(hour):
    story = Story(NOW.replace(hour=hour))
    plan.tell(story)
    assert len(story.acts) > 200
    assert max(act.at for act in story.acts) <= story.now


def test_an_act_in_the_future_is_refused():
    story = Story(NOW)
    with pytest.raises(ValueError, match="future"):
        story.at(NOW + timedelta(microseconds=1), print)


def test_acts_are_played_in_time_order_each_at_its_own_moment(app, db):
    story, seen = Story(NOW), []

    def act(name):
        return lambda now: seen.append((name, now, core_clock.now(), database.in_scope()))

    def plans_another(now):
        seen.append(("first", now, core_clock.now(), database.in_scope()))
        story.at(now + timedelta(minutes=1), act("second"))

    story.at(NOW, act("last"), slow=True)
    story.at(NOW - timedelta(hours=1), plans_another)
    story.at(NOW, act("very last"))
    with app.app_context():
        story.play()
    moments = [NOW - timedelta(hours=1), NOW - timedelta(minutes=59), NOW, NOW]
    assert seen == [(name, at, at, inside) for name, at, inside in zip(
        ("first", "second", "last", "very last"), moments, (True, True, False, True), strict=True)]


def test_days_are_counted_in_the_zone_of_the_contest():
    story = Story(NOW)
    assert story.day(0, "00:05") == datetime(2026, 6, 9, 17, 5, tzinfo=UTC)
    assert story.day(-1, "10:00", "Asia/Omsk") == datetime(2026, 6, 8, 4, 0, tzinfo=UTC)


def test_a_database_with_other_data_is_left_alone(app, make):
    make.account(name="Настоящий Пользователь Системы")
    with app.app_context(), pytest.raises(Refused) as refused:
        seed.seed(NOW)
    assert refused.value.code == "not_empty"


def test_an_installation_in_production_gets_no_known_passwords(app, db, monkeypatch):
    monkeypatch.setattr(app.config["core"], "ENVIRONMENT", "production")
    done = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert done.exit_code == 1
    assert "рабочей установке" in done.output
