"""The background duties of core itself."""
from flask import current_app

from core import backup, checkpoint, clock, jobs, mail, realtime, storage
from core.config import Settings
from core.registry import Duty, Registry


def register_duties(registry: Registry) -> None:
    """Heartbeat, lost jobs, letters, tidying up, what outlives the database."""
    registry.duties.extend([
        Duty("heartbeat", 10, lambda: jobs.beat(clock.now())),
        Duty("nudge_jobs", 2, lambda: jobs.nudge_due(clock.now())),
        Duty("deliver_letters", 2, lambda: mail.deliver_due(clock.now())),
        Duty("prune_outbox", 60, lambda: realtime.prune(clock.now())),
        Duty("prune_jobs", 3600, lambda: jobs.prune(clock.now())),
        Duty("sweep_orphans", 3600, lambda: storage.sweep_orphans(clock.now())),
        Duty("note_checkpoint", 3, lambda: checkpoint.keep_quietly(_settings(), clock.now())),
        Duty("make_backup", 30, lambda: backup.make_due(_settings(), clock.now())),
    ])


def _settings() -> Settings:
    found: Settings = current_app.config["core"]
    return found
