"""Which contest a page is about: the second band shows its name, and the clock its zone."""
from typing import Any

from contest.models import Contest, Nomination
from core.context import server_clock


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
    """The contest of what the template was given, under the names the routes use."""
    nomination = context.get("nomination") or getattr(context.get("application"), "nomination", None)
    if isinstance(nomination, Nomination):
        return nomination.contest, nomination
    contest = context.get("contest")
    return (contest, None) if isinstance(contest, Contest) else None
