"""The summary table on the chair's page against the rehearsal's own computation."""

from rehearsal.client import Page, piece, words
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.world import World


def shown(hundredths: int) -> str:
    """Points as pages write them: «73,5», «80»."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{rest:02d}".rstrip("0").rstrip(",") if rest else str(whole)


def summary(world: World, report: Report) -> None:
    """Place, code, total, theory, practice of every line, as computed from the answers and marks that were sent."""
    spoil_mark(world)
    for nomination in world.nominations:
        page = nomination.experts[0].browser.get(f"/nominations/{nomination.ident}/summary")
        expect("Чего не хватает" not in page.text, f"{page}: {page.complaint()}")
        found = {code: cells for code, cells in _rows(page).items() if cells["Место"].isdigit()}
        expected = nomination.oracle.ranking()
        for row in expected:
            cells = found.get(row.code, {})
            given = tuple(cells.get(name, "") for name in ("Место", "Итог", "Теория", "Практика"))
            wanted = (str(row.place), shown(row.points), shown(row.theory), shown(row.practice))
            expect(given == wanted, f"{page}: {row.code}: место, итог, теория, практика {given}, а ожидались {wanted}")
        expect(len(found) == len(expected), f"{page}: мест {len(found)}, ожидалось {len(expected)}")


def spoil_mark(world: World) -> None:
    """The test hook: the oracle forgets one signed sheet's mark and believes in another."""
    if world.options.spoil != "mark":
        return
    oracle = world.nominations[0].oracle
    key = sorted(key for key in oracle.sheets if key[1] == "B")[0]
    mark = oracle.sheets[key]["B1.1"]
    oracle.sheets[key]["B1.1"] = {"m": "0" if mark.get("m") != "0" else "3"}


def _rows(page: Page) -> dict[str, dict[str, str]]:
    """Cells by the first word of their column's head, by code."""
    table = piece(page.soup, "table")
    heads = [words(cell).split(",")[0] for cell in table.select("thead th")]
    rows = {}
    for line in table.select("tbody tr"):
        found = dict(zip(heads, map(words, line.find_all(["th", "td"])), strict=True))
        rows[found["Код"]] = found
    return rows
