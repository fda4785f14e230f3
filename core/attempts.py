"""How often one may try a secret: counted by account and by network address, in memory or in Redis."""
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeVar

import structlog
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from core import clock
from core.config import Settings
from core.errors import Refused

REDIS_WAIT_S = 2
AWAY_S = 10.0
R = TypeVar("R")
log = structlog.get_logger("attempts")


class _Limits(NamedTuple):
    limiter: MovingWindowRateLimiter
    spare: MovingWindowRateLimiter
    account: RateLimitItem
    address: RateLimitItem


_state: dict[str, _Limits] = {}
_away_until: dict[str, float] = {}


def init(settings: Settings) -> None:
    """Take the limits from the settings; several web processes share their counts through Redis.

    While Redis is away each process counts for itself, and asks it again every ten seconds only: a login must neither
    depend on it nor wait for it.
    """
    _away_until.clear()
    storage: object = MemoryStorage()
    if settings.REDIS_URL:
        storage = storage_from_string(settings.REDIS_URL, socket_connect_timeout=REDIS_WAIT_S,
                                      socket_timeout=REDIS_WAIT_S)
    assert isinstance(storage, Storage)
    _state["limits"] = _Limits(MovingWindowRateLimiter(storage), MovingWindowRateLimiter(MemoryStorage()),
                               parse(settings.LOGIN_ATTEMPTS_PER_ACCOUNT), parse(settings.LOGIN_ATTEMPTS_PER_ADDRESS))


def count(account: str, address: str = "") -> None:
    """Count one attempt on an account (any stable name of it) from an address; Refused 429 when there were too many."""
    limits = _state["limits"]
    held = _ask(lambda limiter: limiter.hit(limits.account, "account", account))
    if address:
        held = _ask(lambda limiter: limiter.hit(limits.address, "address", address)) and held
    if not held:
        raise Refused("too_many_attempts", "Слишком много попыток. Подождите десять минут и попробуйте снова. Если "
                      "забыли пароль или потеряли карточку, обратитесь к организатору.", status=429)


def within(rate: str, *name: str) -> bool:
    """Count one call under a name; False when there were more than `rate` allows («120 per minute»)."""
    item = _rate(rate)
    return _ask(lambda limiter: limiter.hit(item, *name))


@lru_cache(maxsize=32)
def _rate(words: str) -> RateLimitItem:
    return parse(words)


def forget(account: str) -> None:
    """The account was opened by its owner: its earlier failures no longer count."""
    by_account = _state["limits"].account

    def clear(limiter: MovingWindowRateLimiter) -> None:
        for _again in range(3):  # the memory store's own tidying may put back what it was just looking at
            limiter.clear(by_account, "account", account)
            if limiter.get_window_stats(by_account, "account", account).remaining == by_account.amount:
                return

    _ask(clear)


def _ask(question: Callable[[MovingWindowRateLimiter], R]) -> R:
    limits = _state["limits"]
    if _away_until.get("redis", 0) > clock.monotonic():
        return question(limits.spare)
    try:
        return question(limits.limiter)
    except RedisError as error:
        log.error("redis_away", error=type(error).__name__, text="each process counts login attempts for itself")
        _away_until["redis"] = clock.monotonic() + AWAY_S
        return question(limits.spare)


def forget_all() -> None:
    """Start counting anew (tests; an administrator's last resort)."""
    if limits := _state.get("limits"):
        limits.limiter.storage.reset()
        shared = not isinstance(limits.limiter.storage, MemoryStorage)
        _state["limits"] = limits._replace(limiter=limits.limiter if shared else _own(), spare=_own())


def _own() -> MovingWindowRateLimiter:
    """A fresh memory of this process: one that was emptied may get back what its tidying was just looking at."""
    return MovingWindowRateLimiter(MemoryStorage())
