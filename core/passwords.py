"""Passwords and PINs: what is allowed, and argon2id at the OWASP minimum (19 MiB, two passes).

Hashing takes some 30 ms of CPU: on the web it is always called through `core.web.offload`.
"""
import secrets
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from core.errors import Refused

PIN_DIGITS = 6
MIN_LENGTH = 10
MAX_LENGTH = 200
COMMON = frozenset({
    "1234567890", "12345678910", "0123456789", "0987654321", "1111111111", "0000000000", "qwertyuiop", "qwerty12345",
    "qwerty123456", "1q2w3e4r5t", "1qaz2wsx3edc", "password12", "password123", "password1234", "administrator",
    "йцукенгшщз", "йцукен12345", "парольпароль", "пароль12345", "пароль123456", "приветпривет", "администратор",
    "россия2026", "конкурс2026", "сварщик2026", "adminadmin", "adminadmin123", "iloveyou12", "qazwsxedcrfv",
    "asdfghjkl123", "zxcvbnm123", "1234512345", "123123123123", "abcdefghij", "abcd123456"
})
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# A hash nobody's secret is behind (a random one, thrown away): made anew at each start it would cost 30 ms.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$aN1zsrc/YsmBewd+PWYp+A$TuCuiCnzdhovjZHsqdGgnQ7preNEr3S6vDVWlJiOkHA"


def hash_secret(secret: str) -> str:
    """argon2id hash of a password or a PIN. Slow on purpose."""
    return _hasher.hash(secret)


def verify_secret(hashed: str | None, secret: str) -> bool:
    """Whether `secret` is behind `hashed`; costs the same when there is nobody to compare with. Slow on purpose."""
    try:
        return _hasher.verify(hashed or _NOBODY, secret) and hashed is not None
    except (Argon2Error, InvalidHashError):
        return False


def check_password(password: str, email: str | None = None) -> None:
    """Refused unless the password may be used by the owner of `email`."""
    plain = password.casefold().strip()
    if len(password) < MIN_LENGTH:
        raise Refused("password_short", f"Пароль короче {MIN_LENGTH} знаков. Придумайте длиннее: например, три слова.",
                      field="password")
    if len(password) > MAX_LENGTH:
        raise Refused("password_long", f"Пароль длиннее {MAX_LENGTH} знаков. Придумайте короче.", field="password")
    if email and plain in (email.casefold(), email.casefold().split("@")[0]):
        raise Refused("password_is_email", "Пароль совпадает с адресом почты. Придумайте другой.", field="password")
    if plain in COMMON or len(set(plain)) < 4:
        raise Refused("password_common", "Такой пароль подбирают первым. Придумайте другой: например, три слова.",
                      field="password")


def check_pin(pin: str) -> None:
    """Refused unless the PIN is six digits that are neither all alike nor in a row."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise Refused("pin_form", f"PIN — это {PIN_DIGITS} цифр, как на карточке.", field="pin")
    if _weak(pin):
        raise Refused("pin_weak", "Такой PIN подбирают первым: цифры одинаковые или идут подряд. Возьмите другой.",
                      field="pin")


def new_pin() -> str:
    """A random PIN that `check_pin` takes."""
    while True:
        pin = f"{secrets.randbelow(10 ** PIN_DIGITS):0{PIN_DIGITS}}"
        if not _weak(pin):
            return pin


def _weak(pin: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}


def new_password() -> str:
    """A one-time password that is easy to copy from a screen: four groups of four signs without look-alikes."""
    signs = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(signs) for _ in range(4)) for _ in range(4))


def card_code() -> str:
    """A random card code like «4821-7730-15»; its last two digits check the others."""
    number = secrets.randbelow(90_000_000) + 10_000_000
    return format_code(f"{number}{_check(number):02}")


def format_code(typed: str) -> str:
    """The code as it is kept, from what was typed with any spaces and dashes; Refused when digits are wrong."""
    digits = "".join(sign for sign in typed if sign.isascii() and sign.isdigit())
    if len(digits) != 10 or _check(int(digits[:8])) != int(digits[8:]):
        raise Refused("code_form", "В коде карточки опечатка. Введите 10 цифр так, как они напечатаны: 0000-0000-00.",
                      field="code")
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def _check(number: int) -> int:
    """Two digits that catch any single wrong digit and any two that changed places (ISO 7064, modulus 97)."""
    return 98 - number * 100 % 97
