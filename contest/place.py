"""Which contest a page is about: the second band shows its name, and the clock its zone."""
from typing import Any

from contest.models import Contest, Nomination
from core.context import server_clock

THINGS = ("nomination", "application", "protocol", "sheet", "sitting", "task", "meeting", "contest")


def locate(_app: Any, context: dict[str, Any], **_rest: Any) -> None:
    """Give a page about a contest, a nomination or something of theirs the place and the clock of its zone."""
    found = contest_of(context)
    if found is None:
        return
    contest, nomination = found
    name = f"«{nomination.title}», {contest.region}" if nomination else contest.title
    name = f"{name}, {contest.year}"
    context |= {"place": name, "zone": contest.zone, "clock": server_clock(contest.zone)}
    context["place"] += " · демонстрационные данные" if contest.demo else ""


def contest_of(context: dict[str, Any]) -> tuple[Contest, Nomination | None] | None:
    """The contest of what the template was given, under the names the routes use; nothing is loaded for it."""
    given = [context[name] for name in THINGS if name in context]
    loaded = [value for thing in given for value in (thing, *getattr(thing, "__dict__", {}).values())]
    for nomination in loaded:
        if isinstance(nomination, Nomination):
            return nomination.contest, nomination
    return next(((contest, None) for contest in loaded if isinstance(contest, Contest)), None)
