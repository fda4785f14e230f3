"""Theory: everybody at once, answers saved one by one, receipts, the end on time with nobody watching."""

import json
import time
import uuid
from datetime import timedelta
from typing import Any

from bs4 import Tag

from rehearsal import questions
from rehearsal.client import piece, words
from rehearsal.clockwork import local, now, wait_until, whole
from rehearsal.errors import expect, needed
from rehearsal.report import Report
from rehearsal.sockets import Ear
from rehearsal.world import Entrant, Nomination, World

BEFORE_S = 4
SLACK_S = 4  # how much longer than the limit the window is
GRACE_S = 2
ENDINGS = {"finishes": "завершено участником", "runs out of time": "завершено по окончании времени"}


def limit_of(world: World) -> int:
    """Seconds for the paper: enough for everybody at once on a small machine."""
    people = world.options.participants * world.options.nominations
    return 10 + 2 * min(people, 20)


def theory(world: World, report: Report) -> None:
    """The organiser opens the hour, participants start, answer, finish; one runs out of time, one may come too late."""
    opens = whole(now() + timedelta(seconds=BEFORE_S))
    for nomination in world.nominations:
        _timetable(world, nomination, opens)
    people = [(nomination, one) for nomination in world.nominations for one in nomination.admitted]
    ears = _listen(world, people[0][1])
    early = people[0][1].browser.get(f"/sittings/{people[0][0].sitting}/door")
    expect(not early.has_form(r"/sittings/\d+/attempts") or now() >= opens, f"{early}: начать можно раньше времени")
    wait_until(opens)
    world.all(lambda pair: _sit(world, *pair), people)
    for ear in ears:
        ear.close()
    late = [nomination for nomination in world.nominations if "late" in world.options.troubles]
    if late:
        from rehearsal.troubles import late as trouble
        trouble.come(world, late, opens + timedelta(seconds=SLACK_S + limit_of(world) / 2 + 1))
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
    page = form.send({"bank_id": str(nomination.bank), "limit": f"00:00:{limit_of(world)}",
                      "question_count": str(len(questions.BANK))})
    nomination.sitting = page.number(r"/sittings/(\d+)")


def _listen(world: World, one: Entrant) -> list[Ear]:
    """A participant's and the observer's sockets; a room that is not theirs stays closed."""
    ears = [Ear(one), Ear(world.proctor)]
    for ear in ears:
        ear.refused("attempt:999999")
        ear.refused("person:1")
    return ears


def _sit(world: World, nomination: Nomination, one: Entrant) -> None:
    door = f"/sittings/{nomination.sitting}/door"
    page = one.browser.get(door)
    page = page.form(rf"/sittings/{nomination.sitting}/attempts").send()
    one.attempt = page.number(r"/attempts/(\d+)")
    expect(one.browser.get(door).path == page.path, f"{one.name}: дверь после начала ведёт не к заданию")
    seat = Seat(one, page.soup)
    for section in seat.sections:
        index = next(at for at, question in enumerate(questions.BANK) if question.text == _title(section))
        if index == 0:
            seat.save(section, seat.value(section, questions.BANK[index].best()))
        answer = one.answers[index]
        seat.save(section, seat.value(section, answer))
        nomination.oracle.answered(one.code, index, answer)
    if world.options.spoil == "answer" and one is world.nominations[0].admitted[-1]:
        nomination.oracle.answered(one.code, 0, questions.BANK[0].other(one.answers[0]))
    seat.repeat()
    if one.behaviour == "finishes":
        _finish(one)
    else:
        _overstay(world, one, seat)


def _title(section: Tag) -> str:
    return words(piece(section, ".question"))


def _finish(one: Entrant) -> None:
    place = f"/attempts/{one.attempt}"
    page = one.browser.get(f"{place}/finish").form(rf".*{place}/finish").send()
    expect(page.path == f"{place}/receipt", f"{page}: после завершения открылась не расписка")
    words = f"{len(questions.BANK)} из {len(questions.BANK)}"
    expect(words in page.text, f"{page}: в расписке нет «{words}»")


