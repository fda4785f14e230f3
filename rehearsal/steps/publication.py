"""Publication: preliminary, then final; the public page against the rehearsal's own ranking."""

import json

from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.steps.summary import shown
from rehearsal.world import World


def publish(world: World, report: Report) -> None:
    """The organiser publishes; participants get letters; a visitor reads the same ranking that was computed here."""
    visitor = world.admin.browser
    for nomination in world.nominations:
        place = f"/nominations/{nomination.ident}"
        for kind in ("preliminary", "final"):
            form = world.organiser.browser.get(f"{place}/publication").form(rf".*{place}/publication")
            page = form.send({"kind": kind})
            expect("опубликованы" in page.text, f"{page}: {page.complaint()}")
        for one in nomination.admitted:
            one.letters.wait_for("итоги", 2)
        published = json.loads(visitor.get(f"{place}/results.json").content)
        rows = [(row["place"], row["code"], row["total_hundredths"]) for row in published["rows"]]
        expected = [(row.place, row.code, row.points) for row in nomination.oracle.ranking()]
        report.ranking += [{"place": place, "code": code, "points": points / 100} for place, code, points in rows]
        expect(rows == expected, f"опубликовано {rows}, а ожидалось {expected}")
        page = visitor.get(f"{place}/results")
        missing = [row for row in expected if row[1] not in page.text or shown(row[2]) not in page.text]
        expect(not missing, f"{page}: на странице результатов нет {missing}")
