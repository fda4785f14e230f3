"""Queued jobs: a row with its fact, run once, tried again, found after a crash; and the ticker of duties."""
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import db as database
from core import jobs
from core.db import session
from core.jobs import Job
from core.registry import Duty
from core.worker import DUTY_THREADS, Ticker

calls: list[object] = []


@pytest.fixture
def inside(app, db, tmp_path, monkeypatch):
    """An application context with a queue and tasks of this test."""
    monkeypatch.setitem(app.config["core"].__dict__, "data_dir", tmp_path)
    monkeypatch.setattr(jobs, "TASKS", dict(jobs.TASKS))
    app.extensions.pop("jobs", None)
    calls.clear()
    jobs._nudged.clear()
    jobs.task("note")(note)
    jobs.task("fail")(fail)
    with app.app_context():
        yield app
    if "jobs" in app.extensions:
        app.extensions.pop("jobs").huey.storage.close()


def note(**args):
    assert not database.in_scope()
    calls.append(args)


def fail():
    calls.append("fail")
    raise OSError("no paper in the printer")


def enqueue(name, /, **args):
    with database.transaction():
        return jobs.enqueue(name, **args).id


def rows():
    with database.reading():
        return session.scalars(select(Job).order_by(Job.id)).all()


def waiting(app):
    return jobs.queue(app).huey.storage.queue_size()


@pytest.mark.both_databases
def test_job_runs_once_with_its_arguments(inside, clock):
    job_id = enqueue("note", name="да", number=7)
    assert jobs.run(job_id)
    assert not jobs.run(job_id)
    assert calls == [{"name": "да", "number": 7}]
    assert [(job.done_at, job.attempts) for job in rows()] == [(clock.now, 1)]


def test_queue_gets_the_number_after_the_commit(inside, clock):
    with database.scope(write=True) as unit:
        jobs.enqueue("note")
        assert waiting(inside) == 0
        unit.commit()
    assert waiting(inside) == 1
    huey = jobs.queue(inside).huey
    huey.execute(huey.dequeue())
    assert calls == [{}]


def test_job_of_what_is_rolled_back_does_not_exist(inside, clock):
    with database.scope(write=True):
        jobs.enqueue("note")
    assert (rows(), waiting(inside)) == ([], 0)


@pytest.mark.parametrize("args", [{"at": object()}, {"data": b"x"}])
def test_arguments_must_be_json(inside, clock, args):
    with pytest.raises(TypeError), database.transaction():
        jobs.enqueue("note", **args)
    assert rows() == []


def test_unknown_task_cannot_be_enqueued(inside, clock):
    with pytest.raises(KeyError), database.transaction():
        jobs.enqueue("no such task")


def test_failing_job_is_tried_three_times(inside, clock):
    job_id = enqueue("fail")
    assert not jobs.run(job_id)
    assert not jobs.run(job_id)
    assert calls == ["fail"]
    for pause in jobs.PAUSES:
        clock.set(clock.now + pause - timedelta(microseconds=1))
        assert jobs.run_due(clock.now) == 0
        clock.move(microseconds=1)
        assert jobs.run_due(clock.now) == 0
    assert calls == ["fail"] * 3
    clock.move(days=1)
    assert jobs.run_due(clock.now) == 0
    assert jobs.nudge_due(clock.now) == 0
    assert [(job.attempts, job.done_at, job.last_error) for job in rows()] == [
        (3, None, "OSError: no paper in the printer")]


def test_one_failing_job_does_not_stop_the_next(inside, clock):
    enqueue("fail")
    enqueue("note")
    assert jobs.run_due(clock.now) == 1
    assert calls == ["fail", {}]


def test_job_whose_task_is_gone_fails_in_the_log_only(inside, clock):
    job_id = enqueue("note")
    del jobs.TASKS["note"]
    assert not jobs.run(job_id)
    assert rows()[0].last_error == "KeyError: 'note'"


def test_lost_nudge_is_made_again_once(inside, clock):
    enqueue("note")
    jobs.queue(inside).huey.storage.flush_queue()
    assert jobs.nudge_due(clock.now) == 0
    clock.move(seconds=5)
    assert jobs.nudge_due(clock.now) == 1
    assert jobs.nudge_due(clock.now) == 0
    assert waiting(inside) == 1


