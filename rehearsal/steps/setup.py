"""The organiser sets the contest up: nominations, rules with clauses, bodies, people, consents, announcement."""

from datetime import timedelta

from rehearsal.clockwork import local, now, whole
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.world import ZONE, Nomination, Person, World, enter, invited, with_card


def contest(world: World, report: Report) -> None:
    """Contest and nominations; a wrong date is refused beside its field and nothing typed is lost."""
    browser, began = world.organiser.browser, whole(now())
    facts = {
        "title": "Лучший по профессии (репетиция)", "region": "Иркутская область", "zone": ZONE,
        "year": str(began.year),
        "operator_name": "Министерство труда и занятости Иркутской области", "operator_address": "Иркутск, Ленина, 1",
        "operator_inn": "3808000000", "order_ref": "приказ № 1 от 01.02.2026", "contact_phone": "+7 3952 00-00-00",
        "contact_email": "konkurs@example.ru", "about": "Региональный этап.", "conditions": "Стаж не менее трёх лет.",
        "applications_open_at": local(began - timedelta(minutes=1)),
        "applications_close_at": local(began - timedelta(minutes=2))}
    form = browser.get("/contests/new").form(r"/contests/new")
    refused = form.send(facts, status=422)
    expect("раньше" in refused.complaint(), f"{refused}: окончание раньше начала принято без слов")
    form = refused.form(r"/contests/new")
    expect(form.values["title"] == facts["title"], "после отказа введённое название потеряно")
    page = form.send({"applications_close_at": local(began + timedelta(hours=1))})
    world.contest = page.number(r"/contests/(\d+)/setup")
    for nomination in world.nominations:
        _nomination(world, nomination)


def _nomination(world: World, nomination: Nomination) -> None:
    browser = world.organiser.browser
    page = browser.get(f"/contests/{world.contest}/nominations/new").form(r".*/nominations/new").send(
        {"title": nomination.title, "profession": "Сварщик ручной дуговой сварки", "prize_places": "3",
         "min_experience_years": "3", "min_age": "18"})
    row = next(node for node in page.soup.find_all("a") if node.get_text(strip=True) == nomination.title)
    nomination.ident = page.number(r"/nominations/(\d+)", str(row["href"]))
    form = browser.get(f"/nominations/{nomination.ident}/settings").form(r".*/settings")
    page = form.send({"grace_seconds": "2", "quorum__clause": "5.3", "who_admits": "commission",
                      "min_experts": "1", "missing_expert": "block", "aggregation": "mean", "appeal_days": "0",
                      "signing_commission": "all"})
    expect("Правила сохранены" in page.text, f"{page}: правила не сохранены")
    page = browser.get(f"/nominations/{nomination.ident}/settings").form(r".*/settings/freezing").send()
    expect("закреплены" in page.text, f"{page}: правила не закреплены")


def people(world: World, report: Report) -> None:
    """Bodies by order; everybody is invited by letter or gets a printed card, and logs in."""
    browser = world.organiser.browser
    page = browser.get(f"/contests/{world.contest}/bodies/new").form(r".*/bodies/new").send(
        {"kind": "commission", "title": "Региональная конкурсная комиссия", "order_ref": "приказ № 2"})
    world.commission_body = page.number(r"/bodies/(\d+)")
    for place, member in enumerate(world.members):
        add_member(world, world.commission_body, member, "chair" if place == 0 else "member")
    for nomination in world.nominations:
        page = browser.get(f"/contests/{world.contest}/bodies/new").form(r".*/bodies/new").send(
            {"kind": "expert_group", "nomination_id": str(nomination.ident), "order_ref": "приказ № 3",
             "title": f"Экспертная группа: {nomination.title}"})
        nomination.body = page.number(r"/bodies/(\d+)")
        for expert in nomination.experts:
            add_member(world, nomination.body, expert, expert.duty)
    for person, role in ((world.secretary, "secretary"), (world.proctor, "proctor"), (world.site, "site")):
        shown = browser.get(f"/contests/{world.contest}/people").form(r".*/people").send(
            {"name": person.name, "email": person.email, "role": role})
        if not person.email:
            with_card(person, shown)
    staff = [world.secretary, world.proctor, world.site, *world.members,
             *(expert for nomination in world.nominations for expert in nomination.experts)]
    world.all(_first_login, staff)


def add_member(world: World, body: int, person: Person, duty: str) -> None:
    """Put a person into a body; who has no e-mail gets a card."""
    shown = world.organiser.browser.get(f"/bodies/{body}").form(r".*/members").send(
        {"name": person.name, "email": person.email, "duty": duty, "position": "мастер участка"})
    if not person.email:
        with_card(person, shown)


def _first_login(person: Person) -> None:
    if person.email:
        invited(person)
        person.browser.get("/").form(r"/logout").send()
    page = enter(person)
    expect(page.has_form(r"/logout"), f"{page}: после входа нет выхода")


def announce(world: World, report: Report) -> None:
    """Before the consents are approved the announcement is not offered; after it anybody can read the page."""
    browser = world.organiser.browser
    page = browser.get(f"/contests/{world.contest}/setup")
    expect(not page.has_form(r".*/announcement"), "объявление предложено без текстов согласий")
    world.site.browser.get(f"/contests/{world.contest}/edit", status=404)
    browser.get(f"/contests/{world.contest}/consents").form(r".*/consents").send()
    page = browser.get(f"/contests/{world.contest}/setup").form(r".*/announcement").send()
    expect("Конкурс объявлен" in page.text, f"{page}: конкурс не объявлен")
