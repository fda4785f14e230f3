"""The background process (`python -m core.worker`): queued jobs, and duties by a ticker. Correctness never needs it."""
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

import structlog
from flask import Flask

from core import checkpoint, clock, jobs, presence
from core.registry import Duty, registry

TICK_S = 2.0
JOB_THREADS = 2
DUTY_THREADS = 4
HEALTH_EVERY_S = 10.0
PATIENCE_S = 4.0
log = structlog.get_logger("worker")


class Ticker:
    """Calls each duty when its time has come, never twice at once; a slow or failing one stops none of the others."""

    def __init__(self, app: Flask, duties: list[Duty], monotonic: Callable[[], float] = clock.monotonic) -> None:
        self.app = app
        self.duties = duties
        self.monotonic = monotonic
        self.pool = ThreadPoolExecutor(max_workers=DUTY_THREADS, thread_name_prefix="duty")
        self.next_at: dict[str, float] = {}
        self.running: dict[str, Future[None]] = {}

    def tick(self) -> list[str]:
        """Start what is due; gives its names."""
        present, started = self.monotonic(), []
        for duty in self.duties:
            before = self.running.get(duty.name)
            if (before is None or before.done()) and self.next_at.get(duty.name, present) <= present:
                self.next_at[duty.name] = present + duty.every
                self.running[duty.name] = self.pool.submit(self._call, duty)
                started.append(duty.name)
        return started

    def stop(self, patience: float = PATIENCE_S) -> bool:
        """Wait for what runs; whether all of it ended in time. What had no thread yet is not begun any more."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        begun = [each for each in self.running.values() if not each.cancelled()]
        return not wait_for(begun, timeout=patience).not_done

    def _call(self, duty: Duty) -> None:
        try:
            with self.app.app_context():
                duty.run()
        except Exception:
            log.exception("duty_failed", duty=duty.name)


def work(app: Flask, stop: threading.Event) -> bool:
    """Run jobs and duties until `stop`; whether everything had ended before it returns."""
    consumer = jobs.queue(app).huey.create_consumer(
        workers=JOB_THREADS, periodic=False, max_delay=0.5, scheduler_interval=60, shutdown_timeout=PATIENCE_S)
    consumer._set_signal_handlers = lambda: None
    consumer.start()
    ticker = Ticker(app, registry.duties)
    checked = clock.monotonic()
    log.info("working", duties=[duty.name for duty in registry.duties], tasks=sorted(jobs.TASKS))
    while True:
        ticker.tick()
        if stop.wait(TICK_S):
            break
        if clock.monotonic() - checked > HEALTH_EVERY_S:
            checked = clock.monotonic()
            consumer.check_worker_health()
    consumer.stop_flag.set()
    duties_ended, jobs_ended = ticker.stop(), consumer._join_workers()
    return duties_ended and jobs_ended


def main() -> int:
    """Until SIGTERM or SIGINT. What still runs then is left: its lease runs out, and it is done again."""
    from app import create_app  # the start is the only place of this package that sees everything

    os.umask(0o077)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app = create_app()
    settings = app.config["core"]
    try:
        presence.serve_worker(settings)
    except presence.Taken as error:
        raise SystemExit(str(error)) from error
    ended = work(app, stop)
    checkpoint.keep_quietly(settings, clock.now())
    log.info("ended" if ended else "left_running")
    if not ended:
        os._exit(0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
