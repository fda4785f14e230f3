"""One computer for three participants, one after the other, the network pulled out at each change.

What the one before could not send is neither lost nor readable: it goes up sealed once the network is back, whoever
is logged in by then.
"""

from rehearsal import questions
from rehearsal.computer import Computer, computer
from rehearsal.errors import expect
from rehearsal.troubles.during import During, until
from rehearsal.world import Entrant, Nomination

LAST = ("numeric", "short")  # answered when the network is gone already
COUNT = len(questions.BANK)


class SharedPc(During):
    """Participants whose behaviour is «leaves the computer» are played here, in their order."""

    extra_s = 60
    needs_the_service = True

    def elsewhere(self, one: Entrant) -> bool:
        return one.behaviour == "leaves the computer"

    def happen(self) -> None:
        for other in self.earlier:
            other.thread.join()
        nomination = self.world.nominations[0]
        people = [one for one in nomination.admitted if self.elsewhere(one)]
        with computer(self.world.service.url) as desk:
            for one in people:
                desk.network(there=True)
                desk.enter(one)
                _sit(nomination, one, desk)
                desk.get_up()
            desk.network(there=True)
            desk.open("/device")
            until(lambda: all(self._arrived(nomination, one) for one in people), "ответы дошли с общего компьютера")
            _leave_for_good(desk)

    def _arrived(self, nomination: Nomination, one: Entrant) -> bool:
        row = self.world.secretary.browser.get(f"/sittings/{nomination.sitting}").rows()[one.code]
        return f"{COUNT} из {COUNT}" in row


def _sit(nomination: Nomination, one: Entrant, desk: Computer) -> None:
    """Begin, answer, lose the network, answer the rest, get up."""
    page = desk.page
    desk.open(f"/sittings/{nomination.sitting}/door")
    page.click("main button:has-text('Начать')")
    page.wait_for_url("**/attempts/*")
    one.attempt = int(page.url.rsplit("/", 1)[1].split("?")[0].split("#")[0])
    for index, question in enumerate(questions.BANK):
        if question.kind not in LAST:
            _answer(nomination, one, desk, index)
    page.locator("[data-state=saved]").wait_for(state="visible")
    desk.network(there=False)
    for index, question in enumerate(questions.BANK):
        if question.kind in LAST:
            _answer(nomination, one, desk, index)
    page.locator("[data-state=offline]").wait_for(state="visible")
    _unreadable(one, desk)


def _answer(nomination: Nomination, one: Entrant, desk: Computer, index: int) -> None:
    desk.answer(questions.BANK[index], one.answers[index])
    nomination.oracle.answered(one.code, index, one.answers[index])


def _unreadable(one: Entrant, desk: Computer) -> None:
    """Answers wait in the profile, and neither they nor the person can be read there."""
    kept = desk.kept()
    expect(one.code in kept, f"{one.name}: на компьютере нет очереди кода {one.code}: {kept[:300]}")
    text = one.answers[next(at for at, question in enumerate(questions.BANK) if question.kind == "short")]
    for secret in (text, one.short, '"choice"', '"value"'):
        expect(secret not in kept, f"{one.name}: на общем компьютере читается {secret}")


def _leave_for_good(desk: Computer) -> None:
    """«Завершить работу за этим компьютером»: nothing is left unsent, and what was kept is wiped."""
    desk.open("/device")
    desk.page.locator("[data-device-empty]").wait_for(state="visible")
    desk.page.click("[data-device-wipe]")
    desk.page.wait_for_timeout(1000)
    desk.open("/device")
    expect("Неотправленных ответов нет" in words_of(desk), "на общем компьютере что-то осталось")


def words_of(desk: Computer) -> str:
    """What the page shows."""
    return " ".join(desk.page.inner_text("main").split())
