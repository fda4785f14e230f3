"""Sheets: every expert marks every participant by code; a divergence is reconciled; all are signed and locked."""

from collections.abc import Iterator

from rehearsal import scheme
from rehearsal.client import Page, piece, words
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.scheme import Aspect, Mark
from rehearsal.world import Entrant, Expert, Nomination, World

BASIS = "файлы результата"
APART = "B1.1"


def assign(world: World, report: Report) -> None:
    """The chair gives every expert a sheet of every participant and module; pages with codes show no names."""
    for nomination in world.nominations:
        place, chair = f"/nominations/{nomination.ident}/sheets", nomination.experts[0]
        page = chair.browser.get(place).form(place).send()
        count = len(nomination.admitted) * len(nomination.experts) * len(scheme.MODULES)
        expect(f"Назначено новых листов: {count}" in page.text, f"{page}: назначено не {count}: {page.text[:300]}")
        names = [one.short for one in nomination.drawn if one.short in page.text]
        expect(not names, f"{page}: эксперт видит фамилии участников {names}")


def fill(world: World, report: Report) -> None:
    """All experts at once; the first sheets of two of them are far apart on one judgement."""
    for nomination in world.nominations:
        _plan_divergence(nomination)
    if world.trouble("expert-ill"):
        from rehearsal.troubles import expert_ill
        for nomination in world.nominations:
            expert_ill.fall_ill(world, nomination)
    pairs = [(nomination, expert) for nomination in world.nominations for expert in nomination.experts]
    world.all(lambda pair: _submit_all(*pair), pairs)
    for nomination in world.nominations:
        _reconcile(world, nomination)
    world.all(lambda pair: _sign_all(world, *pair), pairs)
    for nomination in world.nominations:
        page = nomination.experts[0].browser.get(f"/nominations/{nomination.ident}/sheets")
        expect("заполняется" not in page.text and "назначен" not in words(piece(page.soup, "table")),
               f"{page}: подписаны не все листы")


def _plan_divergence(nomination: Nomination) -> None:
    """The last expert first gives a level two steps from the first expert's."""
    nomination.apart = None
    if len(nomination.experts) > 1:
        one, first, last = nomination.admitted[0], nomination.experts[0], nomination.experts[-1]
        levels = [int(nomination.planned[one.email, expert.name][APART]["m"]) for expert in nomination.experts[:-1]]
        wrong = 3 if min(levels) <= 1 else 0
        nomination.apart = (one, first, last, {"m": str(wrong)})


def sheets_of(expert: Expert, nomination: Nomination) -> Iterator[tuple[int, Entrant, str]]:
    """The expert's sheets that are not signed yet: number, participant, module."""
    page = expert.browser.get("/sheets")
    by_code = {one.code: one for one in nomination.drawn}
    for node in page.soup.find_all("a", href=True):
        words = " ".join(node.get_text().split())
        code, _, module = words.partition(", модуль ")
        if str(node["href"]).startswith("/sheets/") and code in by_code and module in scheme.MODULES:
            yield page.number(r"/sheets/(\d+)", str(node["href"])), by_code[code], module


def _submit_all(nomination: Nomination, expert: Expert) -> None:
    for number, one, module in list(sheets_of(expert, nomination)):
        submit(nomination, expert, number, one, module)


def submit(nomination: Nomination, expert: Expert, number: int, one: Entrant, module: str) -> None:
    """Fill in and hand in; the first participant's sheet as a draft without a mark before, which is refused."""
    place = f"/sheets/{number}"
    page = expert.browser.get(place)
    if not page.has_form(place):
        return
    aspects = list(scheme.of_module(module))
    marks = {aspect.ident: _mark(nomination, expert, one, aspect) for aspect in aspects}
    if one is nomination.admitted[0]:
        page = page.form(place).send(_fields(aspects[1:], marks))
        page = _hand_in(page, place, {}, 422)
        expect("Осталось" in page.complaint(), f"{page}: неполный лист принят без слов: {page.complaint()}")
    page = _hand_in(page, place, _fields(aspects, marks), 200)
    expect(page.path == place, f"{page}: после сдачи открылся не лист")


def _mark(nomination: Nomination, expert: Expert, one: Entrant, aspect: Aspect) -> Mark:
    apart = nomination.apart
    if apart and aspect.ident == APART and (one, expert) == (apart[0], apart[2]):
        return apart[3]
    return nomination.planned[one.email, expert.name][aspect.ident]


def _fields(aspects: list[Aspect], marks: dict[str, Mark]) -> dict[str, str]:
    return {f"{letter}-{aspect.ident}": value for aspect in aspects for letter, value in marks[aspect.ident].items()}


def _hand_in(page: Page, place: str, given: dict[str, str], status: int) -> Page:
    """The second button of the sheet's form sends it to another address."""
    form = page.form(place)
    button = form.node.find("button", attrs={"formaction": f"{place}/submission"})
    expect(button is not None, f"{page}: на листе нет кнопки «Сдать лист»")
    form.action = f"{place}/submission"
    return form.send(given, status=status)


def _reconcile(world: World, nomination: Nomination) -> None:
    """Both answer with a reason, the one who erred changes; the chair closes."""
    if nomination.apart is None:
        return
    one, _first, last, _wrong = nomination.apart
    for expert in nomination.experts:
        number = next(key for key, who, module in sheets_of(expert, nomination) if (who, module) == (one, "B"))
        form = expert.browser.get(f"/sheets/{number}").form(rf"/sheets/{number}/reconciliation", aspect=APART)
        if expert is last:
            right = nomination.planned[one.email, expert.name][APART]
            form.send({"outcome": "change", "reason": "Пересмотрел снимок шва", f"m-{APART}": right["m"]})
        else:
            form.send({"outcome": "keep", "reason": "Дефект виден на снимке"})
    place = f"/nominations/{nomination.ident}/sheets"
    chair = nomination.experts[0].browser
    page = chair.get(place).form(r"/divergences/\d+/closing").send({"resolution": "Согласились на общей оценке"})
    expect(not page.has_form(r"/divergences/\d+/closing"), f"{page}: расхождение не закрыто")


def _sign_all(world: World, nomination: Nomination, expert: Expert) -> None:
    for number, one, module in list(sheets_of(expert, nomination)):
        sign(world, nomination, expert, number, one, module)


def sign(world: World, nomination: Nomination, expert: Expert, number: int, one: Entrant, module: str) -> None:
    """A wrong secret is refused, the right one locks the sheet; what was signed goes to the oracle."""
    place = f"/sheets/{number}/signature"
    page = expert.browser.get(place)
    if expert is nomination.experts[0] and one is nomination.admitted[0]:
        page = page.form(place).send({"basis": BASIS, "secret": "000000-не-то"}, status=422)
    page = page.form(place).send({"basis": BASIS, "secret": expert.secret})
    expect("Лист подписан" in page.text, f"{page}: лист не подписан")
    marks = {aspect.ident: nomination.planned[one.email, expert.name][aspect.ident]
             for aspect in scheme.of_module(module)}
    nomination.oracle.marked(one.code, module, expert.name, marks)
