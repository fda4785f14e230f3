"""The network of two participants is away: answers wait at the client, the board shows it, time is given for it."""

import threading
import time
from datetime import datetime

from rehearsal.client import Page
from rehearsal.errors import expect
from rehearsal.seat import Seat
from rehearsal.sockets import Ear
from rehearsal.troubles.during import During
from rehearsal.world import Entrant, Nomination, World

CUT_AT, BACK_AT = 3, 6
AWAY_S = 26  # more than the 20 s without a sign of life that make an interval
CUT_OFF = 2


class Cut(During):
    """Cut off after three answers, three more without a network, back for the last."""

    extra_s = 45

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.staff = threading.Lock()  # one observer, one chair: one of them at a time
        self.left: dict[str, float] = {}

    def _is_cut(self, nomination: Nomination, one: Entrant) -> bool:
        finishing = [other for other in nomination.admitted if other.behaviour == "finishes"]
        if self.world.trouble("restore") and len(finishing) > 1:
            finishing.pop()  # whose attempt the copy does not know
        return one in finishing[:CUT_OFF]

    def before(self, nomination: Nomination, one: Entrant, seat: Seat, place: int) -> None:
        if not self._is_cut(nomination, one):
            return
        if place == CUT_AT:
            seat.away, self.left[one.email] = True, time.monotonic()
        elif place == BACK_AT:
            self._come_back(nomination, one, seat)

    def _come_back(self, nomination: Nomination, one: Entrant, seat: Seat) -> None:
        expect(len(seat.waiting) == BACK_AT - CUT_AT, f"{one.name}: в очереди {len(seat.waiting)} ответов")
        time.sleep(max(0.0, self.left[one.email] + AWAY_S - time.monotonic()))
        self.world.service.wait()
        with self.staff:
            row = self.world.proctor.browser.get(f"/sittings/{nomination.sitting}").rows()[one.code]
        expect("нет связи с" in row, f"{one.code}: наблюдатель не видит, что связи нет: {row}")
        seat.flush()
        before = seat.state()
        ear = Ear(one)
        ear.join(f"attempt:{one.attempt}")
        with self.staff:
            _compensated(self.world, nomination, one)
        ear.wait()
        ear.close()
        _moved(one, before, seat.state())


def _compensated(world: World, nomination: Nomination, one: Entrant) -> None:
    """The observer proposes what was computed, the named person (the chair of the expert group) grants it."""
    place = f"/attempts/{one.attempt}"
    page = world.proctor.browser.get(f"{place}/time")
    expect("Перерывы связи" in page.text and not page.has_form(rf"{place}/grants"), f"{page}: {page.text[:300]}")
    page = page.form(rf"{place}/compensations").send()
    expect("Компенсация предложена" in page.text, f"{page}: компенсация не предложена: {page.complaint()}")
    chair: Page = nomination.experts[0].browser.get(f"{place}/time")
    decision = chair.link(r"/time-proposals/\d+/decision")
    page = chair.browser.get(decision).form(rf".*{decision}").send({"outcome": "grant"})
    expect("Время добавлено" in page.text, f"{page}: время не добавлено: {page.complaint()}")


def _moved(one: Entrant, before: dict[str, object], after: dict[str, object]) -> None:
    """The deadline went on by about the time without a network, and the page can tell that it did."""
    gained = datetime.fromisoformat(str(after["deadline"])) - datetime.fromisoformat(str(before["deadline"]))
    expect(after["version"] != before["version"], f"{one.name}: версия срока не изменилась: {after}")
    seconds = gained.total_seconds()
    expect(AWAY_S - 3 <= seconds <= AWAY_S + 60, f"{one.name}: срок сдвинут на {seconds} с: {before} {after}")
