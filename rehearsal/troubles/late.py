"""Late participant: less than the minimum share of time is left, the start is refused, «не явился» is entered."""

from datetime import datetime

from rehearsal.clockwork import wait_until
from rehearsal.errors import expect
from rehearsal.world import Nomination, World


def come(world: World, nominations: list[Nomination], moment: datetime) -> None:
    """Come to the door after the last moment for a start; the secretary enters the absence."""
    wait_until(moment)
    for nomination in nominations:
        late = next(one for one in nomination.entrants if one.fate == "late")
        page = late.browser.get(f"/sittings/{nomination.sitting}/door")
        start = rf"/sittings/{nomination.sitting}/attempts"
        expect(not page.has_form(start), f"{page}: опоздавшему предложено начать")
        expect("Начать пока нельзя" in page.text, f"{page}: опоздавшему не сказано, почему нельзя: {page.text[:300]}")
        late.browser.post(f"/sittings/{nomination.sitting}/attempts",
                          {"csrf_token": page.csrf, "request_key": "late"}, status=422)
        place = f"/participants/{late.participant}/absence"
        page = world.secretary.browser.get(f"/nominations/{nomination.ident}/participants").form(place).send(
            {"reason": "опоздал на теоретический этап"})
        expect("не явился" in page.rows()[late.code] and not page.has_form(place), f"{page}: неявка не видна")
