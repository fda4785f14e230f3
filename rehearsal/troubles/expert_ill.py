"""An expert falls ill: what is signed stands, another one is put in by order and marks what is left."""

from rehearsal import scheme
from rehearsal.client import piece
from rehearsal.errors import expect
from rehearsal.world import Nomination, World, invited


def fall_ill(world: World, nomination: Nomination) -> None:
    """The second expert (the only one, where there is one) hands in and signs one sheet, then is replaced by order."""
    from rehearsal.steps import marking
    place = 1 if len(nomination.experts) > 1 else 0
    expect(place, "заменить можно того, кто не председатель: нужно не меньше двух экспертов")
    ill = nomination.experts[place]
    own = list(marking.sheets_of(ill, nomination))
    number, one, module = next(row for row in own if row[1] is not nomination.admitted[0])
    fresh = world.new_expert(f"fresh{nomination.index}")
    marking.submit(nomination, ill, number, one, module)
    marking.sign(world, nomination, ill, number, one, module)
    page = world.organiser.browser.get(f"/bodies/{nomination.body}")
    line = next(row for row in page.soup.select("li") if ill.name in row.get_text(" ") and row.select_one("a"))
    link = str(piece(line, "a")["href"])
    world.organiser.browser.get(link).form(rf".*{link}").send(
        {"name": fresh.name, "email": fresh.email, "position": "мастер участка", "order_ref": "приказ № 9 о замене"})
    invited(fresh)
    ill.browser.get(f"/sheets/{number}", status=404)
    for (whose, expert), sheet in list(nomination.planned.items()):
        if expert == ill.name:
            nomination.planned[whose, fresh.name] = {key: dict(mark) for key, mark in sheet.items()}
    nomination.experts[place] = fresh
    if nomination.apart and nomination.apart[2] is ill:
        nomination.apart = (*nomination.apart[:2], fresh, nomination.apart[3])
    sheets = f"/nominations/{nomination.ident}/sheets"
    page = nomination.experts[0].browser.get(sheets).form(sheets).send()
    count = len(nomination.admitted) * len(scheme.MODULES)
    expect(f"Назначено новых листов: {count}" in page.text, f"{page}: новому эксперту назначено не {count} листов")
