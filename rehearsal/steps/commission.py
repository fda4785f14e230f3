"""The commission meets: registration, quorum, a vote with an exact tie decided by the chair, protocol, signatures."""

import re
from datetime import timedelta

from rehearsal.client import Page, piece
from rehearsal.clockwork import local, now
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.sockets import Ear
from rehearsal.steps import protocols
from rehearsal.steps.summary import shown
from rehearsal.world import Person, World


def meet(world: World, report: Report) -> None:
    """Call the meeting, register everybody, vote on every nomination, close."""
    if world.trouble("no-quorum"):
        from rehearsal.troubles import no_quorum
        no_quorum.fail(world)
    meeting = call(world)
    keeper = world.secretary.browser
    keeper.get(meeting).form(rf"{meeting}/opening").send()
    declared = world.members[:-1] if len(world.members) > 3 else world.members
    world.all(lambda one: declare(one, meeting), declared)
    for member in world.members:
        confirm(world, meeting, member)
    page = keeper.get(meeting).form(rf"{meeting}/quorum").send()
    expect("Кворум есть" in page.text, f"{page}: кворума нет при всех присутствующих")
    items = [_add(world, meeting, index) for index in range(len(world.nominations))]
    listener = Ear(world.members[-1])
    room = meeting.strip("/").replace("meetings/", "meeting:")
    listener.join(room)
    for number, (item, nomination) in enumerate(zip(items, world.nominations, strict=True), 1):
        page = keeper.get(meeting).form(rf"/items/{item}/opening").send()
        listener.wait()
        for row in nomination.oracle.ranking():
            expect(row.code in page.text and shown(row.points) in page.text, f"{page}: в вопросе нет места {row}")
        _vote(world, meeting, item)
        page = keeper.get(meeting).form(rf"/items/{item}/closing").send()
        _check_casting(page, number)
    listener.close()
    page = keeper.get(meeting).form(rf"{meeting}/closing").send()
    world.commission_protocol = page.number(r"/protocols/(\d+)")


def call(world: World) -> str:
    """A new meeting of the commission; its members get a letter. Gives its address."""
    browser = world.secretary.browser
    page = browser.get(f"/contests/{world.contest}/meetings/new").form(r".*/meetings/new").send(
        {"title": "Итоги конкурса", "starts_at": local(now() + timedelta(minutes=1)),
         "nomination_ids": [str(one.ident) for one in world.nominations]})
    number = page.number(r"/meetings/(\d+)")
    world.meetings.append(number)
    for member in world.members:
        member.letters.link(rf"/meetings/{number}")
    return f"/meetings/{number}"


def declare(member: Person, meeting: str) -> None:
    """The member's own «Я присутствую»."""
    page = member.browser.get(meeting).form(rf"{meeting}/presence").send()
    expect("дождитесь" in page.text, f"{page}: явка не отмечена")


def confirm(world: World, meeting: str, member: Person) -> None:
    """The secretary's button in the member's line."""
    page = world.secretary.browser.get(meeting)
    row = next(line for line in page.soup.select("tbody tr") if member.name in line.get_text(" "))
    account = str(piece(row, "input[name=account_id]")["value"])
    page.form(rf"{meeting}/presence", account_id=account, present="yes").send()


def _add(world: World, meeting: str, index: int) -> int:
    page = world.secretary.browser.get(meeting).form(rf"{meeting}/items").send(
        {"kind": "protocol", "nomination_id": str(world.nominations[index].ident), "speaker": "Секретарь комиссии"})
    return max(page.number(r"/items/(\d+)", link) for link in page.links(r"/items/\d+/minutes"))


def _vote(world: World, meeting: str, item: int) -> None:
    """As many for as against, one may abstain: the chair's vote decides. The last member votes aloud."""
    chair, *others = world.members
    half = (len(world.members) - (1 if len(world.members) % 2 else 0)) // 2
    choices = ["for"] * (half - 1) + ["against"] * half
    choices += ["abstain"] * (len(others) - len(choices))
    _cast(chair, meeting, item, "against")
    _cast(chair, meeting, item, "for")
    for member, choice in zip(others[:-1], choices[:-1], strict=True):
        _cast(member, meeting, item, choice)
    _aloud(world, meeting, item, others[-1], choices[-1])


def _cast(member: Person, meeting: str, item: int, choice: str) -> None:
    page = member.browser.get(meeting).form(rf"/items/{item}/votes", choice=choice).send()
    expect("Вы проголосовали" in page.text, f"{page}: голос не принят, {page.complaint()}")


def _aloud(world: World, meeting: str, item: int, member: Person, choice: str) -> None:
    """The page of a member fails: the secretary enters the vote with the moment, the member confirms it by secret."""
    form = world.secretary.browser.get(meeting).form(rf"/items/{item}/oral-votes")
    account = next(value for words, value in form.choices("account_id").items() if member.name in words)
    form.send({"account_id": account, "choice": choice, "moment": "00:12:40"})
    page = member.browser.get(meeting)
    place = page.link(r"/votes/\d+/confirmation")
    page = member.browser.get(place).form(rf".*{place}").send({"secret": member.secret})
    expect("подтверждён" in page.text, f"{page}: устный голос не подтверждён")


def _check_casting(page: Page, number: int) -> None:
    decided = rf"Решение по вопросу {number}: [^.]*; принято, решающий голос председательствующего"
    expect(re.search(decided, page.text), f"{page}: при равенстве голосов решил не председательствующий: {page.text}")


def protocol(world: World, report: Report) -> None:
    """Agreed, fixed, signed by everybody who was there."""
    chair = world.members[0]
    signers = [*world.members]
    page = chair.browser.get(f"/protocols/{world.commission_protocol}")
    if world.secretary.name in page.text.split("Подписи")[-1]:
        signers.append(world.secretary)
    protocols.agree(world.commission_protocol, chair, signers)
    protocols.freeze(world.commission_protocol, chair)
    on_paper = world.members[-1] if world.trouble("paper") else None
    count = protocols.sign(world, world.commission_protocol, signers, None, on_paper)
    protocols.keep(world, "commission", world.commission_protocol, chair, count, len(signers) - count)
