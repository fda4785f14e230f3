"""What stands before the start: the briefing signed by a re-entered secret, identity approved by a person."""

from rehearsal import samples
from rehearsal.errors import expect, needed
from rehearsal.report import Report
from rehearsal.world import Entrant, Nomination, World


def briefing(world: World, report: Report) -> None:
    """The text is approved; everybody signs it; a wrong secret is refused; the journal has all."""
    for nomination in world.nominations:
        place = f"/nominations/{nomination.ident}/briefing/edit"
        world.organiser.browser.get(place).form(rf".*{place}").send(
            {"title": "Инструктаж по охране труда", "text": "Надеть средства защиты.\nНе смотреть на дугу без щитка."})
        world.all(_sign, nomination.drawn)
        journal = world.organiser.browser.get(f"/nominations/{nomination.ident}/briefing/journal")
        missing = [one.name for one in nomination.drawn if one.short not in journal.text]
        expect(not missing, f"{journal}: в журнале инструктажа нет {missing}")


def _sign(one: Entrant) -> None:
    home = one.browser.get("/")
    one.participant = home.number(r"/participants/(\d+)/briefing", home.link(r"/participants/\d+/briefing"))
    place = f"/participants/{one.participant}/briefing"
    page = one.browser.get(place).form(rf".*{place}").send({"agree": "y", "secret": "не тот пароль"}, status=422)
    page.form(rf".*{place}").send({"agree": "y", "secret": one.secret})
    expect("подписали" in one.browser.get(place).text, f"{one.name}: подпись под инструктажем не видна")


def identity(world: World, report: Report) -> None:
    """All but the last show themselves by camera, one of them twice; the last is checked by the site's responsible."""
    for nomination in world.nominations:
        shown, vouched = nomination.drawn[:-1], nomination.drawn[-1]
        world.all(_show, shown)
        queue = f"/nominations/{nomination.ident}/identities"
        refused = _decide(world, nomination, queue, refuse=shown[0])
        expect(refused == 1, "отказ в установлении личности не записан")
        _show(shown[0])
        _decide(world, nomination, queue, refuse=None)
        page = world.site.browser.get(queue).form(rf"/participants/{vouched.participant}/identity/site").send(
            {"note": "паспорт"})
        expect(page.text.count("Личность установлена") >= len(nomination.drawn), f"{page}: установлены не все")


def _show(one: Entrant) -> None:
    place = f"/participants/{one.participant}/identity"
    page = one.browser.get(place).form(rf".*{place}").send(files={
        "face": ("лицо.jpg", samples.jpeg(one.participant), "image/jpeg"),
        "document": ("документ.jpg", samples.jpeg(one.participant + 50), "image/jpeg")})
    expect("Ждём проверки" in page.text, f"{page}: снимки не приняты, {page.complaint()}")


def _decide(world: World, nomination: Nomination, queue: str, refuse: Entrant | None) -> int:
    """Approve everybody who waits, refuse the one named; gives how many were refused."""
    browser, refused = world.proctor.browser, 0
    page = browser.get(queue)
    while page.has_form(r"/identities/\d+/decision"):
        node = page.form(r"/identities/\d+/decision").node
        section = needed(node.find_parent("section"), f"{page}: форма решения стоит отдельно")
        photo = next(str(link["href"]) for link in section.find_all("a") if "/photo/face" in str(link["href"]))
        expect(browser.get(photo).content[:2] == b"\xff\xd8", f"{photo}: это не JPEG")
        ident = page.number(r"/identities/(\d+)/", photo)
        action = rf"/identities/{ident}/decision"
        if refuse is not None and refuse.name in section.get_text():
            page = page.form(action, outcome="refuse").send({"reason": "Лицо не в кадре"})
            refused += 1
        else:
            page = page.form(action, outcome="approve").send()
    return refused