def _overstay(world: World, one: Entrant, seat: "Seat") -> None:
    """Nobody watches; after the deadline an answer goes to the late box and the work is closed."""
    state = one.browser.http.get(f"/attempts/{one.attempt}/state", headers={"Accept": "application/json"}).json()
    deadline = now() + timedelta(seconds=limit_of(world))
    expect(state["phase"] == "running", f"{one.name}: состояние {state}")
    wait_until(deadline + timedelta(seconds=GRACE_S + 1))
    refused = seat.post(seat.sections[0], None)
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


class Seat:
    """The script of the exam page: finds the controls, sends an answer at once, keeps the receipts."""

    def __init__(self, one: Entrant, soup: Any) -> None:
        self.one = one
        self.csrf = str(piece(soup, "meta[name=csrf-token]")["content"])
        self.url = str(soup.body["data-save-url"])
        self.sections: list[Tag] = list(soup.select("section.q"))
        self.page_id = uuid.uuid4().hex
        self.began = time.monotonic()
        self.seq: dict[str, int] = {}
        self.last: tuple[dict[str, Any], dict[str, Any]] | None = None
        self.number = 0
        expect(len(self.sections) == len(questions.BANK), f"{one.name}: вопросов на странице {len(self.sections)}")
        expect("weight" not in str(soup), f"{one.name}: на странице видны веса вариантов")

    def value(self, section: Tag, answer: Any) -> dict[str, Any]:
        """The answer in words as the controls of the page send it."""
        kind = str(section["data-kind"])
        if kind in ("single", "yes_no"):
            return {"choice": self._inputs(section)[answer]}
        if kind == "multiple":
            return {"choices": [self._inputs(section)[one] for one in answer]}
        if kind == "matching":
            return {"pairs": self._pairs(section, answer)}
        if kind == "ordering":
            items = {words(piece(node, ".grow")): str(node["data-item"]) for node in section.select("[data-item]")}
            return {"order": [items[one] for one in answer]}
        return {"number" if kind == "numeric" else "text": answer}

    def _inputs(self, section: Tag) -> dict[str, str]:
        labels = section.select("label.choice")
        return {words(piece(label, ".pre")): str(piece(label, "input")["value"]) for label in labels}

    def _pairs(self, section: Tag, answer: dict[str, str]) -> dict[str, str]:
        pairs = {}
        for pair in section.select(".pair"):
            select = piece(pair, "select")
            rights = {words(node): str(node["value"]) for node in select.select("option") if node.get("value")}
            expect(questions.DISTRACTOR in rights, f"{self.one.name}: в правом столбце нет лишней строки")
            pairs[str(select["data-left"])] = rights[answer[words(piece(pair, "label"))]]
        return pairs

    def post(self, section: Tag, value: Any) -> Any:
        """Send one answer; the raw reply."""
        question = str(section["data-question"])
        self.seq[question] = self.seq.get(question, int(str(section["data-seq"]))) + 1
        self.sent = {"question": int(question), "seq": self.seq[question], "value": value,
                     "client_id": uuid.uuid4().hex, "page_id": self.page_id,
                     "mono": round((time.monotonic() - self.began) * 1000)}
        return self.one.browser.post_json(self.url, self.sent, self.csrf)

    def save(self, section: Tag, value: Any) -> None:
        """Send one answer and check its receipt."""
        reply = self.post(section, value)
        expect(reply.status_code == 200, f"{self.one.name}: ответ не сохранён: {reply.status_code} {reply.text[:300]}")
        ack = reply.json()
        self.number += 1
        expect(ack["seq"] == self.sent["seq"] and ack["number"] == self.number and len(ack["hash"]) == 64,
               f"{self.one.name}: расписка не сходится: {ack}")
        self.last = (dict(self.sent), ack)

    def repeat(self) -> None:
        """The same save again, as after a lost reply: the same receipt; another value under the same seq: 409."""
        sent, ack = needed(self.last, "ничего не отправлено")
        again = self.one.browser.post_json(self.url, sent, self.csrf).json()
        expect((again["number"], again["hash"]) == (ack["number"], ack["hash"]),
               f"{self.one.name}: повтор получил другую расписку: {again}")
