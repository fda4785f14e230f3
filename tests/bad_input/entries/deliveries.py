"""Answers handed in without a login."""

from exam import attempts, exam_page
from tests.bad_input.entries.exam import begun
from tests.bad_input.entry import Target, entry
from tests.bad_input.world import World
from tests.exam.outbox import Page


@entry("deliveries.deliver")
def deliver(world: World) -> Target:
    attempt, person, save = begun(world)

    def look() -> Page:
        own = attempts.own(world.make.me(person.account_id), attempt.id)
        return Page(exam_page.data(own, attempts.paper(own.id)))

    page = world.do(look)
    return Target({}, None, json={"pass": page.ticket, "items": [page.item(save)]}, tokenless=True)
