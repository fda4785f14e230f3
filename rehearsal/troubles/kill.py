"""The web process is killed while answers are on their way; the supervisor starts it again, nobody loses an answer."""

import threading

from rehearsal.errors import expect
from rehearsal.seat import Seat
from rehearsal.troubles.during import During, until, wait_for
from rehearsal.world import Entrant, Nomination, World

BEFORE = 3  # answers of each before the blow


class Kill(During):
    """SIGKILL once everybody has answered three questions; they go on sending into a dead service."""

    extra_s = 20
    stops_the_service = True

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.struck = threading.Event()

    def before(self, nomination: Nomination, one: Entrant, seat: Seat, place: int) -> None:
        if place == BEFORE:
            wait_for(self.struck, "процесс web завершён")

    def happen(self) -> None:
        until(lambda: self.acks() >= BEFORE * len(self.people()), "каждый ответил на три вопроса")
        before = self.world.service.supervisor("pid", "web")
        self.world.service.kill_web()
        self.struck.set()
        self.world.service.wait()
        after = self.world.service.supervisor("pid", "web")
        expect(after != before, f"процесс web не перезапущен: {before}")
