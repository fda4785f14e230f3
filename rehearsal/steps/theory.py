"""Theory: everybody at once, answers saved one by one, receipts, the end on time with nobody watching."""

import json
import time
from datetime import datetime, timedelta
from typing import Any

from rehearsal import questions
from rehearsal.clockwork import local, now, wait_until, whole
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.seat import Seat
from rehearsal.sockets import Ear
from rehearsal.troubles import cut, kill, restore, shared_pc
from rehearsal.troubles.during import During
from rehearsal.world import Entrant, Nomination, World

BEFORE_S = 4
SLACK_S = 4  # how much longer than the limit the window is
GRACE_S = 2
OVER = "завершено по окончании времени"
ENDINGS = {"finishes": "завершено участником", "runs out of time": OVER, "leaves the computer": OVER}
DURING: dict[str, type[During]] = {
    "cut": cut.Cut, "kill": kill.Kill, "restore": restore.Restore, "shared-pc": shared_pc.SharedPc}


def limit_of(world: World) -> int:
    """Seconds for the paper: enough for everybody at once on a small machine, and for the troubles of the day."""
    people = world.options.participants * world.options.nominations
    played = [kind for name, kind in DURING.items() if world.trouble(name)]
    in_turn = sum(kind.extra_s for kind in played if kind.stops_the_service or kind.needs_the_service)
    return 10 + 2 * min(people, 20) + max([in_turn, *(kind.extra_s for kind in played)])


def theory(world: World, report: Report) -> None:
    """The organiser opens the hour, participants start, answer, finish; one runs out of time, one may come too late."""
    opens = whole(now() + timedelta(seconds=BEFORE_S))
    for nomination in world.nominations:
        _timetable(world, nomination, opens)
    troubles = [kind(world) for name, kind in DURING.items() if world.trouble(name)]
    people = [(nomination, one) for nomination in world.nominations for one in nomination.admitted]
    ears = _listen(world, people[0][1])
    early = people[0][1].browser.get(f"/sittings/{people[0][0].sitting}/door")
    expect(not early.has_form(r"/sittings/\d+/attempts") or now() >= opens, f"{early}: начать можно раньше времени")
    wait_until(opens)
    for trouble in troubles:
        trouble.begin(troubles)
    alone = [pair for pair in people if not any(trouble.elsewhere(pair[1]) for trouble in troubles)]
    world.all(lambda pair: _sit(world, *pair, troubles), alone)
    for trouble in troubles:
        trouble.end()
    for ear in ears:
        ear.close()
    late = [nomination for nomination in world.nominations if "late" in world.options.troubles]
    if late:
        from rehearsal.troubles import late as comes_late
        comes_late.come(world, late, opens + timedelta(seconds=SLACK_S + limit_of(world) / 2 + 1))
    wait_until(opens + timedelta(seconds=limit_of(world) + SLACK_S + GRACE_S))
    for nomination in world.nominations:
        _closed_by_itself(world, nomination)


def _timetable(world: World, nomination: Nomination, opens: Any) -> None:
    browser, place = world.organiser.browser, f"/nominations/{nomination.ident}"
    page = browser.get(f"{place}/events/new").form(r".*/events/new").send(
        {"kind": "theory", "title": "Теория", "starts_at": local(opens),
         "ends_at": local(opens + timedelta(seconds=limit_of(world) + SLACK_S)), "place": "по местам участников"})
    nomination.theory = page.number(r"/events/(\d+)/sitting", page.link(r"/events/\d+/sitting"))
    form = browser.get(f"/events/{nomination.theory}/sitting").form(r".*/sitting")
    form = form.send({"question_count": "1000", "limit": f"{limit_of(world)} с"}, status=422).form(r".*/sitting")
    page = form.send({"bank_id": str(nomination.bank), "limit": str(timedelta(seconds=limit_of(world))),
                      "question_count": str(len(questions.BANK))})
    nomination.sitting = page.number(r"/sittings/(\d+)")


def _listen(world: World, one: Entrant) -> list[Ear]:
    """A participant's and the observer's sockets; a room that is not theirs stays closed."""
    ears = [Ear(one), Ear(world.proctor)]
    for ear in ears:
        ear.refused("attempt:999999")
        ear.refused("person:1")
    return ears


def _sit(world: World, nomination: Nomination, one: Entrant, troubles: list[During]) -> None:
    for trouble in troubles:
        trouble.enter(one)
    door = f"/sittings/{nomination.sitting}/door"
    page = one.browser.get(door)
    page = page.form(rf"/sittings/{nomination.sitting}/attempts").send()
    one.attempt = page.number(r"/attempts/(\d+)")
    expect(one.browser.get(door).path == page.path, f"{one.name}: дверь после начала ведёт не к заданию")
    seat = Seat(one, page, may_lose=world.trouble("restore"))
    for trouble in troubles:
        trouble.seated(one, seat)
    _answer(nomination, one, seat, troubles)
    if world.options.spoil == "answer" and one is world.nominations[0].admitted[-1]:
        nomination.oracle.answered(one.code, 0, questions.BANK[0].other(one.answers[0]))
    seat.repeat()
    if one.behaviour == "finishes":
        _finish(one)
    else:
        _overstay(world, one, seat)
    seat.compare()


def _answer(nomination: Nomination, one: Entrant, seat: Seat, troubles: list[During]) -> None:
    """Every question in the order of the page; the first of the bank is answered twice, the second answer counts."""
    for place, title in enumerate(list(seat.sections)):
        for trouble in troubles:
            trouble.before(nomination, one, seat, place)
        index = next(at for at, question in enumerate(questions.BANK) if question.text == title)
        if index == 0 and not seat.away:
            seat.save(seat.sections[title], questions.BANK[index].best())
        seat.save(seat.sections[title], one.answers[index])
        nomination.oracle.answered(one.code, index, one.answers[index])


def _finish(one: Entrant) -> None:
    place = f"/attempts/{one.attempt}"
    page = one.browser.get(f"{place}/finish").form(rf".*{place}/finish").send()
    expect(page.path == f"{place}/receipt", f"{page}: после завершения открылась не расписка")
    words = f"{len(questions.BANK)} из {len(questions.BANK)}"
    expect(words in page.text, f"{page}: в расписке нет «{words}»")


def _overstay(world: World, one: Entrant, seat: Seat) -> None:
    """Nobody watches; after the deadline an answer goes to the late box and the work is closed."""
    state = seat.state()
    deadline = datetime.fromisoformat(state["deadline"])
    expect(state["phase"] == "running", f"{one.name}: состояние {state}")
    wait_until(deadline + timedelta(seconds=GRACE_S + 1))
    refused = seat.post(seat.make(next(iter(seat.sections.values())), None))
    body = json.loads(refused.text)
    expect(refused.status_code == 409 and body.get("error") in ("deadline_passed", "finished"),
           f"{one.name}: ответ после окончания времени: {refused.status_code} {body}")


def _closed_by_itself(world: World, nomination: Nomination) -> None:
    """The board says that everybody has finished; the sweep needs a moment."""
    for _look in range(20):
        page = world.organiser.browser.get(f"/sittings/{nomination.sitting}")
        rows = page.rows()
        if all(ENDINGS[one.behaviour] in rows[one.code] for one in nomination.admitted):
            return
        time.sleep(0.5)
    expect(False, f"{page}: не у всех завершено: {rows}")
