"""Wet signature: the scan entered by the secretary, checked by another person, beside electronic signatures."""

from rehearsal import samples
from rehearsal.errors import expect
from rehearsal.world import Person, World


def sign(world: World, protocol: int, person: Person) -> None:
    """Enter the scan, see that the one who entered it cannot check it, have the organiser check it."""
    place = f"/protocols/{protocol}"
    form = world.secretary.browser.get(f"{place}/paper").form(rf".*{place}/paper")
    signer = next(value for words, value in form.choices("signer_id").items() if person.name in words)
    page = form.send({"signer_id": signer, "note": "оригинал в деле"},
                     files={"scan": ("скан.pdf", samples.pdf(f"Подпись {person.short}"), "application/pdf")})
    check = page.link(r"/paper/\d+/check")
    refused = world.secretary.browser.get(check).form(rf".*{check}").send({"outcome": "confirm"}, status=422)
    expect("не тот, кто его внёс" in refused.complaint(), f"{refused}: {refused.complaint()}")
    page = world.organiser.browser.get(check).form(rf".*{check}").send({"outcome": "confirm"})
    expect("на бумаге" in page.text.lower(), f"{page}: подпись на бумаге не видна")
