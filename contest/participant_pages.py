"""What the pages of the draw show."""
import json
from typing import Any

from sqlalchemy import func, select

from contest import participants
from contest.models import Application, Draw, Nomination
from contest.rules import draw as lots
from contest.rules import states
from core.db import session

UNDECIDED = states.STANDING - {"admitted"}


def draw(nomination: Nomination) -> dict[str, Any]:
    """The organiser's page: the list, those who wait for a code, its hash, applications without a decision."""
    people = participants.of_nomination(nomination.id)
    numbers = [str(person.application.number) for person in people if person.code is None]
    undecided = session.scalar(select(func.count()).select_from(Application).where(
        Application.nomination_id == nomination.id, Application.state.in_(UNDECIDED)))
    return {"people": people, "waiting": len(numbers), "undecided": undecided,
            "held": participants.newest_draw(nomination.id),
            "list_sha256": lots.list_hash(numbers) if numbers else ""}


def runs(nomination: Nomination) -> list[tuple[Draw, list[dict[str, Any]]]]:
    """Every run with its lots in the order drawn."""
    return [(held, sorted(json.loads(held.result), key=lambda lot: int(lot["order"])))
            for held in participants.draws(nomination.id)]
