"""The draw: codes from a published seed, held once; strangers see codes only."""

from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.world import Nomination, World


def draw(world: World, report: Report) -> None:
    """Hold it, read everybody's code on the organiser's page, compare with the public result."""
    for nomination in world.nominations:
        _draw(world, nomination)


def _draw(world: World, nomination: Nomination) -> None:
    place = f"/nominations/{nomination.ident}/draw"
    organiser = world.organiser.browser
    organiser.get(place).form(rf".*{place}").send({"seed": "Протокол жеребьёвки № 1", "called_numbers": "17, 4, 92"})
    page = organiser.get(place)
    expect(not page.has_form(rf".*{place}"), "жеребьёвку предлагают провести второй раз")
    codes = {}
    for row in page.soup.select("table tbody tr"):
        cells = [" ".join(cell.get_text().split()) for cell in row.find_all(["th", "td"])]
        codes[cells[0]] = cells[2]
    for one in nomination.drawn:
        one.code = codes[one.number]
    expect(len(set(codes.values())) == len(nomination.drawn) == len(codes), f"коды не у всех или не разные: {codes}")
    public = world.admin.browser.get(f"{place}/result")
    expect(all(one.code in public.text for one in nomination.drawn), f"{public}: опубликованы не все коды")
    names = [one.short for one in nomination.drawn if one.short in public.text]
    expect(not names, f"{public}: в опубликованном результате есть фамилии {names}")
