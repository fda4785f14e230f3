"""A trouble that happens while participants answer: it sees everybody come and every answer before it is given."""

import threading
import time
from collections.abc import Callable

from rehearsal.errors import Failed, expect
from rehearsal.seat import Seat
from rehearsal.world import Entrant, Nomination, World

PATIENCE_S = 180.0


class During:
    """Nothing happens. `extra_s`: how much longer the paper lasts for this trouble's sake.

    One that needs the service begins after those that stop it (`earlier`); the others go on at the same time.
    """

    extra_s = 0
    stops_the_service = False
    needs_the_service = False

    def __init__(self, world: World) -> None:
        self.world = world
        self.seats: dict[str, Seat] = {}
        self.earlier: list[During] = []
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run)

    def elsewhere(self, one: Entrant) -> bool:
        """Whether this participant is played by the trouble itself."""
        return False

    def enter(self, one: Entrant) -> None:
        """Before the participant opens the door."""

    def before(self, nomination: Nomination, one: Entrant, seat: Seat, place: int) -> None:
        """Before the answer to the question at `place`, from 0; for everybody at the same time."""

    def happen(self) -> None:
        """What goes on beside the participants, from the hour on."""

    def begin(self, among: "list[During]") -> None:
        """The hour has come."""
        if self.needs_the_service:
            self.earlier = [other for other in among if other.stops_the_service]
        self.thread.start()

    def end(self) -> None:
        """Everybody has answered; raises what went wrong."""
        self.thread.join()
        if self.failure is not None:
            raise self.failure

    def seated(self, one: Entrant, seat: Seat) -> None:
        """The participant's page is open."""
        self.seats[one.email] = seat

    def people(self) -> list[Entrant]:
        """Those who answer by themselves."""
        return [one for nomination in self.world.nominations for one in nomination.admitted
                if one.behaviour != "leaves the computer"]

    def acks(self) -> int:
        """How many answers have been acknowledged to all."""
        return sum(seat.acks for seat in list(self.seats.values()))

    def _run(self) -> None:
        try:
            self.happen()
        except Exception as error:  # noqa: BLE001 - raised at the end, in the thread of the step
            self.failure = error


def until(condition: Callable[[], object], what: str) -> None:
    """Wait; Failed with `what` when it does not come."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        expect(time.monotonic() < deadline, f"не дождались: {what}")
        time.sleep(0.02)


def wait_for(event: threading.Event, what: str) -> None:
    """Wait for another thread; Failed with `what` when it does not get there."""
    if not event.wait(PATIENCE_S):
        raise Failed(f"не дождались: {what}")
