"""Applications: visitors apply, the secretary registers and proposes, the commission's chair admits or refuses."""

import re

from rehearsal import samples
from rehearsal.errors import expect, needed
from rehearsal.report import Report
from rehearsal.world import INN, Entrant, Nomination, World, invited

HASH = r"[0-9a-f]{64}"


def apply(world: World, report: Report) -> None:
    """Everybody at once, each through the own mailbox; one draft is tried before it is complete."""
    world.all(lambda pair: _apply(world, *pair),
              [(nomination, one) for nomination in world.nominations for one in nomination.entrants])


def _apply(world: World, nomination: Nomination, one: Entrant) -> None:
    browser = one.browser
    browser.get(f"/contests/{world.contest}")
    page = browser.get(f"/nominations/{nomination.ident}/application/start").form(r".*/application/start").send(
        {"name": one.name, "email": one.email})
    expect("Проверьте почту" in page.text, f"{page}: нет слов о письме")
    page = invited(one)
    one.application = page.number(r"/applications/(\d+)", page.link(r"/applications/\d+"))
    place = f"/applications/{one.application}"
    if one is nomination.entrants[0]:
        page = browser.get(f"{place}/submission").form(rf".*{place}/submission").send(status=422)
        expect("нельзя подать" in page.complaint(), f"{page}: пустая заявка подана")
    browser.get(f"{place}/edit").form(rf".*{place}/edit").send(_fields(one))
    browser.get(place).form(rf"{place}/attachments").send(
        {"kind": "qualification"},
        files={"file": ("удостоверение.pdf", samples.pdf("Удостоверение"), "application/pdf")})
    browser.get(f"{place}/consents").form(rf".*{place}/consents").send(
        {"processing": "y", "video": "y", "publication": "y"})
    _submit(one)


def _fields(one: Entrant) -> dict[str, str | None]:
    last, first, middle = one.name.split()
    return {"last_name": last, "first_name": first, "middle_name": middle, "birth_date": "12.04.1988",
            "citizenship": "Российская Федерация", "document": "паспорт 25 00 000000", "phone": "+7 902 000-00-00",
            "municipality": "Ангарск", "education": "Иркутский техникум, 2006", "organisation": "АО «Завод»",
            "organisation_inn": INN, "position": "сварщик", "grade": "5 разряд", "experience_total": "15",
            "experience_profession": "1" if one.fate == "refuse" else "12", "experience_organisation": "1",
            "no_penalties": "y", "place_kind": "base", "place_address": "Ангарск, Заводская, 2",
            "equipment": "ноутбук, две камеры, 50 Мбит/с"}


def _submit(one: Entrant) -> None:
    place = f"/applications/{one.application}"
    page = one.browser.get(f"{place}/submission").form(rf".*{place}/submission").send()
    expect(page.path.startswith(f"{place}/receipt"), f"{page}: после подачи открылось не уведомление")
    found = re.search(r"ЛП-\d+-\d+-\d+", page.text)
    one.number = needed(found, f"{page}: в уведомлении нет номера")[0]
    expect(re.search(HASH, page.text.replace(" ", "")), f"{page}: в уведомлении нет SHA-256")


def admit(world: World, report: Report) -> None:
    """Registration, one return with a remark, proposals, and the decisions of the body the rules name."""
    for nomination in world.nominations:
        for one in nomination.entrants:
            _review(world, nomination, one)
        for one in nomination.entrants:
            one.letters.wait_for(one.number, 3)
    world.nominations[0].entrants[0].browser.get(f"/contests/{world.contest}/applications", status=404)


def _review(world: World, nomination: Nomination, one: Entrant) -> None:
    place, clerk, chair = f"/applications/{one.application}", world.secretary.browser, world.members[0].browser
    page = clerk.get(place).form(rf"{place}/registration").send()
    if one is nomination.entrants[1]:
        page.form(rf"{place}/return").send({"text": "Уточните адрес места выполнения заданий."})
        one.letters.wait_for("замечани")
        one.browser.get(f"{place}/edit").form(rf".*{place}/edit").send({"place_address": "Ангарск, Заводская, 2, к. 4"})
        _submit(one)
        page = clerk.get(place).form(rf"{place}/registration").send()
    good = one.fate != "refuse"
    page.form(rf"{place}/proposal").send({"proposal": "admit" if good else "refuse", **_reason(good)})
    expect(not clerk.get(place).has_form(rf"{place}/decision"), "секретарь видит решение, которое принимает комиссия")
    page = chair.get(place).form(rf"{place}/decision").send({"outcome": "admit" if good else "refuse", **_reason(good)})
    expect(("Отказ" in page.text) != good, f"{page}: решение записано не так")


def _reason(good: bool) -> dict[str, str]:
    return {} if good else {"reason_code": "experience", "reason": "Стаж по профессии один год."}
