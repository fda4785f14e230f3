"""Protocols: certificates, agreement, freezing, signatures one after another, handover to the commission."""

from collections.abc import Sequence

from rehearsal.client import Page
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.world import Document, Nomination, Person, World

PHRASE = "фраза подписи репетиции"
REGISTRAR = 1


def certificates(world: World, report: Report) -> None:
    """Every signer accepts the agreement and gets a certificate under a passphrase; a short one is refused."""
    people: list[Person] = [*world.members, world.secretary,
                            *(one for nomination in world.nominations for one in nomination.experts)]
    people[0].browser.get("/signing/key").form(r".*/signing/key").send(
        {"passphrase": "мала", "repeat": "мала", "agree": "y"}, status=422)
    world.all(certify, people)


def certify(person: Person) -> None:
    """One person's certificate."""
    page = person.browser.get("/signing/key").form(r".*/signing/key").send(
        {"passphrase": phrase(person), "repeat": phrase(person), "agree": "y"})
    expect("Сертификат выдан" in page.text, f"{page}: сертификат не выдан, {page.complaint()}")


def phrase(person: Person) -> str:
    """The passphrase of a person."""
    return f"{PHRASE} {person.short}"


def experts(world: World, report: Report) -> None:
    """The chair drafts, the experts agree (one with a remark that is answered), the text is fixed, all sign it."""
    for nomination in world.nominations:
        chair = nomination.experts[0]
        place = f"/nominations/{nomination.ident}"
        page = chair.browser.get(f"{place}/summary").form(rf"{place}/protocol").send()
        nomination.protocol = page.number(r"/protocols/(\d+)")
        agree(nomination.protocol, chair, nomination.experts)
        freeze(nomination.protocol, chair)
        dissenter = nomination.experts[-1] if world.trouble("dissent") else None
        signatures = sign(world, nomination.protocol, nomination.experts, dissenter)
        keep(world, f"experts-{nomination.index}", nomination.protocol, chair, signatures)


def agree(protocol: int, chair: Person, people: Sequence[Person]) -> None:
    """Send the draft out; the last one has a remark first."""
    place = f"/protocols/{protocol}"
    chair.browser.get(place).form(rf"{place}/approval-opening").send()
    refused = chair.browser.get(place).form(rf"{place}/freezing").send(status=422)
    expect("не согласовали" in refused.complaint(), f"{refused}: текст зафиксирован без согласования")
    last = people[-1]
    _word(last, place, "remark", "Уточните дату совещания.")
    page = chair.browser.get(place)
    page.form(rf"{place}/agreements/\d+/answer").send({"answer": "Дата верна, см. приказ № 3."})
    for person in people:
        _word(person, place, "agree", "")


def _word(person: Person, place: str, outcome: str, text: str) -> None:
    page = person.browser.get(place).form(rf"{place}/agreements").send({"outcome": outcome, "text": text})
    expect(person.name in page.text, f"{page}: слово {person.name} не видно в листе согласования")


def freeze(protocol: int, chair: Person) -> None:
    """Fix the text; the file is there at once."""
    place = f"/protocols/{protocol}"
    page = chair.browser.get(place).form(rf"{place}/freezing").send()
    expect("подписывается" in page.text, f"{page}: после закрытия текста состояние другое: {page.text[:200]}")
    expect(chair.browser.get(f"{place}/file.pdf").content[:5] == b"%PDF-", f"{page}: файла протокола нет")


def sign(world: World, protocol: int, people: Sequence[Person], dissenter: Person | None = None,
         on_paper: Person | None = None) -> int:
    """Everybody signs at once; gives how many electronic signatures of members there must be."""
    place = f"/protocols/{protocol}"
    refused = people[0].browser.get(f"{place}/signature").form(rf"{place}/signature").send(
        {"passphrase": "не та фраза"}, status=422)
    expect(refused.complaint(), f"{refused}: неверная фраза принята")
    electronic = [one for one in people if one is not on_paper]
    world.all(lambda one: _sign(one, place, one is dissenter), electronic)
    if on_paper is not None:
        from rehearsal.troubles import paper
        paper.sign(world, protocol, on_paper)
    page = people[0].browser.get(place)
    expected = "подписан с особым мнением" if dissenter is not None else "подписан"
    expect(f"Сейчас: {expected}." in page.text, f"{page}: состояние не «{expected}»: {page.text[:300]}")
    if dissenter is not None:
        from rehearsal.troubles import dissent
        dissent.fetch(world, protocol, dissenter, page)
    return len(electronic)


def _sign(person: Person, place: str, dissents: bool) -> None:
    address = f"{place}/{'dissent' if dissents else 'signature'}"
    form = person.browser.get(address).form(address)
    given = {"passphrase": phrase(person)}
    if dissents:
        given["text"] = "Считаю оценку внешнего вида шва завышенной.\nПрошу учесть при подведении итогов."
    page = form.send(given)
    expect(page.path.endswith("/signature/receipt"), f"{page}: подпись не внесена, {page.complaint()}")


def keep(world: World, name: str, protocol: int, reader: Person, signatures: int, on_paper: int = 0) -> None:
    """Remember the signed file and where a stranger checks it."""
    place = f"/protocols/{protocol}"
    content = reader.browser.get(f"{place}/file.pdf").content
    path = reader.browser.get(place).link(r"/v/[a-z2-7]{26}")
    world.documents.append(Document(name, content, signatures + REGISTRAR, path, on_paper))


def hand_over(world: World, report: Report) -> None:
    """The chair gives the package, the secretary of the commission takes it; names are opened by that."""
    for nomination in world.nominations:
        _hand_over(world, nomination)


def _hand_over(world: World, nomination: Nomination) -> None:
    place, chair = f"/protocols/{nomination.protocol}/handover", nomination.experts[0]
    before = nomination.experts[-1].browser.get(f"/protocols/{nomination.protocol}")
    _no_names(nomination, before)
    chair.browser.get(place).form(rf".*{place}").send()
    page = world.secretary.browser.get(place).form(r"/handovers/\d+/receipt").send()
    expect("Принят" in page.text, f"{page}: протокол не принят, {page.complaint()}")
    package = world.secretary.browser.get(page.link(r"/handovers/\d+/package\.zip")).content
    act = world.secretary.browser.get(page.link(r"/handovers/\d+/act\.pdf")).content
    expect(package[:2] == b"PK" and act[:5] == b"%PDF-", f"{page}: комплект или акт не открывается")


def _no_names(nomination: Nomination, page: Page) -> None:
    names = [one.short for one in nomination.drawn if one.short in page.text]
    expect(not names, f"{page}: имена участников видны до передачи протокола: {names}")
