"""How a step of the rehearsal says that the service did not do what was expected."""


from typing import TypeVar

T = TypeVar("T")


class Failed(AssertionError):
    """The service's answer is not the expected one; the text names the person, the page and what it said."""


def expect(condition: object, text: str) -> None:
    """Raise Failed with `text` unless the condition holds."""
    if not condition:
        raise Failed(text)


def needed(value: T | None, text: str) -> T:
    """The value, or Failed with `text` where there is none."""
    if value is None:
        raise Failed(text)
    return value
