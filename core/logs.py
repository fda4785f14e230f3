"""How the processes log: one line per event, a fault with a plain traceback."""
import structlog


def init() -> None:
    """Configure structlog. Plain tracebacks: the pretty ones print local variables (personal data) and take seconds."""
    structlog.configure(processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ])
