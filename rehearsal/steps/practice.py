"""Practice: the task is handed over at its hour, the first access is evidence, the result is a file."""

import io
from datetime import datetime, timedelta

from pypdf import PdfReader

from rehearsal import samples
from rehearsal.clockwork import local, now, wait_until, whole
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.world import Entrant, Nomination, World

BEFORE_S = 4
WINDOW_S = 600


def practice(world: World, report: Report) -> None:
    """Nobody opens it before the hour; everybody opens it after it, reads the file, hands in a picture and a PDF."""
    opens = whole(now() + timedelta(seconds=BEFORE_S))
    for nomination in world.nominations:
        _hand_over(world, nomination, opens)
        first = nomination.admitted[0]
        early = first.browser.get(f"/tasks/{nomination.task}/gate")
        if now() < opens:
            expect(not early.has_form(r"/tasks/\d+/opening"), f"{early}: задание можно открыть раньше часа")
            expect(TEXT not in early.text, f"{early}: текст виден раньше часа")
    wait_until(opens)
    world.all(lambda pair: _work(*pair), [(n, one) for n in world.nominations for one in n.admitted])
    for nomination in world.nominations:
        _evidence(world, nomination)


TEXT = "Сварить стыковое соединение двух пластин 200 × 100 × 6 мм."


def _hand_over(world: World, nomination: Nomination, opens: datetime) -> None:
    browser, place = world.organiser.browser, f"/nominations/{nomination.ident}"
    ends = opens + timedelta(seconds=WINDOW_S)
    page = browser.get(f"{place}/events/new").form(r".*/events/new").send(
        {"kind": "practice", "title": "Практика", "starts_at": local(opens), "ends_at": local(ends), "place": "цех 4"})
    nomination.practice = page.number(r"/events/(\d+)/tasks/new", page.link(r"/events/\d+/tasks/new"))
    page = browser.get(f"/events/{nomination.practice}/tasks/new").form(r".*/tasks/new").send(
        {"title": "Стыковое соединение", "text": TEXT, "closes_at": local(ends)},
        files={"file": ("чертёж.pdf", samples.pdf("Чертёж"), "application/pdf")})
    nomination.task = page.number(r"/tasks/(\d+)")


def _work(nomination: Nomination, one: Entrant) -> None:
    place, browser = f"/tasks/{nomination.task}", one.browser
    browser.http.head(f"{place}/gate")
    page = browser.get(f"{place}/gate").form(rf"{place}/opening").send()
    expect(page.path == f"{place}/text" and TEXT in page.text, f"{page}: текст задания не открылся")
    browser.post_json(f"{place}/opened", {}, page.csrf)
    drawing = browser.get(page.link(rf"{place}/files/\d+")).content
    expect(len(PdfReader(io.BytesIO(drawing)).pages) == 1, f"{one.name}: чертёж не открывается")
    picture = samples.jpeg(one.participant + 7, 800)
    for name, content, kind in (("шов.jpg", picture, "image/jpeg"),
                                ("замеры.pdf", samples.pdf(f"Замеры {one.code}"), "application/pdf")):
        page = browser.get(f"{place}/text").form(rf"{place}/results").send(
            {"note": "шов сверху"}, files={"file": (name, content, kind)})
    files = page.links(r"/results/\d+/file")
    expect(len(files) == 2, f"{page}: принятых файлов {len(files)}, а отправлено два")
    expect(browser.get(files[0]).content == picture or browser.get(files[1]).content == picture,
           f"{one.name}: файл результата вернулся не тем")


def _evidence(world: World, nomination: Nomination) -> None:
    """The report has everybody's first access, and says so of those who had none."""
    page = world.organiser.browser.get(f"/tasks/{nomination.task}/accesses")
    rows = page.rows()
    for one in nomination.drawn:
        had = "доступ не осуществлялся" not in rows.get(one.code, "доступ не осуществлялся")
        expect(had == (one.fate == "admit"), f"{page}: первый доступ {one.code}: {rows.get(one.code)}")
    stranger = next(one for one in nomination.entrants if one.fate == "refuse")
    stranger.browser.get(f"/tasks/{nomination.task}/gate", status=404)
