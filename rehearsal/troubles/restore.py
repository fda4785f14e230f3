"""The host dies: an earlier copy is restored in the middle of theory, the participants' pages bring back the rest."""

import re
import threading

from rehearsal.errors import expect, needed
from rehearsal.seat import Seat
from rehearsal.troubles.during import During, until, wait_for
from rehearsal.world import Entrant, Nomination, World

COPIED_AT, DIED_AT = 2, 5  # answers of each before the copy, and before the end of the host


class Restore(During):
    """The last participant begins after the copy: of that attempt the restored database knows nothing."""

    extra_s = 45
    stops_the_service = True

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.copied, self.dead = threading.Event(), threading.Event()

    def _newcomer(self) -> Entrant:
        return self.people()[-1]

    def enter(self, one: Entrant) -> None:
        if one is self._newcomer():
            wait_for(self.copied, "копия сделана")

    def before(self, nomination: Nomination, one: Entrant, seat: Seat, place: int) -> None:
        if place == COPIED_AT and one is not self._newcomer():
            wait_for(self.copied, "копия сделана")
        if place == DIED_AT:
            wait_for(self.dead, "сервис остановлен")

    def happen(self) -> None:
        service, people = self.world.service, self.people()
        expect(len(people) > 1, "восстановление: нужно хотя бы два участника")
        until(lambda: self.acks() >= COPIED_AT * (len(people) - 1), "ответы до копии")
        made = service.command("backup", "make")
        name = needed(re.search(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\S*", made), f"копия не названа: {made}")[0]
        self.copied.set()
        until(lambda: self._answered(people), "ответы после копии")
        service.supervisor("stop", "all")
        self.dead.set()
        said = service.command("backup", "restore", name.rstrip("/"), "--yes")
        expect("Возвращена копия" in said, f"копия не возвращена: {said}")
        service.supervisor("start", "all")
        service.wait()

    def _answered(self, people: list[Entrant]) -> bool:
        """Whether everybody waits with five answers acknowledged; who is cut off has fewer and more in the queue."""
        seats = [self.seats.get(one.email) for one in people]
        return all(seat is not None and seat.acks + len(seat.waiting) >= DIED_AT for seat in seats)
