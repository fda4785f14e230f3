"""The background duties of core itself."""
from core import clock, jobs, mail, realtime, storage
from core.registry import Duty, Registry


def register_duties(registry: Registry) -> None:
    """Heartbeat, lost jobs, letters, and tidying up."""
    registry.duties.extend([
        Duty("heartbeat", 10, lambda: jobs.beat(clock.now())),
        Duty("nudge_jobs", 2, lambda: jobs.nudge_due(clock.now())),
        Duty("deliver_letters", 2, lambda: mail.deliver_due(clock.now())),
        Duty("prune_outbox", 60, lambda: realtime.prune(clock.now())),
        Duty("prune_jobs", 3600, lambda: jobs.prune(clock.now())),
        Duty("sweep_orphans", 3600, lambda: storage.sweep_orphans(clock.now())),
    ])
