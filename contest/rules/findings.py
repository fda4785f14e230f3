"""What a check of input found: a code for the program, a sentence for the person, the field it stands beside."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong and what to do about it; `field` is empty when it concerns the whole form."""

    code: str
    text: str
    field: str = ""