def test_job_of_a_dead_worker_is_due_again_after_its_lease(inside, clock):
    job_id = enqueue("note")
    taken = jobs._take(job_id, clock.now)
    assert taken.attempts == 1
    assert not jobs.run(job_id)
    clock.move(seconds=jobs.LEASE_S)
    assert jobs.run(job_id)


def test_two_workers_run_a_job_once(inside, clock, monkeypatch):
    inside_task, go = threading.Event(), threading.Event()

    def slow():
        inside_task.set()
        go.wait(5)
        calls.append("slow")
    jobs.task("slow")(slow)
    job_id = enqueue("slow")
    results = []
    first = threading.Thread(target=lambda: results.append(jobs.run(job_id)))
    first.start()
    inside_task.wait(5)
    assert not jobs.run(job_id)
    go.set()
    first.join()
    assert (results, calls) == ([True], ["slow"])


def test_queue_that_cannot_be_reached_costs_time_only(inside, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(inside.config["core"].__class__, "data_dir", tmp_path / "missing")
    enqueue("note")
    assert jobs.run_due(clock.now) == 1


def test_redis_queue_carries_a_job(inside, clock, redis_url, monkeypatch):
    monkeypatch.setattr(inside.config["core"], "REDIS_URL", redis_url)
    enqueue("note", number=1)
    huey = jobs.queue(inside).huey
    huey.execute(huey.dequeue())
    assert calls == [{"number": 1}]
    huey.storage.pool.disconnect()


def test_done_jobs_are_forgotten_after_a_week_and_failed_ones_stay(inside, clock):
    done, failed = enqueue("note"), enqueue("fail")
    jobs.run(done)
    jobs.run(failed)
    assert jobs.prune(clock.move(days=7)) == 0
    assert jobs.prune(clock.move(seconds=1)) == 1
    assert [job.id for job in rows()] == [failed]


@pytest.mark.both_databases
def test_heartbeat_grows_old(db, clock):
    with database.reading():
        assert not jobs.alive(clock.now)
    jobs.beat(clock.now)
    jobs.beat(clock.move(seconds=10))
    with database.reading():
        assert jobs.alive(clock.move(seconds=44))
        assert not jobs.alive(clock.move(seconds=1))
        assert not jobs.alive(clock.now, "other")


def test_ticker_calls_each_duty_at_its_time(app, db):
    at, done = [0.0], []
    ticker = Ticker(app, [Duty("often", 2, lambda: done.append("often")), Duty("rarely", 60, lambda: None)],
                    monotonic=lambda: at[0])
    started = []
    for at[0] in (0.0, 1.9, 2.0, 3.0, 4.0, 60.0):
        started.append(ticker.tick())
        for future in ticker.running.values():
            future.result(5)
    assert started == [["often", "rarely"], [], ["often"], [], ["often"], ["often", "rarely"]]
    assert ticker.stop()


def test_failing_or_slow_duty_stops_no_other(app, db):
    go, done, at = threading.Event(), [], [0.0]

    def fails():
        raise RuntimeError("bang")
    ticker = Ticker(app, [Duty("fails", 1, fails), Duty("slow", 1, lambda: go.wait(5)),
                          Duty("good", 1, lambda: done.append(1))], monotonic=lambda: at[0])
    for at[0] in (0.0, 1.0, 2.0):
        ticker.tick()
        ticker.running["good"].result(5)
        ticker.running["fails"].result(5)
    assert done == [1, 1, 1]
    assert not ticker.running["slow"].done()
    assert not ticker.stop(patience=0.01)
    go.set()
    ticker.running["slow"].result(5)


def test_a_duty_that_had_no_thread_yet_keeps_no_worker_from_ending(app, db):
    go = threading.Event()
    ticker = Ticker(app, [Duty(f"slow{number}", 1, lambda: go.wait(5)) for number in range(DUTY_THREADS)]
                    + [Duty("waiting", 1, lambda: None)])
    ticker.tick()
    ticker.pool.shutdown(wait=False, cancel_futures=True)
    go.set()
    assert ticker.stop(patience=5)
    assert ticker.running["waiting"].cancelled()
