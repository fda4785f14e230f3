"""No quorum: the first meeting is not held, an act says so, a new date is set."""

from rehearsal.errors import expect
from rehearsal.world import World


def fail(world: World) -> None:
    """Call a meeting to which only the chair comes."""
    from rehearsal.steps import commission
    meeting = commission.call(world)
    keeper = world.secretary.browser
    keeper.get(meeting).form(rf"{meeting}/opening").send()
    commission.declare(world.members[0], meeting)
    commission.confirm(world, meeting, world.members[0])
    page = keeper.get(meeting).form(rf"{meeting}/quorum").send()
    expect("Заседание не состоялось" in page.text, f"{page}: без кворума заседание открылось: {page.text[:300]}")
    act = keeper.get(f"{meeting}/not-held.pdf").content
    expect(act[:5] == b"%PDF-", "акт «Заседание не состоялось» не открывается")
    expect(not keeper.get(meeting).has_form(rf"{meeting}/closing"), "несостоявшееся заседание можно закрыть протоколом")
