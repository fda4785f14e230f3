"""What the exam and the marking stand on: the bank from GIFT, the scheme from XLSX, both shown before they are kept."""

import re

from rehearsal import questions, scheme
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.world import World

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def bank(world: World, report: Report) -> None:
    """A bank with a mistake is refused with its line, then the good one is confirmed."""
    for nomination in world.nominations:
        place, browser = f"/nominations/{nomination.ident}/bank", world.organiser.browser
        page = browser.get(place).form(place).send(
            {"title": "Теория", "mode": "all"}, files={"file": ("bank.gift", questions.broken_gift(), "text/plain")})
        line = questions.broken_gift().decode().count("\r\n")
        expect(re.search(rf"\b{line}\b", page.text), f"{page}: строка {line} с ошибкой не названа: {page.text[:400]}")
        page = browser.get(place).form(place).send(
            {"title": "Теория сварщика", "mode": "all"}, files={"file": ("bank.gift", questions.gift(), "text/plain")})
        expect(f"вопросов: {len(questions.BANK)}" in page.text, f"{page}: прочитаны не все вопросы: {page.text[:300]}")
        page = page.form(rf"/nominations/{nomination.ident}/banks").send()
        nomination.bank = page.number(r"/banks/(\d+)")


def marking(world: World, report: Report) -> None:
    """The scheme is read, shown, frozen; after that the same button is not there."""
    for nomination in world.nominations:
        place, browser = f"/nominations/{nomination.ident}/scheme", world.organiser.browser
        page = browser.get(place).form(rf".*{place}").send(
            files={"file": ("схема.xlsx", scheme.workbook(), XLSX)})
        missing = [one.title for one in scheme.ASPECTS if one.title not in page.text]
        expect(not missing, f"{page}: в прочитанной схеме нет {missing}")
        page = page.form(r"/schemes/\d+/freezing").send()
        expect("закреплена" in page.text, f"{page}: схема не закреплена")
        nobody = world.site.browser
        nobody.get(place, status=404)
