"""How a step of the rehearsal says that the service did not do what was expected."""


class Failed(AssertionError):
    """The service's answer is not the expected one; the text names the person, the page and what it said."""


def expect(condition: object, text: str) -> None:
    """Raise Failed with `text` unless the condition holds."""
    if not condition:
        raise Failed(text)
