"""How often one may try a secret: counted by account and by network address, in memory or in Redis."""
from typing import NamedTuple

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from core.config import Settings
from core.errors import Refused


class _Limits(NamedTuple):
    limiter: MovingWindowRateLimiter
    account: RateLimitItem
    address: RateLimitItem


_state: dict[str, _Limits] = {}


def init(settings: Settings) -> None:
    """Take the limits from the settings; several web processes share their counts through Redis."""
    storage = storage_from_string(settings.REDIS_URL) if settings.REDIS_URL else MemoryStorage()
    assert isinstance(storage, Storage)
    _state["limits"] = _Limits(MovingWindowRateLimiter(storage), parse(settings.LOGIN_ATTEMPTS_PER_ACCOUNT),
                               parse(settings.LOGIN_ATTEMPTS_PER_ADDRESS))


def count(account: str, address: str = "") -> None:
    """Count one attempt on an account (any stable name of it) from an address; Refused 429 when there were too many."""
    limiter, by_account, by_address = _state["limits"]
    held = limiter.hit(by_account, "account", account)
    if address:
        held = limiter.hit(by_address, "address", address) and held
    if not held:
        raise Refused("too_many_attempts", "Слишком много попыток. Подождите десять минут и попробуйте снова. Если "
                      "забыли пароль или потеряли карточку, обратитесь к организатору.", status=429)


def forget(account: str) -> None:
    """The account was opened by its owner: its earlier failures no longer count."""
    limiter, by_account, _ = _state["limits"]
    limiter.clear(by_account, "account", account)


def forget_all() -> None:
    """Start counting anew (tests; an administrator's last resort)."""
    if limits := _state.get("limits"):
        limits.limiter.storage.reset()
